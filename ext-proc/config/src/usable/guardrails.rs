//! The rules that texts must keep.
//!
//! Must not know how anything is found; whoever compiles the rules says whether they can be.

use std::path::PathBuf;

use serde_json::Value;

/// A rule that texts must keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Guardrail {
    /// Unique in its policy.
    pub name: String,
    /// What it looks at.
    pub on: GuardrailOn,
    /// Whose texts of a request it looks at; absent leaves it to the check.
    pub roles: Option<Vec<GuardrailRole>>,
    /// What follows.
    pub action: GuardrailAction,
    /// Only report what would have followed.
    pub dry_run: bool,
    /// What it looks for.
    pub check: GuardrailCheck,
}

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq)]
pub enum GuardrailCheck {
    /// Words, phrases and regular expressions; at least one of all.
    Listed {
        /// Words and phrases.
        words: Vec<String>,
        /// Regular expressions.
        patterns: Vec<String>,
    },
    /// Attempts to take over the model, from this score on (0 to 1).
    Injection(f32),
    /// More tokens than this.
    MaxTokens(u64),
    /// Fewer citations than this; in answers only.
    Citations {
        /// How many different ones there must be.
        at_least: u32,
        /// What one looks like; absent: the usual forms.
        pattern: Option<String>,
    },
    /// Anything but JSON of this schema; in answers only.
    JsonSchema(SchemaSource),
    /// Another language.
    Language {
        /// If there are any, only these.
        allow: Vec<String>,
        /// None of these.
        deny: Vec<String>,
        /// Whether a text whose language cannot be told breaks the rule too.
        refuse_unknown: bool,
    },
}

impl GuardrailCheck {
    /// Whether nothing can be said before a text has ended.
    pub fn needs_whole_text(&self) -> bool {
        !matches!(self, Self::Listed { .. } | Self::MaxTokens(_))
    }
}

/// Where a JSON Schema is.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaSource {
    /// Here.
    Inline(Value),
    /// In a file of JSON.
    File(PathBuf),
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuardrailOn {
    /// What clients send.
    Request,
    /// What providers answer.
    Answer,
    /// Either.
    Both,
}

/// Whose text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuardrailRole {
    /// System and developer messages.
    System,
    /// What people say.
    User,
    /// What the model said in earlier turns.
    Assistant,
    /// What tools returned.
    Tool,
}

/// What follows when a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuardrailAction {
    /// Refuse.
    Block,
    /// Say it in a header, in dynamic metadata and in the log.
    Annotate,
    /// Say it in the log.
    Log,
}
