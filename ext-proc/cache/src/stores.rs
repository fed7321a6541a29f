//! The store that configuration chose.
//! Must not know more of the stores than their trait.

use std::time::{Duration, SystemTime};

use crate::{CacheKey, ExactStore, Hit, MemoryStore, Partition, Purge, Put, StoreError, StoredAnswer};

/// One of the stores, chosen at start. An enum and not a boxed trait, so that a look-up in memory allocates no future.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stores {
    /// In this process.
    Memory(MemoryStore),
    /// Always out of order, for rehearsing that.
    Failing(FailingStore),
}

/// Fails every call with a transient error.
#[derive(Debug, Clone, Copy, Default)]
pub struct FailingStore;

impl FailingStore {
    fn failure() -> StoreError {
        StoreError::transient("out of order on purpose")
    }
}

impl ExactStore for FailingStore {
    async fn get(&self, _: &CacheKey, _: SystemTime) -> Result<Option<Hit>, StoreError> {
        Err(Self::failure())
    }

    async fn put(
        &self,
        _: &CacheKey,
        _: &Partition,
        _: StoredAnswer,
        _: Duration,
        _: SystemTime,
    ) -> Result<Put, StoreError> {
        Err(Self::failure())
    }

    async fn purge(&self, _: &Purge) -> Result<u64, StoreError> {
        Err(Self::failure())
    }
}

impl ExactStore for Stores {
    async fn get(&self, key: &CacheKey, now: SystemTime) -> Result<Option<Hit>, StoreError> {
        match self {
            Self::Memory(store) => store.get(key, now).await,
            Self::Failing(store) => store.get(key, now).await,
        }
    }

    async fn put(
        &self,
        key: &CacheKey,
        partition: &Partition,
        answer: StoredAnswer,
        ttl: Duration,
        now: SystemTime,
    ) -> Result<Put, StoreError> {
        match self {
            Self::Memory(store) => store.put(key, partition, answer, ttl, now).await,
            Self::Failing(store) => store.put(key, partition, answer, ttl, now).await,
        }
    }

    async fn purge(&self, selection: &Purge) -> Result<u64, StoreError> {
        match self {
            Self::Memory(store) => store.purge(selection).await,
            Self::Failing(store) => store.purge(selection).await,
        }
    }
}
