//! What can be asked for and where it goes: models, prices, pools and routes.
//!
//! Must not know who asks beyond a tenant's name.

use std::sync::Arc;

use tollgate_llm::Endpoint;
use tollgate_tokens::Tokenizer;

use super::gateway::Provider;
use crate::scalar::{Glob, NanoUsd};

/// A model as clients see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What clients write in `model`.
    pub name: String,
    /// How its tokens are counted. Whether a build carries the vocabulary is the counter's to say.
    pub tokenizer: Tokenizer,
    /// Tokens of prompt and answer together; absent means unlimited as far as the gateway knows.
    pub context_window: Option<u64>,
    /// Tokens of the longest answer; at most the context window. Also what a request without a limit is reserved for.
    pub max_output_tokens: Option<u64>,
    /// Who serves it, by the providers' names; at least one. A pool decides the order in which they are tried.
    pub offers: Vec<Offer>,
}

impl Model {
    /// What a provider calls this model and asks for it; absent if it does not serve it.
    pub fn offer(&self, provider: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.provider.name == provider)
    }

    /// The highest price of each part among its providers: what a reservation assumes before it is known who answers.
    pub fn highest_price(&self) -> Price {
        self.offers
            .iter()
            .fold(Price::default(), |highest, offer| highest.max(offer.price))
    }
}

/// One provider's version of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Who serves it.
    pub provider: Arc<Provider>,
    /// The provider's name for the model.
    pub model: String,
    /// What the provider asks; the model's own price unless the offer has one.
    pub price: Price,
}

/// Nano-USD per token (a thousandth of a USD per million tokens).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Price {
    /// Input that no cache of the provider's served.
    pub input: NanoUsd,
    /// Input from the provider's prompt cache; the price of `input` unless set.
    pub cached_input: NanoUsd,
    /// Input that the provider wrote into its prompt cache; the price of `input` unless set.
    pub cache_write: NanoUsd,
    /// Everything the model wrote, reasoning included.
    pub output: NanoUsd,
}

impl Price {
    /// The higher of two prices, part by part.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            input: self.input.max(other.input),
            cached_input: self.cached_input.max(other.cached_input),
            cache_write: self.cache_write.max(other.cache_write),
            output: self.output.max(other.output),
        }
    }
}

/// A group of providers that stand in for each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Unique; part of the cluster's name.
    pub name: String,
    /// Who is asked first.
    pub strategy: Strategy,
    /// At least one; a provider occurs once.
    pub members: Vec<Member>,
}

/// How a pool picks the provider of the first attempt. Further attempts go to the others in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// The first one of the list, then the next.
    Ordered,
    /// In proportion to the weights.
    Weighted,
}

/// A provider in a pool.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Who it is.
    pub provider: Arc<Provider>,
    /// At least 1; always 1 in an ordered pool.
    pub weight: u32,
}

/// Which requests go to which pool.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Unique; shown in logs and metrics.
    pub name: String,
    /// All of it must hold. An empty one matches every request.
    pub when: RouteMatch,
    /// Where they go.
    pub pool: Arc<Pool>,
}

/// The conditions of a route. An absent or empty part holds always.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RouteMatch {
    /// Any of these patterns matches the public name of the model.
    pub models: Vec<Glob>,
    /// Any of these operations.
    pub endpoints: Vec<Endpoint>,
    /// The path of the request, without its query.
    pub path: Option<PathRule>,
    /// All of these hold.
    pub headers: Vec<HeaderRule>,
    /// Names of tenants, any of which it is.
    pub tenants: Vec<String>,
    /// The number of prompt tokens lies in this range.
    pub prompt_tokens: Option<TokenRange>,
}

impl RouteMatch {
    /// Whether every request matches.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// A condition on a path, without the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathRule {
    /// Equal, byte for byte.
    Exact(String),
    /// Starts with.
    Prefix(String),
}

/// A condition on one header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRule {
    /// In lower case.
    pub name: String,
    /// What its value must be. A header that is absent matches nothing but `Present(false)`.
    pub value: TextRule,
}

/// A condition on a header's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextRule {
    /// Equal, byte for byte.
    Exact(String),
    /// Starts with.
    Prefix(String),
    /// The whole value matches this expression of the `regex-lite` crate (it compiles, also under the size limit).
    Regex(String),
    /// The header is there, whatever its value (`true`), or is not (`false`).
    Present(bool),
}

/// Inclusive on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRange {
    /// 0 if it was not given.
    pub min: u64,
    /// `u64::MAX` if it was not given.
    pub max: u64,
}
