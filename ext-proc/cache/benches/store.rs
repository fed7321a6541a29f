//! What entries take and what a bounded store is worth: `cargo bench -p tollgate-cache --bench store`.
//! Must not know more than the service does.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark: it stops at the first thing that is not as it should be, and its figures are rounded"
)]

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tollgate_cache::{
    CacheKey, Entry, Meaning, MeaningKey, MemoryStore, Partition, Scope, StoredAnswer, hash_body,
};
use tollgate_llm::{Endpoint, Usage};

const CHAT: Endpoint = Endpoint::ChatCompletions;
const DIMENSIONS: usize = 384;

fn main() {
    let now = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    println!("Entries with words of {DIMENSIONS} dimensions and a prompt of 60 bytes, without bodies:");
    for (entries, searches) in [(1_000, 2_000), (100_000, 200), (1_000_000, 20)] {
        filled(entries, searches, now);
    }
    println!();
    println!(
        "Hits where requests follow Zipf's law over 100,000 questions with answers of 2 KB, after a million requests to warm up:"
    );
    println!("share of the questions that fit · exponent · hits · the best that is possible");
    for exponent in [0.8, 1.0, 1.2] {
        for share in [0.01, 0.1] {
            zipf(share, exponent, now);
        }
    }
}

fn filled(entries: u64, searches: u32, now: SystemTime) {
    let before = resident();
    let store = MemoryStore::new(u64::MAX / 2, 1.0);
    let partition = partition();
    let rest = hash_body(CHAT, "{}").unwrap();
    let key = MeaningKey::new(&partition, &rest, "bench");
    let mut random = Random(7);
    let mut slowest = Duration::ZERO;
    let began = Instant::now();
    for number in 0..entries {
        let meaning = Meaning {
            key,
            prompt: format!("How do I do the thing that has the number {number:017}?").into(),
            vector: random.vector(),
        };
        let entry = Arc::new(entry(&partition, number, 0, now));
        let put = Instant::now();
        store.put(entry, Some(&meaning), now);
        slowest = slowest.max(put.elapsed());
    }
    let put = began.elapsed() / u32::try_from(entries).unwrap();
    let query = random.vector();
    let mut times: Vec<Duration> = (0..searches)
        .map(|_| {
            let began = Instant::now();
            assert_eq!(store.nearest(key, &query, 4, now).len(), 4);
            began.elapsed()
        })
        .collect();
    times.sort();
    let kib = resident() - before;
    println!(
        "{entries:>9} entries: {:>5.1} MB, {} bytes each; put {put:?} (with making the vector; slowest {slowest:?}); nearest p50 {:?}, p99 {:?}",
        kib as f64 / 1024.0,
        kib * 1024 / entries,
        times[times.len() / 2],
        times[times.len() * 99 / 100],
    );
}

fn zipf(share: f64, exponent: f64, now: SystemTime) {
    const QUESTIONS: usize = 100_000;
    const BODY: usize = 2_000;
    let partition = partition();
    let entries: Vec<Arc<Entry>> = (0..QUESTIONS)
        .map(|number| Arc::new(entry(&partition, number as u64, BODY, now)))
        .collect();
    let mut cumulated: Vec<f64> = Vec::with_capacity(QUESTIONS);
    for rank in 1..=QUESTIONS {
        let sum = cumulated.last().copied().unwrap_or(0.0);
        cumulated.push(sum + (rank as f64).powf(-exponent));
    }
    let all = *cumulated.last().unwrap();
    let fit = (QUESTIONS as f64 * share) as usize;
    let each = {
        let probe = MemoryStore::new(1 << 30, 1.0);
        probe.put(Arc::clone(&entries[0]), None, now);
        probe.size().bytes
    };
    let store = MemoryStore::new(each * fit as u64, 1.0);
    let mut random = Random(11);
    let mut ask = |count: u32| {
        let mut hits = 0;
        for _ in 0..count {
            let drawn = random.unit() * all;
            let entry = &entries[cumulated.partition_point(|sum| *sum < drawn).min(QUESTIONS - 1)];
            if store.get(&entry.key, now).is_some() {
                hits += 1;
            } else {
                store.put(Arc::clone(entry), None, now);
            }
        }
        f64::from(hits) / f64::from(count)
    };
    ask(1_000_000);
    let hits = ask(1_000_000);
    println!(
        "{:>4.0} % · {exponent} · {:.1} % · {:.1} %",
        share * 100.0,
        hits * 100.0,
        cumulated[fit - 1] / all * 100.0
    );
}

fn partition() -> Partition {
    Partition {
        scope: Scope::Tenant("acme".into()),
        namespace: "".into(),
        endpoint: CHAT,
        model: "gpt-4o".into(),
        variant: "standard\nopenai".into(),
    }
}

fn entry(partition: &Partition, number: u64, body: usize, now: SystemTime) -> Entry {
    Entry {
        key: CacheKey::new(partition, &hash_body(CHAT, &format!("[{number}]")).unwrap()),
        partition: partition.clone(),
        answer: StoredAnswer {
            endpoint: CHAT,
            stream: false,
            body: vec![b'x'; body].into(),
            usage: Usage::default(),
            provider: "openai".into(),
            created: now,
        },
        expires: None,
    }
}

/// KiB of this process.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// SplitMix64: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn vector(&mut self) -> Box<[f32]> {
        (0..DIMENSIONS).map(|_| self.unit() as f32 - 0.5).collect()
    }
}
