//! The configuration as it is used: validated, references resolved, units in types.
//!
//! Must not know YAML, positions or how a value was spelled. A value of [`Config`] exists only if the whole file was right.

mod cache;
mod catalog;
mod gateway;
mod guardrails;
mod hooks;
mod policy;
mod tenant;

use std::collections::HashMap;
use std::sync::Arc;

pub use cache::{Cache, CacheMode, CacheRules, CacheScope, CacheStore, Embedder, Journal, SharedJournal};
pub use catalog::{
    HeaderRule, Member, Model, Offer, PathRule, Pool, Price, Route, RouteMatch, Strategy, TextRule,
    TokenRange,
};
pub use gateway::{
    Address, BudgetStore, Envoy, EnvoyVersion, Listener, OnFailure, Provider, ProviderUrl, SecretRef, Service,
};
pub use guardrails::{Guardrail, GuardrailAction, GuardrailCheck, GuardrailOn, GuardrailRole, SchemaSource};
pub use hooks::{Hook, ModeratedStream, Moderation, ModerationAction, Recognizer};
pub use policy::{
    CustomEntity, EntityRules, Limits, OnUnknownShape, Operator, Policy, Redaction, RedactionRules,
};
pub use tenant::{Budget, KeyHash, ModelAccess, Tenant, VirtualKey};

pub use tollgate_tokens::{Encoding, Family, Tokenizer};

use crate::errors::Problem;

/// A whole configuration. Cheap to share: everything that several places name is behind an `Arc`, so a pool's member
/// *is* its provider and no index can be out of range.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What the rendered Envoy looks like.
    pub envoy: Envoy,
    /// Where clients connect; at least one.
    pub listeners: Vec<Listener>,
    /// The policy service.
    pub service: Service,
    /// Everyone who answers requests, in the order of the file; at least one.
    pub providers: Vec<Arc<Provider>>,
    /// Every model that clients may name, in the order of the file; at least one.
    pub models: Vec<Arc<Model>>,
    /// Groups of providers that routes point to.
    pub pools: Vec<Arc<Pool>>,
    /// In the order in which they are tried; the first match wins.
    pub routes: Vec<Route>,
    /// Services that policies ask, in the order of the file.
    pub hooks: Vec<Arc<Hook>>,
    /// What is done to the exchanges of a tenant.
    pub policies: Vec<Arc<Policy>>,
    /// Who may call, in the order of the file.
    pub tenants: Vec<Arc<Tenant>>,
    /// The store of cached answers that all policies share.
    pub cache: CacheStore,
    /// Where spent money is kept.
    pub budget: BudgetStore,
    /// What is allowed but probably not meant, such as a credential whose environment variable is not set here.
    pub warnings: Vec<Problem>,
    pub(crate) index: Index,
}

/// Look-ups that happen once per request; built by the resolver from the lists above.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Index {
    pub(crate) models: HashMap<String, Arc<Model>>,
    pub(crate) keys: HashMap<KeyHash, Identity>,
}

/// Whose virtual key it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The tenant that the key belongs to.
    pub tenant: Arc<Tenant>,
    /// The key itself.
    pub key: Arc<VirtualKey>,
}

impl Identity {
    /// Whether both the tenant and the key may use a model.
    pub fn may_use(&self, model: &str) -> bool {
        self.tenant.models.allows(model) && self.key.models.allows(model)
    }
}

impl Config {
    /// The model that a client named, if it is declared.
    pub fn model(&self, name: &str) -> Option<&Arc<Model>> {
        self.index.models.get(name)
    }

    /// Whose key has this hash. Expiry is the caller's to check: this crate has no clock.
    pub fn identify(&self, hash: &KeyHash) -> Option<&Identity> {
        self.index.keys.get(hash)
    }

    /// The provider of a name.
    pub fn provider(&self, name: &str) -> Option<&Arc<Provider>> {
        self.providers.iter().find(|provider| provider.name == name)
    }

    /// The pool of a name.
    pub fn pool(&self, name: &str) -> Option<&Arc<Pool>> {
        self.pools.iter().find(|pool| pool.name == name)
    }

    /// The tenant of a name.
    pub fn tenant(&self, name: &str) -> Option<&Arc<Tenant>> {
        self.tenants.iter().find(|tenant| tenant.name == name)
    }
}
