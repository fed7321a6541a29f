//! Names of headers and filter state that the filters, the service and the rendered configuration agree on.
//! Must not hold anything but names.

/// Inbound headers with this prefix are a client's attempt to speak for the gateway: they are stripped.
pub const RESERVED_PREFIX: &str = "x-tollgate-";

/// The target that Envoy's route table matches on: a pool, or the part of it that can serve this request.
pub const POOL: &str = "x-tollgate-pool";
/// The target of a request that only tenants' routes match: the service names the real one, or nobody serves it.
pub const UNDECIDED: &str = "undecided:";
/// A target that is one provider's own cluster: the provider's name follows.
pub const DIRECT: &str = "direct:";
/// A lane's internal listener, and the cluster that leads there: the provider's name follows.
pub const LANE: &str = "lane-";
/// `true` when the client asked for a stream; chooses between the twin routes (streamed or buffered answers).
pub const STREAM: &str = "x-tollgate-stream";
/// JSON of [`crate::facts::Facts`], for the service and the lanes; removed before a provider sees it.
pub const FACTS: &str = "x-tollgate-facts";

/// A client's: how long its answer may be kept, in seconds.
pub const CACHE_TTL: &str = "x-tollgate-cache-ttl";
/// A client's: the most that it wants of the cache.
pub const CACHE_MODE: &str = "x-tollgate-cache-mode";
/// A client's: whose entries are its own.
pub const CACHE_NAMESPACE: &str = "x-tollgate-cache-namespace";

/// Request headers that no provider may see: the gateway's own.
pub const INTERNAL: [&str; 3] = [POOL, STREAM, FACTS];

/// Filter state (one segment: `%FILTER_STATE(wasm.tollgate_model:PLAIN)%` in access logs).
pub mod state {
    /// The public model name.
    pub const MODEL: &str = "tollgate_model";
    /// The pool or target.
    pub const POOL: &str = "tollgate_pool";
    /// The matched route's name.
    pub const ROUTE: &str = "tollgate_route";
    /// Tokens of the prompt.
    pub const PROMPT_TOKENS: &str = "tollgate_prompt_tokens";
    /// Input tokens that the answer reports, cached ones included.
    pub const INPUT_TOKENS: &str = "tollgate_input_tokens";
    /// Output tokens of the answer.
    pub const OUTPUT_TOKENS: &str = "tollgate_output_tokens";
}
