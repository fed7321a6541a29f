//! Valkey, as `TOLLGATE_VALKEY_BIN` names it.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};

use super::{PASSWORD, program, start, wait_until};

/// A server with a password, on a port of its own. It keeps what it has over a restart.
pub(crate) struct Valkey {
    binary: PathBuf,
    arguments: Vec<String>,
    port: u16,
    folder: tempfile::TempDir,
    process: Child,
}

impl Valkey {
    /// Nothing where there is no Valkey.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let binary = program("TOLLGATE_VALKEY_BIN")?;
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let arguments: Vec<String> = arguments.iter().copied().map(str::to_owned).collect();
        let process = Self::run(&binary, &arguments, port, &folder);
        Some(Self {
            binary,
            arguments,
            port,
            folder,
            process,
        })
    }

    fn run(binary: &PathBuf, arguments: &[String], port: u16, folder: &tempfile::TempDir) -> Child {
        let mut command = Command::new(binary);
        let port_text = port.to_string();
        command.args(["--port", &port_text, "--bind", "127.0.0.1", "--save", ""]);
        command.args([
            "--appendonly",
            "yes",
            "--appendfsync",
            "no",
            "--requirepass",
            PASSWORD,
        ]);
        command.arg("--dir").arg(folder.path()).args(arguments);
        let process = start(&mut command);
        wait_until("valkey answers", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        process
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn address(&self) -> String {
        self.address_with(PASSWORD)
    }

    pub(crate) fn address_with(&self, password: &str) -> String {
        format!("redis://:{password}@127.0.0.1:{}", self.port)
    }

    /// Without warning.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Again, with what it kept.
    pub(crate) fn restart(&mut self) {
        self.process = Self::run(&self.binary, &self.arguments, self.port, &self.folder);
    }

    /// Again, with nothing.
    pub(crate) fn restart_empty(&mut self) {
        self.folder = tempfile::tempdir().unwrap();
        self.restart();
    }

    /// Sends a command of the test's own.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.address()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = redis::Cmd::new();
        command.arg(words);
        command.query_async(&mut connection).await.unwrap()
    }
}

impl Drop for Valkey {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
