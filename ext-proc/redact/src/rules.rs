//! What becomes of what is found: an operator per entity, thresholds, what is allowed to pass.
//! Must not know how anything is found, nor who the tenant is.

use std::str::FromStr;

use crate::engine::{What, topic};
use crate::entity::Entity;
use crate::recognizers::context::Topics;
use crate::recognizers::custom::{Customs, folded};
use crate::recognizers::is_word;

/// What becomes of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// A keyed token such as `EMAIL_ADDRESS_7k2mq9x4tz0a`, which is put back in the answer.
    Token,
    /// The entity's name: `<EMAIL_ADDRESS>`.
    Placeholder,
    /// An asterisk for each letter and digit but the last ones.
    Mask {
        /// How many letters and digits at the end stay.
        keep_last: u8,
    },
    /// A keyed hash: equal values stay recognizable as equal but cannot be put back.
    Hash,
    /// The whole request or answer is refused.
    Block,
    /// It stays and is counted.
    Log,
}

/// Not an operator's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of token, placeholder, mask, hash, block, log")]
pub struct ParseOperatorError;

impl FromStr for Operator {
    type Err = ParseOperatorError;

    /// `token`, `placeholder`, `mask` (keeps nothing), `hash`, `block`, `log`.
    fn from_str(name: &str) -> Result<Self, ParseOperatorError> {
        Ok(match name {
            "token" => Self::Token,
            "placeholder" => Self::Placeholder,
            "mask" => Self::Mask { keep_last: 0 },
            "hash" => Self::Hash,
            "block" => Self::Block,
            "log" => Self::Log,
            _ => return Err(ParseOperatorError),
        })
    }
}

/// Rules for one direction, checked. Built by [`Rules::builder`].
#[derive(Debug, Clone)]
pub struct Rules {
    /// By `Entity as usize`: what to do, from which score on.
    actions: Vec<Option<(Operator, f32)>>,
    /// The topics of the entities that have an operator.
    wanted: Topics,
    allow: Vec<Pattern>,
    customs: Customs,
    /// By number of the custom kind; those that only somebody else finds come behind.
    names: Vec<(String, Operator)>,
    /// From which score on a claim counts, by the same numbers.
    claims: Vec<f32>,
}

/// Something to find that is not one of [`Entity::ALL`]: a deny list, patterns, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Custom {
    /// What it is called: the placeholder and the tokens have this name. Capital letters, digits and underscores.
    pub name: String,
    /// Words and phrases, compared as recognizers see text: without regard to case, look-alikes or invisible characters.
    pub words: Vec<String>,
    /// Regular expressions over folded text, within a sentence of one line: `\\b[A-Z]{3}-\\d{6}\\b`.
    pub patterns: Vec<String>,
    /// If there are any, one of these words must stand beside what is found (48 bytes before, 24 after).
    pub context: Vec<String>,
    /// How sure a find is, 0 to 1; it only matters where two custom kinds overlap.
    pub score: f32,
    /// What becomes of it.
    pub operator: Operator,
}

/// From which score on something is acted on if nobody says otherwise.
const USUAL_THRESHOLD: f32 = 0.5;

/// Custom kinds in one set of rules, those that only somebody else finds included.
const MOST_CUSTOMS: usize = 256;

