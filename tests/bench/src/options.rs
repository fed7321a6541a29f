//! The command line, and where things are if it does not say.
//! Must not start or measure anything.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};

use crate::case::{Answers, Case, Size};
use crate::variant::Variant;

/// Measures what Tollgate costs beside bare Envoy; tests/bench/README.md explains the method and the figures.
#[derive(Parser)]
#[command(version, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// The `ext_proc` service that does nothing; the benchmark starts it by itself
    #[command(hide = true)]
    Noop(Noop),
    /// The recognizer and moderator; the benchmark starts it by itself
    #[command(hide = true)]
    Hook(Hook),
    /// What router.wasm costs before any request: Envoy's start-up time and memory with 1, 2 and 8 workers, with and without it
    Footprint,
    /// What the cache costs and saves: hits in the same and in other words and misses, beside bare Envoy
    Cache,
}

#[derive(Args)]
pub(crate) struct Noop {
    /// Where to listen
    #[arg(long)]
    pub(crate) listen: SocketAddr,
    /// Write the decision that Envoy waits for
    #[arg(long)]
    pub(crate) allow: bool,
}

#[derive(Args)]
pub(crate) struct Hook {
    /// Where to listen
    #[arg(long)]
    pub(crate) listen: SocketAddr,
    /// How long an answer takes
    #[arg(long)]
    pub(crate) milliseconds: u64,
}

#[derive(Args)]
pub(crate) struct Options {
    /// Seconds of load for each figure, spread over all rounds
    #[arg(long, default_value_t = 3.0)]
    pub(crate) seconds: f64,
    /// Seconds of one slice: then the next variant has its turn
    #[arg(long, default_value_t = 0.5)]
    slice: f64,
    /// Some seconds in all: shows that everything runs; its figures mean little
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure the full policy with one part left out at a time, and with guardrails and hooks, too
    #[arg(long)]
    pub(crate) parts: bool,
    /// Only these, separated by commas: variants (`full`), sizes (`10k`), answers (`plain`; `paced` only if named), connections (`c8`)
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Worker threads of Envoy; one for each core if not given
    #[arg(long)]
    concurrency: Option<usize>,
    /// Write every round's figures to this file, as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// Envoy; the one under target/tools if not given
    #[arg(long, env = "ENVOY_BIN")]
    envoy: Option<PathBuf>,
    /// Folder of the wasm filters; target/filters if not given
    #[arg(long)]
    filters: Option<PathBuf>,
    /// Folder of `tollgate` and `tollgate-simulator`; the one of this program if not given
    #[arg(long)]
    programs: Option<PathBuf>,
}

/// Files that the benchmark starts or loads.
pub(crate) struct Paths {
    pub(crate) envoy: PathBuf,
    pub(crate) filters: PathBuf,
    pub(crate) tollgate: PathBuf,
    pub(crate) simulator: PathBuf,
    /// Itself, for the service that does nothing.
    pub(crate) bench: PathBuf,
    /// Configurations and logs of the run.
    pub(crate) run: PathBuf,
}

