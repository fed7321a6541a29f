//! What the cache costs an exchange: hashing its body, and looking the answer up: `cargo bench -p tollgate-cache`.
//! Must not know more than the service does.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first thing that is not as it should be"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use tollgate_cache::{CacheKey, Entry, MemoryStore, Partition, Scope, StoredAnswer, hash_body};
use tollgate_llm::json::Scanner;
use tollgate_llm::{Endpoint, Usage};

const CHAT: Endpoint = Endpoint::ChatCompletions;

/// Prints the fastest of many short batches: others share the machine.
fn time<T>(name: &str, bytes: usize, mut work: impl FnMut() -> T) {
    let started = Instant::now();
    black_box(work());
    let batch = u32::try_from((1_000_000 / started.elapsed().as_nanos().max(1)).clamp(1, 10_000)).unwrap();
    let mut fastest = Duration::MAX;
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(500) {
        let batch_started = Instant::now();
        for _ in 0..batch {
            black_box(work());
        }
        fastest = fastest.min(batch_started.elapsed() / batch);
    }
    println!("{name}, {bytes} bytes: {fastest:?}");
}

/// A conversation of messages of a few hundred characters, escapes included, of about this many bytes.
fn conversation(bytes: usize) -> String {
    let text = "The quick brown fox jumps over the lazy dog, says \\\"who\\\"?\\n".repeat(8);
    let message = format!(r#"{{"role":"user","content":"{text}"}}"#);
    let messages = vec![message.as_str(); (bytes / message.len()).max(1)].join(",");
    format!(r#"{{"model":"gpt-4o","temperature":0.7,"messages":[{messages}]}}"#)
}

fn main() {
    let image = format!(
        r#"{{"messages":[{{"content":[{{"image_url":{{"url":"{}"}}}}]}}]}}"#,
        "x".repeat(1 << 20)
    );
    let ids: Vec<String> = (0..100_000)
        .map(|id: u32| (id * 7_919 % 200_000).to_string())
        .collect();
    let token_ids = format!(r#"{{"input":[{}]}}"#, ids.join(","));
    for (name, body) in [
        ("chat", conversation(1 << 10)),
        ("chat", conversation(10 << 10)),
        ("chat", conversation(1 << 20)),
        ("an image", image),
        ("token ids", token_ids),
    ] {
        time(&format!("scan {name}"), body.len(), || {
            let mut scanner = Scanner::new(&body);
            while let Some(token) = scanner.next().unwrap() {
                black_box(token);
            }
        });
        time(&format!("scan and hash {name}"), body.len(), || {
            hash_body(CHAT, &body).unwrap()
        });
    }

    let partition = Partition {
        scope: Scope::Tenant("acme".into()),
        namespace: "".into(),
        endpoint: CHAT,
        model: "gpt-4o".into(),
        variant: "standard".into(),
    };
    let digest = hash_body(CHAT, "{}").unwrap();
    time("key", 0, || CacheKey::new(&partition, &digest));

    let store = MemoryStore::new(1 << 30, 1.0);
    let now = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let entries: Vec<Arc<Entry>> = (0..100_000)
        .map(|number| {
            let digest = hash_body(CHAT, &format!("[{number}]")).unwrap();
            Arc::new(Entry {
                key: CacheKey::new(&partition, &digest),
                partition: partition.clone(),
                answer: StoredAnswer {
                    endpoint: CHAT,
                    stream: false,
                    body: vec![b'x'; 2_000].into(),
                    usage: Usage::default(),
                    provider: "openai".into(),
                    created: now,
                },
                expires: None,
            })
        })
        .collect();
    let mut next = entries.iter().cycle();
    time("put", 2_000, || {
        store.put(Arc::clone(next.next().unwrap()), None, now)
    });
    time("get, 100k entries", 2_000, || {
        store.get(&next.next().unwrap().key, now).unwrap()
    });
    println!("{:?}", store.size());
}
