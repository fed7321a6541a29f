//! Which answers may stand for which requests: the canonical hash of a request, the entries of this process, and the journal
//! by which others come to hold the same.
//!
//! A key names everything that an answer depends on and everybody who may have it; two requests share one only if a
//! provider could not tell them apart. Must not know policy, HTTP, protobuf, embedders or clocks: whether to ask the cache,
//! what to put into it and how to send a hit is the caller's, and time comes in as an argument.
//!
//! - [`CanonicalHasher`] reads the tokens of a request body once and makes a [`BodyDigest`]; a clone with a
//!   [hole](CanonicalHasher::hole) where the last user text stands says what else must be equal.
//! - [`Partition`] is who asks for what; with a digest it makes the [`CacheKey`] or, of the holed one, the [`MeaningKey`].
//! - [`MemoryStore`] holds the entries: by key, and by the nearness of their prompts.
//! - [`Journal`] carries [`Record`]s to other replicas and over a restart.

mod canonical;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod entry;
mod index;
mod journal;
mod key;
mod memory;

pub use canonical::{BodyDigest, CanonicalHasher, Uncacheable, hash_body};
pub use entry::{Entry, Hit, Meaning, Purge, StoredAnswer};
pub use journal::{Batch, InvalidRecord, Journal, Position, Record, StoreError};
pub use key::{CacheKey, InvalidKey, MeaningKey, Partition, Scope};
pub use memory::{MemoryStore, Near, Put, Size};
