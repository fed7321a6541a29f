//! Identifiers that are a pattern of letters and digits with a check: national ids, tax numbers, vehicle and device numbers.
//! Must not know text around them beyond their topic words; each kind is a line of a table with its source.

mod africa_middle_east;
mod americas;
mod asia_pacific;
mod checks;
mod europe_east;
mod europe_west;
mod worldwide;

use super::context::Topics;
use super::{Field, Hit, is_word};
use crate::entity::Entity;

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
    Kind { entity, pattern, written, check, strong: false, words }
}

/// A kind that needs none.
const fn strong(
    entity: Entity,
    pattern: &'static str,
    written: &'static str,
    check: fn(&[u8]) -> bool,
    words: &'static [&'static str],
) -> Kind {
    Kind { entity, pattern, written, check, strong: true, words }
}

/// All kinds.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Kind> {
    [
        worldwide::KINDS,
        americas::KINDS,
        europe_west::KINDS,
        europe_east::KINDS,
        asia_pacific::KINDS,
        africa_middle_east::KINDS,
    ]
    .into_iter()
    .flatten()
}

/// The kinds, by the length of their pattern.
#[derive(Debug)]
pub(crate) struct Ids {
    by_length: Vec<Vec<(&'static Kind, Topics)>>,
}

/// Characters of an identifier with its separators, at most.
const LONGEST: usize = 24;
/// How far before an identifier its topic word may stand.
const REACH: usize = 48;

impl Ids {
    /// `topic` gives each entity its topic.
    pub(crate) fn new(topic: impl Fn(Entity) -> Topics) -> Self {
        let mut by_length: Vec<Vec<(&'static Kind, Topics)>> = (0..=LONGEST).map(|_| Vec::new()).collect();
        for kind in kinds() {
            if let Some(list) = by_length.get_mut(kind.pattern.len()) {
                list.push((kind, topic(kind.entity)));
            }
        }
        Self { by_length }
    }

    /// Finds identifiers that `wanted` accepts.
    pub(crate) fn find(&self, field: &Field<'_>, wanted: impl Fn(Entity) -> bool, hits: &mut Vec<Hit>) {
        let text = field.text;
        let mut at = field.from;
        while at < text.len() {
            if !text[at].is_ascii_alphanumeric() {
                at += 1;
                continue;
            }
            // Not in the middle of a word; after a dot or dash only what is not a number itself.
            let glued = field.before(at).is_some_and(|b| is_word(b) || b == b'_' || b == b'@');
            if !glued {
                self.at(field, at, &wanted, hits);
            }
            at += text[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        }
    }

    /// The identifiers that begin at `from`.
    fn at(&self, field: &Field<'_>, from: usize, wanted: &impl Fn(Entity) -> bool, hits: &mut Vec<Hit>) {
        let mut chars = [0u8; LONGEST];
        let mut len = 0;
        let mut digits = 0;
        let mut at = from;
        loop {
            // One group.
            while let Some(b) = field.at(at).filter(u8::is_ascii_alphanumeric) {
                let Some(slot) = chars.get_mut(len) else { return };
                *slot = b.to_ascii_uppercase();
                digits += usize::from(b.is_ascii_digit());
                len += 1;
                at += 1;
            }
            if field.at(at).is_some_and(|b| is_word(b) || b == b'_' || b == b'@') {
                return;
            }
            if digits >= 2 {
                for (kind, topic) in &self.by_length[len] {
                    if fits(kind.pattern, &chars[..len])
                        && wanted(kind.entity)
                        && let Some(score) = score(field, kind, *topic, from, at, &chars[..len])
                    {
                        hits.push(Hit::new(from, at, kind.entity, score));
                    }
                }
            }
            // The separators to the next group.
            let gap = field.text[at..].iter().take(3).take_while(|b| matches!(b, b' ' | b'-' | b'.' | b'/' | b'+' | b'\n')).count();
            let next = field.at(at + gap);
            if gap == 0 || gap > 2 || !next.is_some_and(|b| b.is_ascii_alphanumeric()) {
                return;
            }
            at += gap;
        }
    }
}

/// How sure it is that characters which fit a kind's pattern are of that kind.
fn score(field: &Field<'_>, kind: &Kind, topic: Topics, from: usize, to: usize, chars: &[u8]) -> Option<f32> {
    let text = &field.text[from..to];
    // `12.50-3` of a longer number is not an identifier of its own.
    let number = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_digit());
    let inside = (matches!(field.before(from), Some(b'.' | b'-' | b'/' | b',' | b' ')) && number(from.checked_sub(2).and_then(|i| field.at(i))))
        || (matches!(field.at(to), Some(b'.' | b'-' | b'/' | b' ')) && number(field.at(to + 1)));
    let written = fits(kind.written, text) && !inside;
    let bare = text.len() == chars.len();
    let plain = (written || (bare && kind.strong)) && !inside;
    if !plain && field.digits > 64 && !field.mentions().before(from, REACH).has(topic) {
        return None;
    }
    if !(kind.check)(chars) {
        return None;
    }
    let mentions = field.mentions();
    if mentions.before(from, REACH).has(topic) || mentions.after(to, 24).has(topic) {
        return Some(if written || bare { 1.0 } else { 0.85 });
    }
    plain.then_some(if written { 0.75 } else { 0.65 })
}

/// Whether `text` fits a pattern of [`Kind`]; letters in any case.
fn fits(pattern: &str, text: &[u8]) -> bool {
    pattern.len() == text.len()
        && pattern.bytes().zip(text).all(|(p, &b)| match p {
            b'9' => b.is_ascii_digit(),
            b'A' => b.is_ascii_alphabetic(),
            b'X' => b.is_ascii_alphanumeric(),
            _ => p == b.to_ascii_uppercase(),
        })
}

#[cfg(test)]
mod tests;
