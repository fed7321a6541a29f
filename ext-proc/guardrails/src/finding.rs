//! What was found: which rule, whose text, how sure, why. Must not know the text: nothing here can hold a part of it, save
//! for the names of JSON members on the way to what breaks a schema.

use std::sync::Arc;

use crate::injection::Signal;
use crate::rule::{Action, Role};

/// A rule that a text breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule's place in the list that was compiled.
    pub rule: usize,
    /// The rule's name.
    pub name: Arc<str>,
    /// What follows.
    pub action: Action,
    /// Whose text, for requests; none: the request or answer as a whole.
    pub role: Option<Role>,
    /// Why.
    pub why: Why,
}

/// Why there is a finding.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Why {
    /// Something listed stands in it.
    Listed,
    /// It tries to take over the model.
    Injection {
        /// How sure that is, 0 to 1.
        score: f32,
        /// What says so most.
        signal: Signal,
    },
    /// It is too long.
    Tokens {
        /// How many there are.
        counted: u64,
        /// How many there may be.
        most: u64,
    },
    /// It cites too little.
    Citations {
        /// How many different ones there are.
        found: usize,
        /// How many there must be.
        at_least: usize,
    },
    /// It is not JSON.
    NotJson,
    /// It is JSON of another shape.
    Schema {
        /// A JSON pointer to what breaks the schema, cut after 256 bytes.
        path: String,
    },
    /// It is in a language that is not allowed, by its ISO 639-3 code; none: its language cannot be told.
    Language(Option<&'static str>),
}

impl Why {
    /// A stable name: for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Injection { .. } => "injection",
            Self::Tokens { .. } => "tokens",
            Self::Citations { .. } => "citations",
            Self::NotJson | Self::Schema { .. } => "schema",
            Self::Language(_) => "language",
        }
    }

    /// How sure it is, where that is not certain.
    pub fn score(&self) -> Option<f32> {
        match self {
            Self::Injection { score, .. } => Some(*score),
            _ => None,
        }
    }
}

/// All findings on a request or an answer: at most one for each rule and role.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// The hardest action that follows, of the findings that a caller's `counts` lets count (a rule on trial does not).
    pub fn action(&self, counts: impl Fn(&Finding) -> bool) -> Option<Action> {
        self.0
            .iter()
            .filter(|finding| counts(finding))
            .map(|finding| finding.action)
            .max()
    }

    /// Adds a finding unless there is one for the rule and role; of two scores the higher one stays.
    pub(crate) fn add(&mut self, finding: Finding) {
        let known = self
            .0
            .iter_mut()
            .find(|known| known.rule == finding.rule && known.role == finding.role);
        match known {
            Some(known) if finding.why.score() > known.why.score() => *known = finding,
            Some(_) => {}
            None => self.0.push(finding),
        }
    }
}
