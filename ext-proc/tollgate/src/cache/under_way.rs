//! The same request several times at once: the first one is sent, the others wait for its answer.
//! Must not know what becomes of it: whoever waited looks into the cache.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tollgate_cache::CacheKey;

/// The requests that are under way.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<HashMap<CacheKey, watch::Receiver<()>>>);

/// Who is first.
pub(crate) enum Turn {
    /// This one: it asks a provider.
    Lead(Lead),
    /// Another one.
    Follow(Follow),
}

/// Held by the one that is sent. When it is dropped, for whatever reason, the others wait no longer.
pub(crate) struct Lead {
    under_way: Arc<UnderWay>,
    key: CacheKey,
    _waited_for: watch::Sender<()>,
}

/// Held by one that waits.
pub(crate) struct Follow(watch::Receiver<()>);

impl UnderWay {
    /// Joins the requests under `key`.
    pub(crate) fn join(self: &Arc<Self>, key: CacheKey) -> Turn {
        match self.lock().entry(key) {
            Entry::Occupied(first) => Turn::Follow(Follow(first.get().clone())),
            Entry::Vacant(place) => {
                let (sender, receiver) = watch::channel(());
                place.insert(receiver);
                Turn::Lead(Lead {
                    under_way: Arc::clone(self),
                    key,
                    _waited_for: sender,
                })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CacheKey, watch::Receiver<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.key);
    }
}

impl Follow {
    /// Until the first one is done, or for so long.
    pub(crate) async fn wait(mut self, most: Duration) {
        // Nothing is ever sent: what comes is that the sender is gone.
        let _ = tokio::time::timeout(most, self.0.changed()).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tollgate_cache::{Partition, Scope, hash_body};
    use tollgate_llm::Endpoint;

    use super::*;

    fn key(prompt: &str) -> CacheKey {
        let partition = Partition {
            scope: Scope::Everyone,
            namespace: "".into(),
            endpoint: Endpoint::Messages,
            model: "".into(),
            variant: "".into(),
        };
        CacheKey::new(
            &partition,
            &hash_body(Endpoint::Messages, &format!("[{prompt:?}]")).unwrap(),
        )
    }

    #[tokio::test]
    async fn the_first_leads_and_the_others_wait_for_it() {
        let under_way = Arc::new(UnderWay::default());
        let Turn::Lead(lead) = under_way.join(key("a")) else {
            panic!("nobody was there before")
        };
        assert!(matches!(under_way.join(key("b")), Turn::Lead(_)));
        let followers: Vec<Follow> = (0..3)
            .map(|_| match under_way.join(key("a")) {
                Turn::Follow(follow) => follow,
                Turn::Lead(_) => panic!("one is there already"),
            })
            .collect();
        let waiting = followers
            .into_iter()
            .map(|follow| tokio::spawn(follow.wait(Duration::from_secs(60))));
        let waiting: Vec<_> = waiting.collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
        drop(lead);
        for waiting in waiting {
            waiting.await.unwrap();
        }
        assert!(matches!(under_way.join(key("a")), Turn::Lead(_)));
    }

    #[tokio::test]
    async fn patience_ends() {
        let under_way = Arc::new(UnderWay::default());
        let _lead = under_way.join(key("a"));
        let Turn::Follow(follow) = under_way.join(key("a")) else {
            panic!("one is there already")
        };
        let began = Instant::now();
        follow.wait(Duration::from_millis(20)).await;
        assert!(began.elapsed() >= Duration::from_millis(20));
    }
}
