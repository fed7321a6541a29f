//! The entries of this process: bounded by bytes and by tenants' shares, found by key or by the nearness of their prompts.
//! Must not know clocks, embedders, or what makes an answer fit to be kept.

mod shares;
#[cfg(test)]
mod tests;
mod words;

use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use self::shares::Shares;
pub use self::words::Near;
use self::words::{Words, WordsIndex};
use crate::{CacheKey, Entry, Hit, Meaning, MeaningKey, Purge};

/// Each lock guards its own part of the bytes; more parts would be too small for large answers.
const PARTS: u64 = 8;
const SMALLEST_PART: u64 = 1 << 20;

/// What an entry takes beside its body and its words: keys, pointers, counters, and the library's own book-keeping.
const OVERHEAD: u64 = 640;

/// For the library's sizing of what it remembers about evicted entries.
const USUAL_ENTRY: u64 = 4 << 10;

/// Keeps entries in this process, up to a number of bytes. What is asked for again stays longest (an S3-FIFO kind of
/// policy: a flood of answers that nobody asks for twice does not push out the ones that everybody does).
#[derive(Debug)]
pub struct MemoryStore {
    cache: Cache<CacheKey, Arc<Held>, Weight, BuildHasherDefault<KeyHash>, Evicted>,
    words: Arc<WordsIndex>,
    /// Held while entries come and go, so that what is counted is what is there. Look-ups don't take it.
    shares: Mutex<Shares>,
    max_bytes: u64,
    largest: u64,
}

/// An entry, and what this process knows of it beside.
#[derive(Debug)]
struct Held {
    entry: Arc<Entry>,
    words: Option<Words>,
    weight: u64,
    /// Asked for since it last had to show that it is worth its place.
    used: AtomicBool,
}

/// What became of a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is kept, until it expires or has to make room.
    Stored,
    /// It is larger than the store takes, or has expired. What was there is gone.
    NotStored,
}

/// How full a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Entries, expired ones included until they are asked for or evicted.
    pub entries: u64,
    /// What they take.
    pub bytes: u64,
    /// Those of them that can be found by their words.
    pub with_words: u64,
}

impl MemoryStore {
    /// A store of at most about `max_bytes`; zero keeps nothing. When it is nearly full and holds entries of several scopes,
    /// a scope that puts more than `share` (0 to 1) of it makes room among its own.
    pub fn new(max_bytes: u64, share: f64) -> Self {
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
        let (weight, hasher) = (Weight, BuildHasherDefault::default());
        let cache = match weighted(items.clamp(32 * parts, 1 << 24)) {
            Ok(options) => Cache::with_options(options, weight, hasher, Evicted),
            // Only if an option were missing.
            Err(_) => Cache::with(items, max_bytes, weight, hasher, Evicted),
        };
        let largest = cache.shard_capacity() / if cache.num_shards() > 1 { 4 } else { 8 };
        Self {
            cache,
            words: Arc::new(WordsIndex::new()),
            shares: Mutex::new(Shares::new(max_bytes, share)),
            max_bytes,
            largest,
        }
    }

    /// The largest body that is kept, in bytes.
    pub const fn largest_answer(&self) -> u64 {
        self.largest.saturating_sub(OVERHEAD)
    }

    /// How full it is now.
    pub fn size(&self) -> Size {
        let count = |items: usize| u64::try_from(items).unwrap_or(u64::MAX);
        Size {
            entries: count(self.cache.len()),
            bytes: self.cache.weight(),
            with_words: count(self.words.len()),
        }
    }

    /// Entries that can be found by their words, but only by comparing them one by one: those that are not in the graph of
    /// their large partition yet.
    pub fn waiting(&self) -> u64 {
        u64::try_from(self.words.waiting()).unwrap_or(u64::MAX)
    }

    /// The answer under `key`, unless it has expired.
    pub fn get(&self, key: &CacheKey, now: SystemTime) -> Option<Hit> {
        let held = self.cache.get(key)?;
        if held.entry.is_expired(now) {
            let mut shares = self.lock();
            // Somebody may have put a fresh one there in the meantime.
            if let Some((_, gone)) = self.cache.remove_if(key, |held| held.entry.is_expired(now)) {
                self.forget(&mut shares, &gone);
            }
            return None;
        }
        held.used.store(true, Ordering::Relaxed);
        Some(held.hit(now))
    }

    /// The entries whose prompts are nearest to `vector`, best first, at most `k`; only those that have not expired.
    pub fn nearest(&self, key: MeaningKey, vector: &[f32], k: usize, now: SystemTime) -> Vec<Near> {
        self.words.nearest(key, vector, k, now)
    }

