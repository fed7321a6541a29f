//! Prints what a look-up costs: `cargo run --release -p tollgate-similar --example bench`.
//! Guard and normal form of every pair of the fixtures many times, one at a time.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tollgate_similar::{Mode, check, judge, normalize};

fn main() {
    let pairs: Vec<(&str, &str)> = include_str!("../tests/fixtures/pairs.tsv")
        .lines()
        .filter_map(|line| {
            let mut columns = line.split('\t').skip(3);
            Some((columns.next()?, columns.next()?))
        })
        .collect();
    let words: usize = pairs
        .iter()
        .map(|(a, b)| a.split(' ').count() + b.split(' ').count())
        .sum();
    println!(
        "{} pairs, {:.1} words a pair",
        pairs.len(),
        words as f64 / pairs.len() as f64
    );
    let _ = check("warm", "up");
    report("guard", pairs.iter().cycle().take(pairs.len() * 50), |(a, b)| {
        let _ = black_box(check(a, b));
    });
    report(
        "judgement at faq",
        pairs.iter().cycle().take(pairs.len() * 50),
        |(a, b)| {
            let _ = black_box(judge(Mode::Faq, 0.99, a, b));
        },
    );
    let fifteen = "How do I transfer 500 dollars from my savings account to a friend's account in Canada?";
    let other = "How can I send $500 from my savings account to the account of a friend in Canada?";
    report(
        "guard, two prompts of 16 words",
        std::iter::repeat_n((), 20_000),
        |()| {
            let _ = black_box(check(black_box(fifteen), other));
        },
    );
    report(
        "normal form",
        pairs.iter().cycle().take(pairs.len() * 20),
        |(a, _)| {
            black_box(normalize(a));
        },
    );
}

fn report<T>(name: &str, inputs: impl Iterator<Item = T>, mut run: impl FnMut(T)) {
    let mut times: Vec<Duration> = inputs
        .map(|input| {
            let start = Instant::now();
            run(input);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: f64| {
        times
            .get((times.len() as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    println!("{name}: p50 {:?}, p99 {:?}", at(0.5), at(0.99));
}
