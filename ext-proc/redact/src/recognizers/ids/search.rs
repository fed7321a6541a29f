//! All kinds compared at once, as a set that each group of characters makes smaller.
//! Must not know countries or checks; what is left of the set is scored.

use super::score::{inside_after, inside_before, score};
use super::{Kind, kinds};
use crate::entity::Entity;
use crate::recognizers::context::Topics;
use crate::recognizers::tokens::Token;
use crate::recognizers::{Field, Hit, is_word};

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
pub(super) struct Entry {
    pub(super) kind: &'static Kind,
    pub(super) topic: Topics,
    /// Groups of characters when written with separators, as [`Candidate`] counts them; 0 if there are none.
    pub(super) shape: u64,
    /// Whether some characters must be themselves.
    pub(super) literals: bool,
}

/// A set of kinds, by index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Set(u128);

impl Set {
    pub(super) const CAPACITY: usize = 128;

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
pub(super) const LONGEST: usize = 24;
/// Groups of characters, at most.
const GROUPS: usize = 8;

/// Characters that could be an identifier.
#[derive(Debug, Default)]
pub(super) struct Candidate {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Without separators.
    pub(super) len: usize,
    digits: usize,
    pub(super) groups: usize,
    /// The length of each group, five bits each.
    pub(super) shape: u64,
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
