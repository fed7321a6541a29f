//! Prints how fast texts are counted, here and by the counters that others use (feature `peers`).
//!
//! Runs natively and as a WASI module (`run.sh` does both).

mod heap;
mod texts;

use std::hint::black_box;
use std::time::Instant;

use texts::Text;
use tollgate_tokens::Encoding;

#[global_allocator]
static HEAP: heap::Heap = heap::Heap;

type Counter = fn(&str) -> usize;

fn ours(text: &str) -> usize {
    Encoding::O200kBase.count(text).expect("the feature is on")
}

fn counters() -> Vec<(&'static str, Counter)> {
    #[allow(unused_mut, reason = "peers are added where the feature is on")]
    let mut counters: Vec<(&'static str, Counter)> = vec![("tollgate", ours)];
    #[cfg(feature = "peers")]
    {
        counters.push(("tiktoken-rs", |text| tiktoken_rs::o200k_base_singleton().count_ordinary(text)));
        counters.push(("bpe-openai", |text| bpe_openai::o200k_base().count(text)));
    }
    counters
}

fn main() {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let brief = files.first().is_some_and(|first| first == "--brief");
    if brief {
        files.remove(0);
    }
    let counters = counters();
    for (name, count) in &counters {
        let start = Instant::now();
        black_box(count("."));
        println!("{name}: first count after {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    }
    print!("{:<12} {:>7}", "MB/s Mtok/s", "B/token");
    for (name, _) in &counters {
        print!(" {name:>18}");
        if *name == "tollgate" {
            print!(" {:>18} {:>18}", "in parts", "cold");
        }
    }
    println!();
    // More than the nearer caches hold: a proxy has other things to do between two prompts.
    let other = vec![[1u8; 64]; 1 << 15];
    for text in std::iter::once(Text::chat()).chain(files.iter().map(|path| Text::from_file(path))) {
        let expected: usize = text.prompts.iter().map(|prompt| ours(prompt)).sum();
        print!("{:<12} {:>7.2}", text.name, text.bytes() as f64 / expected as f64);
        let print = |pass: &mut dyn FnMut() -> (usize, f64)| {
            let best = best(brief, expected, pass);
            print!(" {:>11.1} {:>6.1}", text.bytes() as f64 / 1e6 / best, expected as f64 / 1e6 / best);
        };
        for (name, count) in &counters {
            print(&mut || timed(|| text.prompts.iter().map(|prompt| count(black_box(prompt))).sum()));
            if *name == "tollgate" {
                let parts = text.parts();
                let in_parts = |prompt: &Vec<&str>| {
                    let mut counter = Encoding::O200kBase.counter().expect("the feature is on");
                    prompt.iter().for_each(|part| counter.push(black_box(part)));
                    counter.finish()
                };
                print(&mut || timed(|| parts.iter().map(in_parts).sum()));
                print(&mut || {
                    let all = text.prompts.iter().map(|prompt| {
                        black_box(&other).iter().for_each(|line| {
                            black_box(line[0]);
                        });
                        timed(|| count(black_box(prompt)))
                    });
                    all.fold((0, 0.0), |sum, run| (sum.0 + run.0, sum.1 + run.1))
                });
            }
        }
        println!();
    }
    adversarial();
}

/// How long the worst texts take once, whole and in parts of 1000 bytes, and how much memory.
fn adversarial() {
    println!("{:<20} {:>7} {:>9} {:>9} {:>12} {:>9}", "worst cases", "MB", "ms", "heap KB", "in parts, ms", "heap KB");
    for (name, text) in texts::adversarial() {
        let parts = texts::cut(&text, 1000);
        let (heap, (tokens, seconds)) = heap::peak(|| timed(|| ours(black_box(&text))));
        let (heap_in_parts, (tokens_in_parts, seconds_in_parts)) = heap::peak(|| {
            let mut counter = Encoding::O200kBase.counter().expect("the feature is on");
            timed(|| {
                parts.iter().for_each(|part| counter.push(black_box(part)));
                counter.finish()
            })
        });
        assert_eq!(tokens, tokens_in_parts, "{name}");
        println!(
            "{name:<20} {:>7.2} {:>9.1} {:>9} {:>12.1} {:>9}",
            text.len() as f64 / 1e6,
            seconds * 1e3,
            heap / 1000,
            seconds_in_parts * 1e3,
            heap_in_parts / 1000
        );
    }
}

/// The best time of at least five passes and half a second, since the machine is shared, in seconds.
fn best(brief: bool, expected: usize, pass: &mut dyn FnMut() -> (usize, f64)) -> f64 {
    let mut best = f64::MAX;
    let start = Instant::now();
    let mut runs = 0;
    while runs < 5 || start.elapsed().as_millis() < if brief { 150 } else { 500 } {
        let (tokens, seconds) = pass();
        assert_eq!(tokens, expected, "counters differ");
        best = best.min(seconds);
        runs += 1;
    }
    best
}

fn timed(count: impl FnOnce() -> usize) -> (usize, f64) {
    let start = Instant::now();
    let tokens = count();
    (tokens, start.elapsed().as_secs_f64())
}
