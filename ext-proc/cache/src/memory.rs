//! Answers of one process, in memory: bounded by bytes, forgotten when it ends, not shared between replicas.
//! Must not know clocks, or what makes an answer fit to be kept.

use std::cell::Cell;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use crate::{CacheKey, ExactStore, Hit, Partition, Purge, Put, StoreError, StoredAnswer};

/// Each lock guards its own part of the bytes; more parts would be too small for large answers.
const PARTS: u64 = 8;
const SMALLEST_PART: u64 = 1 << 20;

/// What an entry takes beside its body: keys, pointers, counters, and the library's own book-keeping.
const OVERHEAD: u64 = 512;

/// For the library's sizing of what it remembers about evicted entries.
const USUAL_ENTRY: u64 = 4 << 10;

/// Keeps answers in this process, up to a number of bytes. What is asked for again stays longest (an S3-FIFO kind of
/// policy: a flood of answers that nobody asks for twice does not push out the ones that everybody does).
#[derive(Debug)]
pub struct MemoryStore {
    cache: Cache<CacheKey, Arc<Entry>, Weight, BuildHasherDefault<KeyHash>>,
    largest: u64,
}

#[derive(Debug)]
struct Entry {
    answer: Arc<StoredAnswer>,
    partition: Partition,
    /// `None`: so late that no clock shows it.
    expires: Option<SystemTime>,
}

impl Entry {
    fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// How full a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Entries, expired ones included until they are asked for or evicted.
    pub entries: u64,
    /// What they take.
    pub bytes: u64,
}

impl MemoryStore {
    /// A store of at most about `max_bytes`. One answer may take an eighth of it, or less where there are several
    /// locks: see [`largest_answer`](Self::largest_answer). Zero keeps nothing.
    pub fn new(max_bytes: u64) -> Self {
        let parts = (max_bytes / SMALLEST_PART).clamp(1, PARTS);
        let parts = 1 << parts.ilog2();
        let items = usize::try_from(max_bytes / USUAL_ENTRY).unwrap_or(usize::MAX);
        let weighted = |items: usize| {
            let mut options = OptionsBuilder::new();
            options
                .shards(parts)
                .estimated_items_capacity(items)
                .weight_capacity(max_bytes);
            options.build()
        };
        let (weight, hasher, lifecycle) =
            (Weight, BuildHasherDefault::default(), DefaultLifecycle::default());
        let cache = match weighted(items.clamp(32 * parts, 1 << 24)) {
            Ok(options) => Cache::with_options(options, weight, hasher, lifecycle),
            // Only if an option were missing.
            Err(_) => Cache::with(items, max_bytes, weight, hasher, lifecycle),
        };
        let largest = cache.shard_capacity() / if cache.num_shards() > 1 { 4 } else { 8 };
        Self { cache, largest }
    }

    /// The largest body that is kept, in bytes.
    pub const fn largest_answer(&self) -> u64 {
        self.largest.saturating_sub(OVERHEAD)
    }

    /// How full it is now.
    pub fn size(&self) -> Size {
        let entries = u64::try_from(self.cache.len()).unwrap_or(u64::MAX);
        Size {
            entries,
            bytes: self.cache.weight(),
        }
    }
}

impl ExactStore for MemoryStore {
    async fn get(&self, key: &CacheKey, now: SystemTime) -> Result<Option<Hit>, StoreError> {
        let Some(entry) = self.cache.get(key) else {
            return Ok(None);
        };
        if entry.is_expired(now) {
            // Somebody may have put a fresh one there in the meantime.
            self.cache.remove_if(key, |entry| entry.is_expired(now));
            return Ok(None);
        }
        let age = now.duration_since(entry.answer.created).unwrap_or_default();
        Ok(Some(Hit {
            answer: Arc::clone(&entry.answer),
            age,
        }))
    }

    async fn put(
        &self,
        key: &CacheKey,
        partition: &Partition,
        mut answer: StoredAnswer,
        ttl: Duration,
        now: SystemTime,
    ) -> Result<Put, StoreError> {
        if ttl.is_zero() || weight(&answer) > self.largest {
            self.cache.remove(key);
            return Ok(Put::NotStored);
        }
        // `Bytes` may be a view of something larger, a whole read buffer say, which it would keep alive uncounted.
        answer.body = Bytes::copy_from_slice(&answer.body);
        let entry = Entry {
            answer: Arc::new(answer),
            partition: partition.clone(),
            expires: now.checked_add(ttl),
        };
        self.cache.insert(*key, Arc::new(entry));
        Ok(Put::Stored)
    }

    async fn purge(&self, selection: &Purge) -> Result<u64, StoreError> {
        let dropped = Cell::new(0);
        self.cache.retain(|key, entry| {
            let keep = !selection.selects(key, &entry.partition);
            dropped.set(dropped.get() + u64::from(!keep));
            keep
        });
        Ok(dropped.get())
    }
}

fn weight(answer: &StoredAnswer) -> u64 {
    u64::try_from(answer.body.len())
        .unwrap_or(u64::MAX)
        .saturating_add(OVERHEAD)
}

