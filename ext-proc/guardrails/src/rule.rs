//! Rules as they are written: what to look for, where, and what follows.
//! Must not know how anything is found.

use std::str::FromStr;

use serde_json::Value;

/// One rule. Its place in the list given to [`Guardrails::compile`](crate::Guardrails::compile) is how findings name it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What people call it: in logs, metrics and refusals.
    pub name: String,
    /// What it looks at.
    pub on: On,
    /// Whose texts of a request it looks at.
    pub roles: Roles,
    /// What follows from a finding. Nothing here acts on it.
    pub action: Action,
    /// What it looks for.
    pub check: Check,
}

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Check {
    /// A topic: words and phrases (whole ones, without regard to case, accents, look-alikes and invisible characters), and
    /// regular expressions over folded text, without regard to case.
    Listed {
        /// Words and phrases of up to 16 words.
        words: Vec<String>,
        /// Regular expressions: at most 1 MiB compiled; a match has at most 128 bytes.
        patterns: Vec<String>,
    },
    /// Attempts to take over the model.
    Injection {
        /// The score from which on there is a finding, above 0, up to 1.
        threshold: f32,
    },
    /// More tokens than this; who calls counts them.
    MostTokens(u64),
    /// An answer without so many citations.
    Citations {
        /// How many different ones there must be.
        at_least: usize,
        /// What a citation looks like; none: `[1]`, `[^1]`, `[doc …]`, `【…】` and URLs.
        pattern: Option<String>,
    },
    /// An answer that is not JSON of this schema (drafts 4 to 2020-12; references within the schema only).
    Schema(Value),
    /// A text in another language.
    Language(Languages),
}

/// Languages, as ISO 639-1 or 639-3 codes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Languages {
    /// If there are any, only these.
    pub allow: Vec<String>,
    /// None of these.
    pub deny: Vec<String>,
    /// Whether a text whose language cannot be told is a finding too. Texts of less than 40 letters never are.
    pub refuse_unknown: bool,
}

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is counted and logged.
    Log,
    /// The client is told.
    Annotate,
    /// The request or answer is refused.
    Block,
}

/// Not an action's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of block, annotate, log")]
pub struct ParseActionError;

impl FromStr for Action {
    type Err = ParseActionError;

    fn from_str(name: &str) -> Result<Self, ParseActionError> {
        match name {
            "block" => Ok(Self::Block),
            "annotate" => Ok(Self::Annotate),
            "log" => Ok(Self::Log),
            _ => Err(ParseActionError),
        }
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum On {
    /// What the client sends.
    Request,
    /// What the model answers.
    Answer,
    /// Either.
    Both,
}

impl On {
    pub(crate) fn request(self) -> bool {
        self != Self::Answer
    }

    pub(crate) fn answer(self) -> bool {
        self != Self::Request
    }
}

/// Whose text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Role {
    /// System and developer messages: what the application says.
    System,
    /// What people say.
    User,
    /// What the model said, in earlier turns too.
    Assistant,
    /// What tools, searches and documents returned.
    Tool,
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Roles(u8);

impl Roles {
    /// Everybody's texts.
    pub const ALL: Self = Self(0b1111);
    /// What comes from outside the application: people and tools.
    pub const OUTSIDE: Self = Self::NONE.with(Role::User).with(Role::Tool);
    /// Nobody's.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    /// Whether a role is one of these.
    pub const fn has(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }
}

/// Why a rule cannot be. Displayed as `words[2]: has no letter or digit`; `rule` is its place in the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct RuleError {
    /// The rule's place in the list.
    pub rule: usize,
    /// The field, such as `patterns[1]`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}
