//! Names of people, places and organizations, by lists and the words around them.
//! Must not know grammar: a name is capitalized words beside something that says so, and what nothing says is left alone.

mod lists;

use super::context::Topics;
use super::literals::Literals;
use super::{Field, Hit, is_word};
use crate::entity::Entity;
use crate::fold::{Folded, Folder, Mode};
use crate::recognizers::context::topic;
use crate::recognizers::custom::folded;
use lists::{DWELLINGS, FORMS, GIVEN, INTRODUCTIONS, OPENERS, PLACES, TITLES};

/// Words of a name, at most.
const WORDS: usize = 4;
/// How far back an introduction is looked for.
const REACH: usize = 40;

/// The lists, ready to be asked.
#[derive(Debug)]
pub(crate) struct Names {
    titles: Literals,
    given: Literals,
    places: Literals,
    forms: Literals,
    openers: Literals,
    introductions: Vec<Vec<u8>>,
    dwellings: Vec<Vec<u8>>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self {
            titles: exact(TITLES.split_whitespace()),
            given: exact(GIVEN.split_whitespace()),
            places: exact(PLACES.split('|')),
            forms: exact(FORMS.split_whitespace()),
            openers: exact(OPENERS.split_whitespace()),
            introductions: INTRODUCTIONS.iter().map(|phrase| folded(phrase)).collect(),
            dwellings: DWELLINGS.iter().map(|phrase| folded(phrase)).collect(),
        }
    }

    pub(crate) fn find(&self, field: &Field<'_>, wanted: Topics, hits: &mut Vec<Hit>) {
        let text = field.text;
        let mut at = field.from;
        while at < text.len() {
            if !is_capital(text[at]) || field.before(at).is_some_and(joins) {
                at += 1;
                continue;
            }
            let name = self.name(field, at);
            match name.filter(|name| wanted.has(topic(name.entity))) {
                Some(name) => {
                    hits.push(Hit::new(name.from, name.to, name.entity, name.score));
                    at = name.to;
                }
                None => at = word_end(text, at),
            }
        }
    }

    /// The name whose first word is at `at`, or that a title at `at` announces.
    fn name(&self, field: &Field<'_>, at: usize) -> Option<Name> {
        let text = field.text;
        if let Some(to) = whole(&self.places, field, at)
            && !capitalized_after(text, to)
            && !follows_initial(text, at)
        {
            return Some(Name::new(at, to, Entity::Location, 0.75));
        }
        let words = Words::read(text, at);
        if let Some(to) = self.company(field, &words) {
            return Some(Name::new(at, to, Entity::Organization, 0.85));
        }
        if let Some(title) = whole(&self.titles, field, at) {
            let from = title + text[title..].iter().take_while(|&&b| b == b' ').count();
            let name = Words::read(text, from);
            return (from == title + 1 && is_capital(*text.get(from)?) && !self.is_opener(field, from))
                .then(|| Name::new(from, name.end(3), Entity::Person, 0.85));
        }
        let left = &text[at.saturating_sub(REACH)..at];
        if ends_with(left, &self.introductions) && !self.is_opener(field, at) {
            return Some(Name::new(at, words.end(3), Entity::Person, 0.8));
        }
        if ends_with(left, &self.dwellings)
            && !self.is_opener(field, at)
            && whole(&self.given, field, at).is_none()
        {
            return Some(Name::new(at, words.end(3), Entity::Location, 0.7));
        }
        let given = whole(&self.given, field, at)?;
        // `São José` is a place.
        if ["São ", "San ", "Santa ", "Saint ", "St. ", "St "]
            .iter()
            .any(|saint| text[..at].ends_with(saint.as_bytes()))
        {
            return None;
        }
        // `Jane's` and `Jane` are names; `Jane-X` and `Jane.method` are something else.
        let alone = match field.at(given) {
            Some(b'.' | b'_' | b'(' | b'/' | b'@' | b'=' | b':') => {
                field.at(given + 1).is_none_or(|b| b == b' ' || b == b'\n')
            }
            Some(b'-') => false,
            _ => true,
        };
        alone.then(|| {
            let score = if words.count > 1 { 0.75 } else { 0.55 };
            Name::new(at, words.end(3), Entity::Person, score)
        })
    }

    /// The end of a company's or university's name that begins with these words.
    fn company(&self, field: &Field<'_>, words: &Words) -> Option<usize> {
        let text = field.text;
        let first = words.spans[0];
        if self.is_opener(field, first.0) {
            return None;
        }
        // `University of Oslo`, `Oslo University`
        let word = |i: usize| &text[words.spans[i].0..words.spans[i].1];
        if word(0) == b"University" && words.count == 1 && text[first.1..].starts_with(b" of ") {
            let place = Words::read(text, first.1 + 4);
            return (place.count > 0).then(|| place.end(3));
        }
        (1..words.count)
            .find(|&i| word(i) == b"University")
            .map(|i| words.spans[i].1)
            .or_else(|| {
                (1..=words.count).find_map(|i| {
                    let end = words.spans[i - 1].1;
                    let form = end
                        + text[end..]
                            .iter()
                            .take(2)
                            .take_while(|b| matches!(b, b' ' | b','))
                            .count();
                    (form > end).then(|| whole(&self.forms, field, form)).flatten()
                })
            })
    }

    fn is_opener(&self, field: &Field<'_>, at: usize) -> bool {
        whole(&self.openers, field, at).is_some()
    }
}

