//! What every journal must do, as one suite that runs against a journal of any kind.
//! Must not know which one it is: all it has is the trait, and time that it makes up.

#![allow(clippy::unwrap_used, reason = "a test suite: it panics with what is wrong")]

use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tollgate_llm::{Endpoint, Usage};

use crate::{
    Batch, CacheKey, Entry, Journal, Meaning, MeaningKey, Partition, Position, Purge, Record, Scope,
    StoredAnswer, hash_body,
};

/// Long enough that nobody waits in vain on a slow machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs every case and panics with the first that fails. `open` connects to one journal, anew each time, as replicas do;
/// the journal is empty at the start and at the end.
pub async fn run<J: Journal>(open: impl AsyncFn() -> J) {
    let (ours, theirs) = (open().await, open().await);
    nothing_is_there_at_the_start(&ours).await;
    what_one_appends_all_read_in_order(&ours, &theirs).await;
    a_reader_that_waits_is_woken(&ours, &theirs).await;
    what_has_expired_is_left_out(&ours).await;
    a_purge_empties_the_journal_too(&ours, &theirs).await;
    nothing_is_lost_between_batches(&ours, &theirs).await;
    ours.append(&Record::Purge(Purge::default()), at(0))
        .await
        .unwrap();
    let late = open().await;
    assert_eq!(
        puts(&read_all(&late, &Position::START, 0).await.0),
        Vec::<String>::new()
    );
}

async fn nothing_is_there_at_the_start(journal: &impl Journal) {
    let began = Instant::now();
    let wait = Duration::from_millis(300);
    let batch = journal.read(&Position::START, wait, at(0)).await.unwrap();
    assert_eq!((batch.records, batch.caught_up), (Vec::new(), true));
    assert!(began.elapsed() >= wait / 2, "waited {:?}", began.elapsed());
}

async fn what_one_appends_all_read_in_order(ours: &impl Journal, theirs: &impl Journal) {
    let a = partition("a");
    let records = [
        put(&a, "words", Some(&[0.6, -0.8])),
        put(&a, "no words", None),
        Record::Put {
            entry: Arc::new(Entry {
                answer: StoredAnswer {
                    stream: true,
                    ..answer(&b"data: \xff\0\n\n"[..])
                },
                expires: None,
                ..entry(&a, "forever", "", None)
            }),
            meaning: None,
        },
        Record::Put {
            entry: Arc::new(entry(&a, "large", vec![b'x'; 4 << 20], Some(at(60)))),
            meaning: None,
        },
        put(&partition("ü/'\" \n"), "odd tenant", None),
    ];
    for record in &records {
        ours.append(record, at(0)).await.unwrap();
    }
    let (read, position) = read_all(theirs, &Position::START, 0).await;
    assert!(read == records, "another replica reads {:?}", puts(&read));
    assert!(
        read_all(ours, &Position::START, 0).await.0 == records,
        "one's own are there"
    );
    // The same request again.
    let again = put(&a, "no words", Some(&[1.0, 0.0]));
    theirs.append(&again, at(0)).await.unwrap();
    assert!(
        read_all(ours, &position, 0).await.0 == [again],
        "only what is new"
    );
}

async fn a_reader_that_waits_is_woken(ours: &impl Journal, theirs: &impl Journal) {
    let (_, position) = read_all(ours, &Position::START, 0).await;
    let record = put(&partition("a"), "late", None);
    let began = Instant::now();
    let append = async {
        let mut yielded = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        theirs.append(&record, at(0)).await.unwrap();
    };
    let (batch, ()) = futures_util::join!(ours.read(&position, PATIENCE, at(0)), append);
    assert_eq!(batch.unwrap().records, std::slice::from_ref(&record));
    assert!(
        began.elapsed() < PATIENCE / 2,
        "woken after {:?}",
        began.elapsed()
    );
}

async fn what_has_expired_is_left_out(journal: &impl Journal) {
    let (read, _) = read_all(journal, &Position::START, 59).await;
    for prompt in ["words", "no words", "forever", "large", "late"] {
        assert!(keys(&read).contains(&key(&partition("a"), prompt)), "{prompt}");
    }
    let (read, _) = read_all(journal, &Position::START, 60).await;
    let left: Vec<CacheKey> = keys(&read);
    assert_eq!(left, [key(&partition("a"), "forever")]);
}

