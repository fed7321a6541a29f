//! Processes that end with this one, free ports, and waiting until somebody answers.
//! Must not know what the processes do.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::client::Client;

/// Starting takes seconds where a wasm module is compiled, and longer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program; killed when this value is dropped.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program. Its standard error goes into `log`, its standard output where `command` says.
    pub(crate) fn start(name: &str, command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {name} ({})", command.get_program().display()))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            log: log.to_owned(),
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it prints, for a program that was started with a pipe.
    pub(crate) fn output(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits until `GET path` at `address` is answered with 200, or, without a path, until somebody listens there.
    pub(crate) fn wait_for(&mut self, address: SocketAddr, path: Option<&str>) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let ready = match path {
                Some(path) => get(address, path).is_ok(),
                None => Client::connect(address).is_ok(),
            };
            if ready {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}):\n{}", self.name, self.last_words());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!(
            "{} was not ready after {} s:\n{}",
            self.name,
            PATIENCE.as_secs(),
            self.last_words()
        )
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// An address that nobody listens on, below the ports that the kernel gives to clients: one of those could be taken by the
/// time that it is needed.
pub(crate) fn free_address() -> io::Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const PORTS: std::ops::Range<u16> = 12_000..32_000;
    // Two runs at once begin at different places.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the remainder is less than a port"
    )]
    let offset = (std::process::id() % 1000 * 20) as u16;
    for _ in PORTS {
        let next = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(offset);
        let address = SocketAddr::from((
            Ipv4Addr::LOCALHOST,
            PORTS.start + next % (PORTS.end - PORTS.start),
        ));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

/// The body of `GET path`; an error unless it is a 200.
pub(crate) fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut client = Client::connect(address)?;
    let answer = client.exchange(request.as_bytes())?;
    if answer.status != 200 {
        bail!("status {}", answer.status);
    }
    Ok(String::from_utf8_lossy(answer.body).into_owned())
}