struct Name {
    from: usize,
    to: usize,
    entity: Entity,
    score: f32,
}

impl Name {
    fn new(from: usize, to: usize, entity: Entity, score: f32) -> Self {
        Self {
            from,
            to,
            entity,
            score,
        }
    }
}

/// Capitalized words in a row.
struct Words {
    spans: [(usize, usize); WORDS],
    count: usize,
}

impl Words {
    fn read(text: &[u8], from: usize) -> Self {
        let mut words = Self {
            spans: [(from, from); WORDS],
            count: 0,
        };
        let mut at = from;
        while words.count < WORDS && text.get(at).is_some_and(|&b| is_capital(b)) {
            let end = word_end(text, at);
            words.spans[words.count] = (at, end);
            words.count += 1;
            // An initial has a full stop.
            let stop = usize::from(end == at + 1 && text.get(end) == Some(&b'.'));
            if text.get(end + stop) != Some(&b' ') {
                break;
            }
            at = end + stop + 1;
            // `van Gogh`, `de la Cruz`
            for between in [
                &b"van "[..],
                b"von ",
                b"de ",
                b"der ",
                b"den ",
                b"la ",
                b"del ",
                b"di ",
                b"da ",
                b"dos ",
                b"bin ",
                b"al-",
            ] {
                if text[at..].starts_with(between) {
                    at += between.len();
                }
            }
        }
        words
    }

    /// The end of the first `most` words, without a single letter at the end.
    fn end(&self, most: usize) -> usize {
        let count = self.count.min(most).max(1);
        let last = (1..count)
            .rev()
            .find(|&i| self.spans[i].1 - self.spans[i].0 > 1)
            .unwrap_or_default();
        self.spans[last].1
    }
}

fn exact<'l>(words: impl Iterator<Item = &'l str>) -> Literals {
    let fold = |word: &str| {
        let mut folded = Folded::default();
        Folder::new(Mode::Text).fold(word, 0, true, &mut folded);
        folded.bytes().to_vec()
    };
    Literals::new(words.map(fold).filter(|word| word.len() >= 2), false)
}

/// The end of the longest literal at `at` that ends where a word does.
fn whole(literals: &Literals, field: &Field<'_>, at: usize) -> Option<usize> {
    let text = field.text.get(at..).filter(|text| !text.is_empty())?;
    literals
        .at(text)
        .map(|(_, len)| at + len)
        .find(|&end| !field.at(end).is_some_and(is_word))
}

/// A capital letter, or any letter that is not ASCII: their case is not worth a table here.
fn is_capital(b: u8) -> bool {
    b.is_ascii_uppercase() || (0xC3..0xE0).contains(&b)
}

fn joins(b: u8) -> bool {
    is_word(b) || matches!(b, b'_' | b'.' | b'/' | b'@' | b'#' | b'$' | b'\\' | b'-')
}

/// The end of the word at `at`, with hyphens and apostrophes inside.
fn word_end(text: &[u8], at: usize) -> usize {
    let mut to = at;
    while let Some(&b) = text.get(to) {
        let inner = matches!(b, b'-' | b'\'') && text.get(to + 1).is_some_and(|&b| is_capital(b));
        if !is_word(b) && !inner {
            break;
        }
        to += 1;
    }
    to.max(at + 1)
}

/// Whether another capitalized word follows: `Paris Hilton` is no place.
fn capitalized_after(text: &[u8], end: usize) -> bool {
    text.get(end) == Some(&b' ') && text.get(end + 1).is_some_and(|&b| is_capital(b))
}

/// `Barry A. Warsaw` is none either.
fn follows_initial(text: &[u8], at: usize) -> bool {
    matches!(&text[..at], [.., b' ', initial, b'.', b' '] if initial.is_ascii_uppercase())
}

/// Whether one of the phrases stands right before.
fn ends_with(left: &[u8], phrases: &[Vec<u8>]) -> bool {
    let left = left.trim_ascii_end();
    phrases.iter().any(|phrase| {
        left.len().checked_sub(phrase.len()).is_some_and(|start| {
            left[start..].eq_ignore_ascii_case(phrase) && !(start > 0 && is_word(left[start - 1]))
        })
    })
}