impl Options {
    /// How long one slice is, and how many rounds there are.
    pub(crate) fn rounds(&self) -> (Duration, usize) {
        if self.quick {
            return (Duration::from_millis(100), 1);
        }
        let slice = self.slice.clamp(0.05, 60.0);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small positive number"
        )]
        let rounds = (self.seconds / slice).round().max(1.0) as usize;
        (Duration::from_secs_f64(slice), rounds)
    }

    /// Envoy's worker threads.
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency.unwrap_or_else(crate::machine::cores)
    }

    /// What is compared, bare Envoy always first.
    pub(crate) fn variants(&self) -> anyhow::Result<Vec<Variant>> {
        let named = |variant: &Variant| self.only.iter().any(|word| word == variant.name);
        let by_name = self.selects(|word| Variant::all().iter().any(|variant| variant.name == word))?;
        Ok(Variant::all()
            .into_iter()
            .filter(|variant| {
                let usual = self.parts || !variant.is_part();
                variant.is_baseline() || if by_name { named(variant) } else { usual }
            })
            .collect())
    }

    /// Under which load.
    pub(crate) fn cases(&self) -> anyhow::Result<Vec<Case>> {
        let all = Case::all();
        let by_size = self.selects(|word| Size::ALL.iter().any(|size| size.name() == word))?;
        let by_answers = self.selects(|word| Answers::ALL.iter().any(|answers| answers.name() == word))?;
        let by_connections = self.selects(|word| all.iter().any(|case| case.connections_name() == word))?;
        let named = |name: &str| self.only.iter().any(|word| word == name);
        Ok(all
            .into_iter()
            .filter(|case| {
                (if by_size {
                    named(case.size.name())
                } else {
                    !self.quick || case.size != Size::Large
                }) && (if by_answers {
                    named(case.answers.name())
                } else {
                    case.answers != Answers::Paced
                }) && (!by_connections || named(&case.connections_name()))
            })
            .collect())
    }

    /// Whether `--only` names anything of this kind; an error if it names something of no kind.
    fn selects(&self, kind: impl Fn(&str) -> bool) -> anyhow::Result<bool> {
        let cases = Case::all();
        let known = |word: &str| {
            Variant::all().iter().any(|variant| variant.name == word)
                || cases
                    .iter()
                    .any(|case| case.words().iter().any(|other| other == word))
        };
        if let Some(word) = self.only.iter().find(|word| !known(word)) {
            let variants: Vec<&str> = Variant::all().iter().map(|variant| variant.name).collect();
            bail!(
                "--only: there is no `{word}`; variants: {}; cases: c1, c8, 1k, 10k, 1m, plain, stream, paced",
                variants.join(", ")
            );
        }
        Ok(self.only.iter().any(|word| kind(word)))
    }

    /// Where everything is; an error says what is missing and how to come by it.
    pub(crate) fn paths(&self) -> anyhow::Result<Paths> {
        let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.ancestors().nth(2).unwrap_or(&manifest).to_owned();
        let bench = std::env::current_exe().context("cannot find this program's own file")?;
        let programs = self
            .programs
            .clone()
            .or_else(|| bench.parent().map(PathBuf::from))
            .unwrap_or_default();
        let paths = Paths {
            envoy: self
                .envoy
                .clone()
                .unwrap_or_else(|| root.join("target/tools/venv/bin/envoy")),
            filters: self
                .filters
                .clone()
                .unwrap_or_else(|| root.join("target/filters")),
            tollgate: programs.join("tollgate"),
            simulator: programs.join("tollgate-simulator"),
            bench,
            run: root.join("target/bench"),
        };
        for (what, path) in [
            ("Envoy", paths.envoy.clone()),
            ("the wasm filters", paths.filters.join("router.wasm")),
            ("the service", paths.tollgate.clone()),
            ("the provider simulator", paths.simulator.clone()),
        ] {
            if !path.is_file() {
                bail!(
                    "{what} is not at {}; `cargo measure` builds and installs what is needed",
                    path.display()
                );
            }
        }
        Ok(Paths {
            filters: paths.filters.canonicalize()?,
            ..paths
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Options {
        Cli::parse_from(["bench"].iter().chain(arguments)).options
    }

    #[test]
    fn only_narrows_each_kind_by_itself() {
        for (arguments, variants, cases) in [
            (vec![], 7, 12),
            (vec!["--only", "full"], 2, 12),
            (vec!["--only", "full,wasm,10k,c8"], 3, 2),
            (vec!["--only", "stream"], 7, 6),
            (vec!["--only", "guardrails,paced,c1,10k"], 2, 1),
            (vec!["--quick"], 7, 8),
            (vec!["--quick", "--only", "1m"], 7, 4),
        ] {
            let options = options(&arguments);
            let found = (options.variants().unwrap().len(), options.cases().unwrap().len());
            assert_eq!(found, (variants, cases), "{arguments:?}");
        }
        assert!(
            options(&["--only", "10kb"])
                .cases()
                .unwrap_err()
                .to_string()
                .contains("10kb")
        );
    }

    #[test]
    fn bare_envoy_is_always_there_and_first() {
        for arguments in [vec![], vec!["--only", "full"], vec!["--parts"]] {
            assert!(
                options(&arguments).variants().unwrap()[0].is_baseline(),
                "{arguments:?}"
            );
        }
    }
}
