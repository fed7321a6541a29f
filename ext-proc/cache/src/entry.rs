//! What the cache keeps: an answer, whose it is, until when, and in what words it was asked for.
//! Must not know how entries are kept, or when an answer is fit to be kept.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tollgate_llm::{Endpoint, Usage};

use crate::{CacheKey, MeaningKey, Partition, Scope};

/// A complete answer. What is put in is replayed to everybody in its partition: **only clean, complete, redacted
/// answers**, before anything of an exchange's own is restored in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    /// The shape of the body.
    pub endpoint: Endpoint,
    /// Whether the body is a stream of server-sent events, else one JSON object.
    pub stream: bool,
    /// Redacted, not restored, in the client's dialect.
    pub body: Bytes,
    /// What the provider charged for.
    pub usage: Usage,
    /// Who answered; empty if that is not known.
    pub provider: Arc<str>,
    /// When the answer was complete.
    pub created: SystemTime,
}

/// An answer under its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The name of the request.
    pub key: CacheKey,
    /// What `key` was made of, and what a [`Purge`] selects by.
    pub partition: Partition,
    /// The answer.
    pub answer: StoredAnswer,
    /// From when on it is not served any more. `None`: so late that no clock shows it.
    pub expires: Option<SystemTime>,
}

impl Entry {
    /// Whether it must not be served any more.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// The words in which an entry was asked for, where others may be answered from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meaning {
    /// What must be equal before words are compared.
    pub key: MeaningKey,
    /// The last user text as it was written, redacted.
    pub prompt: Box<str>,
    /// Its embedding: of unit length, by the embedder that is part of `key`.
    pub vector: Box<[f32]>,
}

/// An answer from the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The entry.
    pub entry: Arc<Entry>,
    /// How long its answer has been complete, for the `age` header.
    pub age: Duration,
}

/// Which entries to drop: those that have everything that is set. With nothing set, all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
        fn wants<T: PartialEq>(wanted: Option<&T>, found: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == found)
        }
        wants(self.key.as_ref(), key)
            && wants(self.scope.as_ref(), &partition.scope)
            && wants(self.model.as_ref(), &partition.model)
            && wants(self.namespace.as_ref(), &partition.namespace)
    }
}
