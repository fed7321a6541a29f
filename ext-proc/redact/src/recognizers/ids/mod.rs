//! Identifiers that are a pattern of letters and digits with a check: national ids, tax numbers, vehicle and device numbers.
//! Must not know text around them beyond their topic words; each kind is a line of a table with its source.

mod africa_middle_east;
mod americas;
mod asia_pacific;
mod checks;
mod documents;
mod europe_east;
mod europe_north;
mod europe_west;
mod score;
mod search;
mod worldwide;

use crate::entity::Entity;
pub(crate) use search::Ids;
pub(super) use worldwide::swift;

/// One way to write one kind of identifier.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) entity: Entity,
    /// The identifier without separators: `9` digit, `A` letter, `X` either, any other character itself.
    pub(crate) pattern: &'static str,
    /// With its customary separators; written so, it needs no topic word.
    pub(crate) written: &'static str,
    /// Whether characters (upper case, no separators) pass the check.
    pub(crate) check: fn(&[u8]) -> bool,
    /// Whether pattern and check are so particular that even the bare form needs no topic word.
    pub(crate) strong: bool,
    /// Topic words, lower case.
    pub(crate) words: &'static [&'static str],
}

/// A kind that needs a topic word unless it is written with its separators.
const fn bare(
    entity: Entity,
    pattern: &'static str,
    written: &'static str,
    check: fn(&[u8]) -> bool,
    words: &'static [&'static str],
) -> Kind {
    Kind {
        entity,
        pattern,
        written,
        check,
        strong: false,
        words,
    }
}

/// A kind that needs none.
const fn strong(
    entity: Entity,
    pattern: &'static str,
    written: &'static str,
    check: fn(&[u8]) -> bool,
    words: &'static [&'static str],
) -> Kind {
    Kind {
        entity,
        pattern,
        written,
        check,
        strong: true,
        words,
    }
}

/// All kinds.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Kind> {
    [
        worldwide::KINDS,
        americas::KINDS,
        europe_west::KINDS,
        europe_north::KINDS,
        europe_east::KINDS,
        asia_pacific::KINDS,
        africa_middle_east::KINDS,
        documents::KINDS,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests;
