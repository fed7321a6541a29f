//! `tollgate`: the policy service beside Envoy, and the tools around its one configuration file.
//!
//! Must not know Envoy's protobuf (`tollgate-wire`) nor how text is searched, counted, cached or paid for (the crates of those
//! names): this crate puts them into an order and gives them time, storage and sockets.
//!
//! | folder | what happens there |
//! |---|---|
//! | `cli` | one file per subcommand |
//! | `serve` | the running service: state, reload, admin port, metrics |
//! | `cache` | entries, embedder and journal at work |
//! | `exchange` | one request and its answer, in the order in which policy acts |

mod cache;
mod cli;
mod exchange;
mod serve;

use clap::Parser;

fn main() -> std::process::ExitCode {
    cli::run(cli::Cli::parse())
}
