//! How the caches of several replicas, or of one process before and after a restart, come to hold the same entries.
//! Must not know a store's engine, or what is done with a record.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::{Entry, Meaning, Purge};

/// Something that happened to a cache and that others are to repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// An answer was stored.
    Put {
        /// The answer.
        entry: Arc<Entry>,
        /// Its words, if it takes part in the semantic tier.
        meaning: Option<Meaning>,
    },
    /// Entries were dropped. Those that are put later stay.
    Purge(Purge),
}

/// Raised when the encoding of records changes: others' records of another version are passed over, not misread.
const VERSION: u8 = 1;

/// Bytes that are no record of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a record of this version")]
pub struct InvalidRecord;

impl Record {
    /// The record as bytes, for stores that keep bytes.
    pub fn encode(&self) -> Vec<u8> {
        // Fails only for types that have no length, of which a record has none.
        postcard::to_extend(self, vec![VERSION]).unwrap_or_default()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidRecord> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(|_| InvalidRecord),
            _ => Err(InvalidRecord),
        }
    }
}

/// How far a journal has been read: opaque, made by the journal that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position(pub Option<Box<str>>);

impl Position {
    /// Before the oldest record that the journal still has.
    pub const START: Self = Self(None);
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Oldest first; those of this process are among them. Expired entries and records that cannot be read are left out.
    pub records: Vec<Record>,
    /// Where to go on.
    pub next: Position,
    /// Nothing more was there when this was read.
    pub caught_up: bool,
}

/// Keeps records for other replicas and for after a restart.
///
/// It is never asked while a request waits: look-ups stay in the process, and a record that is lost is only a miss. Every
/// journal passes `conformance::run` (feature `conformance`).
pub trait Journal: Send + Sync {
    /// Adds a record behind all others. A put whose entry has expired need not be kept. A purge also removes what it selects
    /// from the journal itself, so that nothing of it is left in the store.
    fn append(&self, record: &Record, now: SystemTime)
    -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Records behind `after`, some hundreds at most. If there are none, waits for one for about `wait`, and then returns an
    /// empty batch.
    fn read(
        &self,
        after: &Position,
        wait: Duration,
        now: SystemTime,
    ) -> impl Future<Output = Result<Batch, StoreError>> + Send;
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
