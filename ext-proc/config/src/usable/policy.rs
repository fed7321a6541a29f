//! What is done to exchanges: redaction, cache, limits.
//!
//! Must not know how any of it is done; entity names are text here, checked against the list that the caller passed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cache::Cache;
use super::gateway::OnFailure;
use super::guardrails::Guardrail;
use super::hooks::{Moderation, Recognizer};

/// What is done to the exchanges of the tenants that name it.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Unique.
    pub name: String,
    /// What happens to personal data and secrets.
    pub redaction: Redaction,
    /// Rules that texts must keep, in the order of the file.
    pub guardrails: Vec<Guardrail>,
    /// Whether answers are stored and reused.
    pub cache: Cache,
    /// Who judges texts; absent: nobody.
    pub moderation: Option<Moderation>,
    /// What happens to a request when the store of budgets and limits cannot be asked.
    pub on_store_failure: OnFailure,
    /// Rates for each key.
    pub limits: Limits,
}

impl Policy {
    /// What happens to entities in requests and in answers.
    pub fn entity_rules(&self) -> [Option<&EntityRules>; 2] {
        match &self.redaction {
            Redaction::Off => [None, None],
            Redaction::On(rules) => [rules.request.as_ref(), rules.answer.as_ref()],
        }
    }

    fn recognizers(&self) -> [Option<&Recognizer>; 2] {
        self.entity_rules().map(|rules| rules?.recognizer.as_deref())
    }

    /// Whether a hook is asked.
    pub fn asks(&self, hook: &str) -> bool {
        let recognizers = self.recognizers().into_iter().flatten();
        let moderation = self.moderation.iter().map(|moderation| &moderation.hook);
        recognizers
            .map(|recognizer| &recognizer.hook)
            .chain(moderation)
            .any(|asked| asked.name == hook)
    }

    /// The longest that the hooks may take over one request or one answer.
    pub fn patience(&self) -> Duration {
        let moderation = |judges: fn(&Moderation) -> bool| {
            let moderation = self.moderation.as_ref().filter(|moderation| judges(moderation));
            moderation.map_or(Duration::ZERO, |moderation| moderation.hook.timeout)
        };
        let [request, answer] = self
            .recognizers()
            .map(|recognizer| recognizer.map_or(Duration::ZERO, |recognizer| recognizer.hook.timeout));
        let request = request.saturating_add(moderation(|moderation| moderation.request));
        request.max(answer.saturating_add(moderation(|moderation| moderation.answer)))
    }
}

/// Whether texts are looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Redaction {
    /// Texts pass as they are.
    Off,
    /// At least one direction is looked at.
    On(RedactionRules),
}

/// Redaction by direction.
#[derive(Debug, Clone, PartialEq)]
pub struct RedactionRules {
    /// What clients send; absent means it passes as it is.
    pub request: Option<EntityRules>,
    /// What providers answer; absent means it passes as it is (reversible tokens of the request are restored anyway).
    pub answer: Option<EntityRules>,
    /// What happens to a body with a part that may hold text and whose shape is not known.
    pub on_unknown_shape: OnUnknownShape,
}

/// Refuse or forward what cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnUnknownShape {
    /// Refuse with 400.
    Block,
    /// Forward it as it is.
    Forward,
}

/// What happens to each kind of entity in one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityRules {
    /// For every usual kind that `entities` does not name; which kinds are usual is the engine's to say.
    pub default: Operator,
    /// By name, such as `US_SSN`; the names are known to the engine.
    pub entities: BTreeMap<String, Operator>,
    /// Kinds that the configuration defines.
    pub custom: Vec<CustomEntity>,
    /// Texts that are never an entity, compared whole.
    pub allow: Vec<String>,
    /// Least score (0 to 1) of what counts as found; absent leaves it to the engine.
    pub threshold: Option<f32>,
    /// Who finds what the engine cannot; absent: nobody.
    pub recognizer: Option<Box<Recognizer>>,
}

/// Something to find that the engine does not know; whoever compiles the rules says whether it can be.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomEntity {
    /// Capital letters, digits and underscores.
    pub name: String,
    /// Words and phrases.
    pub words: Vec<String>,
    /// Regular expressions.
    pub patterns: Vec<String>,
    /// If there are any, one must stand beside what is found.
    pub context: Vec<String>,
    /// 0 to 1.
    pub score: f32,
    /// What happens to it; never [`Operator::Off`].
    pub operator: Operator,
}

/// What happens to an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Replaced by a reversible token, which is restored in the answer. In requests only.
    Token,
    /// Replaced by its kind, such as `<US_SSN>`.
    Placeholder,
    /// Replaced by stars but for its last characters.
    Mask {
        /// How many characters stay.
        keep_last: u8,
    },
    /// Replaced by a keyed hash.
    Hash,
    /// The whole request or answer is refused.
    Block,
    /// Counted and passed.
    Log,
    /// Not looked for.
    Off,
}

/// Rates for each key; absent means unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Requests in a minute; at least 1.
    pub requests_per_minute: Option<u64>,
    /// Tokens of prompts and answers in a minute; at least 1.
    pub tokens_per_minute: Option<u64>,
}
