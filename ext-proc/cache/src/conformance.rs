//! What every store must do, as one suite that runs against a store of any kind.
//! Must not know which store it is: all it has is the trait, and time that it makes up.

#![allow(clippy::unwrap_used, reason = "a test suite: it panics with what is wrong")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tollgate_llm::{Endpoint, Usage};

use crate::{CacheKey, Delivery, ExactStore, Hit, Partition, Purge, Put, Scope, StoredAnswer, hash_body};

/// Runs every case against `store` and panics with the first that fails. Entries are of tenants named after `prefix`,
/// so that runs on one database do not meet; everything in the store is gone at the end.
pub async fn run(store: &impl ExactStore, prefix: &str) {
    let suite = Suite { store, prefix };
    suite.what_is_put_is_got_by_its_key_alone().await;
    suite.the_last_put_counts().await;
    suite.entries_expire().await;
    suite
        .no_time_to_live_keeps_nothing_and_drops_what_was_there()
        .await;
    suite.age_counts_from_completion().await;
    suite.purge_drops_what_has_everything_that_is_set().await;
}

/// 2026-01-01T00:00:00Z and so many seconds.
fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_225_600 + seconds)
}

const MINUTE: Duration = Duration::from_secs(60);

/// A partition of a tenant.
pub(crate) fn partition(tenant: &str) -> Partition {
    Partition {
        scope: Scope::Tenant(tenant.into()),
        namespace: "".into(),
        endpoint: Endpoint::ChatCompletions,
        model: "gpt-4o".into(),
        variant: "".into(),
        delivery: Delivery::Plain,
    }
}

/// A key that stands for `prompt`.
#[cfg(test)]
pub(crate) fn key(prompt: &str) -> CacheKey {
    key_in(&partition("any"), prompt)
}

fn key_in(partition: &Partition, prompt: &str) -> CacheKey {
    CacheKey::new(
        partition,
        &hash_body(Endpoint::ChatCompletions, &format!("[{prompt:?}]")).unwrap(),
    )
}

/// An answer with this body, complete at second 0.
pub(crate) fn answer(body: impl Into<Vec<u8>>) -> StoredAnswer {
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
        model: "gpt-4o-2024-11-20".into(),
        created: at(0),
    }
}

struct Suite<'a, S> {
    store: &'a S,
    prefix: &'a str,
}

