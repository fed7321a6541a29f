//! What the service decided, as dynamic metadata under the namespace `tollgate`.
//! Names only, so that both sides agree; must not know how a decision is made.

/// The namespace of the service's dynamic metadata.
pub const NAMESPACE: &str = "tollgate";

/// Text: [`ALLOW`]. Anything else, or nothing, is not a decision.
pub const DECISION: &str = "decision";
/// The only decision that lets a request pass; refusals are answered by the service itself.
pub const ALLOW: &str = "allow";

/// Text: the target, where it differs from the router's choice.
pub const TARGET: &str = "target";

/// Text: tenant and key that asked (names, never the key itself).
pub const TENANT: &str = "tenant";
/// Text: the key's name.
pub const KEY: &str = "key";
/// Text: `miss`, `exact`, `off`.
pub const CACHE: &str = "cache";
/// Number: input tokens of the answer, cached ones included.
pub const INPUT_TOKENS: &str = "input_tokens";
/// Number: output tokens of the answer.
pub const OUTPUT_TOKENS: &str = "output_tokens";
/// Text: cost in USD, a decimal with up to nine places.
pub const COST_USD: &str = "cost_usd";
