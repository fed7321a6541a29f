//! Records to write, and how to read them all.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tollgate_cache::{
    CacheKey, Entry, Journal, Meaning, MeaningKey, Partition, Position, Purge, Record, Scope, StoreError,
    StoredAnswer, hash_body,
};
use tollgate_llm::{Endpoint, Usage};

/// A second in 2026.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_225_600 + seconds)
}

/// An entry of `tenant` that expires after an hour.
pub(crate) fn put(tenant: &str, prompt: &str, body: impl Into<Vec<u8>>) -> Record {
    put_until(tenant, prompt, body, Some(at(3_600)))
}

pub(crate) fn put_until(
    tenant: &str,
    prompt: &str,
    body: impl Into<Vec<u8>>,
    expires: Option<SystemTime>,
) -> Record {
    let partition = Partition {
        scope: Scope::Tenant(tenant.into()),
        namespace: "".into(),
        endpoint: Endpoint::ChatCompletions,
        model: "gpt-4o".into(),
        variant: "".into(),
    };
    let digest = hash_body(Endpoint::ChatCompletions, &format!("[{prompt:?}]")).unwrap();
    let key = CacheKey::new(&partition, &digest);
    let answer = StoredAnswer {
        endpoint: Endpoint::ChatCompletions,
        stream: false,
        body: body.into().into(),
        usage: Usage::default(),
        provider: "openai".into(),
        created: at(0),
    };
    let entry = Entry {
        key,
        partition,
        answer,
        expires,
    };
    Record::Put {
        entry: Arc::new(entry),
        meaning: None,
    }
}

/// The same with words.
pub(crate) fn with_words(record: &Record, prompt: &str, vector: &[f32]) -> Record {
    let Record::Put { entry, .. } = record else {
        panic!("not a put")
    };
    let rest = hash_body(Endpoint::ChatCompletions, "{}").unwrap();
    Record::Put {
        entry: Arc::clone(entry),
        meaning: Some(Meaning {
            key: MeaningKey::new(&entry.partition, &rest, "test"),
            prompt: prompt.into(),
            vector: vector.into(),
        }),
    }
}

pub(crate) fn purge_tenant(tenant: &str) -> Record {
    Record::Purge(Purge {
        scope: Some(Scope::Tenant(tenant.into())),
        ..Purge::default()
    })
}

/// The entry's key, or nothing for a purge.
pub(crate) fn key(record: &Record) -> Option<CacheKey> {
    match record {
        Record::Put { entry, .. } => Some(entry.key),
        Record::Purge(_) => None,
    }
}

/// Reads to the end.
pub(crate) async fn read_from(journal: &impl Journal, position: &Position) -> (Vec<Record>, Position) {
    let (mut records, mut position) = (Vec::new(), position.clone());
    loop {
        let batch = journal
            .read(&position, Duration::from_millis(20), at(0))
            .await
            .unwrap();
        records.extend(batch.records);
        position = batch.next;
        if batch.caught_up {
            return (records, position);
        }
    }
}

pub(crate) async fn read_all(journal: &impl Journal) -> Vec<Record> {
    read_from(journal, &Position::START).await.0
}

/// Tries until it works, which is to be soon.
pub(crate) async fn retry<T>(mut work: impl AsyncFnMut() -> Result<T, StoreError>) -> T {
    let began = Instant::now();
    loop {
        match work().await {
            Ok(done) => return done,
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                assert!(began.elapsed() < Duration::from_secs(20), "{error}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}
