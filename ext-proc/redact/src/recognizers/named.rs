//! Values that only the word before them makes personal: verification codes, PINs, expiry dates, dates of birth, user names,
//! licence and account numbers.
//! Must not know forms beyond "a short number", "a date", "a name".

mod kinds;

use super::context::Topics;
use super::{Field, Hit, is_word};
use crate::engine::topic;
use crate::entity::Entity;
use crate::segment::{DATE_SIGNS, is_month};
use kinds::KINDS;

/// What a value must look like.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// So many digits, no more.
    Digits(usize, usize),
    /// Letters and digits, at least four digits, or two among capitals.
    Code(usize, usize),
    /// `12/27`, `12/2027`
    MonthYear,
    /// `1984-03-05`, `3/5/84`, `5. März 1984`, `March 5, 1984`
    Date,
    /// A word with more than letters in it, or anything after a sign of assignment.
    Name,
}

struct Kind {
    entity: Entity,
    shape: Shape,
    /// How far before the value the word may end.
    reach: usize,
    score: f32,
    words: &'static [&'static str],
}

/// Topic words of these kinds, by entity.
pub(crate) fn words() -> impl Iterator<Item = (Entity, &'static [&'static str])> {
    KINDS.iter().map(|kind| (kind.entity, kind.words))
}

/// The topics of these kinds.
const TOPICS: Topics = {
    let mut topics = Topics::NONE;
    let mut i = 0;
    while i < KINDS.len() {
        topics = topics.and(topic(KINDS[i].entity));
        i += 1;
    }
    topics
};

pub(crate) fn find(field: &Field<'_>, wanted: Topics, hits: &mut Vec<Hit>) {
    if !field.mentions.any(TOPICS) {
        return;
    }
    let mut active = [None; KINDS.len()];
    for (kind, slot) in KINDS.iter().zip(&mut active) {
        let topic = topic(kind.entity);
        *slot = (wanted.has(topic) && field.mentions.any(topic)).then_some((kind, topic));
    }
    let text = field.text;
    let mut at = field.from;
    while at < text.len() {
        if !is_word(text[at]) || field.before(at).is_some_and(|b| is_word(b) || b == b'.') {
            at += 1;
            continue;
        }
        let mut next = at + 1;
        for (kind, topic) in active.iter().flatten() {
            let Some(named) = field.mentions.last_before(at, kind.reach, *topic) else {
                // Where verbs come last, the word follows: "ich bin am 5. März 1984 in Köln geboren".
                if kind.entity == Entity::DateOfBirth
                    && let Some(to) = kind.shape.end(field, at)
                    && born_after(&text[to..])
                    && !is_of_company(&text[..at])
                {
                    hits.push(Hit::new(at, to, kind.entity, kind.score));
                    next = next.max(to);
                }
                continue;
            };
            // On the same line, and not in a list or index.
            if text[named..at]
                .iter()
                .any(|b| matches!(b, b'\n' | b'[' | b';' | b','))
            {
                continue;
            }
            if let Some(to) = kind.shape.end(field, at) {
                if kind.entity == Entity::DateOfBirth && is_of_company(&text[..named]) {
                    continue;
                }
                hits.push(Hit::new(at, to, kind.entity, kind.score));
                next = next.max(to);
            }
        }
        at = next;
    }
}

