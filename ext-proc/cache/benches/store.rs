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
const QUERIES: u64 = 500;

fn main() {
    let now = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    println!("Entries with words of {DIMENSIONS} dimensions and a prompt of 60 bytes, without bodies.");
    let mut words = Paraphrases::new();
    for entries in [1_000, 100_000, 300_000, 1_000_000] {
        filled(entries, &mut words, now);
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

/// Puts entries and searches; where they are many enough for a graph, searches again when all are in it.
fn filled(entries: u64, words: &mut Paraphrases, now: SystemTime) {
    // The queries are not the store's.
    let before = resident() + QUERIES * DIMENSIONS as u64 * 4 / 1024;
    let store = MemoryStore::new(u64::MAX / 2, 1.0);
    let partition = partition();
    let rest = hash_body(CHAT, "{}").unwrap();
    let key = MeaningKey::new(&partition, &rest, "bench");
    let mut queries = Vec::new();
    let mut puts = Vec::new();
    for number in 0..entries {
        let vector = words.question();
        if number % (entries / QUERIES) == 0 {
            queries.push(words.paraphrase(&vector));
        }
        let meaning = Meaning {
            key,
            prompt: format!("How do I do the thing that has the number {number:017}?").into(),
            vector,
        };
        let entry = Arc::new(entry(&partition, number, 0, now));
        let began = Instant::now();
        store.put(entry, Some(&meaning), now);
        puts.push(began.elapsed());
    }
    report(&format!("{entries:>9} entries: put"), puts);
    let exact = search(&store, key, &queries, now);
    print_memory(before, entries, &store);
    if store.waiting() == 0 {
        return;
    }
    let began = Instant::now();
    let waiting = store.waiting();
    while store.waiting() > 0 {
        std::thread::sleep(Duration::from_millis(100));
    }
    let each = began.elapsed() / u32::try_from(waiting).unwrap();
    println!("          by the graph, into which each took {each:?} of a thread of its own:");
    let by_graph = search(&store, key, &queries, now);
    print_memory(before, entries, &store);
    let near: Vec<_> = exact
        .iter()
        .zip(&by_graph)
        .filter(|(exact, _)| **exact >= 0.9)
        .collect();
    let same = near
        .iter()
        .filter(|(exact, found)| *exact - *found < 1e-6)
        .count();
    println!(
        "          nearest of all found where its cosine is .90 or more: {same} of {}",
        near.len()
    );
    let mut puts = Vec::new();
    for number in entries..entries + 1_000 {
        let vector = words.question();
        let meaning = Meaning {
            key,
            prompt: "Again?".into(),
            vector,
        };
        let entry = Arc::new(entry(&partition, number, 0, now));
        let began = Instant::now();
        store.put(entry, Some(&meaning), now);
        puts.push(began.elapsed());
        std::thread::sleep(Duration::from_millis(1));
    }
    report("          put, while the one before goes into the graph", puts);
}

/// The cosine of the nearest of each query.
fn search(store: &MemoryStore, key: MeaningKey, queries: &[Box<[f32]>], now: SystemTime) -> Vec<f32> {
    let (mut scores, mut took, mut busy) = (Vec::new(), Vec::new(), Vec::new());
    for query in queries {
        let (began, began_busy) = (Instant::now(), processor());
        let near = store.nearest(key, query, 4, now);
        took.push(began.elapsed());
        busy.push(processor() - began_busy);
        assert_eq!(near.len(), 4);
        scores.push(near[0].score);
    }
    report("          nearest", took);
    report("          nearest, time on the processor", busy);
    scores
}

/// This thread's time on the processor: others want it too.
fn processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    println!(
        "{what}: p50 {:?}, p99 {:?}, slowest {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1],
    );
}

fn print_memory(before: u64, entries: u64, store: &MemoryStore) {
    let kib = resident() - before;
    println!(
        "          {:.1} MB, {} bytes each; {} are counted",
        kib as f64 / 1024.0,
        kib * 1024 / entries,
        store.size().bytes / entries,
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

    /// Every number about as often small as large, and its square 1/12 in the mean.
    fn vector(&mut self) -> Box<[f32]> {
        (0..DIMENSIONS).map(|_| self.unit() as f32 - 0.5).collect()
    }
}

/// Vectors that lie as those of questions do: some topics, in each some things that are asked, each in several wordings.
struct Paraphrases {
    random: Random,
    topics: Vec<Box<[f32]>>,
    intents: Vec<(usize, Box<[f32]>)>,
}

impl Paraphrases {
    fn new() -> Self {
        let mut random = Random(7);
        let topics = (0..300).map(|_| random.vector()).collect();
        let intents = (0..30_000).map(|n| (n % 300, random.vector())).collect();
        Self {
            random,
            topics,
            intents,
        }
    }

    /// Cosines of some .45 with those of its topic and .8 with those that ask the same.
    fn question(&mut self) -> Box<[f32]> {
        let (topic, intent) = &self.intents[self.random.next() as usize % self.intents.len()];
        let (topic, wording) = (&self.topics[*topic], self.random.vector());
        let parts = topic.iter().zip(intent).zip(wording);
        parts
            .map(|((topic, intent), wording)| topic + 0.9 * intent + 0.65 * wording)
            .collect()
    }

    /// With a cosine of .90 to .99.
    fn paraphrase(&mut self, question: &[f32]) -> Box<[f32]> {
        let share = 0.2 + 0.5 * self.random.unit() as f32;
        let other = self.random.vector();
        question.iter().zip(other).map(|(a, b)| a + share * b).collect()
    }
}
