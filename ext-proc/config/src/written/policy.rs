//! As written: what is done to exchanges.
//!
//! Must not know which entities the engine finds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cache, Guardrail, Moderation, OnFailure, Recognizer};
use crate::scalar::{Lit, Name, Nonempty};

/// What is done to the exchanges of the tenants that name it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    /// Its name, by which tenants choose it.
    pub(crate) name: Lit<Name>,
    /// What happens to personal data and secrets; or `off`. It has no default, so that nobody forgets to decide.
    pub(crate) redaction: Redaction,
    /// Rules that texts must keep. Those on requests look at what the client wrote, before redaction; those on answers at what
    /// the client would get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) guardrails: Vec<Guardrail>,
    /// Whether answers are stored and reused; or `off`.
    #[serde(default = "super::cache::off")]
    pub(crate) cache: Cache,
    /// Whom to ask whether a text may pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moderation: Option<Moderation>,
    /// How budgets behave. The budgets themselves are the tenants' and their keys'.
    #[serde(default)]
    pub(crate) budget: BudgetRules,
    /// Rates for each key. A request over a rate is refused with 429.
    #[serde(default)]
    pub(crate) limits: Limits,
}

/// The word `off`.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum OffWord {
    Off,
}

/// `off`, or what happens in each direction.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Redaction {
    Off(OffWord),
    On(RedactionRules),
}

/// Redaction by direction. A direction that is not given passes as it is.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedactionRules {
    /// In what clients send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<EntityRules>,
    /// In what providers answer. Reversible tokens of the request are restored in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<EntityRules>,
    /// What happens to a body with a part that may hold text and whose shape is not known: `block` refuses with 400,
    /// `forward` lets it pass as it is.
    #[serde(default = "block")]
    pub(crate) on_unknown_shape: OnUnknownShape,
}

fn block() -> OnUnknownShape {
    OnUnknownShape::Block
}

/// What happens to a shape that is not known.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum OnUnknownShape {
    Block,
    Forward,
}

/// What happens to each kind of entity in one direction.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntityRules {
    /// For every usual kind that `entities` does not name.
    pub(crate) default: Operator,
    /// Kinds that are treated in their own way, by name: `{ US_SSN: block, CREDIT_CARD: { mask: 4 } }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) entities: BTreeMap<String, Operator>,
    /// Kinds of your own: deny lists, patterns, or both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) custom: Vec<CustomEntity>,
    /// Texts that are never an entity, such as `support@example.com`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow: Vec<Lit<Nonempty>>,
    /// Least score of what counts as found. Without it the engine's own, kind by kind.
    #[schemars(range(min = 0.0, max = 1.0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) threshold: Option<f32>,
    /// Whom to ask what else is in a text: names, places and whatever else a model knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) recognizer: Option<Box<Recognizer>>,
}

/// Something to find that the engine does not know.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomEntity {
    /// What it is called, in capitals: its placeholder and its tokens have this name.
    pub(crate) name: String,
    /// Words and phrases, compared without regard to case, look-alikes or invisible characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) words: Vec<String>,
    /// Regular expressions (Rust's `regex`; linear time), within a line: `\bCASE-\d{6}\b`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) patterns: Vec<String>,
    /// If there are any, one of these words must stand beside what is found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) context: Vec<String>,
    /// How sure a find is; it matters where two custom kinds overlap.
    #[schemars(range(min = 0.0, max = 1.0))]
    #[serde(default = "sure")]
    pub(crate) score: f32,
    /// What happens to it. Without this what `default` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operator: Option<Operator>,
}

fn sure() -> f32 {
    1.0
}

/// What happens to an entity.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operator {
    /// Replaced by a reversible token, which is restored in the answer. In requests only.
    Token,
    /// Replaced by its kind.
    Placeholder,
    /// Replaced by a keyed hash.
    Hash,
    /// The whole request or answer is refused.
    Block,
    /// Counted and passed.
    Log,
    /// Not looked for.
    Off,
    /// Replaced by stars, but for so many characters at its end.
    Mask(#[schemars(range(min = 0, max = 16))] u8),
}

/// How budgets behave.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BudgetRules {
    /// What happens when the store of budgets and limits cannot be asked: `closed` refuses with 503, `open` lets pass.
    pub(crate) on_store_failure: OnFailure,
}

impl Default for BudgetRules {
    fn default() -> Self {
        Self {
            on_store_failure: OnFailure::Closed,
        }
    }
}

/// Rates for each key. What is not given is unlimited.
#[derive(Deserialize, Serialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Requests in a minute.
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) requests_per_minute: Option<u64>,
    /// Tokens of prompts and answers in a minute.
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tokens_per_minute: Option<u64>,
}