/// Why rules cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// A threshold outside 0 to 1.
    #[error("threshold for {0}: must be between 0 and 1")]
    Threshold(Entity),
    /// An allowed value that would allow everything.
    #[error("allow[{0}]: must hold a letter or digit")]
    Allow(usize),
    /// A custom kind's name, which must be one that tokens can have and that is not taken.
    #[error(
        "custom[{0}].name: must be capital letters, digits and underscores, begin with a letter, and be of no other kind"
    )]
    CustomName(usize),
    /// A custom kind's score outside 0 to 1.
    #[error("custom[{0}].score: must be between 0 and 1")]
    CustomScore(usize),
    /// A custom kind's word that is too short, or a custom kind without words and patterns.
    #[error(
        "custom[{0}].words: must have at least two letters or digits each, and be there if there are no patterns"
    )]
    CustomWords(usize),
    /// A custom kind's pattern.
    #[error("custom[{kind}].patterns[{pattern}]: {error}")]
    CustomPattern {
        /// Which kind.
        kind: usize,
        /// Which of its patterns.
        pattern: usize,
        /// What is wrong with it.
        error: String,
    },
    /// The name of a kind that only somebody else finds, which must be one that tokens can have and that is not taken.
    #[error(
        "claimed[{0}].name: must be capital letters, digits and underscores, begin with a letter, and be of no other kind"
    )]
    ClaimedName(usize),
    /// The threshold of such a kind outside 0 to 1.
    #[error("claimed[{0}].threshold: must be between 0 and 1")]
    ClaimedThreshold(usize),
    /// More custom kinds than can be.
    #[error("custom: there may be at most {MOST_CUSTOMS}")]
    TooManyCustoms,
}

/// Collects [`Rules`].
#[derive(Debug, Clone)]
pub struct RulesBuilder {
    actions: Vec<Option<(Operator, f32)>>,
    allow: Vec<String>,
    customs: Vec<Custom>,
    claimed: Vec<(String, Operator, f32)>,
}

impl Rules {
    /// Starts with nothing being acted on.
    pub fn builder() -> RulesBuilder {
        RulesBuilder {
            actions: vec![None; Entity::ALL.len()],
            allow: Vec::new(),
            customs: Vec::new(),
            claimed: Vec::new(),
        }
    }

    /// `operator` for every usual kind: what a policy that says no more means.
    pub fn usual(operator: Operator) -> Self {
        Self::new(Self::builder().usual(operator).actions, Vec::new())
    }

