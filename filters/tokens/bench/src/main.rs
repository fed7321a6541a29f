//! Prints how fast each file is counted, here and by the counters that others use (feature `peers`).
//!
//! Runs natively and as a WASI module (`run.sh` does both).

use std::hint::black_box;
use std::time::Instant;

use tollgate_tokens::Encoding;

type Counter = fn(&str) -> usize;

fn counters() -> Vec<(&'static str, Counter)> {
    #[allow(unused_mut, reason = "peers are added where the feature is on")]
    let mut counters: Vec<(&'static str, Counter)> =
        vec![("tollgate", |text| Encoding::O200kBase.count(text).expect("the feature is on"))];
    #[cfg(feature = "peers")]
    {
        counters.push(("tiktoken-rs", |text| tiktoken_rs::o200k_base_singleton().count_ordinary(text)));
        counters.push(("bpe-openai", |text| bpe_openai::o200k_base().count(text)));
    }
    counters
}

fn main() {
    let counters = counters();
    for (name, count) in &counters {
        let start = Instant::now();
        black_box(count("."));
        println!("{name}: first count after {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    }
    print!("{:<14} {:>9}", "file", "bytes/tok");
    for (name, _) in &counters {
        print!(" {name:>12} MB/s {:>6}", "Mtok/s");
    }
    println!();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).expect("a UTF-8 file");
        let expected = counters[0].1(&text);
        let megabytes = text.len() as f64 / 1e6;
        print!("{:<14} {:>9.2}", path.rsplit('/').next().unwrap_or_default(), text.len() as f64 / expected as f64);
        for (name, count) in &counters {
            assert_eq!(count(&text), expected, "{name} differs on {path}");
            // The best of at least five runs and half a second: the machine is shared.
            let mut best = f64::MAX;
            let start = Instant::now();
            let mut runs = 0;
            while runs < 5 || start.elapsed().as_millis() < 500 {
                let run = Instant::now();
                black_box(count(black_box(&text)));
                best = best.min(run.elapsed().as_secs_f64());
                runs += 1;
            }
            print!(" {:>17.1} {:>6.1}", megabytes / best, expected as f64 / 1e6 / best);
        }
        println!();
    }
}
