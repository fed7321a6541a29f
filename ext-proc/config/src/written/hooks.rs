//! As written: services that somebody else runs, and what policies ask them.
//!
//! Must not know how they are asked.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gateway::{OnFailure, SecretRef};
use super::policy::Operator;
use super::seconds;
use crate::scalar::{Lit, Name, Nonempty, Span, Url};

/// A service that policies ask: Presidio Analyzer, or whatever speaks its HTTP API, or OpenAI's moderation.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hook {
    /// Its name, by which policies choose it, and in metrics.
    pub(crate) name: Lit<Name>,
    /// Scheme, host and port, and the path that stands before `/moderations` or `/analyze`. Without a path it is `/v1` for the
    /// former and none for the latter.
    pub(crate) url: Lit<Url>,
    /// What to sign in with (`Authorization: Bearer`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<SecretRef>,
    /// How long a call may take, from waiting for a free one to the last byte of the answer.
    #[serde(default = "seconds::<1>")]
    pub(crate) timeout: Lit<Span>,
    /// Calls under way at once. More wait until `timeout`.
    #[schemars(range(min = 1, max = 4096))]
    #[serde(default = "sixty_four")]
    pub(crate) calls: u16,
    /// PEM file of the authorities to trust. Without it the usual ones are trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<Lit<Nonempty>>,
}

const fn sixty_four() -> u16 {
    64
}

/// A hook that finds names in texts; what it finds is treated as if the engine had found it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recognizer {
    /// Name of a hook that speaks Presidio Analyzer's `/analyze`.
    pub(crate) hook: Lit<Nonempty>,
    /// The texts' language, as the hook calls it.
    #[serde(default = "english")]
    pub(crate) language: Lit<Nonempty>,
    /// What to ask for, by the hook's names, and what happens to it. Kinds that the engine knows too (`PERSON`) are then found
    /// by both.
    #[schemars(length(min = 1))]
    pub(crate) entities: BTreeMap<String, Operator>,
    /// Least score of what counts as found.
    #[schemars(range(min = 0.0, max = 1.0))]
    #[serde(default = "half")]
    pub(crate) threshold: f32,
    /// When the hook cannot be asked: `closed` refuses with 503, `open` goes on with what the engine finds. A stream
    /// that has begun ends with an error, or goes on without asking again.
    #[serde(default = "closed")]
    pub(crate) on_failure: OnFailure,
}

fn english() -> Lit<Nonempty> {
    Lit("en".to_owned())
}

const fn half() -> f32 {
    0.5
}

const fn closed() -> OnFailure {
    OnFailure::Closed
}

/// A hook that judges texts.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moderation {
    /// Name of a hook that speaks OpenAI's `/v1/moderations`. Texts travel there as redaction leaves them.
    pub(crate) hook: Lit<Nonempty>,
    /// The model to ask. Without it the hook takes its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<Lit<Nonempty>>,
    /// Judge what clients send.
    #[serde(default)]
    pub(crate) request: bool,
    /// Judge what providers answer.
    #[serde(default)]
    pub(crate) answer: bool,
    /// When streamed answers are judged that may be refused. `windows`: before they go out, each time up to the first end of a
    /// sentence after 200 bytes, 1000 at most, with the 300 bytes before; `end`: when they have left, to report it. What never
    /// refuses (another `action`, `dry_run`) always takes the latter.
    #[serde(default)]
    pub(crate) stream: ModeratedStream,
    /// From which score on a category counts: `{ violence: 0.3 }`. For others the hook's own word counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) thresholds: BTreeMap<String, Score>,
    /// What happens to a text that falls into a category.
    pub(crate) action: ModerationAction,
    /// When the hook cannot be asked: `closed` refuses with 503, `open` goes on.
    #[serde(default = "closed")]
    pub(crate) on_failure: OnFailure,
    /// Only report what would be done.
    #[serde(default)]
    pub(crate) dry_run: bool,
}

/// When streamed answers are judged.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, Default)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModeratedStream {
    /// Before they go out. Costs a call for each window, for whose answer the client waits.
    #[default]
    Windows,
    /// When they have ended: they leave as they come, what they say is only reported, and they are not cached.
    End,
}

/// How sure a hook must be.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
pub(crate) struct Score(#[schemars(range(min = 0.0, max = 1.0))] pub(crate) f64);

/// What happens to a text that falls into a category.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModerationAction {
    /// The request or answer is refused with 403.
    Block,
    /// The categories go into the header `x-tollgate-moderation`, Envoy's dynamic metadata and the log.
    Annotate,
    /// The categories go into the log.
    Log,
}
