//! Who may call: tenants, their virtual keys and budgets.
//!
//! Must not know a key itself, only its hash, nor what time it is.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::gateway::SecretRef;
use super::policy::Policy;
use crate::scalar::{Glob, NanoUsd};

/// A customer of the gateway: a team, an application, a company.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    /// Unique; part of metrics, ledger entries and the cache's partition.
    pub name: String,
    /// What is done to its exchanges.
    pub policy: Arc<Policy>,
    /// Which models it may use.
    pub models: ModelAccess,
    /// What all its keys may spend together.
    pub budget: Option<Budget>,
    /// Its own secret for reversible tokens and keyed hashes; absent means derived from the service's.
    pub redaction_key: Option<SecretRef>,
    /// Who signs in as it.
    pub keys: Vec<Arc<VirtualKey>>,
}

/// A key that an application presents instead of a provider's.
#[derive(Debug, Clone, PartialEq)]
pub struct VirtualKey {
    /// Unique within the tenant.
    pub name: String,
    /// Hash of the key; unique in the whole file.
    pub hash: KeyHash,
    /// Which of the tenant's models it may use.
    pub models: ModelAccess,
    /// What it may spend, besides the tenant's budget.
    pub budget: Option<Budget>,
    /// From then on it is refused; absent means never.
    pub expires: Option<SystemTime>,
}

/// An amount of money per window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How much may be spent in a window.
    pub limit: NanoUsd,
    /// After which the spending starts from zero; absent means that it never does.
    pub window: Option<Duration>,
}

/// Which models may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelAccess {
    /// Every one of the file.
    All,
    /// Those that match one of the patterns.
    Only(Vec<Glob>),
}

impl ModelAccess {
    /// Whether a model of this public name may be used.
    pub fn allows(&self, model: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(globs) => globs.iter().any(|glob| glob.matches(model)),
        }
    }
}

/// SHA-256 of a virtual key's bytes. Virtual keys are random and long, so a fast hash without salt is enough, and the
/// look-up of a request stays one hash away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// The hash of a key as the client presents it.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
