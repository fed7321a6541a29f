//! What a store of answers can do, and what goes in and comes out.
//! Must not know how entries are kept, or when an answer is fit to be kept.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tollgate_llm::{Endpoint, Usage};

use crate::{CacheKey, Partition, Scope};

/// Keeps complete answers under the hash of their request.
///
/// What is put in is replayed to everybody in its partition: **only clean, complete, redacted answers**, before
/// anything of an exchange's own is restored in them. Methods return futures without boxing them, so the trait is not
/// object safe; [`Stores`](crate::Stores) is the type for a store that is chosen at start. A store that fails is a
/// miss: nobody may be refused because of it.
pub trait ExactStore: Send + Sync {
    /// The answer under `key`, unless it has expired.
    fn get(
        &self,
        key: &CacheKey,
        now: SystemTime,
    ) -> impl Future<Output = Result<Option<Hit>, StoreError>> + Send;

    /// Keeps `answer` for `ttl`, in the place of what was there. `partition` is the one that `key` was made of; it is
    /// what [`purge`](Self::purge) selects by.
    fn put(
        &self,
        key: &CacheKey,
        partition: &Partition,
        answer: StoredAnswer,
        ttl: Duration,
        now: SystemTime,
    ) -> impl Future<Output = Result<Put, StoreError>> + Send;

    /// Drops what `selection` describes. Returns how many entries that were.
    fn purge(&self, selection: &Purge) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// One complete answer of a provider, as the client would get it but for its own restored values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The shape of the body.
    pub endpoint: Endpoint,
    /// Whether the body is a stream of server-sent events, else one JSON object.
    pub stream: bool,
    /// Redacted, not restored, in the client's dialect.
    pub body: Bytes,
    /// What the provider charged for.
    pub usage: Usage,
    /// The model that answered, in the provider's words.
    pub model: Arc<str>,
    /// When the answer was complete.
    pub created: SystemTime,
}

/// An answer from the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The answer.
    pub answer: Arc<StoredAnswer>,
    /// How long it has been complete, for the `age` header.
    pub age: Duration,
}

/// What became of a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is kept, until it expires or has to make room.
    Stored,
    /// It is larger than the store takes, or is to be kept for no time at all. What was there is gone.
    NotStored,
}

/// Which entries to drop: those that have everything that is set. With nothing set, all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purge {
    /// The one with this key.
    pub key: Option<CacheKey>,
    /// Those of a tenant, or those that everyone shares.
    pub scope: Option<Scope>,
    /// Those of a model, as it is named in the partition.
    pub model: Option<Arc<str>>,
    /// Those of a namespace.
    pub namespace: Option<Arc<str>>,
}

impl Purge {
    /// Whether an entry is to be dropped.
    pub fn selects(&self, key: &CacheKey, partition: &Partition) -> bool {
        self.key.as_ref().is_none_or(|wanted| wanted == key)
            && self
                .scope
                .as_ref()
                .is_none_or(|wanted| *wanted == partition.scope)
            && self
                .model
                .as_ref()
                .is_none_or(|wanted| *wanted == partition.model)
            && self
                .namespace
                .as_ref()
                .is_none_or(|wanted| *wanted == partition.namespace)
    }
}

/// The store failed.
#[derive(Debug, thiserror::Error)]
#[error("cache store: {source}")]
pub struct StoreError {
    transient: bool,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// A failure that may be gone on the next try: a lost connection, a timeout.
    pub fn transient(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            transient: true,
            source: source.into(),
        }
    }

    /// A failure that stays until somebody acts: a wrong password, a missing table.
    pub fn permanent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            transient: false,
            source: source.into(),
        }
    }

    /// Whether trying again may help.
    pub const fn is_transient(&self) -> bool {
        self.transient
    }
}
