//! What recognizers believe in, and which of it stands where it overlaps.
//! Must not know how candidates come about, nor what becomes of them.

use std::cmp::Ordering;

use crate::entity::Entity;
use crate::recognizers::Hit;

/// What a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Entity(Entity),
    /// A reversible token of this exchange.
    Token,
    /// What the user defined, by its number in the rules.
    Custom(u16),
    /// What only somebody else finds, by its number in the rules.
    Claimed(u16),
}

impl What {
    /// As which kind it is counted, if it is.
    pub(crate) fn entity(self) -> Option<Entity> {
        match self {
            Self::Entity(entity) => Some(entity),
            Self::Custom(_) | Self::Claimed(_) => Some(Entity::Custom),
            Self::Token => None,
        }
    }

    /// What is of a higher rank stands wherever it overlaps something of a lower one.
    pub(crate) fn rank(self) -> i8 {
        match self {
            Self::Token => 4,
            Self::Custom(_) => 3,
            // What else stands in a URL goes with it.
            Self::Entity(Entity::Url | Entity::Secret) => 2,
            // A word that is more than a name stays that.
            Self::Entity(Entity::Person | Entity::Location | Entity::Organization) | Self::Claimed(_) => -1,
            Self::Entity(Entity::PhoneNumber | Entity::Username | Entity::UsBankNumber) => 0,
            Self::Entity(_) => 1,
        }
    }

    fn order(self) -> usize {
        match self {
            Self::Token => 0,
            Self::Entity(entity) => 1 + entity as usize,
            Self::Custom(number) | Self::Claimed(number) => 1 + Entity::ALL.len() + usize::from(number),
        }
    }
}

/// Which of two candidates is the better one: that which comes first.
pub(crate) fn precedence(a: &Hit, b: &Hit) -> Ordering {
    b.what
        .rank()
        .cmp(&a.what.rank())
        .then(b.score.total_cmp(&a.score))
        .then((b.to - b.from).cmp(&(a.to - a.from)))
        .then(a.from.cmp(&b.from))
        .then_with(|| a.what.order().cmp(&b.what.order()))
}

/// Of overlapping candidates the better one is kept.
pub(crate) fn resolve(hits: &mut [Hit], kept: &mut Vec<Hit>) {
    if let [hit] = hits {
        kept.push(*hit);
        return;
    }
    hits.sort_unstable_by(precedence);
    for &hit in hits.iter() {
        // Kept in order of position, so only the neighbours can overlap.
        let at = kept.partition_point(|other| other.from < hit.from);
        let before = at.checked_sub(1).is_some_and(|i| kept[i].to > hit.from);
        if !before && kept.get(at).is_none_or(|next| next.from >= hit.to) {
            kept.insert(at, hit);
        }
    }
}
