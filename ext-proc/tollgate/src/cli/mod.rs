//! The command line: what each subcommand is called and what it explains.
//! Must not do the work: each subcommand has its file.

mod cache;
mod check;
mod guardrails;
mod inspect;
mod keys;
mod render;
mod schema;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tollgate_config::Config;

/// An AI gateway beside your Envoy: virtual keys, budgets, redaction and cache for LLM traffic.
///
/// Everything is described by one file, tollgate.yaml. The usual way:
///
///   tollgate check                      is the file right? says every error at once
///   tollgate keys new                   a virtual key and the hash to put into the file
///   tollgate render envoy --out e.yaml  the Envoy that goes with it
///   tollgate serve                      the policy service that this Envoy asks
#[derive(Parser)]
#[command(version, verbatim_doc_comment, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the policy service: ext_proc by gRPC, admin port by HTTP
    Serve(Source),
    /// Check the configuration file and print every error with its path and line
    Check(Source),
    /// Print the JSON Schema of the configuration file, for editors
    Schema,
    /// Render the configuration of Envoy from the configuration file
    #[command(subcommand)]
    Render(render::Render),
    /// Make virtual keys and their hashes
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Look at, or drop, the stored answers of a running service
    #[command(subcommand)]
    Cache(cache::Cache),
    /// Ask an engine directly: JSON lines in, JSON lines out
    #[command(subcommand)]
    Inspect(inspect::Inspect),
}

/// Which file is meant.
#[derive(Args, Clone)]
pub(crate) struct Source {
    /// The configuration file
    #[arg(long, short, env = "TOLLGATE_CONFIG", default_value = "tollgate.yaml")]
    pub(crate) config: PathBuf,
}

/// Runs a command; errors go to standard error with all their causes.
pub(crate) fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Serve(source) => crate::serve::run(&source.config),
        Command::Check(source) => check::run(&source.config),
        Command::Schema => schema::run(),
        Command::Render(render) => render::run(&render),
        Command::Keys(keys) => keys::run(&keys),
        Command::Cache(cache) => cache::run(&cache),
        Command::Inspect(inspect) => inspect::run(&inspect),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tollgate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Loads the file for a command that needs it to be right; warnings go to standard error.
fn load(path: &Path) -> anyhow::Result<Config> {
    let config = Config::load_with(path, &crate::serve::known(&|name| std::env::var(name).ok()))?;
    for warning in &config.warnings {
        eprintln!("tollgate: warning: {}: {warning}", path.display());
    }
    Ok(config)
}
