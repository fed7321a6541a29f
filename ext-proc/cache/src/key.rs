//! Who may share an answer, and the key under which it is kept.
//! Must not know stores, or how a body becomes a digest.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tollgate_llm::Endpoint;

use crate::BodyDigest;

/// Who shares answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// One tenant.
    Tenant(Arc<str>),
    /// Every tenant whose policy says so. Only for answers that hold nothing of anybody.
    Everyone,
}

/// Everything beside the body that decides whether two requests may share an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Partition {
    /// Who shares.
    pub scope: Scope,
    /// What the client named it (`x-tollgate-cache-namespace`); empty if it did not.
    pub namespace: Arc<str>,
    /// The operation, and with it the shape of the answer.
    pub endpoint: Endpoint,
    /// The model as routed: the body's `model` is not part of its digest.
    pub model: Arc<str>,
    /// Whatever else changes what may be served, such as the names of policy and pool; empty if nothing does.
    pub variant: Arc<str>,
}

/// The name of an answer: 256 bits over the partition and the canonical body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CacheKey([u8; 32]);

/// The name of everything that must be equal before two prompts' words are compared: 128 bits over the partition, the
/// embedder, and the canonical body without its last user text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MeaningKey(u128);

/// Raised whenever the meaning of keys changes, so that entries of older versions in a shared store are not found.
const EXACT: &[u8] = b"tollgate exact cache 2";
const SEMANTIC: &[u8] = b"tollgate semantic cache 1";

impl Partition {
    /// Starts a hash with everything here, each part with its length before it, so that none can run into the next.
    fn hash(&self, version: &[u8]) -> Sha256 {
        let Self {
            scope,
            namespace,
            endpoint,
            model,
            variant,
        } = self;
        let (scope, tenant) = match scope {
            Scope::Tenant(name) => ("tenant", &**name),
            Scope::Everyone => ("everyone", ""),
        };
        let mut hasher = Sha256::new_with_prefix(version);
        for part in [scope, tenant, namespace, endpoint.path(), model, variant] {
            update(&mut hasher, part);
        }
        hasher
    }
}

fn update(hasher: &mut Sha256, part: &str) {
    hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
    hasher.update(part);
}

impl MeaningKey {
    /// `rest`: the digest of the body with a hole where its last user text stands. `embedder`: whose vectors are compared.
    pub fn new(partition: &Partition, rest: &BodyDigest, embedder: &str) -> Self {
        let mut hasher = partition.hash(SEMANTIC);
        update(&mut hasher, embedder);
        hasher.update(rest.as_bytes());
        let hash: [u8; 32] = hasher.finalize().into();
        Self(hash.first_chunk().map_or(0, |half| u128::from_le_bytes(*half)))
    }

    /// As a number, evenly distributed.
    pub const fn get(self) -> u128 {
        self.0
    }
}

impl CacheKey {
    /// The key for a request with this body in this partition.
    pub fn new(partition: &Partition, body: &BodyDigest) -> Self {
        let mut hasher = partition.hash(EXACT);
        hasher.update(body.as_bytes());
        Self(hasher.finalize().into())
    }

    /// The key's bytes, evenly distributed.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheKey({self})")
    }
}

/// Not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cache key has 64 hexadecimal digits")]
pub struct InvalidKey;

impl FromStr for CacheKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(InvalidKey);
        }
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(pairs) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(key))
    }
}

fn digit(byte: u8) -> Result<u8, InvalidKey> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(InvalidKey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash_body;

    fn partition() -> Partition {
        Partition {
            scope: Scope::Tenant("acme".into()),
            namespace: "".into(),
            endpoint: Endpoint::ChatCompletions,
            model: "gpt-4o".into(),
            variant: "".into(),
        }
    }

    #[test]
    fn every_part_makes_another_key() {
        let body = hash_body(Endpoint::ChatCompletions, r#"{"messages":[]}"#).unwrap();
        let other_body = hash_body(Endpoint::ChatCompletions, r#"{"messages":[1]}"#).unwrap();
        let tenant = |name: &str| Scope::Tenant(name.into());
        let mut keys = vec![
            CacheKey::new(&partition(), &body),
            CacheKey::new(&partition(), &other_body),
        ];
        let mut meanings = vec![
            MeaningKey::new(&partition(), &body, "minilm"),
            MeaningKey::new(&partition(), &body, "minilm2"),
            MeaningKey::new(&partition(), &other_body, "minilm"),
        ];
        for other in [
            Partition {
                scope: tenant("beta"),
                ..partition()
            },
            Partition {
                scope: tenant(""),
                ..partition()
            },
            Partition {
                scope: Scope::Everyone,
                ..partition()
            },
            Partition {
                namespace: "n".into(),
                ..partition()
            },
            Partition {
                endpoint: Endpoint::Messages,
                ..partition()
            },
            Partition {
                endpoint: Endpoint::Completions,
                ..partition()
            },
            Partition {
                model: "gpt-4o-mini".into(),
                ..partition()
            },
            Partition {
                variant: "strict".into(),
                ..partition()
            },
            // Text moved over the border of two parts.
            Partition {
                scope: tenant("acm"),
                namespace: "e".into(),
                ..partition()
            },
            Partition {
                scope: tenant(""),
                namespace: "acme".into(),
                ..partition()
            },
            Partition {
                model: "gpt-4".into(),
                variant: "o".into(),
                ..partition()
            },
        ] {
            keys.push(CacheKey::new(&other, &body));
            meanings.push(MeaningKey::new(&other, &body, "minilm"));
        }
        let count = (keys.len(), meanings.len());
        keys.sort();
        keys.dedup();
        meanings.sort_by_key(|key| key.get());
        meanings.dedup();
        assert_eq!((keys.len(), meanings.len()), count);
    }

    #[test]
    fn keys_are_written_and_read() {
        let key = CacheKey::new(&partition(), &hash_body(Endpoint::Messages, "{}").unwrap());
        let text = key.to_string();
        assert_eq!(text.len(), 64);
        assert_eq!(text.parse(), Ok(key));
        assert_eq!(text.to_uppercase().parse(), Ok(key));
        for wrong in [
            "",
            &text[1..],
            &format!("{text}0"),
            &text.replacen(&text[..1], "g", 1),
            &"é".repeat(32),
        ] {
            assert_eq!(wrong.parse::<CacheKey>(), Err(InvalidKey), "{wrong}");
        }
    }
}
