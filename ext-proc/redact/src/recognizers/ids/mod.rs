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
    /// First those that begin with a letter, then those that begin with a digit.
    by_length: [Vec<Vec<Entry>>; 2],
}

/// A kind, ready to be compared.
#[derive(Debug)]
struct Entry {
    kind: &'static Kind,
    topic: Topics,
    /// Bit i: the character i must be a digit.
    digits: u32,
    /// Bit i: it must be a letter.
    letters: u32,
    /// Characters that must be themselves.
    literals: bool,
}

impl Entry {
    fn new(kind: &'static Kind, topic: Topics) -> Self {
        let mask = |class: fn(u8) -> bool| {
            kind.pattern
                .bytes()
                .enumerate()
                .filter(|(_, p)| class(*p))
                .fold(0, |mask, (i, _)| mask | 1 << i)
        };
        Self {
            kind,
            topic,
            digits: mask(|p| p.is_ascii_digit()),
            letters: mask(|p| p.is_ascii_alphabetic() && p != b'X'),
            literals: kind.pattern.bytes().any(|p| !matches!(p, b'9' | b'A' | b'X')),
        }
    }
}

/// Characters of an identifier without its separators, at most.
const LONGEST: usize = 24;
/// Groups of characters, at most.
const GROUPS: usize = 8;
/// How far before an identifier its topic word may stand.
const REACH: usize = 48;

/// Characters that could be an identifier.
#[derive(Debug, Default)]
struct Candidate {
    from: usize,
    to: usize,
    chars: [u8; LONGEST],
    len: usize,
    /// Bit i: the character i is a digit.
    digits: u32,
    groups: usize,
}

impl Ids {
    /// `topic` gives each entity its topic.
    pub(crate) fn new(topic: impl Fn(Entity) -> Topics) -> Self {
        let mut by_length = [0, 1].map(|_| (0..=LONGEST).map(|_| Vec::new()).collect::<Vec<_>>());
        for kind in kinds() {
            let first = kind.pattern.as_bytes()[0];
            for (list, fits) in by_length.iter_mut().zip([
                !first.is_ascii_digit(),
                !first.is_ascii_alphabetic() || first == b'X',
            ]) {
                if let Some(list) = list.get_mut(kind.pattern.len()).filter(|_| fits) {
                    list.push(Entry::new(kind, topic(kind.entity)));
                }
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
            if !field
                .before(at)
                .is_some_and(|b| is_word(b) || matches!(b, b'_' | b'@' | b'\\'))
            {
                self.at(field, at, &wanted, hits);
            }
            at += text[at..]
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric())
                .count();
        }
    }

    /// The identifiers that begin at `from`.
    fn at(&self, field: &Field<'_>, from: usize, wanted: &impl Fn(Entity) -> bool, hits: &mut Vec<Hit>) {
        let mut candidate = Candidate {
            from,
            to: from,
            ..Candidate::default()
        };
        loop {
            if !candidate.extend(field) || candidate.groups > GROUPS {
                return;
            }
            // No identifier begins with more letters and then a gap.
            if candidate.groups == 1 && candidate.digits == 0 && candidate.len > 4 {
                return;
            }
            if field
                .at(candidate.to)
                .is_some_and(|b| is_word(b) || b == b'_' || b == b'@')
            {
                return;
            }
            if candidate.digits.count_ones() >= 2 {
                for entry in &self.by_length[(candidate.digits & 1) as usize][candidate.len] {
                    if candidate.fits(entry)
                        && wanted(entry.kind.entity)
                        && let Some(score) = score(field, entry, &candidate)
                    {
                        hits.push(Hit::new(from, candidate.to, entry.kind.entity, score));
                    }
                }
            }
            // The separators to the next group.
            let rest = &field.text[candidate.to..];
            let gap = rest
                .iter()
                .take(3)
                .take_while(|b| matches!(b, b' ' | b'-' | b'.' | b'/' | b'+' | b'\n'))
                .count();
            if !matches!(gap, 1 | 2) || !rest.get(gap).is_some_and(u8::is_ascii_alphanumeric) {
                return;
            }
            candidate.to += gap;
        }
    }
}

impl Candidate {
    /// Takes the group at its end. False if it gets too long.
    fn extend(&mut self, field: &Field<'_>) -> bool {
        self.groups += 1;
        while let Some(b) = field.at(self.to).filter(u8::is_ascii_alphanumeric) {
            let Some(slot) = self.chars.get_mut(self.len) else {
                return false;
            };
            *slot = b.to_ascii_uppercase();
            self.digits |= u32::from(b.is_ascii_digit()) << self.len;
            self.len += 1;
            self.to += 1;
        }
        true
    }

    fn chars(&self) -> &[u8] {
        &self.chars[..self.len]
    }

    fn fits(&self, entry: &Entry) -> bool {
        self.digits & entry.digits == entry.digits
            && self.digits & entry.letters == 0
            && (!entry.literals || fits(entry.kind.pattern, self.chars()))
    }
}

/// How sure it is that characters which fit a kind's pattern are of that kind.
fn score(field: &Field<'_>, entry: &Entry, candidate: &Candidate) -> Option<f32> {
    let (from, to, kind) = (candidate.from, candidate.to, entry.kind);
    let text = &field.text[from..to];
    // Part of a longer number is not an identifier of its own.
    let digit = |at: Option<usize>| at.and_then(|at| field.at(at)).is_some_and(|b| b.is_ascii_digit());
    let joint = |b: Option<u8>| matches!(b, Some(b'.' | b'-' | b'/' | b',' | b' '));
    let inside = || {
        joint(field.before(from)) && digit(from.checked_sub(2)) || joint(field.at(to)) && digit(Some(to + 1))
    };
    let bare = candidate.groups == 1;
    let written = fits(kind.written, text);
    let upper = || !text.iter().any(u8::is_ascii_lowercase);
    let plain = (written || (bare && kind.strong && upper())) && !inside();
    let named = {
        let mentions = field.mentions;
        mentions.before(from, REACH, entry.topic) || mentions.after(to, 24, entry.topic)
    };
    if !(plain || named) || !(kind.check)(candidate.chars()) {
        return None;
    }
    Some(match (named, written, bare) {
        (true, true, _) | (true, _, true) => 1.0,
        (true, ..) => 0.85,
        (false, true, _) => 0.75,
        (false, ..) => 0.65,
    })
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
