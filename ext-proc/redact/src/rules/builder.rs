//! How rules are written down, and everything that can be wrong with them.
//! Must not know what they are used for.

use super::allow::Pattern;
use super::{Operator, Rules};
use crate::entity::Entity;
use crate::recognizers::custom::{Customs, folded};
use crate::recognizers::is_word;

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
    pub(super) actions: Vec<Option<(Operator, f32)>>,
    allow: Vec<String>,
    customs: Vec<Custom>,
    claimed: Vec<(String, Operator, f32)>,
}

impl RulesBuilder {
    pub(super) fn new() -> Self {
        Self {
            actions: vec![None; Entity::ALL.len()],
            allow: Vec::new(),
            customs: Vec::new(),
            claimed: Vec::new(),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

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