    /// Says that a near entry was served, which makes it worth its place.
    pub fn touch(&self, key: &CacheKey) {
        if let Some(held) = self.cache.get(key) {
            held.used.store(true, Ordering::Relaxed);
        }
    }

    /// From now on the entry stands only for prompts nearer to its own than `cosine`.
    pub fn require_more_than(&self, key: &CacheKey, cosine: f32) {
        if let Some(words) = self.cache.peek(key).as_ref().and_then(|held| held.words.as_ref()) {
            words.require_more_than(cosine);
        }
    }

    /// [`put`](Self::put), unless what is there is as new: so one's own records, and those that come late, change nothing.
    pub fn put_if_newer(&self, entry: Arc<Entry>, meaning: Option<&Meaning>, now: SystemTime) {
        let is_newer = |held: Arc<Held>| held.entry.answer.created < entry.answer.created;
        if self.cache.peek(&entry.key).is_none_or(is_newer) {
            self.put(entry, meaning, now);
        }
    }

    /// Keeps `entry` in the place of what was there; `meaning` are its words, if others may be answered from it.
    pub fn put(&self, entry: Arc<Entry>, meaning: Option<&Meaning>, now: SystemTime) -> Put {
        let key = entry.key;
        let mut shares = self.lock();
        if let Some((_, replaced)) = self.cache.remove(&key) {
            self.forget(&mut shares, &replaced);
        }
        let words = meaning.and_then(|meaning| Words::new(&self.words, meaning));
        let weight = weight(&entry, words.as_ref());
        if entry.is_expired(now) || weight > self.largest {
            return Put::NotStored;
        }
        let held = Arc::new(Held {
            entry,
            words,
            weight,
            used: AtomicBool::new(false),
        });
        if let (Some(words), Some(meaning)) = (&held.words, meaning) {
            self.words.insert(words, meaning, &held);
        }
        shares.add(&held);
        for evicted in self.cache.insert_with_lifecycle(key, Arc::clone(&held)) {
            self.forget(&mut shares, &evicted);
        }
        let scope = &held.entry.partition.scope;
        shares.tidy(scope, |key| self.cache.contains_key(key));
        let nearly_full = self.cache.weight() > self.max_bytes / 10 * 9;
        while nearly_full && let Some(key) = shares.over(scope) {
            // Whoever was asked for since its last turn is spared once.
            let idle = |candidate: &Arc<Held>| !candidate.used.swap(false, Ordering::Relaxed);
            match self.cache.remove_if(&key, idle) {
                Some((_, gone)) => self.forget(&mut shares, &gone),
                None if self.cache.contains_key(&key) => shares.spare(scope, key),
                None => {}
            }
        }
        Put::Stored
    }

    /// Drops what `selection` describes. Returns how many entries that were.
    pub fn purge(&self, selection: &Purge) -> u64 {
        let mut shares = self.lock();
        let gone = Mutex::new(Vec::new());
        self.cache.retain(|key, held| {
            let keep = !selection.selects(key, &held.entry.partition);
            if !keep {
                gone.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Arc::clone(held));
            }
            keep
        });
        let gone = gone.into_inner().unwrap_or_else(PoisonError::into_inner);
        for held in &gone {
            self.forget(&mut shares, held);
        }
        u64::try_from(gone.len()).unwrap_or(u64::MAX)
    }

    fn forget(&self, shares: &mut Shares, held: &Held) {
        shares.subtract(held);
        if let Some(words) = &held.words {
            self.words.remove(words);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shares> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn hit(&self, now: SystemTime) -> Hit {
        let age = now.duration_since(self.entry.answer.created).unwrap_or_default();
        Hit {
            entry: Arc::clone(&self.entry),
            age,
        }
    }
}

fn weight(entry: &Entry, words: Option<&Words>) -> u64 {
    u64::try_from(entry.answer.body.len())
        .unwrap_or(u64::MAX)
        .saturating_add(words.map_or(0, Words::weight))
        .saturating_add(OVERHEAD)
}

#[derive(Debug, Clone, Copy, Default)]
struct Weight;

impl Weighter<CacheKey, Arc<Held>> for Weight {
    fn weight(&self, _: &CacheKey, held: &Arc<Held>) -> u64 {
        held.weight
    }
}

/// Hands what had to make room to whoever put something in.
#[derive(Debug, Clone)]
struct Evicted;

impl Lifecycle<CacheKey, Arc<Held>> for Evicted {
    type RequestState = Vec<Arc<Held>>;

    fn begin_request(&self) -> Self::RequestState {
        Vec::new()
    }

    fn on_evict(&self, state: &mut Self::RequestState, _: CacheKey, held: Arc<Held>) {
        state.push(held);
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