    fn new(actions: Vec<Option<(Operator, f32)>>, allow: Vec<Pattern>) -> Self {
        let acted_on = Entity::ALL
            .iter()
            .zip(&actions)
            .filter(|(_, action)| action.is_some());
        Self {
            wanted: Topics::of(acted_on.map(|(entity, _)| topic(*entity))),
            actions,
            allow,
            customs: Customs::default(),
            names: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// The operator for an entity, if it is acted on.
    pub fn operator(&self, entity: Entity) -> Option<Operator> {
        self.action(entity).map(|(operator, _)| operator)
    }

    pub(crate) fn customs(&self) -> &Customs {
        &self.customs
    }

    /// The name and operator of a find.
    pub(crate) fn answer_to(&self, what: What) -> Option<(&str, Operator)> {
        match what {
            What::Entity(entity) => Some((entity.name(), self.operator(entity)?)),
            What::Custom(number) | What::Claimed(number) => {
                let (name, operator) = self.names.get(usize::from(number))?;
                Some((name, *operator))
            }
            What::Token => None,
        }
    }

    pub(crate) fn wanted(&self) -> Topics {
        self.wanted
    }

    pub(crate) fn threshold(&self, entity: Entity) -> f32 {
        self.action(entity)
            .map_or(f32::INFINITY, |(_, threshold)| threshold)
    }

    /// Whether a folded value may pass.
    pub(crate) fn is_allowed(&self, folded: &[u8]) -> bool {
        !self.allow.is_empty() && self.allow.iter().any(|pattern| pattern.matches(folded))
    }

    /// Whether a value may pass that has not been folded. What is allowed is compared as it was written, too: names have
    /// letters whose case is no matter of ASCII.
    pub(crate) fn is_allowed_text(&self, value: &str) -> bool {
        !self.allow.is_empty()
            && (self.is_allowed(&folded(value))
                || self.is_allowed(value.as_bytes())
                || self.is_allowed(value.to_lowercase().as_bytes()))
    }

    /// What somebody else's find of this name and score counts as, if it is acted on.
    pub(crate) fn claim(&self, name: &str, score: f32) -> Option<What> {
        let (what, threshold) = match name.parse::<Entity>() {
            Ok(entity) => (What::Entity(entity), self.threshold(entity)),
            Err(_) => {
                let number = self.names.iter().position(|(known, _)| known == name)?;
                (
                    What::Claimed(u16::try_from(number).ok()?),
                    *self.claims.get(number)?,
                )
            }
        };
        (threshold..=1.0).contains(&score).then_some(what)
    }

    fn action(&self, entity: Entity) -> Option<(Operator, f32)> {
        self.actions.get(entity as usize).copied().flatten()
    }
}

impl RulesBuilder {
    /// `operator` for every kind with [`Entity::is_usual`], keeping their thresholds.
    #[must_use]
    pub fn usual(mut self, operator: Operator) -> Self {
        for entity in Entity::ALL.iter().filter(|entity| entity.is_usual()) {
            self = self.entity(*entity, operator);
        }
        self
    }

    /// `operator` for one kind.
    #[must_use]
    pub fn entity(mut self, entity: Entity, operator: Operator) -> Self {
        let action = &mut self.actions[entity as usize];
        let threshold = action.map_or(default_threshold(entity), |(_, threshold)| threshold);
        *action = Some((operator, threshold));
        self
    }

    /// No operator for one kind.
    #[must_use]
    pub fn without(mut self, entity: Entity) -> Self {
        self.actions[entity as usize] = None;
        self
    }

    /// The score from which on a kind is acted on. Without this 0.5; for URLs 0.9, so that only those with a password are
    /// replaced. Does nothing for a kind without an operator.
    #[must_use]
    pub fn threshold(mut self, entity: Entity, threshold: f32) -> Self {
        if let Some(action) = &mut self.actions[entity as usize] {
            action.1 = threshold;
        }
        self
    }

    /// Values that pass, compared without regard to case; `*` stands for any text (`*@example.com`).
    #[must_use]
    pub fn allow(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.allow.extend(values.into_iter().map(Into::into));
        self
    }

    /// Something to find that is not one of [`Entity::ALL`].
    #[must_use]
    pub fn custom(mut self, custom: Custom) -> Self {
        self.customs.push(custom);
        self
    }

    /// A kind that only somebody else finds (see [`Claim`](crate::Claim)), what becomes of it, and the score from which on.
    /// [`Entity`] and [`Custom`] kinds can be claimed without this; claims of a [`Custom`] kind count from 0.5 on.
    #[must_use]
    pub fn claimed(mut self, name: impl Into<String>, operator: Operator, threshold: f32) -> Self {
        self.claimed.push((name.into(), operator, threshold));
        self
    }

    /// Checks everything.
    pub fn build(self) -> Result<Rules, Vec<RulesError>> {
        let mut errors = Vec::new();
        for entity in Entity::ALL {
            if let Some((_, threshold)) = self.actions[*entity as usize]
                && !(0.0..=1.0).contains(&threshold)
            {
                errors.push(RulesError::Threshold(*entity));
            }
        }
        for (i, value) in self.allow.iter().enumerate() {
            if !value.chars().any(char::is_alphanumeric) {
                errors.push(RulesError::Allow(i));
            }
        }
        let customs = self.customs(&mut errors);
        if self.customs.len() + self.claimed.len() > MOST_CUSTOMS {
            errors.push(RulesError::TooManyCustoms);
        }
        for (i, (name, _, threshold)) in self.claimed.iter().enumerate() {
            let is_taken = self.customs.iter().any(|custom| custom.name == *name)
                || self.claimed[..i].iter().any(|(other, ..)| other == name);
            if !is_name(name) || is_taken {
                errors.push(RulesError::ClaimedName(i));
            }
            if !(0.0..=1.0).contains(threshold) {
                errors.push(RulesError::ClaimedThreshold(i));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let customs_thresholds = self.customs.iter().map(|_| USUAL_THRESHOLD);
        let allow = self.allow.iter().map(|value| Pattern::new(value)).collect();
        Ok(Rules {
            customs,
            claims: customs_thresholds
                .chain(self.claimed.iter().map(|(_, _, threshold)| *threshold))
                .collect(),
            names: self
                .customs
                .into_iter()
                .map(|custom| (custom.name, custom.operator))
                .chain(
                    self.claimed
                        .into_iter()
                        .map(|(name, operator, _)| (name, operator)),
                )
                .collect(),
            ..Rules::new(self.actions, allow)
        })
    }

    fn customs(&self, errors: &mut Vec<RulesError>) -> Customs {
        let mut customs = Customs::default();
        if self.customs.len() > MOST_CUSTOMS {
            return customs;
        }
        for (i, custom) in self.customs.iter().enumerate() {
            let Custom {
                name,
                words,
                patterns,
                context,
                score,
                ..
            } = custom;
            if !is_name(name) || self.customs[..i].iter().any(|other| other.name == *name) {
                errors.push(RulesError::CustomName(i));
            }
            if !(0.0..=1.0).contains(score) {
                errors.push(RulesError::CustomScore(i));
            }
            let short = |word: &String| folded(word).iter().filter(|&&b| is_word(b)).count() < 2;
            if words.iter().chain(context).any(short) || (words.is_empty() && patterns.is_empty()) {
                errors.push(RulesError::CustomWords(i));
            }
            if let Err((pattern, error)) = customs.push(words, patterns, context, *score) {
                errors.push(RulesError::CustomPattern {
                    kind: i,
                    pattern,
                    error,
                });
            }
        }
        customs
    }
}

/// Whether a kind can have this name: tokens can, and no entity does.
fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && name.parse::<Entity>().is_err()
}

fn default_threshold(entity: Entity) -> f32 {
    match entity {
        Entity::Url => 0.9,
        _ => USUAL_THRESHOLD,
    }
}

/// A value with `*` for any text, as its parts between the asterisks.
#[derive(Debug, Clone)]
struct Pattern(Vec<Vec<u8>>);

impl Pattern {
    fn new(value: &str) -> Self {
        Self(
            value
                .to_ascii_lowercase()
                .split('*')
                .map(|part| part.as_bytes().to_vec())
                .collect(),
        )
    }

    fn matches(&self, value: &[u8]) -> bool {
        let value = value.to_ascii_lowercase();
        let [first, middle @ .., last] = &self.0[..] else {
            return self.0.first().is_some_and(|only| *only == value);
        };
        if value.len() < first.len() + last.len() || !value.starts_with(first) || !value.ends_with(last) {
            return false;
        }
        let mut rest = &value[first.len()..value.len() - last.len()];
        middle.iter().filter(|part| !part.is_empty()).all(|part| {
            let found = rest.windows(part.len()).position(|window| window == part);
            found.inspect(|at| rest = &rest[at + part.len()..]).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_values() {
        for (pattern, value, matches) in [
            ("support@example.com", "Support@Example.com", true),
            ("support@example.com", "xsupport@example.com", false),
            ("*@example.com", "a@example.com", true),
            ("*@example.com", "a@example.com.evil", false),
            ("10.*.1.*", "10.2.1.3", true),
            ("10.*.1.*", "10.2.2.3", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(value.as_bytes()),
                matches,
                "{pattern} {value}"
            );
        }
    }

    #[test]
    fn wrong_rules_are_refused_all_at_once() {
        let errors = Rules::builder()
            .usual(Operator::Token)
            .threshold(Entity::Url, 2.0)
            .allow(["*", "x"])
            .build()
            .unwrap_err();
        assert_eq!(errors, [RulesError::Threshold(Entity::Url), RulesError::Allow(0)]);
    }
}
