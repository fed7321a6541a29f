//! As written: who may call.
//!
//! Must not know a key itself, only its hash.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretRef;
use crate::scalar::{GlobText, HashText, Lit, Name, Nonempty, Span, Timestamp, Usd};

/// A customer of the gateway: a team, an application, a company.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenant {
    /// Its name in metrics, in the ledger and in the cache's partition.
    pub(crate) name: Lit<Name>,
    /// Name of a policy.
    pub(crate) policy: Lit<Nonempty>,
    /// Models it may use, with `*` for any characters. Without it all.
    #[schemars(length(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) models: Option<Vec<Lit<GlobText>>>,
    /// What all its keys may spend together. Without it there is no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) budget: Option<Budget>,
    /// Its own secret for reversible tokens and keyed hashes. Without it one is derived from `service.secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redaction_key: Option<SecretRef>,
    /// Who signs in as it.
    #[schemars(length(min = 1))]
    pub(crate) keys: Vec<Key>,
}

/// A virtual key: what an application presents instead of a provider's key.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// Its name in metrics and in the ledger.
    pub(crate) name: Lit<Name>,
    /// SHA-256 of the key, as `tollgate keys hash` prints it.
    pub(crate) hash: Lit<HashText>,
    /// Which of the tenant's models it may use, with `*` for any characters. Without it all of them.
    #[schemars(length(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) models: Option<Vec<Lit<GlobText>>>,
    /// What it may spend, besides the tenant's budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) budget: Option<Budget>,
    /// From then on it is refused. Without it never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<Lit<Timestamp>>,
}

/// An amount of money per window.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// How much, in USD; exact to a billionth.
    pub(crate) usd: Lit<Usd>,
    /// After which the spending starts from zero. Without it that never happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<Lit<Span>>,
}
