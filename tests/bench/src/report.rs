//! Tables: each variant beside bare Envoy, memory, the goal, and how it was measured.
//! Must not measure.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::case::{Answers, Case, Size};
use crate::machine::{self, Memory};
use crate::measure::{CaseRounds, Measured, Round};
use crate::options::Options;
use crate::statistics::median;
use crate::variant::FULL;

/// At 10 KB with plain answers: throughput at eight connections as a share of bare Envoy's, and milliseconds that one
/// connection waits longer than there.
const GOAL: Goal = Goal {
    share: 0.36,
    p50_ms: 0.7,
    p99_ms: 1.3,
};
/// Above this share of the machine used by others, figures are not to be quoted.
const QUIET: f64 = 0.05;

struct Goal {
    share: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// Medians over the rounds; what is compared with bare Envoy is compared round by round.
struct Figures {
    rate: f64,
    share: f64,
    p50: Latency,
    p99: Latency,
    /// Of streams.
    first_text: Option<Latency>,
    envoy_us: f64,
    service_us: f64,
}

struct Latency {
    ms: f64,
    ratio: f64,
    added_ms: f64,
}

/// Prints the report, and writes the figures of all rounds if asked to.
pub(crate) fn print(options: &Options, measured: &Measured) -> anyhow::Result<()> {
    let mut text = String::new();
    for case in &measured.cases {
        table(&mut text, measured, case)?;
    }
    memory(&mut text, measured)?;
    goal(&mut text, measured)?;
    method(&mut text, measured)?;
    print!("{text}");
    if let Some(path) = &options.json {
        std::fs::write(path, to_json(measured).to_string())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

impl Figures {
    fn new(rounds: &[Round], bare: &[Round]) -> Self {
        let of = |value: fn(&Round) -> f64| median(rounds.iter().map(value));
        let pairs = |combine: &dyn Fn(&Round, &Round) -> f64| {
            median(rounds.iter().zip(bare).map(|(round, bare)| combine(round, bare)))
        };
        let latency = |value: fn(&Round) -> f64| Latency {
            ms: of(value),
            ratio: pairs(&|round, bare| value(round) / value(bare)),
            added_ms: pairs(&|round, bare| value(round) - value(bare)),
        };
        Self {
            rate: of(|round| round.rate),
            share: pairs(&|round, bare| round.rate / bare.rate),
            p50: latency(|round| round.p50_ms),
            p99: latency(|round| round.p99_ms),
            first_text: rounds
                .iter()
                .chain(bare)
                .all(|round| round.first_text_ms.is_some())
                .then(|| latency(|round| round.first_text_ms.unwrap_or_default())),
            envoy_us: of(|round| round.cpu_us.envoy),
            service_us: of(|round| round.cpu_us.service),
        }
    }
}

fn table(text: &mut String, measured: &Measured, case: &CaseRounds) -> std::fmt::Result {
    writeln!(text, "{}", case.case.title())?;
    writeln!(
        text,
        "  {:<17} {:>8} {:>6}   {:>8} {:>6} {:>8}   {:>8} {:>6} {:>8}{}   {:>9} {:>9}",
        "",
        "req/s",
        "share",
        "p50 ms",
        "×",
        "+ ms",
        "p99 ms",
        "×",
        "+ ms",
        match case.case.answers {
            Answers::Plain => String::new(),
            Answers::Streamed | Answers::Paced => format!("   {:>8} {:>6} {:>8}", "1st ms", "×", "+ ms"),
        },
        "Envoy µs",
        "service µs"
    )?;
    for (at, VariantFigures { name, figures }) in all_figures(measured, case).iter().enumerate() {
        let Figures {
            rate,
            share,
            p50,
            p99,
            first_text,
            envoy_us,
            service_us,
        } = figures;
        write!(text, "  {name:<17} {rate:>8.0} {share:>6.2}")?;
        for latency in [p50, p99].into_iter().chain(first_text) {
            write!(text, "   {:>8.2}", latency.ms)?;
            match at {
                0 => write!(text, " {:>6} {:>8}", "", "")?,
                _ => write!(text, " {:>6.2} {:>+8.2}", latency.ratio, latency.added_ms)?,
            }
        }
        writeln!(text, "   {envoy_us:>9.0} {service_us:>9.0}")?;
    }
    writeln!(text)
}

struct VariantFigures {
    name: &'static str,
    figures: Figures,
}

fn all_figures(measured: &Measured, case: &CaseRounds) -> Vec<VariantFigures> {
    let bare = &case.rounds[0];
    let names = measured.variants.iter().map(|variant| variant.variant.name);
    names
        .zip(&case.rounds)
        .map(|(name, rounds)| VariantFigures {
            name,
            figures: Figures::new(rounds, bare),
        })
        .collect()
}

fn memory(text: &mut String, measured: &Measured) -> std::fmt::Result {
    writeln!(
        text,
        "Resident memory, MiB (the service's cache holds up to 64 MiB of answers)"
    )?;
    writeln!(
        text,
        "  {:<17} {:>28}   {:>28}",
        "", "Envoy: idle after peak", "service: idle after peak"
    )?;
    for variant in &measured.variants {
        write!(text, "  {:<17}", variant.variant.name)?;
        for [idle, after] in [
            [variant.idle.envoy, variant.after.envoy],
            [variant.idle.service, variant.after.service],
        ] {
            if after == Memory::default() {
                write!(text, " {:>28}  ", "–")?;
            } else {
                let mib = |kib: u64| kib.div_ceil(1024);
                write!(
                    text,
                    " {:>16} {:>5} {:>5}  ",
                    mib(idle.now_kib),
                    mib(after.now_kib),
                    mib(after.peak_kib)
                )?;
            }
        }
        writeln!(text)?;
    }
    writeln!(text)
}

/// Says whether the full policy costs as little as it should, if what shows it was measured.
fn goal(text: &mut String, measured: &Measured) -> std::fmt::Result {
    let full = |connections| {
        let wanted = Case {
            size: Size::Usual,
            answers: Answers::Plain,
            connections,
        };
        let case = measured.cases.iter().find(|case| case.case == wanted)?;
        all_figures(measured, case)
            .into_iter()
            .find(|variant| variant.name == FULL)
    };
    if let Some(VariantFigures { figures, .. }) = full(8) {
        let mark = if figures.share >= GOAL.share {
            "reached"
        } else {
            "not reached"
        };
        writeln!(
            text,
            "Goal, {FULL} at 10 KB, 8 connections: at least {:.2} of bare Envoy's throughput: {:.2}, {mark}",
            GOAL.share, figures.share
        )?;
    }
    if let Some(VariantFigures { figures, .. }) = full(1) {
        for (name, most, latency) in [
            ("p50", GOAL.p50_ms, figures.p50),
            ("p99", GOAL.p99_ms, figures.p99),
        ] {
            let mark = if latency.added_ms <= most {
                "reached"
            } else {
                "not reached"
            };
            writeln!(
                text,
                "Goal, {FULL} at 10 KB, 1 connection: at most {most:.1} ms added ({name}): {:.2} ms, {mark}",
                latency.added_ms
            )?;
        }
    }
    writeln!(text)
}

fn method(text: &mut String, measured: &Measured) -> std::fmt::Result {
    let Measured {
        slice,
        rounds,
        concurrency,
        envoy_version,
        others,
        ..
    } = measured;
    writeln!(text, "Method")?;
    writeln!(
        text,
        "  {} cores ({}), Linux {}; Envoy {envoy_version} with {concurrency} workers; load, Envoy, service and provider share the cores",
        machine::cores(),
        machine::processor(),
        machine::kernel()
    )?;
    writeln!(
        text,
        "  {rounds} rounds; in each, every variant has its turn of {} ms under every load, after {} ms that do not count; the order rotates",
        slice.as_millis(),
        (*slice / 5).as_millis()
    )?;
    writeln!(
        text,
        "  closed loop over HTTP/1.1 connections; figures are medians over the rounds, share, × and + are medians of each"
    )?;
    writeln!(
        text,
        "  round's comparison with bare Envoy's turn beside it; µs are CPU time per request; 1st: until a stream's first text"
    )?;
    let warning = if *others > QUIET {
        ": too much for figures that are worth quoting"
    } else {
        ""
    };
    writeln!(
        text,
        "  other processes used {:.0} % of the machine{warning}",
        others * 100.0
    )?;
    for variant in &measured.variants {
        writeln!(text, "  {:<17} {}", variant.variant.name, variant.variant.what)?;
    }
    Ok(())
}

fn to_json(measured: &Measured) -> Value {
    let cases: Vec<Value> = measured
        .cases
        .iter()
        .flat_map(|case| {
            all_figures(measured, case).into_iter().zip(&case.rounds).map(
                |(VariantFigures { name, figures }, rounds)| {
                    let rounds: Vec<Value> = rounds.iter().map(round_json).collect();
                    json!({
                        "variant": name,
                        "prompt_bytes": case.case.size.bytes(),
                        "answers": case.case.answers.name(),
                        "connections": case.case.connections,
                        "share": figures.share,
                        "p50_added_ms": figures.p50.added_ms,
                        "p99_added_ms": figures.p99.added_ms,
                        "first_text_added_ms": figures.first_text.as_ref().map(|first| first.added_ms),
                        "rounds": rounds,
                    })
                },
            )
        })
        .collect();
    let memory: Vec<Value> = measured
        .variants
        .iter()
        .map(|variant| {
            let kib = |memory: Memory| json!({ "now_kib": memory.now_kib, "peak_kib": memory.peak_kib });
            json!({
                "variant": variant.variant.name,
                "envoy": { "idle": kib(variant.idle.envoy), "after": kib(variant.after.envoy) },
                "service": { "idle": kib(variant.idle.service), "after": kib(variant.after.service) },
            })
        })
        .collect();
    json!({
        "cores": machine::cores(),
        "processor": machine::processor(),
        "kernel": machine::kernel(),
        "envoy": measured.envoy_version,
        "concurrency": measured.concurrency,
        "slice_ms": measured.slice.as_millis(),
        "used_by_others": measured.others,
        "memory": memory,
        "cases": cases,
    })
}

fn round_json(round: &Round) -> Value {
    json!({
        "requests": round.requests,
        "requests_per_second": round.rate,
        "p50_ms": round.p50_ms,
        "p99_ms": round.p99_ms,
        "first_text_ms": round.first_text_ms,
        "envoy_cpu_us": round.cpu_us.envoy,
        "service_cpu_us": round.cpu_us.service,
    })
}
