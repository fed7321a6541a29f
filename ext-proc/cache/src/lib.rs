//! Which answers may stand for which requests: the canonical hash of a request, and stores of complete answers.
//!
//! A key names everything that an answer depends on and everybody who may have it; two requests share one only if a
//! provider could not tell them apart. Must not know policy, HTTP, protobuf or clocks: whether to ask the cache, what
//! to put into it and how to send a hit is the caller's, and time comes in as an argument.
//!
//! - [`CanonicalHasher`] reads the tokens of a request body once and makes a [`BodyDigest`].
//! - [`Partition`] is who asks for what in which form; with the digest it makes the [`CacheKey`].
//! - [`ExactStore`] is what a store can do, [`MemoryStore`] does it in this process, [`Stores`] is the one that runs.

mod canonical;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod key;
mod memory;
mod store;
mod stores;

pub use canonical::{BodyDigest, CanonicalHasher, Uncacheable, hash_body};
pub use key::{CacheKey, Delivery, InvalidKey, Partition, Scope};
pub use memory::{MemoryStore, Size};
pub use store::{ExactStore, Hit, Purge, Put, StoreError, StoredAnswer};
pub use stores::{FailingStore, Stores};
