//! What the filter costs before any request: start-up time and memory of Envoy with and without it.
//! Must not send load.

use std::time::Instant;

use anyhow::Context as _;

use crate::gateway::Gateway;
use crate::machine;
use crate::options::{Options, Paths};
use crate::statistics::median;
use crate::variant::{FILTER, Variant};

/// Worker threads of Envoy.
const WORKERS: [usize; 3] = [1, 2, 8];
/// Starts for each figure; medians are printed.
const STARTS: usize = 3;

struct Footprint {
    seconds: f64,
    cpu_seconds: f64,
    mebibytes: f64,
}

/// Starts each Envoy some times, in turn, and prints the medians.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let paths = options.paths()?;
    let variants: Vec<Variant> = Variant::all()
        .into_iter()
        .filter(|variant| variant.is_baseline() || variant.name == FILTER)
        .collect();
    println!(
        "Envoy until it is ready, with nothing to do: seconds, seconds of CPU, MiB resident (per worker: what one more costs)"
    );
    println!(
        "{:>8} {:>8} {:>8} {:>8} {:>8}",
        "workers", "variant", "seconds", "CPU s", "MiB"
    );
    let mut added = Vec::new();
    for workers in WORKERS {
        let mut figures: Vec<Vec<Footprint>> = variants.iter().map(|_| Vec::new()).collect();
        for _ in 0..STARTS {
            for (variant, figures) in variants.iter().zip(&mut figures) {
                figures.push(start(*variant, &paths, workers)?);
            }
        }
        let mut memory = Vec::new();
        for (variant, figures) in variants.iter().zip(&figures) {
            let middle = |of: fn(&Footprint) -> f64| median(figures.iter().map(of));
            let mebibytes = middle(|figure| figure.mebibytes);
            println!(
                "{workers:>8} {:>8} {:>8.2} {:>8.2} {mebibytes:>8.1}",
                variant.name,
                middle(|figure| figure.seconds),
                middle(|figure| figure.cpu_seconds),
            );
            memory.push(mebibytes);
        }
        if let [bare, filter] = memory[..] {
            added.push((workers, filter - bare));
        }
    }
    if let (Some((few, less)), Some((many, more))) = (added.first(), added.last()) {
        #[allow(clippy::cast_precision_loss, reason = "a handful of workers")]
        let workers = (many - few) as f64;
        println!(
            "router.wasm adds {less:.1} MiB with {few} worker, and {:.1} MiB for each one more",
            (more - less) / workers
        );
    }
    println!(
        "{STARTS} starts of each, in turn; medians; {}",
        machine::processor()
    );
    Ok(())
}

fn start(variant: Variant, paths: &Paths, workers: usize) -> anyhow::Result<Footprint> {
    // Nothing is sent, so no provider needs to be there.
    let provider = "127.0.0.1:9".parse().context("an address")?;
    let began = Instant::now();
    let mut gateway = Gateway::start(variant, paths, provider, workers)?;
    gateway.wait()?;
    let seconds = began.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let mebibytes = gateway.memory().envoy.now_kib as f64 / 1024.0;
    Ok(Footprint {
        seconds,
        cpu_seconds: gateway.cpu().envoy,
        mebibytes,
    })
}
