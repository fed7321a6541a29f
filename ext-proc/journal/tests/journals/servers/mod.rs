//! Real servers in folders of their own, started and stopped by a test.
//! Must not know what a test asks of them.

mod postgres;
mod valkey;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) use self::postgres::Postgres;
pub(crate) use self::valkey::Valkey;

/// Of all servers.
pub(crate) const PASSWORD: &str = "correct-horse";

/// A program's path, or nothing and a message that the test is skipped.
fn program(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        println!("SKIPPED: {variable} does not say where the server is");
    }
    path
}

/// Starts a server that says nothing.
fn start(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until something is so.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
