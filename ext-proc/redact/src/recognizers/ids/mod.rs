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

/// The kinds, arranged so that all of them are compared at once, character by character.
#[derive(Debug)]
pub(crate) struct Ids {
    entries: Vec<Entry>,
    /// By position: the kinds that may have a digit there.
    digit: [Set; LONGEST],
    /// By position: the kinds that may have a letter there.
    letter: [Set; LONGEST],
    /// By number of characters.
    length: [Set; LONGEST + 1],
    /// By number and length of a group: the kinds that are customarily written with such a group there.
    group: [[Set; LONGEST + 1]; GROUPS],
    /// Those that some text is enough for without a topic word.
    plain: Set,
    /// The topics of all.
    topics: Topics,
}

/// A kind, ready to be compared.
#[derive(Debug)]
struct Entry {
    kind: &'static Kind,
    topic: Topics,
    /// Groups of characters when written with separators, as [`Candidate::shape`]; 0 if there are none.
    shape: u64,
    /// Whether some characters must be themselves.
    literals: bool,
}

/// A set of kinds, by index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Set(u128);

impl Set {
    const CAPACITY: usize = 128;

    fn insert(&mut self, index: usize) {
        self.0 |= 1 << index;
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize;
            (rest != 0).then(|| {
                rest &= rest - 1;
                index
            })
        })
    }
}

/// Characters of an identifier without its separators, at most.
const LONGEST: usize = 24;
/// Groups of characters, at most.
const GROUPS: usize = 8;
/// How far before an identifier its topic word may stand.
const REACH: usize = 48;

/// Characters that could be an identifier.
#[derive(Debug)]
struct Candidate {
    from: usize,
    to: usize,
    chars: [u8; LONGEST],
    len: usize,
    digits: usize,
    groups: usize,
    /// The length of each group, five bits each.
    shape: u64,
    /// The kinds that it may still be.
    alive: Set,
}

impl Ids {
    /// `topic` gives each entity its topic.
    pub(crate) fn new(topic: impl Fn(Entity) -> Topics) -> Self {
        let mut ids = Self {
            entries: Vec::new(),
            digit: [Set::default(); LONGEST],
            letter: [Set::default(); LONGEST],
            length: [Set::default(); LONGEST + 1],
            group: [[Set::default(); LONGEST + 1]; GROUPS],
            plain: Set::default(),
            topics: Topics::of(kinds().map(|kind| topic(kind.entity))),
        };
        for (index, kind) in kinds().take(Set::CAPACITY).enumerate() {
            for (i, p) in kind.pattern.bytes().enumerate().take(LONGEST) {
                if p.is_ascii_digit() || p == b'X' {
                    ids.digit[i].insert(index);
                }
                if p.is_ascii_alphabetic() {
                    ids.letter[i].insert(index);
                }
            }
            if let Some(length) = ids.length.get_mut(kind.pattern.len()) {
                length.insert(index);
            }
            for (group, len) in groups(kind.written).enumerate() {
                ids.group[group][len].insert(index);
            }
            if kind.strong {
                ids.group[0][kind.pattern.len()].insert(index);
            }
            if kind.strong || !kind.written.is_empty() {
                ids.plain.insert(index);
            }
            ids.entries.push(Entry {
                kind,
                topic: topic(kind.entity),
                shape: shape(kind.written),
                literals: kind.pattern.bytes().any(|p| !matches!(p, b'9' | b'A' | b'X')),
            });
        }
        ids
    }

    /// Finds identifiers of the wanted kinds.
    pub(crate) fn find(&self, field: &Field<'_>, wanted: Topics, hits: &mut Vec<Hit>) {
        let mut named = Set::default();
        if field.mentions.any(self.topics) {
            for (index, entry) in self.entries.iter().enumerate() {
                if field.mentions.any(entry.topic) {
                    named.insert(index);
                }
            }
        }
        let text = field.text;
        let mut at = field.from;
        while at < text.len() {
            if !text[at].is_ascii_alphanumeric() {
                at += 1;
                continue;
            }
            let len = group(text, at);
            let alive = self.of_group(0, len, self.plain.or(named), named);
            if !alive.is_empty()
                && !field
                    .before(at)
                    .is_some_and(|b| is_word(b) || matches!(b, b'_' | b'@' | b'\\' | b'+'))
            {
                self.at(field, at, alive, named, wanted, hits);
            }
            at += len;
        }
    }

