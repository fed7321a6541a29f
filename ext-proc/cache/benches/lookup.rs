//! What the cache costs an exchange: hashing its body, and looking the answer up: `cargo bench -p tollgate-cache`.
//! Must not know more than the service does.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first thing that is not as it should be"
)]

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, UNIX_EPOCH};

use tollgate_cache::{
    CacheKey, Delivery, ExactStore, MemoryStore, Partition, Scope, StoredAnswer, hash_body,
};
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

/// The store in memory never waits, so one poll is all it takes.
fn now_or_never<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the store in memory never waits"),
    }
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
        delivery: Delivery::Plain,
    };
    let digest = hash_body(CHAT, "{}").unwrap();
    time("key", 0, || CacheKey::new(&partition, &digest));

    let store = MemoryStore::new(1 << 30);
    let keys: Vec<CacheKey> = (0..100_000)
        .map(|number| CacheKey::new(&partition, &hash_body(CHAT, &format!("[{number}]")).unwrap()))
        .collect();
    let now = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let answer = StoredAnswer {
        endpoint: CHAT,
        stream: false,
        body: vec![b'x'; 2_000].into(),
        usage: Usage::default(),
        model: "gpt-4o".into(),
        created: now,
    };
    let mut next = keys.iter().cycle();
    time("put", 2_000, || {
        let key = next.next().unwrap();
        now_or_never(store.put(key, &partition, answer.clone(), Duration::from_secs(600), now)).unwrap()
    });
    time("get, 100k entries", 2_000, || {
        now_or_never(store.get(next.next().unwrap(), now))
            .unwrap()
            .unwrap()
    });
    println!("{:?}", store.size());
}
