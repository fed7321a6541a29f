//! Prints what a look-up costs: `cargo run --release -p tollgate-similar --example bench -- [entries …]`.
//! Guard and normal form: every pair of the fixtures many times, one at a time. Index: vectors around random centres, queries
//! that are stored vectors with noise (cosine about .95), flat and filtered; recall is the filtered search's share of flat bests.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tollgate_similar::{Index, Mode, Search, check, judge, normalize};

const DIMENSIONS: usize = 384;
const QUERIES: usize = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
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
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .map(|n| n.parse())
        .collect::<Result<_, _>>()?;
    for size in if sizes.is_empty() {
        vec![1_000, 10_000, 100_000, 200_000]
    } else {
        sizes
    } {
        index(size)?;
    }
    Ok(())
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

fn index(size: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut random = Random(size as u64 | 1);
    let centres: Vec<Vec<f32>> = (0..64).map(|_| random.vector()).collect();
    let mut index = Index::new(DIMENSIONS);
    let mut queries = Vec::with_capacity(QUERIES);
    let mut inserting = Duration::ZERO;
    for id in 0..size {
        let centre = centres.get(id % centres.len()).ok_or("no centre")?;
        // Prompts of one product are alike: cosines of about .5 within a centre.
        let vector: Vec<f32> = centre.iter().zip(random.vector()).map(|(c, x)| c + x).collect();
        if id % (size / QUERIES).max(1) == 0 && queries.len() < QUERIES {
            queries.push(
                vector
                    .iter()
                    .zip(random.vector())
                    .map(|(v, x)| v + x * 0.46)
                    .collect::<Vec<f32>>(),
            );
        }
        let start = Instant::now();
        index.insert(1, id as u64, &vector)?;
        inserting += start.elapsed();
    }
    println!(
        "{size} entries: {} bytes an entry, insert {:?}",
        index.bytes() / size,
        inserting / u32::try_from(size)?
    );
    let mut same = 0;
    let mut error = 0f32;
    for query in &queries {
        let flat = index.search(1, query, 1, Search::Flat)?;
        same += usize::from(flat == index.search(1, query, 1, Search::Filtered)?);
        error = error.max(flat.first().map_or(0.0, |best| (best.score - 0.95).abs()));
    }
    for (name, search) in [("flat", Search::Flat), ("filtered", Search::Filtered)] {
        report(&format!("  {name}"), queries.iter(), |query| {
            let _ = black_box(index.search(1, query, 1, search));
        });
    }
    println!(
        "  filtered finds the flat best: {same} of {}; its score is within {error:.3} of .95",
        queries.len()
    );
    Ok(())
}

struct Random(u64);

impl Random {
    /// Roughly normal: the sum of four uniform numbers.
    fn vector(&mut self) -> Vec<f32> {
        (0..DIMENSIONS)
            .map(|_| (0..4).map(|_| self.uniform()).sum())
            .collect()
    }

    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    }
}