impl Shape {
    /// The end of a value of this shape at `from`.
    fn end(self, field: &Field<'_>, from: usize) -> Option<usize> {
        let rest = &field.text[from..];
        let count = |test: fn(&u8) -> bool| rest.iter().take(64).take_while(|b| test(b)).count();
        match self {
            Self::Digits(least, most) => {
                let len = count(u8::is_ascii_digit);
                let more = match field.at(from + len) {
                    Some(b'.' | b',' | b'-' | b'/' | b':') => {
                        field.at(from + len + 1).is_some_and(|b| b.is_ascii_digit())
                    }
                    Some(b) => is_word(b) || b == b'%',
                    None => false,
                };
                ((least..=most).contains(&len) && !more).then_some(from + len)
            }
            Self::Code(least, most) => {
                let len = count(|b| b.is_ascii_alphanumeric() || *b == b'-');
                let digits = rest[..len].iter().filter(|b| b.is_ascii_digit()).count();
                let ends = !field.at(from + len).is_some_and(is_word) && rest[..len].last() != Some(&b'-');
                // It may say when it was issued.
                let dated = || rest[..len].contains(&b'-') && date(field, from).is_some();
                let many =
                    digits >= 4 || digits >= 2 && len >= 8 && !rest[..len].iter().any(u8::is_ascii_lowercase);
                ((least..=most).contains(&len) && many && ends && !dated()).then_some(from + len)
            }
            Self::MonthYear => {
                let len = count(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-' | b' '));
                let value = rest[..len].trim_ascii_end();
                let mut parts = value
                    .split(|b| matches!(b, b'/' | b'-' | b' '))
                    .filter(|part| !part.is_empty());
                let (month, year) = (parts.next()?, parts.next()?);
                let valid = parts.next().is_none()
                    && month.len() <= 2
                    && (1..=12).contains(&number(month))
                    && matches!(year.len(), 2 | 4);
                (valid && !field.at(from + value.len()).is_some_and(is_word)).then_some(from + value.len())
            }
            Self::Date => date(field, from),
            Self::Name => {
                let len = count(|b| is_word(*b) || matches!(b, b'.' | b'_' | b'-'));
                let name = &rest[..len];
                let name = &name[..name.iter().rposition(|b| is_word(*b)).map_or(0, |i| i + 1)];
                let odd = name.iter().any(|b| !b.is_ascii_alphabetic());
                let assigned = matches!(field.text[..from].trim_ascii_end().last(), Some(b':' | b'='));
                let code = matches!(field.at(from + name.len()), Some(b'(' | b'[' | b'='));
                (name.len() >= 3 && (odd || assigned) && !code && !is_numeric(name))
                    .then_some(from + name.len())
            }
        }
    }
}

/// Whether it is a number, or the type of one: `user_id: u32 = 64u32`.
fn is_numeric(name: &[u8]) -> bool {
    let digits = name.iter().take_while(|b| b.is_ascii_digit()).count();
    matches!(
        &name[digits..],
        [] | [b'i' | b'u' | b'f', b'8'] | [b'i' | b'u' | b'f', b'1' | b'3' | b'6', b'6' | b'2' | b'4']
    )
}

/// Whether the clause says of a company that it was born.
fn is_of_company(clause: &[u8]) -> bool {
    // Beginnings, as the text is folded; the first letter is left out, for it may be a capital.
    const COMPANIES: &[&str] = &[
        "ompany",
        "ompagnie",
        "ompañía",
        "ompanhia",
        "omпahия",
        "edrijf",
        "irma",
        "nternehmen",
        "mpresa",
        "ntreprise",
        "ociété",
        "zienda",
        "öretag",
        "irket",
        "tartup",
        "roject",
        "roje",
        "rojet",
        "royecto",
        "rogetto",
        "фиpma",
        "пpoekt",
        "会社",
        "公司",
        "회사",
    ];
    let clause = &clause[clause.len().saturating_sub(40)..];
    let clause = clause.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    let says = |word: &&str| clause.windows(word.len()).any(|part| part == word.as_bytes());
    COMPANIES.iter().any(says)
}

/// Whether a word for "born" ends the clause that a date stands in.
fn born_after(rest: &[u8]) -> bool {
    const BORN: &[&str] = &["geboren", "doğumlu", "doğdu"];
    let clause = &rest[..rest.len().min(40)];
    let clause = clause
        .split(|b| matches!(b, b'\n' | b',' | b';' | b'.'))
        .next()
        .unwrap_or_default();
    BORN.iter()
        .any(|born| clause.windows(born.len()).any(|part| part == born.as_bytes()))
}

/// The sign of a year or a month that stands before `at` in East Asian dates, and a space: bytes to skip.
fn year_or_month_sign(rest: &[u8]) -> usize {
    let sign = DATE_SIGNS[..4]
        .iter()
        .any(|sign| rest.starts_with(sign.as_bytes()));
    if sign {
        3 + usize::from(rest.get(3) == Some(&b' '))
    } else {
        0
    }
}

/// A day: three numbers, or two and a month's name.
fn date(field: &Field<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    let mut numbers: Vec<(u64, usize)> = Vec::new();
    let mut months = 0;
    let mut end = from;
    for _ in 0..5 {
        let word = field.text[at..]
            .iter()
            .take(24)
            .take_while(|b| is_word(**b))
            .count();
        let text = &field.text[at..at + word];
        let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
        let lower = text.to_ascii_lowercase();
        if digits > 0 && (digits == word || matches!(&lower[digits..], b"st" | b"nd" | b"rd" | b"th" | b"er"))
        {
            numbers.push((number(&text[..digits]), digits));
        } else if months == 0 && is_month(text) {
            months += 1;
        } else if lower != b"de" && lower != b"of" {
            break;
        }
        end = at + word;
        if numbers.len() + months == 3 {
            break;
        }
        let sign = year_or_month_sign(&field.text[end..]);
        let plain = || {
            let rest = field.text[end..].iter().take(3);
            rest.take_while(|b| matches!(b, b' ' | b'-' | b'/' | b'.' | b','))
                .count()
        };
        let gap = if sign > 0 { sign } else { plain() };
        if gap == 0 {
            break;
        }
        at = end + gap;
    }
    let year = |&(value, len): &(u64, usize)| len == 4 && (1880..=2100).contains(&value);
    // Days and months are in range; a year has four digits, or two and then any value.
    let day = |&(value, len): &(u64, usize)| len <= 2 && (1..=31).contains(&value);
    let month = |&(value, len): &(u64, usize)| len <= 2 && (1..=12).contains(&value);
    let (years, others): (Vec<_>, Vec<_>) = numbers.iter().partition(|number| year(number));
    let complete = match years.len() {
        1 => others.iter().copied().all(day),
        0 => {
            let odd = others.iter().filter(|number| !day(number)).count();
            odd <= 1
                && others.iter().all(|n| n.1 <= 2)
                && [others.first(), others.last()].iter().flatten().any(|n| n.1 == 2)
        }
        _ => false,
    };
    let valid = numbers.len() + months == 3 && complete && (months == 1 || others.iter().copied().any(month));
    let day = DATE_SIGNS[4..]
        .iter()
        .any(|sign| field.text[end..].starts_with(sign.as_bytes()));
    valid.then_some(if day { end + 3 } else { end })
}

fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value: u64, b| {
        value
            .saturating_mul(10)
            .saturating_add(u64::from(b.wrapping_sub(b'0')))
    })
}