impl<S: ExactStore> Suite<'_, S> {
    async fn what_is_put_is_got_by_its_key_alone(&self) {
        let ours = self.partition("exact");
        let other = Partition {
            scope: Scope::Everyone,
            ..ours.clone()
        };
        let stream = Partition {
            delivery: Delivery::Stream { include_usage: true },
            ..ours.clone()
        };
        let events = StoredAnswer {
            stream: true,
            ..answer(&b"data: {\"x\":\"\xc3\xa9\"}\n\ndata: [DONE]\n\n\0"[..])
        };
        self.put(&ours, "q", answer("{}"), MINUTE, 0).await;
        self.put(&stream, "q", events.clone(), MINUTE, 0).await;
        assert_eq!(*self.get(&ours, "q", 0).await.unwrap().answer, answer("{}"));
        assert_eq!(*self.get(&stream, "q", 0).await.unwrap().answer, events);
        assert_eq!(self.get(&other, "q", 0).await, None);
        assert_eq!(self.get(&ours, "q?", 0).await, None);
        let empty = answer("");
        self.put(&other, "q", empty.clone(), MINUTE, 0).await;
        assert_eq!(*self.get(&other, "q", 0).await.unwrap().answer, empty);
    }

    async fn the_last_put_counts(&self) {
        let partition = self.partition("last");
        for (body, seconds) in [("first", 0), ("second", 30)] {
            self.put(&partition, "q", answer(body), MINUTE, seconds).await;
        }
        assert_eq!(self.get(&partition, "q", 89).await.unwrap().answer.body, "second");
        assert_eq!(self.get(&partition, "q", 90).await, None);
    }

    async fn entries_expire(&self) {
        let partition = self.partition("expire");
        self.put(&partition, "q", answer("x"), MINUTE, 0).await;
        assert!(self.get(&partition, "q", 59).await.is_some());
        assert_eq!(self.get(&partition, "q", 60).await, None);
        self.put(&partition, "q", answer("y"), MINUTE, 61).await;
        assert_eq!(self.get(&partition, "q", 62).await.unwrap().answer.body, "y");
        self.put(&partition, "q", answer("z"), Duration::MAX, 0).await;
        assert!(self.get(&partition, "q", 86_400 * 365).await.is_some());
    }

    async fn no_time_to_live_keeps_nothing_and_drops_what_was_there(&self) {
        let partition = self.partition("no-ttl");
        self.put(&partition, "q", answer("x"), MINUTE, 0).await;
        let key = key_in(&partition, "q");
        let put = self
            .store
            .put(&key, &partition, answer("y"), Duration::ZERO, at(0))
            .await;
        assert_eq!(put.unwrap(), Put::NotStored);
        assert_eq!(self.get(&partition, "q", 0).await, None);
    }

    async fn age_counts_from_completion(&self) {
        let partition = self.partition("age");
        self.put(&partition, "q", answer("x"), MINUTE, 5).await;
        assert_eq!(
            self.get(&partition, "q", 42).await.unwrap().age,
            Duration::from_secs(42)
        );
        let later = StoredAnswer {
            created: at(50),
            ..answer("x")
        };
        self.put(&partition, "q", later, MINUTE, 5).await;
        assert_eq!(
            self.get(&partition, "q", 42).await.unwrap().age,
            Duration::ZERO,
            "another replica's clock"
        );
    }

    async fn purge_drops_what_has_everything_that_is_set(&self) {
        let a = self.partition("purge-a");
        let b = self.partition("purge-b");
        let a_other_model = Partition {
            model: "o3".into(),
            ..a.clone()
        };
        let a_namespace = Partition {
            namespace: "n".into(),
            ..a.clone()
        };
        let shared = Partition {
            scope: Scope::Everyone,
            namespace: self.prefix.into(),
            ..a.clone()
        };
        let all = [&a, &b, &a_other_model, &a_namespace, &shared];
        let of_a = Purge {
            scope: Some(a.scope.clone()),
            ..Purge::default()
        };
        for (selection, left) in [
            (of_a.clone(), &[&b, &shared][..]),
            (
                Purge {
                    model: Some("o3".into()),
                    ..of_a.clone()
                },
                &[&a, &b, &a_namespace, &shared],
            ),
            (
                Purge {
                    namespace: Some("n".into()),
                    ..of_a.clone()
                },
                &[&a, &b, &a_other_model, &shared],
            ),
            (
                Purge {
                    namespace: Some("".into()),
                    ..of_a.clone()
                },
                &[&b, &a_namespace, &shared],
            ),
            (
                Purge {
                    scope: Some(Scope::Everyone),
                    namespace: Some(self.prefix.into()),
                    ..Purge::default()
                },
                &[&a, &b, &a_other_model, &a_namespace],
            ),
            (
                Purge {
                    key: Some(key_in(&b, "q")),
                    ..Purge::default()
                },
                &[&a, &a_other_model, &a_namespace, &shared],
            ),
            (
                Purge {
                    key: Some(key_in(&b, "q")),
                    ..of_a.clone()
                },
                &all,
            ),
            (Purge::default(), &[]),
        ] {
            for partition in all {
                self.put(partition, "q", answer("x"), MINUTE, 0).await;
            }
            let dropped = self.store.purge(&selection).await.unwrap();
            if selection != Purge::default() {
                assert_eq!(
                    usize::try_from(dropped).unwrap(),
                    all.len() - left.len(),
                    "{selection:?}"
                );
            }
            for partition in all {
                let kept = self.get(partition, "q", 0).await.is_some();
                assert_eq!(kept, left.contains(&partition), "{selection:?} {partition:?}");
            }
        }
    }

    fn partition(&self, case: &str) -> Partition {
        partition(&format!("{}/{case}", self.prefix))
    }

    async fn put(
        &self,
        partition: &Partition,
        prompt: &str,
        answer: StoredAnswer,
        ttl: Duration,
        seconds: u64,
    ) {
        let key = key_in(partition, prompt);
        assert_eq!(
            self.store
                .put(&key, partition, answer, ttl, at(seconds))
                .await
                .unwrap(),
            Put::Stored
        );
    }

    async fn get(&self, partition: &Partition, prompt: &str, seconds: u64) -> Option<Hit> {
        self.store
            .get(&key_in(partition, prompt), at(seconds))
            .await
            .unwrap()
    }
}
