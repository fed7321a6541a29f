//! Steps with progress and elapsed time, commands, and failures that name the way out.
//! Must not know which steps there are.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

/// What went wrong, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    way_out: String,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            way_out: way_out.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.what)?;
        if self.way_out.is_empty() {
            Ok(())
        } else {
            write!(out, "\n  way out: {}", self.way_out)
        }
    }
}

/// Says what is being done now, and how long everything took so far.
pub(crate) fn step(what: &str) {
    static START: OnceLock<Instant> = OnceLock::new();
    let seconds = START.get_or_init(Instant::now).elapsed().as_secs();
    eprintln!("[{:>2}:{:02}] {what}", seconds / 60, seconds % 60);
}

/// A command in the checkout's top folder.
pub(crate) fn command(program: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(crate::place::root())
        .stdin(Stdio::null());
    command
}

/// Cargo as this process was started with it.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args);
    // `cargo run` tells its child about the package it ran; another cargo must not think that it is its own.
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("RUSTFLAGS");
    command
}

/// Runs a command to its end, its output where ours goes.
pub(crate) fn show(mut command: Command, way_out: &str) -> Result<(), Failure> {
    let line = text(&command);
    let status = command
        .status()
        .map_err(|error| Failure::new(format!("cannot run `{line}`: {error}"), way_out))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("`{line}` failed ({status})"), way_out))
    }
}

/// Runs a command to its end; its output is shown only if it fails.
pub(crate) fn quiet(mut command: Command, way_out: &str) -> Result<String, Failure> {
    let line = text(&command);
    let output = command
        .output()
        .map_err(|error| Failure::new(format!("cannot run `{line}`: {error}"), way_out))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    // What a failed command said is all that there is to go by.
    let _ = std::io::stderr()
        .write_all(&output.stdout)
        .and_then(|()| std::io::stderr().write_all(&output.stderr));
    Err(Failure::new(
        format!("`{line}` failed ({})", output.status),
        way_out,
    ))
}

fn text(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
