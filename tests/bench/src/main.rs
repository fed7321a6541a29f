//! What Tollgate costs: bare Envoy, Envoy with a service that does nothing, and the full policy, measured in one run.
//!
//! Must not know how policy works: it builds nothing of its own into the data path, it starts what users start.
//!
//! | module | what happens there |
//! |---|---|
//! | [`options`] | the command line |
//! | [`case`] | connections × sizes × plain or streamed |
//! | [`request`] | the requests that are sent: prose with personal data in it, no two alike |
//! | [`client`], [`load`] | one connection; the closed loop over several |
//! | [`variant`] | what is compared |
//! | [`config`], [`envoy`] | `tollgate.yaml` and Envoy's configuration of a variant |
//! | [`noop`], [`hook`] | the service that does nothing; the hook that takes a stated time |
//! | [`process`], [`gateway`] | starts a variant and makes sure that it does what it says |
//! | [`measure`] | rounds: every variant in turn, in short slices |
//! | [`cache`] | hits and misses of the cache, one question after the other |
//! | [`footprint`] | Envoy's start-up time and memory with and without the filter |
//! | [`statistics`], [`report`] | medians over the rounds, tables |
//! | [`machine`] | CPU time, memory and the machine itself, from `/proc` |

mod cache;
mod case;
mod client;
mod config;
mod envoy;
mod footprint;
mod gateway;
mod hook;
mod load;
mod machine;
mod measure;
mod noop;
mod options;
mod process;
mod report;
mod request;
mod statistics;
mod variant;

use std::process::ExitCode;

use clap::Parser as _;

use crate::options::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Some(Command::Noop(noop)) => noop::run(noop),
        Some(Command::Hook(hook)) => hook::run(hook),
        Some(Command::Footprint) => footprint::run(&cli.options),
        Some(Command::Cache) => cache::run(&cli.options),
        None => measure::run(&cli.options).and_then(|measured| report::print(&cli.options, &measured)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tollgate-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
