//! The filters' slices of the configuration, as JSON in Envoy's plugin configuration.
//! Written by `tollgate render` from a validated configuration; must not know YAML or where a value came from.

use std::collections::BTreeMap;

use serde::Serialize;
use tollgate_llm::{Dialect, Endpoint};
use tollgate_tokens::Tokenizer;

pub(crate) mod read;

pub use read::BadPlan;

/// What `router.wasm` needs.
#[derive(Debug, Clone, Serialize)]
pub struct RouterPlan {
    /// Largest request body in bytes; larger is a 413.
    pub max_body: u64,
    /// Models by public name. Any other name is a 404.
    pub models: BTreeMap<String, ModelPlan>,
    /// Pools by name.
    pub pools: BTreeMap<String, PoolPlan>,
    /// In order; the first that matches wins.
    pub routes: Vec<RoutePlan>,
}

/// A model, as far as counting and admission need it.
#[derive(Debug, Clone, Serialize)]
pub struct ModelPlan {
    /// How to count: the name of an encoding, `estimate`, or `estimate:` and a family.
    #[serde(serialize_with = "tokenizer::serialize")]
    pub tokenizer: Tokenizer,
    /// Largest prompt plus answer, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
}

/// A tokenizer is written as its name.
mod tokenizer {
    use serde::Serializer;
    use tollgate_tokens::Tokenizer;

    pub(super) fn serialize<S: Serializer>(tokenizer: &Tokenizer, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(tokenizer)
    }
}

/// A pool: which target serves which model on which endpoint. A pair that is missing cannot be served.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PoolPlan {
    /// Model → endpoint → target. A target is one entry of Envoy's route table: a cluster of the providers that can serve
    /// this model on this endpoint.
    pub targets: BTreeMap<String, BTreeMap<Endpoint, String>>,
}

/// A route.
#[derive(Debug, Clone, Serialize)]
pub struct RoutePlan {
    /// For logs and metrics.
    pub name: String,
    /// The pool it leads to.
    pub pool: String,
    /// All conditions must hold; none at all matches everything.
    #[serde(rename = "match")]
    pub conditions: Conditions,
}

/// The conditions of a route.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Conditions {
    /// Any of these model names; `*` stands for any run of characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Any of these endpoints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
    /// Request path without the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathCondition>,
    /// All of these hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderCondition>,
    /// Any of these tenants: only the service knows who asks, so it takes the last step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<String>,
    /// Fewest prompt tokens, inclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_tokens: Option<u64>,
    /// Most prompt tokens, inclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
}

/// A condition on the path.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PathCondition {
    /// Equal, byte for byte.
    Exact(String),
    /// Begins with.
    Prefix(String),
}

/// A condition on one header.
#[derive(Debug, Clone, Serialize)]
pub struct HeaderCondition {
    /// Lower-case name.
    pub name: String,
    /// What its value must be.
    #[serde(flatten)]
    pub value: ValueCondition,
}

/// A condition on a header's value.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueCondition {
    /// Equal, byte for byte.
    Exact(String),
    /// Begins with.
    Prefix(String),
    /// Matches as a whole (anchored at both ends).
    Regex(String),
    /// There at all, or not there.
    Present(bool),
}

/// What `provider.wasm` needs in one lane.
#[derive(Debug, Clone, Serialize)]
pub struct LanePlan {
    /// The provider's name, for messages and `x-tollgate-provider`.
    pub provider: String,
    /// What the provider speaks.
    pub dialect: Dialect,
    /// Public model name → the provider's.
    pub models: BTreeMap<String, LaneModel>,
}

/// A model in a lane.
#[derive(Debug, Clone, Serialize)]
pub struct LaneModel {
    /// The provider's name for it.
    pub name: String,
    /// Largest answer in tokens: Anthropic wants `max_tokens` in every request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
}
