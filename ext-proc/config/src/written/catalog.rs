//! As written: models, prices, pools and routes.
//!
//! Must not know which names exist.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::OneOrMany;
use crate::scalar::{GlobText, Lit, ModelName, Name, Nonempty, Pattern, PerMillion};

/// A model as clients see it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    /// What clients write in `model`.
    pub(crate) name: Lit<ModelName>,
    /// How tokens are counted: by a public encoding, or by the estimate for a family of models whose tokenizer is not
    /// public or not carried; plain `estimate` for models of any other family.
    pub(crate) encoding: TokenizerName,
    /// Tokens of prompt and answer together. A longer prompt is refused. Without it nothing is refused for its length.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) context_window: Option<u64>,
    /// Tokens of the longest answer. Budgets reserve this much for requests that set no limit themselves.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_output_tokens: Option<u64>,
    /// What it costs, unless a provider below asks its own price; or `free`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<Prices>,
    /// Who serves it: a provider, and its name for the model.
    #[schemars(extend("minProperties" = 1))]
    pub(crate) providers: BTreeMap<String, Offer>,
}

/// A tokenizer.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum TokenizerName {
    #[serde(rename = "o200k_base")]
    O200kBase,
    #[serde(rename = "o200k_harmony")]
    O200kHarmony,
    #[serde(rename = "cl100k_base")]
    Cl100kBase,
    #[serde(rename = "p50k_base")]
    P50kBase,
    #[serde(rename = "r50k_base")]
    R50kBase,
    #[serde(rename = "estimate:claude")]
    EstimateClaude,
    #[serde(rename = "estimate:gemini")]
    EstimateGemini,
    #[serde(rename = "estimate:llama")]
    EstimateLlama,
    #[serde(rename = "estimate:qwen")]
    EstimateQwen,
    #[serde(rename = "estimate")]
    Estimate,
}

/// A provider's version of a model: its name there, or its name and price.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Offer {
    Name(Lit<ModelName>),
    Details(OfferDetails),
}

/// A provider's name for a model, and its price.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferDetails {
    /// The provider's name for the model.
    pub(crate) model: Lit<ModelName>,
    /// What this provider asks, instead of the model's price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<Prices>,
}

/// `free`, or a price for each kind of token.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Prices {
    Free(Free),
    List(PriceList),
}

/// The word `free`.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Free {
    Free,
}

/// USD per million tokens, with at most three decimals (which are exact in nano-USD per token).
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceList {
    /// For input.
    pub(crate) input: Lit<PerMillion>,
    /// For input that the provider read from its prompt cache. Without it the price of `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cached_input: Option<Lit<PerMillion>>,
    /// For input that the provider wrote into its prompt cache. Without it the price of `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cache_write: Option<Lit<PerMillion>>,
    /// For what the model writes, reasoning included.
    pub(crate) output: Lit<PerMillion>,
}

/// Providers that stand in for each other.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pool {
    /// Its name here and in the cluster's.
    pub(crate) name: Lit<Name>,
    /// Who is asked first: `ordered` takes the list's first provider, `weighted` shares by the weights. Attempts after
    /// that (on connect errors, timeouts, 429 and 5xx) go to the others in the order of the list.
    #[serde(default = "ordered")]
    pub(crate) strategy: Strategy,
    /// Names of providers, each once.
    #[schemars(length(min = 1))]
    pub(crate) providers: Vec<Member>,
}

fn ordered() -> Strategy {
    Strategy::Ordered
}

/// How a pool picks who is asked first.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Strategy {
    Ordered,
    Weighted,
}

/// A provider in a pool: its name, or its name and weight.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Member {
    Name(Lit<Nonempty>),
    Weighted(WeightedMember),
}

/// A provider in a pool with its share.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeightedMember {
    /// Name of a provider.
    pub(crate) name: Lit<Nonempty>,
    /// Its share among the weights of the pool. Only in `weighted` pools.
    #[schemars(range(min = 1, max = 10000))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<u32>,
}

/// Which requests go to which pool.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    /// Its name in logs and metrics.
    pub(crate) name: Lit<Name>,
    /// What must hold, all of it. Without it every request matches.
    #[serde(default, rename = "match")]
    pub(crate) when: RouteMatch,
    /// Name of a pool.
    pub(crate) pool: Lit<Nonempty>,
}

/// Conditions on a request. What is not given holds always.
#[derive(Deserialize, Serialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RouteMatch {
    /// The public name of the model, with `*` for any characters; or a list, any of which matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<OneOrMany<Lit<GlobText>>>,
    /// The operation, or a list of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<OneOrMany<EndpointName>>,
    /// The path without its query: the whole of it, or `{ prefix: … }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<PathValue>,
    /// Headers and what they must be: the exact value, or `{ prefix: … }`, `{ regex: … }`, `{ present: true }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, HeaderValue>,
    /// Name of a tenant, or a list of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<OneOrMany<Lit<Nonempty>>>,
    /// How many tokens the prompt has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prompt_tokens: Option<TokenRange>,
}

/// An operation of a dialect.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum EndpointName {
    ChatCompletions,
    Completions,
    Embeddings,
    Responses,
    Messages,
}

/// A condition on the path.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum PathValue {
    Exact(Lit<Nonempty>),
    Rule(PathOp),
}

/// A condition on a part of the path.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PathOp {
    /// What the path begins with.
    Prefix(Lit<Nonempty>),
}

/// A condition on a header: its exact value, or a rule.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum HeaderValue {
    Exact(Lit<Nonempty>),
    Rule(HeaderOp),
}

/// A condition on a header that is not equality.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeaderOp {
    /// What the value begins with.
    Prefix(Lit<Nonempty>),
    /// What the whole value matches.
    Regex(Lit<Pattern>),
    /// Whether the header is there at all.
    Present(bool),
}

/// A range of token counts, both ends included.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRange {
    /// Least number. Without it 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) min: Option<u64>,
    /// Greatest number. Without it there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max: Option<u64>,
}
