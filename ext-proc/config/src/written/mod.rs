//! The configuration as it is written: what the file may say, field by field. The JSON Schema, the shape check and the
//! reference in README.md all come from these types, so a doc comment here is what users read.
//!
//! Must not know which values fit together; the resolver does.

mod cache;
mod catalog;
mod gateway;
mod guardrails;
mod hooks;
mod policy;
mod tenant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use cache::{Cache, CacheMode, CacheScope, CacheStore, Embedder, Journal, SharedJournal};
pub(crate) use catalog::{
    EndpointName, HeaderOp, HeaderValue, Member, Model, Offer, PathOp, PathValue, Pool, Prices, Route,
    RouteMatch, Strategy, TokenizerName,
};
pub(crate) use gateway::{
    BudgetStore, Budgets, DialectName, Envoy, Listener, OnFailure, Provider, SecretRef, Service,
};
pub(crate) use guardrails::{Citations, Guardrail, GuardrailAction, GuardrailOn, GuardrailRole, Languages};
pub(crate) use hooks::{Hook, ModeratedStream, Moderation, ModerationAction, Recognizer};
pub(crate) use policy::{EntityRules, OnUnknownShape, Operator, Policy, Redaction};
pub(crate) use tenant::{Budget, Key, Tenant};

use crate::path::Path;
use crate::scalar::{Lit, Size, Span};

/// Configuration of Tollgate: the gateway that Envoy becomes, and the policy service beside it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "tollgate.yaml")]
pub(crate) struct Config {
    /// Version of this format.
    pub(crate) version: FormatVersion,
    /// What the rendered Envoy looks like.
    #[serde(default)]
    pub(crate) envoy: Envoy,
    /// Where clients connect.
    #[schemars(length(min = 1))]
    pub(crate) listeners: Vec<Listener>,
    /// The policy service that Envoy asks (`tollgate serve`).
    #[serde(default)]
    pub(crate) service: Service,
    /// Who answers requests.
    #[schemars(length(min = 1))]
    pub(crate) providers: Vec<Provider>,
    /// What clients may ask for.
    #[schemars(length(min = 1))]
    pub(crate) models: Vec<Model>,
    /// Groups of providers that stand in for each other.
    #[schemars(length(min = 1))]
    pub(crate) pools: Vec<Pool>,
    /// Which request goes to which pool. The first match wins; a request that matches none is a 404.
    #[schemars(length(min = 1))]
    pub(crate) routes: Vec<Route>,
    /// Services that policies ask: what names a text has, whether it may pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) hooks: Vec<Hook>,
    /// What is done to exchanges. A tenant names one.
    #[schemars(length(min = 1))]
    pub(crate) policies: Vec<Policy>,
    /// Who may call.
    #[schemars(length(min = 1))]
    pub(crate) tenants: Vec<Tenant>,
    /// The store of cached answers, which all policies share.
    #[serde(default)]
    pub(crate) cache: CacheStore,
    /// Where spent money and rates are kept.
    #[serde(default)]
    pub(crate) budget: Budgets,
}

/// The only version there is.
#[derive(Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct FormatVersion(#[schemars(range(min = 1, max = 1))] u8);

/// One value, or a list of them.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum OneOrMany<T> {
    One(T),
    Many(#[schemars(length(min = 1))] Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }

    /// All of them, each with its own path.
    pub(crate) fn into_items(self, path: &Path) -> Vec<(Path, T)> {
        match self {
            Self::One(value) => vec![(path.clone(), value)],
            Self::Many(values) => values
                .into_iter()
                .enumerate()
                .map(|(at, value)| (path.index(at), value))
                .collect(),
        }
    }
}

/// A default of so many seconds.
fn seconds<const N: u64>() -> Lit<Span> {
    Lit(std::time::Duration::from_secs(N))
}

/// A default of so many milliseconds.
fn milliseconds<const N: u64>() -> Lit<Span> {
    Lit(std::time::Duration::from_millis(N))
}

/// A default of so many MiB.
fn mebibytes<const N: u64>() -> Lit<Size> {
    Lit(N << 20)
}
