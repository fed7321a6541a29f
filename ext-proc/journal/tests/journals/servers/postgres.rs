//! PostgreSQL, as `TOLLGATE_POSTGRES_BIN` names it; `initdb` is beside it.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use tokio_postgres::{Client, NoTls};

use super::{PASSWORD, program, start, wait_until};

/// The one that `nobody` has on most systems: PostgreSQL does not run as root.
const NOBODY: u32 = 65_534;

/// A server with a password, on a socket in a folder of its own.
pub(crate) struct Postgres {
    binary: PathBuf,
    folder: tempfile::TempDir,
    process: Child,
}

impl Postgres {
    /// Nothing where there is no PostgreSQL.
    pub(crate) fn start() -> Option<Self> {
        let binary = program("TOLLGATE_POSTGRES_BIN")?;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
        if is_root() {
            for path in [folder.path(), &folder.path().join("password")] {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let mut initdb = command(&binary.with_file_name("initdb"), folder.path());
        initdb.args(["--username=tollgate", "--auth=scram-sha-256", "--pwfile=password"]);
        initdb.args(["--pgdata=data", "--no-sync", "--encoding=UTF8", "--locale=C"]);
        let done = initdb.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let process = Self::run(&binary, folder.path());
        Some(Self {
            binary,
            folder,
            process,
        })
    }

    fn run(binary: &Path, folder: &Path) -> Child {
        let mut process = None;
        wait_until("postgres answers", || {
            // Until all processes of one that was killed have gone, another one refuses to start.
            if process
                .as_mut()
                .is_none_or(|child: &mut Child| child.try_wait().unwrap().is_some())
            {
                let mut command = command(binary, folder);
                command.args(["-D", "data", "-k", "..", "-c", "listen_addresses="]);
                command.args(["-c", "max_connections=30", "-c", "shared_buffers=16MB"]);
                process = Some(start(&mut command));
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
            is_ready(folder)
        });
        process.unwrap()
    }

    pub(crate) fn address(&self) -> String {
        self.address_with(PASSWORD)
    }

    pub(crate) fn address_with(&self, password: &str) -> String {
        let folder = self.folder.path().display();
        format!("host={folder} user=tollgate dbname=postgres password={password}")
    }

    /// Without warning, and with everybody who is connected.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Again, with what it kept.
    pub(crate) fn restart(&mut self) {
        self.process = Self::run(&self.binary, self.folder.path());
    }

    /// A connection of the test's own.
    pub(crate) async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.address(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// A number that a query returns.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        let row = self.client().await.query_one(query, &[]).await.unwrap();
        row.get(0)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT: a fast shutdown, of which `Child` knows nothing. It may be dead already.
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status();
        let _ = self.process.wait();
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Whether it takes connections: it says so in the file that it locks itself with.
fn is_ready(folder: &Path) -> bool {
    let status = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
    status.lines().nth(7).is_some_and(|line| line.trim() == "ready")
        && UnixStream::connect(folder.join(".s.PGSQL.5432")).is_ok()
}
