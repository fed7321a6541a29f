//! `cargo measure`: the benchmark with what it needs.
//! Must not know what is measured.

use crate::artefacts::{self, Profile};
use crate::run::{Failure, command, show, step};
use crate::{place, tools};

/// Runs tests/bench.
pub(crate) fn run(arguments: &[&str]) -> Result<(), Failure> {
    let envoy = tools::envoy()?;
    let programs = artefacts::build(Profile::Release)?;
    step("measuring (other work on this machine spoils the figures)");
    let mut bench = command(&programs.bench, &[]);
    bench
        .arg("--envoy")
        .arg(envoy)
        .arg("--filters")
        .arg(place::filters())
        .args(arguments)
        .env("TOLLGATE_EMBEDDER_DIR", tools::embedder()?);
    show(
        bench,
        "`cargo measure --help` lists what can be chosen; logs are in target/bench",
    )
}
