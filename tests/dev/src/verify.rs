//! Everything that must hold before a change lands.
//! Must not know what a test asserts.

use std::process::Command;

use crate::artefacts::{self, Profile, Programs};
use crate::run::{Failure, cargo, show, step};
use crate::{demo, place, tools};

/// All checks, the quick ones first; stops at the first that fails.
pub(crate) fn run() -> Result<(), Failure> {
    step("1/7 format");
    show(cargo(&["fmt", "--all", "--check"]), "run `cargo fmt --all`")?;
    step("2/7 lints");
    let lints = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    show(cargo(&lints), "mend what clippy names above")?;
    step("3/7 documentation");
    let mut documentation = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    show(documentation, "mend the documentation comments named above")?;
    step("4/7 unit tests");
    let mut unit_tests = cargo(&["test", "--workspace", "--quiet"]);
    unit_tests.env("TOLLGATE_EMBEDDER_DIR", tools::embedder()?);
    unit_tests.envs(tools::servers()?);
    show(unit_tests, "`cargo test -p PACKAGE NAME` runs one of them")?;
    step("5/7 filters, service and simulator");
    let programs = artefacts::build(Profile::Debug)?;
    step("6/7 end to end, through Envoy");
    pytest(&programs, &[])?;
    step("7/7 the demo, as it stands in examples/quickstart");
    demo::run(demo::Then::Exit)?;
    step("everything passed");
    Ok(())
}

/// Only the end-to-end tests.
pub(crate) fn end_to_end(arguments: &[&str]) -> Result<(), Failure> {
    let programs = artefacts::build(Profile::Debug)?;
    pytest(&programs, arguments)
}

fn pytest(programs: &Programs, arguments: &[&str]) -> Result<(), Failure> {
    let python = tools::test_environment()?;
    let embedder = tools::embedder()?;
    let servers = tools::servers()?;
    let mut tests = Command::new(python);
    tests
        .args(["-m", "pytest"])
        .args(arguments)
        .current_dir(place::root().join("tests/e2e"))
        .env("TOLLGATE_BIN", &programs.tollgate)
        .env("TOLLGATE_SIMULATOR_BIN", &programs.simulator)
        .env("TOLLGATE_FILTERS", place::filters())
        .env("TOLLGATE_EMBEDDER_DIR", embedder)
        .envs(servers);
    show(
        tests,
        "`cargo e2e -k NAME -x` runs one of them; logs are in target/e2e/<module or test>",
    )
}
