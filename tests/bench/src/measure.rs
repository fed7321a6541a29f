//! The run: rounds in which every variant has its turn under every load, in slices so short that whatever the machine does
//! besides hits all alike.
//! Must not know how figures are shown.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::case::{Answers, Case, Size};
use crate::gateway::{self, Both, Gateway};
use crate::load;
use crate::machine::{self, Memory};
use crate::options::Options;
use crate::request::Request;
use crate::statistics::quantile;
use crate::variant::Variant;

/// Before the first round every variant works for so many slices: V8 compiles anew what runs often.
const WARM_UP_SLICES: u32 = 3;

/// Everything that was measured.
pub(crate) struct Measured {
    pub(crate) variants: Vec<VariantMemory>,
    pub(crate) cases: Vec<CaseRounds>,
    pub(crate) slice: Duration,
    pub(crate) rounds: usize,
    pub(crate) concurrency: usize,
    pub(crate) envoy_version: String,
    /// Share of all cores that was used by processes that don't belong to the benchmark.
    pub(crate) others: f64,
}

/// A variant and its processes' memory.
pub(crate) struct VariantMemory {
    pub(crate) variant: Variant,
    pub(crate) idle: Both<Memory>,
    pub(crate) after: Both<Memory>,
}

/// All rounds under one load: `rounds[variant][round]`.
pub(crate) struct CaseRounds {
    pub(crate) case: Case,
    pub(crate) rounds: Vec<Vec<Round>>,
}

/// One slice of one variant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) requests: usize,
    /// Answers per second.
    pub(crate) rate: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Until a stream's first text came, the median.
    pub(crate) first_text_ms: Option<f64>,
    /// CPU time per request, in microseconds.
    pub(crate) cpu_us: Both<f64>,
}

/// Starts everything, measures, and stops everything.
pub(crate) fn run(options: &Options) -> anyhow::Result<Measured> {
    let paths = options.paths()?;
    let (variants, cases) = (options.variants()?, options.cases()?);
    let (slice, rounds) = options.rounds();
    let concurrency = options.concurrency();
    let began = Instant::now();
    let step = |what: &str| eprintln!("[{:>4} s] {what}", began.elapsed().as_secs());

    step(&format!(
        "starting {} variants; their files and logs are in {}",
        variants.len(),
        paths.run.display()
    ));
    let (simulator, provider) = gateway::provider(&paths)?;
    let mut gateways = Vec::new();
    for variant in variants {
        let started = Gateway::start(variant, &paths, provider, concurrency);
        gateways.push(started.with_context(|| format!("variant {}", variant.name))?);
    }
    let mut idle = Vec::new();
    for gateway in &mut gateways {
        gateway
            .wait()
            .with_context(|| format!("variant {}", gateway.variant.name))?;
        idle.push(gateway.memory());
    }
    let warm_up = Request::new(Size::Usual, Answers::Plain);
    for gateway in &gateways {
        gateway
            .prove()
            .with_context(|| format!("variant {}", gateway.variant.name))?;
        load::run(
            gateway.address(),
            &warm_up,
            8,
            [Duration::ZERO, slice * WARM_UP_SLICES],
            || (),
        )
        .with_context(|| format!("variant {}", gateway.variant.name))?;
    }

    let all = || {
        let gateways = gateways
            .iter()
            .map(Gateway::cpu)
            .map(|cpu| cpu.envoy + cpu.service)
            .sum::<f64>()
            + gateways.iter().map(Gateway::hook_cpu).sum::<f64>();
        let own = machine::cpu_time(simulator.id()).as_secs_f64();
        (Instant::now(), machine::busy_time().as_secs_f64(), gateways + own)
    };
    let before = all();
    // The load's threads end after each slice, and their CPU time with them: it is counted slice by slice.
    let mut load_cpu = 0.0;
    let mut measured: Vec<CaseRounds> = cases
        .into_iter()
        .map(|case| CaseRounds {
            case,
            rounds: vec![Vec::new(); gateways.len()],
        })
        .collect();
    for round in 0..rounds {
        step(&format!("round {} of {rounds}", round + 1));
        for CaseRounds { case, rounds } in &mut measured {
            let request = Request::new(case.size, case.answers);
            // Each round begins with another variant, so that none always comes after the same one.
            for turn in 0..gateways.len() {
                let at = (turn + round) % gateways.len();
                let measured = one_slice(&gateways[at], &request, case.connections, slice);
                let (figures, load) = measured.with_context(|| {
                    format!(
                        "variant {}, {} (logs: {})",
                        gateways[at].variant.name,
                        case.title(),
                        paths.run.display()
                    )
                })?;
                load_cpu += load;
                rounds[at].push(figures);
            }
        }
    }
    let after = all();
    #[allow(clippy::cast_precision_loss, reason = "a number of cores")]
    let available = (after.0 - before.0).as_secs_f64() * machine::cores() as f64;
    let others = ((after.1 - before.1) - (after.2 - before.2) - load_cpu).max(0.0) / available;

    let mut with_memory = Vec::new();
    for (gateway, idle) in gateways.iter().zip(idle) {
        if let Err(error) = gateway.check() {
            anyhow::bail!(error);
        }
        with_memory.push(VariantMemory {
            variant: gateway.variant,
            idle,
            after: gateway.memory(),
        });
    }
    step("done");
    Ok(Measured {
        variants: with_memory,
        cases: measured,
        slice,
        rounds,
        concurrency,
        envoy_version: envoy_version(&paths.envoy),
        others,
    })
}

/// One variant's turn, and the CPU time of the load itself in seconds.
fn one_slice(
    gateway: &Gateway,
    request: &Request,
    connections: usize,
    slice: Duration,
) -> anyhow::Result<(Round, f64)> {
    let mut before = Both::default();
    let mut slice = load::run(
        gateway.address(),
        request,
        connections,
        [slice / 5, slice],
        || before = gateway.cpu(),
    )?;
    let after = gateway.cpu();
    let requests = slice.latencies.len();
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let per_request = |seconds: f64| seconds * 1e6 / requests as f64;
    let round = Round {
        requests,
        rate: slice.rate,
        p50_ms: quantile(&mut slice.latencies, 50),
        p99_ms: quantile(&mut slice.latencies, 99),
        first_text_ms: (!slice.first_texts.is_empty()).then(|| quantile(&mut slice.first_texts, 50)),
        cpu_us: Both {
            envoy: per_request(after.envoy - before.envoy),
            service: per_request(after.service - before.service),
        },
    };
    Ok((round, slice.cpu))
}

fn envoy_version(envoy: &std::path::Path) -> String {
    let output = Command::new(envoy).arg("--version").output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    // `/path/to/envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`
    let version = text
        .split_once("version:")
        .and_then(|(_, version)| version.split('/').nth(1));
    version.unwrap_or("of unknown version").to_owned()
}