async fn a_purge_empties_the_journal_too(ours: &impl Journal, theirs: &impl Journal) {
    let (a, b) = (partition("purge-a"), partition("purge-b"));
    let namespaced = Partition {
        namespace: "n".into(),
        ..a.clone()
    };
    let other_model = Partition {
        model: "o3".into(),
        ..a.clone()
    };
    let everyone = Partition {
        scope: Scope::Everyone,
        ..a.clone()
    };
    let all = [&a, &b, &namespaced, &other_model, &everyone];
    let purge = |scope: Option<&Scope>, model: Option<&str>, namespace: Option<&str>| Purge {
        scope: scope.cloned(),
        model: model.map(Into::into),
        namespace: namespace.map(Into::into),
        key: None,
    };
    for (purge, left) in [
        (purge(Some(&a.scope), None, None), &[&b, &everyone][..]),
        (
            purge(Some(&a.scope), Some("o3"), None),
            &[&a, &b, &namespaced, &everyone],
        ),
        (purge(None, None, Some("n")), &[&a, &b, &other_model, &everyone]),
        (
            purge(Some(&Scope::Everyone), None, None),
            &[&a, &b, &namespaced, &other_model],
        ),
        (
            Purge {
                key: Some(key(&b, "q")),
                ..Purge::default()
            },
            &[&a, &namespaced, &other_model, &everyone],
        ),
        (Purge::default(), &[]),
    ] {
        for partition in all {
            ours.append(&put(partition, "q", None), at(0)).await.unwrap();
        }
        let (_, position) = read_all(ours, &Position::START, 0).await;
        let record = Record::Purge(purge);
        theirs.append(&record, at(0)).await.unwrap();
        theirs.append(&put(&a, "after", None), at(0)).await.unwrap();
        let (read, _) = read_all(ours, &position, 0).await;
        assert!(
            read == [record.clone(), put(&a, "after", None)],
            "a replica that follows is told of {record:?}"
        );
        let (read, _) = read_all(ours, &Position::START, 0).await;
        let mut found: Vec<CacheKey> = keys(&read);
        found.retain(|found| all.iter().any(|partition| key(partition, "q") == *found));
        let mut expected: Vec<CacheKey> = left.iter().map(|partition| key(partition, "q")).collect();
        found.sort();
        found.dedup();
        expected.sort();
        assert_eq!(
            found, expected,
            "a new replica does not even see what {record:?} dropped"
        );
        assert!(
            keys(&read).contains(&key(&a, "after")),
            "what was put later stays"
        );
        theirs
            .append(&Record::Purge(Purge::default()), at(0))
            .await
            .unwrap();
    }
}

async fn nothing_is_lost_between_batches(ours: &impl Journal, theirs: &impl Journal) {
    let (_, position) = read_all(ours, &Position::START, 0).await;
    let partition = partition("many");
    let expected: Vec<CacheKey> = (0..1_500).map(|n| key(&partition, &n.to_string())).collect();
    for number in 0..1_500 {
        let journal = if number % 2 == 0 {
            Side::Ours(ours)
        } else {
            Side::Theirs(theirs)
        };
        let record = put(&partition, &number.to_string(), None);
        match journal {
            Side::Ours(journal) => journal.append(&record, at(0)).await.unwrap(),
            Side::Theirs(journal) => journal.append(&record, at(0)).await.unwrap(),
        }
    }
    let (read, _) = read_all(theirs, &position, 0).await;
    assert!(
        keys(&read) == expected,
        "{} of 1500 were read in order",
        read.len()
    );
}

enum Side<A, B> {
    Ours(A),
    Theirs(B),
}

/// Reads to the end.
async fn read_all(journal: &impl Journal, after: &Position, seconds: u64) -> (Vec<Record>, Position) {
    let mut all = Vec::new();
    let mut position = after.clone();
    loop {
        let batch = journal
            .read(&position, Duration::from_millis(50), at(seconds))
            .await
            .unwrap();
        let Batch {
            records,
            next,
            caught_up,
        } = batch;
        all.extend(records);
        position = next;
        if caught_up {
            return (all, position);
        }
    }
}

fn keys(records: &[Record]) -> Vec<CacheKey> {
    let keys = records.iter().filter_map(|record| match record {
        Record::Put { entry, .. } => Some(entry.key),
        Record::Purge(_) => None,
    });
    keys.collect()
}

fn puts(records: &[Record]) -> Vec<String> {
    keys(records).iter().map(ToString::to_string).collect()
}

fn put(partition: &Partition, prompt: &str, vector: Option<&[f32]>) -> Record {
    Record::Put {
        entry: Arc::new(entry(partition, prompt, prompt, Some(at(60)))),
        meaning: vector.map(|vector| meaning(partition, prompt, vector)),
    }
}

/// 2026-01-01T00:00:00Z and so many seconds.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_225_600 + seconds)
}

/// A partition of a tenant.
pub(crate) fn partition(tenant: &str) -> Partition {
    Partition {
        scope: Scope::Tenant(tenant.into()),
        namespace: "".into(),
        endpoint: Endpoint::ChatCompletions,
        model: "gpt-4o".into(),
        variant: "".into(),
    }
}

/// The key of a body that says `prompt`.
pub(crate) fn key(partition: &Partition, prompt: &str) -> CacheKey {
    let body = serde_json::to_string(&[prompt]).unwrap();
    CacheKey::new(partition, &hash_body(Endpoint::ChatCompletions, &body).unwrap())
}

/// An answer to `prompt`, complete at second 0.
pub(crate) fn entry(
    partition: &Partition,
    prompt: &str,
    body: impl Into<Vec<u8>>,
    expires: Option<SystemTime>,
) -> Entry {
    Entry {
        key: key(partition, prompt),
        partition: partition.clone(),
        answer: answer(body),
        expires,
    }
}

/// An answer with this body, complete at second 0.
fn answer(body: impl Into<Vec<u8>>) -> StoredAnswer {
    StoredAnswer {
        endpoint: Endpoint::ChatCompletions,
        stream: false,
        body: body.into().into(),
        usage: Usage {
            input_tokens: 10,
            cached_input_tokens: 4,
            output_tokens: 7,
            ..Usage::default()
        },
        provider: "openai".into(),
        created: at(0),
    }
}

/// The words of a request, where nothing else differs.
pub(crate) fn meaning(partition: &Partition, prompt: &str, vector: &[f32]) -> Meaning {
    let rest = hash_body(Endpoint::ChatCompletions, "{}").unwrap();
    Meaning {
        key: MeaningKey::new(partition, &rest, "test"),
        prompt: prompt.into(),
        vector: vector.into(),
    }
}
