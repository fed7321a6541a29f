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
mod worldwide;

use super::context::Topics;
use super::tokens::Token;
use super::{Field, Hit, is_word};
use crate::entity::Entity;
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

/// The kinds, arranged so that all of them are compared at once, character by character.
#[derive(Debug)]
pub(crate) struct Ids {
    entries: Vec<Entry>,
    /// By position and number: the kinds that may have so many digits there.
    digits: Box<[[Set; LONGEST + 1]; LONGEST]>,
    /// By position and number: the kinds that may have so many letters there.
    letters: Box<[[Set; LONGEST + 1]; LONGEST]>,
    /// By number of characters.
    length: [Set; LONGEST + 1],
    /// By number and length of a group: the kinds that are customarily written with such a group there.
    group: [[Set; LONGEST + 1]; GROUPS],
    /// By number of characters: the kinds that need no topic word and begin with such a group of digits, or of letters.
    first_digits: [Set; LONGEST + 1],
    first_letters: [Set; LONGEST + 1],
    /// By topic.
    of_topic: Vec<Set>,
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
    /// Groups of characters when written with separators, as [`Candidate`] counts them; 0 if there are none.
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
#[derive(Debug, Default)]
struct Candidate {
    from: usize,
    to: usize,
    /// Without separators.
    len: usize,
    digits: usize,
    groups: usize,
    /// The length of each group, five bits each.
    shape: u64,
}

impl Ids {
    /// `topic` gives each entity its topic.
    pub(crate) fn new(topic: impl Fn(Entity) -> Topics) -> Self {
        let mut ids = Self {
            entries: Vec::new(),
            digits: Box::new([[Set::default(); LONGEST + 1]; LONGEST]),
            letters: Box::new([[Set::default(); LONGEST + 1]; LONGEST]),
            length: [Set::default(); LONGEST + 1],
            group: [[Set::default(); LONGEST + 1]; GROUPS],
            first_digits: [Set::default(); LONGEST + 1],
            first_letters: [Set::default(); LONGEST + 1],
            of_topic: vec![Set::default(); Topics::COUNT],
            plain: Set::default(),
            topics: Topics::of(kinds().map(|kind| topic(kind.entity))),
        };
        for (index, kind) in kinds().take(Set::CAPACITY).enumerate() {
            let pattern = kind.pattern.as_bytes();
            for from in 0..pattern.len().min(LONGEST) {
                let rest = || pattern[from..].iter().take(LONGEST);
                let digits = rest().take_while(|p| p.is_ascii_digit() || **p == b'X').count();
                let letters = rest().take_while(|p| p.is_ascii_alphabetic()).count();
                (1..=digits).for_each(|len| ids.digits[from][len].insert(index));
                (1..=letters).for_each(|len| ids.letters[from][len].insert(index));
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
            topic(kind.entity).for_each(|topic| ids.of_topic[topic].insert(index));
            ids.entries.push(Entry {
                kind,
                topic: topic(kind.entity),
                shape: shape(kind.written),
                literals: kind.pattern.bytes().any(|p| !matches!(p, b'9' | b'A' | b'X')),
            });
        }
        for len in 0..=LONGEST {
            let customary = ids.group[0][len].and(ids.plain);
            ids.first_digits[len] = customary.and(ids.digits[0][len]);
            ids.first_letters[len] = customary.and(ids.letters[0][len]);
        }
        ids
    }

    /// Finds identifiers of the wanted kinds.
    pub(crate) fn find(&self, field: &Field<'_>, wanted: Topics, hits: &mut Vec<Hit>) {
        let mut named = Set::default();
        if field.mentions.any(self.topics) {
            named = field.mentions.topics().fold(named, |named, topic| {
                named.or(self.of_topic.get(topic).copied().unwrap_or_default())
            });
        }
        for (number, token) in field.tokens.iter().enumerate() {
            let len = token.len();
            // No identifier is longer, nor begins with more letters and then a gap.
            if len > LONGEST || token.digits == 0 && len > 4 {
                continue;
            }
            // Without a word that says so, part of a longer number is none.
            if named.is_empty() && inside_before(field, token.from) {
                continue;
            }
            let alive = if named.is_empty() && token.digits == 0 {
                self.first_letters[len]
            } else if named.is_empty() && token.digits == len {
                self.first_digits[len]
            } else {
                let customary = self.of_group(0, len, self.plain.or(named), named);
                if customary.is_empty() {
                    continue;
                }
                customary.and(self.of_chars(0, &field.text[token.from..token.to], token))
            };
            if alive.is_empty() {
                continue;
            }
            // It is one by itself, or goes on.
            let goes_on = || {
                field.tokens.get(number + 1).is_some_and(|next| {
                    is_gap(&field.text[token.to..next.from])
                        && !self.of_group(1, next.len(), alive, named).is_empty()
                })
            };
            let ends = || !alive.and(self.length[len]).is_empty();
            if (ends() || goes_on())
                && !field
                    .before(token.from)
                    .is_some_and(|b| is_word(b) || matches!(b, b'_' | b'@' | b'\\' | b'+'))
            {
                self.at(field, &field.tokens[number..], alive, named, wanted, hits);
            }
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

    /// The identifiers that begin with the first of `tokens`, which may be of the kinds `alive`.
    fn at(
        &self,
        field: &Field<'_>,
        tokens: &[Token],
        mut alive: Set,
        named: Set,
        wanted: Topics,
        hits: &mut Vec<Hit>,
    ) {
        let mut candidate = Candidate::default();
        for (i, token) in tokens.iter().enumerate() {
            if i > 0 {
                if !is_gap(&field.text[candidate.to..token.from]) {
                    return;
                }
                alive = self.of_group(i, token.len(), alive, named).and(self.of_chars(
                    candidate.len,
                    &field.text[token.from..token.to],
                    token,
                ));
                if alive.is_empty() {
                    return;
                }
            }
            candidate.extend(token);
            if field
                .at(token.to)
                .is_some_and(|b| is_word(b) || b == b'_' || b == b'@')
            {
                return;
            }
            if candidate.digits >= 2 && !(named.is_empty() && inside_after(field, token.to)) {
                let text = &field.text[candidate.from..candidate.to];
                for index in alive.and(self.length[candidate.len]).iter() {
                    let entry = &self.entries[index];
                    if wanted.has(entry.topic)
                        && let Some(score) = score(field, entry, &candidate, text)
                    {
                        hits.push(Hit::new(candidate.from, candidate.to, entry.kind.entity, score));
                    }
                }
            }
        }
    }

    /// The kinds that may have these characters, which are a whole token, from position `at` on.
    fn of_chars(&self, at: usize, chars: &[u8], token: &Token) -> Set {
        let of = |table: &[[Set; LONGEST + 1]; LONGEST]| {
            table
                .get(at)
                .and_then(|by_len| by_len.get(chars.len()))
                .copied()
                .unwrap_or_default()
        };
        match token.digits {
            0 => of(&self.letters),
            digits if digits == chars.len() => of(&self.digits),
            _ => chars.iter().zip(at..).fold(Set(u128::MAX), |set, (b, at)| {
                let table = if b.is_ascii_digit() {
                    &self.digits
                } else {
                    &self.letters
                };
                set.and(table.get(at).map_or(Set::default(), |by_len| by_len[1]))
            }),
        }
    }
}

impl Candidate {
    fn extend(&mut self, token: &Token) {
        if self.groups == 0 {
            self.from = token.from;
        }
        self.to = token.to;
        self.len += token.len();
        self.digits += token.digits;
        self.shape |= (token.len() as u64) << (5 * self.groups);
        self.groups += 1;
    }
}

/// What may stand between two groups: one or two separators.
fn is_gap(bytes: &[u8]) -> bool {
    let separates = |b: u8| matches!(b, b' ' | b'-' | b'.' | b'/' | b'+' | b'\n');
    match *bytes {
        [one] => separates(one),
        [one, two] => separates(one) && separates(two),
        _ => false,
    }
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

/// How sure it is that `text`, which may be of a kind, is of it.
fn score(field: &Field<'_>, entry: &Entry, candidate: &Candidate, text: &[u8]) -> Option<f32> {
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
    // Part of a longer number is not an identifier of its own.
    let inside = || inside_before(field, from) || inside_after(field, to);
    let written = shaped && fits(kind.written, text);
    let upper = || !text.iter().any(u8::is_ascii_lowercase);
    let plain = (written || (bare && kind.strong && upper())) && !inside();
    if !(plain || named) {
        return None;
    }
    let mut chars = [0; LONGEST];
    let alphanumeric = text.iter().filter(|b| b.is_ascii_alphanumeric());
    for (slot, b) in chars.iter_mut().zip(alphanumeric) {
        *slot = b.to_ascii_uppercase();
    }
    let chars = chars.get(..candidate.len)?;
    if entry.literals && !fits(kind.pattern, chars) || !(kind.check)(chars) {
        return None;
    }
    Some(match (named, written, bare) {
        (true, true, _) | (true, _, true) => 1.0,
        (true, ..) => 0.85,
        (false, true, _) => 0.75,
        (false, ..) => 0.65,
    })
}

/// Whether a digit and a sign stand before what begins at `from`.
#[inline]
fn inside_before(field: &Field<'_>, from: usize) -> bool {
    match field.text.get(..from) {
        Some([.., digit, sign]) => is_joint(*sign) && digit.is_ascii_digit(),
        _ => false,
    }
}

/// Whether a sign and a digit stand after what ends at `to`.
#[inline]
fn inside_after(field: &Field<'_>, to: usize) -> bool {
    match field.text.get(to..) {
        Some([sign, digit, ..]) => is_joint(*sign) && digit.is_ascii_digit(),
        _ => false,
    }
}

fn is_joint(b: u8) -> bool {
    matches!(b, b'.' | b'-' | b'/' | b',' | b' ')
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