#[derive(Debug, Clone, Copy, Default)]
struct Weight;

impl Weighter<CacheKey, Arc<Entry>> for Weight {
    fn weight(&self, _: &CacheKey, entry: &Arc<Entry>) -> u64 {
        weight(&entry.answer)
    }
}

/// Keys are hashes already: eight of their bytes serve.
#[derive(Debug, Default)]
struct KeyHash(u64);

impl Hasher for KeyHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    // A length prefix, which says nothing here: all keys have 32 bytes.
    fn write_usize(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use tollgate_llm::Endpoint;

    use super::*;
    use crate::conformance::{self, answer, key, partition};

    const MIB: u64 = 1 << 20;
    const HOUR: Duration = Duration::from_secs(3_600);

    #[tokio::test]
    async fn passes_the_suite_of_all_stores() {
        for max_bytes in [MIB, 64 * MIB] {
            conformance::run(&MemoryStore::new(max_bytes), "memory").await;
        }
    }

    #[tokio::test]
    async fn stays_within_its_bytes() {
        for max_bytes in [0, 1, 100_000, 3 * MIB, 32 * MIB] {
            let store = MemoryStore::new(max_bytes);
            for number in 0..600 {
                let name = format!("{max_bytes} {number}");
                let body = vec![b'x'; 200 * (number % 600)];
                store
                    .put(&key(&name), &partition("t"), answer(body), HOUR, UNIX_EPOCH)
                    .await
                    .unwrap();
                assert!(
                    store.size().bytes <= max_bytes,
                    "{:?} of {max_bytes}",
                    store.size()
                );
            }
            if max_bytes >= MIB {
                assert!(
                    store.size().bytes > max_bytes / 2,
                    "{:?} of {max_bytes}",
                    store.size()
                );
            }
        }
    }

    #[tokio::test]
    async fn too_large_an_answer_is_not_kept_and_replaces_nothing_by_something_older() {
        let store = MemoryStore::new(MIB);
        let fits = usize::try_from(store.largest_answer()).unwrap();
        for (length, expected) in [(fits, Put::Stored), (fits + 1, Put::NotStored)] {
            let put = store
                .put(
                    &key("k"),
                    &partition("t"),
                    answer(vec![b'x'; length]),
                    HOUR,
                    UNIX_EPOCH,
                )
                .await;
            assert_eq!(put.unwrap(), expected);
            let hit = store.get(&key("k"), UNIX_EPOCH).await.unwrap();
            assert_eq!(hit.is_some(), expected == Put::Stored);
        }
    }

    #[tokio::test]
    async fn what_is_asked_for_again_survives_a_flood() {
        let store = MemoryStore::new(MIB);
        for number in 0..20 {
            let name = format!("popular {number}");
            store
                .put(
                    &key(&name),
                    &partition("t"),
                    answer(vec![b'x'; 4_096]),
                    HOUR,
                    UNIX_EPOCH,
                )
                .await
                .unwrap();
        }
        for number in 0..5_000 {
            let name = format!("flood {number}");
            store
                .put(
                    &key(&name),
                    &partition("t"),
                    answer(vec![b'x'; 4_096]),
                    HOUR,
                    UNIX_EPOCH,
                )
                .await
                .unwrap();
            store
                .get(&key(&format!("popular {}", number % 20)), UNIX_EPOCH)
                .await
                .unwrap();
        }
        let mut survivors = 0;
        for number in 0..20 {
            let hit = store
                .get(&key(&format!("popular {number}")), UNIX_EPOCH)
                .await
                .unwrap();
            survivors += u32::from(hit.is_some());
        }
        assert_eq!(survivors, 20);
    }

    #[tokio::test]
    async fn a_body_does_not_keep_the_buffer_that_it_was_cut_from() {
        let buffer = Bytes::from(vec![b'x'; 1_000_000]);
        let store = MemoryStore::new(64 * MIB);
        let cut = StoredAnswer {
            body: buffer.slice(..10),
            ..answer(Vec::new())
        };
        store
            .put(&key("k"), &partition("t"), cut, HOUR, UNIX_EPOCH)
            .await
            .unwrap();
        assert!(buffer.is_unique());
        let hit = store.get(&key("k"), UNIX_EPOCH).await.unwrap().unwrap();
        assert_eq!(
            (hit.answer.body.len(), hit.answer.endpoint),
            (10, Endpoint::ChatCompletions)
        );
    }

    #[tokio::test]
    async fn an_expired_entry_leaves_when_it_is_asked_for() {
        let store = MemoryStore::new(MIB);
        store
            .put(&key("k"), &partition("t"), answer(vec![1]), HOUR, UNIX_EPOCH)
            .await
            .unwrap();
        assert_eq!(store.size().entries, 1);
        assert_eq!(store.get(&key("k"), UNIX_EPOCH + HOUR).await.unwrap(), None);
        assert_eq!(store.size(), Size { entries: 0, bytes: 0 });
    }
}
