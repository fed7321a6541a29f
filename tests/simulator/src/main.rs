//! `tollgate-simulator --listen [NAME=]ADDRESS …`: prints one JSON line per listener, then serves until it is ended.

use std::io::Write;
use std::process::ExitCode;

use tollgate_simulator::{Mode, Simulator};

const USAGE: &str = "usage: tollgate-simulator [--bench] [--threads N] --listen [NAME=]ADDRESS [--listen …]

  --listen [NAME=]ADDRESS  a provider of that name (`sim` if there is none); port 0 takes a free one
  --bench                  no records, no validation, a fixed answer
  --threads N              worker threads (2)

Prints {\"name\":…,\"address\":…} for each listener. tests/simulator/README.md lists what a script can say.";

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

struct Options {
    listeners: Vec<(String, String)>,
    mode: Mode,
    threads: usize,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            listeners: Vec::new(),
            mode: Mode::Test,
            threads: 2,
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => options.mode = Mode::Bench,
                "--listen" => {
                    let value = args.next().ok_or("--listen needs an address")?;
                    let (name, address) = value.split_once('=').unwrap_or(("sim", &value));
                    options.listeners.push((name.to_owned(), address.to_owned()));
                }
                "--threads" => {
                    let value = args.next().unwrap_or_default();
                    options.threads = value.parse().map_err(|_| "--threads needs a number".to_owned())?;
                }
                "--help" | "-h" => return Err(USAGE.to_owned()),
                other => return Err(format!("unknown argument `{other}`\n{USAGE}")),
            }
        }
        if options.listeners.is_empty() {
            Err(USAGE.to_owned())
        } else {
            Ok(options)
        }
    }
}

fn run(options: Options) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.threads.max(1))
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start threads: {error}"))?;
    runtime.block_on(async {
        for (name, address) in options.listeners {
            let simulator = Simulator::new(name.clone(), options.mode);
            let bound = simulator
                .listen(&address)
                .await
                .map_err(|error| format!("cannot listen on {address}: {error}"))?;
            let line = serde_json::json!({ "name": name, "address": bound.to_string() });
            writeln!(std::io::stdout(), "{line}").map_err(|error| format!("cannot print: {error}"))?;
        }
        std::future::pending::<Result<(), String>>().await
    })
}
