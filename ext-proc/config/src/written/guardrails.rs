//! As written: the rules that texts of requests and answers must keep.
//!
//! Must not know how anything is found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scalar::{Lit, Name, Nonempty};

/// A rule that texts must keep. It has exactly one check: `words` and `patterns`, `injection`, `max_tokens`, `citations`,
/// `json_schema` (or `json_schema_file`) or `language`.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guardrail {
    /// What it is called: in refusals, in the header `x-tollgate-guardrail`, in the log and in metrics.
    pub(crate) name: Lit<Name>,
    /// What it looks at.
    pub(crate) on: GuardrailOn,
    /// Whose texts of a request it looks at. Without it `user` and `tool` for `injection`, otherwise everyone's.
    #[schemars(length(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roles: Option<Vec<GuardrailRole>>,
    /// What follows when something is found: `block` refuses (a request with 400, an answer with 403, a stream with an error
    /// event), `annotate` tells the client in a header, `log` tells only you. All are logged and counted.
    pub(crate) action: GuardrailAction,
    /// Only log and count what would have been done.
    #[serde(default)]
    pub(crate) dry_run: bool,
    /// Words and phrases of up to 16 words, compared without regard to case, accents, look-alikes or invisible characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) words: Vec<String>,
    /// Regular expressions (Rust's `regex`; linear time), without regard to case; a match has at most 128 bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) patterns: Vec<String>,
    /// Attempts to take over the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) injection: Option<Injection>,
    /// The most tokens that a request, or an answer, may have.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_tokens: Option<u64>,
    /// Answers must cite something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) citations: Option<Citations>,
    /// Answers must be JSON of this schema, code fences around it aside. References to elsewhere are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) json_schema: Option<Map<String, Value>>,
    /// The same, from a file of JSON, which is read with the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) json_schema_file: Option<Lit<Nonempty>>,
    /// Which languages texts may be in. Texts of less than 40 letters are not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<Languages>,
}

/// What a rule looks at.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum GuardrailOn {
    Request,
    Answer,
    Both,
}

/// Whose text it is.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum GuardrailRole {
    System,
    User,
    Assistant,
    Tool,
}

/// What follows when a rule is broken.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum GuardrailAction {
    Block,
    Annotate,
    Log,
}

/// Attempts to take over the model.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct Injection {
    /// From which score on: 0.5 suits `annotate` and `log`, 0.7 and more `block`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) threshold: f32,
}

/// Answers must cite something.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct Citations {
    /// How many different ones there must be.
    #[schemars(range(min = 1))]
    #[serde(default = "one")]
    pub(crate) at_least: u32,
    /// What a citation looks like. Without it `[1]`, `[^1]`, `[doc …]`, `【…】` and URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pattern: Option<String>,
}

const fn one() -> u32 {
    1
}

/// Which languages texts may be in.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct Languages {
    /// Only these, by their ISO 639 codes: `[en, de]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow: Vec<String>,
    /// None of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) deny: Vec<String>,
    /// Whether a text whose language cannot be told breaks the rule too.
    #[serde(default)]
    pub(crate) refuse_unknown: bool,
}
