//! Services that somebody else runs, and what policies ask them.
//!
//! Must not know how they are asked.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::gateway::{OnFailure, ProviderUrl, SecretRef};
use super::policy::Operator;

/// A service that policies ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Unique.
    pub name: String,
    /// Where it is.
    pub url: ProviderUrl,
    /// What to sign in with.
    pub credential: Option<SecretRef>,
    /// For a whole call.
    pub timeout: Duration,
    /// Calls under way at once.
    pub calls: NonZeroUsize,
    /// PEM file of the authorities to trust; absent means the usual ones.
    pub ca_file: Option<PathBuf>,
}

/// A hook that finds names in texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognizer {
    /// Who is asked.
    pub hook: Arc<Hook>,
    /// As the hook calls it.
    pub language: String,
    /// What to ask for and what happens to it, never [`Operator::Off`]; not empty. Names are capitals, and none is of a custom
    /// kind or is treated differently by the engine's rules.
    pub entities: BTreeMap<String, Operator>,
    /// Least score of what counts, 0 to 1.
    pub threshold: f32,
    /// What happens when the hook cannot be asked.
    pub on_failure: OnFailure,
}

/// A hook that judges texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Moderation {
    /// Who is asked.
    pub hook: Arc<Hook>,
    /// The model to ask; absent leaves it to the hook.
    pub model: Option<String>,
    /// Judge what clients send.
    pub request: bool,
    /// Judge what providers answer. At least one of both is true.
    pub answer: bool,
    /// When streamed answers are judged that may be refused.
    pub stream: ModeratedStream,
    /// From which score on (0 to 1) a category counts.
    pub thresholds: BTreeMap<String, f64>,
    /// What happens to a text that falls into a category.
    pub action: ModerationAction,
    /// What happens when the hook cannot be asked.
    pub on_failure: OnFailure,
    /// Only report what would be done.
    pub dry_run: bool,
}

impl Moderation {
    /// Whether something is refused because of it.
    pub fn blocks(&self) -> bool {
        self.action == ModerationAction::Block && !self.dry_run
    }

    /// Whether streamed answers wait for it.
    pub fn holds_streams(&self) -> bool {
        self.answer && self.blocks() && self.stream == ModeratedStream::Windows
    }
}

/// When a streamed answer is judged that may be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModeratedStream {
    /// Before it goes out, a few sentences at a time.
    Windows,
    /// When it has ended: too late to refuse it.
    End,
}

/// What happens to a text that falls into a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModerationAction {
    /// Refuse with 403.
    Block,
    /// Say it in a header, in dynamic metadata and in the log.
    Annotate,
    /// Say it in the log.
    Log,
}
