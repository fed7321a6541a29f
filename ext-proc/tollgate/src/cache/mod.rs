//! The cache of the running service: the entries, the same requests under way, the embedder, the journal.
//! Must not know exchanges, or who may have which answer.

mod embedder;
pub(crate) mod journal;
mod shadow;
mod under_way;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tollgate_cache::{Entry, Meaning, MeaningKey, MemoryStore, Near, Purge, Record};
use tollgate_config::{CacheStore, Config};
use tracing::warn;

pub(crate) use self::embedder::Embedder;
pub(crate) use self::shadow::Shadow;
pub(crate) use self::under_way::{Follow, Lead, Turn, UnderWay};

/// Up to so many entries a search takes less time than handing it to another thread.
const SEARCHED_HERE: u64 = 20_000;
/// How many of the nearest are judged.
const NEAREST: usize = 4;

/// See the module.
pub(crate) struct Cache {
    pub(crate) store: MemoryStore,
    pub(crate) under_way: Arc<UnderWay>,
    /// `None`: prompts are not compared by their words.
    pub(crate) embedder: Option<Embedder>,
    /// How long a request waits for the same one under way.
    pub(crate) patience: Duration,
    /// How long looking for the same in other words may take.
    pub(crate) semantic_timeout: Duration,
    journal: journal::Appender,
}

impl Cache {
    /// Loads what the configuration names. Without an embedder the rest works, and a log line says so.
    pub(crate) fn open(config: &Config) -> anyhow::Result<(Self, Option<journal::Receiver>)> {
        let CacheStore {
            max_bytes,
            tenant_share,
            coalesce,
            semantic_timeout,
            embedder,
            ..
        } = &config.cache;
        let is_wanted = config.policies.iter().any(|policy| embedder::is_wanted(policy));
        let (journal, appended) = journal::channel(config.cache.journal.is_some());
        let cache = Self {
            store: MemoryStore::new(*max_bytes, *tenant_share),
            under_way: Arc::default(),
            embedder: Embedder::open(embedder.as_ref(), is_wanted)?,
            patience: *coalesce,
            semantic_timeout: *semantic_timeout,
            journal,
        };
        Ok((cache, appended))
    }

    /// Keeps an entry, here and for other replicas.
    pub(crate) fn put(&self, entry: Arc<Entry>, meaning: Option<Meaning>, now: SystemTime) {
        self.store.put(Arc::clone(&entry), meaning.as_ref(), now);
        self.journal.append(|| Record::Put { entry, meaning });
    }

    /// Drops entries, here and in the journal and other replicas. Returns how many there were here, and whether the journal
    /// has done it too; if it is down, that is tried until it has.
    pub(crate) async fn purge(&self, selection: &Purge) -> (u64, bool) {
        let dropped = self.store.purge(selection);
        let record = Record::Purge(selection.clone());
        (dropped, self.journal.append_surely(record).await)
    }

    /// The entries whose words are nearest, best first.
    pub(crate) async fn nearest(
        self: &Arc<Self>,
        key: MeaningKey,
        vector: &[f32],
        now: SystemTime,
    ) -> Vec<Near> {
        if self.store.size().with_words <= SEARCHED_HERE {
            return self.store.nearest(key, vector, NEAREST, now);
        }
        let (cache, vector) = (Arc::clone(self), vector.to_vec());
        let search = tokio::task::spawn_blocking(move || cache.store.nearest(key, &vector, NEAREST, now));
        search.await.unwrap_or_else(|_| {
            warn!("cache: a search by words failed");
            Vec::new()
        })
    }
}