    /// Those of `alive` whose group number `group` may have so many characters. Without a word that says so, only the customary
    /// groups will do.
    fn of_group(&self, group: usize, len: usize, alive: Set, named: Set) -> Set {
        match self.group.get(group).and_then(|by_len| by_len.get(len)) {
            Some(customary) => alive.and(customary.or(named)),
            None => Set::default(),
        }
    }

    /// The identifiers that begin at `from`.
    fn at(
        &self,
        field: &Field<'_>,
        from: usize,
        alive: Set,
        named: Set,
        wanted: Topics,
        hits: &mut Vec<Hit>,
    ) {
        let mut candidate = Candidate {
            from,
            to: from,
            chars: [0; LONGEST],
            len: 0,
            digits: 0,
            groups: 0,
            shape: 0,
            alive,
        };
        loop {
            let len = group(field.text, candidate.to);
            candidate.alive = self.of_group(candidate.groups, len, candidate.alive, named);
            if !candidate.extend(self, &field.text[candidate.to..candidate.to + len]) {
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
            if candidate.digits >= 2 {
                for index in candidate.alive.and(self.length[candidate.len]).iter() {
                    let entry = &self.entries[index];
                    if wanted.has(entry.topic)
                        && (!entry.literals || fits(entry.kind.pattern, candidate.chars()))
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
    /// Takes a group. False if no kind begins like this.
    fn extend(&mut self, ids: &Ids, group: &[u8]) -> bool {
        let mut alive = self.alive;
        for b in group {
            let Some(slot) = self.chars.get_mut(self.len) else {
                return false;
            };
            *slot = b.to_ascii_uppercase();
            let kinds = if b.is_ascii_digit() {
                self.digits += 1;
                ids.digit[self.len]
            } else {
                ids.letter[self.len]
            };
            alive = alive.and(kinds);
            if alive.is_empty() {
                return false;
            }
            self.len += 1;
        }
        self.alive = alive;
        self.shape |= (group.len() as u64) << (5 * self.groups);
        self.groups += 1;
        self.to += group.len();
        true
    }

    fn chars(&self) -> &[u8] {
        &self.chars[..self.len]
    }
}

/// How many letters and digits there are from `at` on.
fn group(text: &[u8], at: usize) -> usize {
    text[at..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric())
        .count()
}

/// The lengths of the groups of something written with separators.
fn groups(written: &str) -> impl Iterator<Item = usize> {
    written
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::len)
        .filter(|&len| len > 0)
        .take(GROUPS)
}

/// The same in one number, five bits each.
fn shape(written: &str) -> u64 {
    let groups = groups(written).zip(0..);
    groups.fold(0, |shape, (len, i)| shape | (len as u64) << (5 * i))
}

/// How sure it is that characters which fit a kind's pattern are of that kind.
fn score(field: &Field<'_>, entry: &Entry, candidate: &Candidate) -> Option<f32> {
    let (from, to, kind) = (candidate.from, candidate.to, entry.kind);
    let bare = candidate.groups == 1;
    let named = {
        let mentions = field.mentions;
        mentions.before(from, REACH, entry.topic) || mentions.after(to, 24, entry.topic)
    };
    let shaped = entry.shape == candidate.shape;
    if !(named || shaped || (bare && kind.strong)) {
        return None;
    }
    let text = &field.text[from..to];
    // Part of a longer number is not an identifier of its own.
    let digit = |at: Option<usize>| at.and_then(|at| field.at(at)).is_some_and(|b| b.is_ascii_digit());
    let joint = |b: Option<u8>| matches!(b, Some(b'.' | b'-' | b'/' | b',' | b' '));
    let inside = || {
        joint(field.before(from)) && digit(from.checked_sub(2)) || joint(field.at(to)) && digit(Some(to + 1))
    };
    let written = shaped && fits(kind.written, text);
    let upper = || !text.iter().any(u8::is_ascii_lowercase);
    let plain = (written || (bare && kind.strong && upper())) && !inside();
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
