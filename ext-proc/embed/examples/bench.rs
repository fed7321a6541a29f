//! Prints what the embedder costs, and how far it is from a reference.
//!
//! ```text
//! TOLLGATE_EMBEDDER_DIR=folder cargo run --release -p tollgate-embed --example bench [reference.jsonl [kernels]]
//! ```
//!
//! Times are the thread's own on the processor, of whole calls, text to unit vector: waiting for a processor that others use does
//! not count, but what they do to its caches and units does. `reference.jsonl` is what `reference.py` made; its lines, two by two,
//! are the pairs whose cosines are compared.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tollgate_embed::{Embedding, MiniLm};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::var_os("TOLLGATE_EMBEDDER_DIR")
        .ok_or("TOLLGATE_EMBEDDER_DIR does not say where the model is")?;
    let mut arguments = std::env::args().skip(1);
    let reference = arguments.next();

    println!("before: {}", memory()?);
    let start = Instant::now();
    let mut model = MiniLm::load(folder.as_ref())?;
    println!("loaded {} in {:?}: {}", model.id(), start.elapsed(), memory()?);
    if let Some(kernels) = arguments.next() {
        model = model
            .with_kernels(&kernels)
            .ok_or("this CPU does not have these kernels")?;
    }

    println!(
        "{} kernels; tokens: least / p50 / p99 of the processor's time",
        model.kernels()
    );
    for (tokens, calls) in [(13, 1000), (32, 500), (128, 200), (256, 100)] {
        let text = "word ".repeat(tokens - 2);
        assert_eq!(model.tokens(&text), tokens);
        let mut times: Vec<Duration> = (0..calls)
            .map(|_| {
                let start = processor();
                black_box(model.embed(black_box(&text)));
                processor().saturating_sub(start)
            })
            .collect();
        times.sort();
        let [least, p50, p99] = [0, calls / 2, calls * 99 / 100].map(|i| times[i]);
        println!("{tokens:4}: {least:.2?} / {p50:.2?} / {p99:.2?}");
    }
    println!("after: {}", memory()?);

    if let Some(reference) = reference {
        accuracy(&model, &fs::read_to_string(reference)?)?;
    }
    Ok(())
}

#[derive(serde::Deserialize)]
struct Reference {
    text: String,
    embedding: Vec<f32>,
}

fn accuracy(model: &MiniLm, reference: &str) -> Result<(), Box<dyn Error>> {
    let mut texts = Vec::new();
    for line in reference.lines() {
        let Reference { text, embedding } = serde_json::from_str(line)?;
        texts.push((model.embed(&text), embedding));
    }
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    let with = |e: &Embedding, want: &[f32]| dot(e.as_slice(), want);
    let mut cosines: Vec<f64> = texts.iter().map(|(got, want)| with(got, want)).collect();
    let mut differences: Vec<f64> = texts
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[a, b]| (f64::from(a.0.dot(&b.0)) - dot(&a.1, &b.1)).abs())
        .collect();
    cosines.sort_by(f64::total_cmp);
    differences.sort_by(f64::total_cmp);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    println!(
        "{} texts, cosine with the reference: mean {:.6}, least {:.6}",
        cosines.len(),
        mean(&cosines),
        cosines.first().unwrap_or(&0.0),
    );
    println!(
        "{} pairs, cosine differs from the reference's by: mean {:.5}, p99 {:.5}, most {:.5}",
        differences.len(),
        mean(&differences),
        differences.get(differences.len() * 99 / 100).unwrap_or(&0.0),
        differences.last().unwrap_or(&0.0),
    );
    Ok(())
}

/// How long this thread has run on a processor.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// The process's resident memory now and at its highest, as Linux tells it.
fn memory() -> Result<String, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let lines = status
        .lines()
        .filter(|l| l.starts_with("VmRSS") || l.starts_with("VmHWM"));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    Ok(words.join(" "))
}
