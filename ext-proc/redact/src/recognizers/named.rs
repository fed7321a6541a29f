//! Values that only the word before them makes personal: verification codes, PINs, expiry dates, dates of birth, user names,
//! licence and account numbers.
//! Must not know forms beyond "a short number", "a date", "a name".

use super::context::Topics;
use super::{Field, Hit, is_word};
use crate::engine::topic;
use crate::entity::Entity;
use crate::segment::is_month;

/// What a value must look like.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// So many digits, no more.
    Digits(usize, usize),
    /// Letters and digits, at least four digits.
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

const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::Cvv,
        shape: Shape::Digits(3, 4),
        reach: 16,
        score: 0.8,
        words: &[
            "cvv",
            "cvc",
            "cvv2",
            "cvc2",
            "security code",
            "card verification*",
            "código de seguridad",
            "prüfnummer",
            "cryptogramme",
        ],
    },
    Kind {
        entity: Entity::CardExpiry,
        shape: Shape::MonthYear,
        reach: 20,
        score: 0.8,
        words: &[
            "exp",
            "expiry*",
            "expires",
            "expiration*",
            "valid thru",
            "valid until",
            "good thru",
            "gültig bis",
            "caducidad",
            "vencimiento",
        ],
    },
    Kind {
        entity: Entity::Pin,
        shape: Shape::Digits(4, 8),
        reach: 14,
        score: 0.75,
        words: &[
            "pin",
            "pin code",
            "pin number",
            "passcode",
            "otp",
            "one-time code",
            "one time code",
            "verification code",
        ],
    },
    Kind {
        entity: Entity::DateOfBirth,
        shape: Shape::Date,
        reach: 24,
        score: 0.8,
        words: &[
            "dob",
            "d.o.b",
            "date of birth",
            "birth date",
            "birthdate",
            "birthday",
            "born",
            "born on",
            "geboren*",
            "geburtsdatum",
            "date de naissance",
            "né le",
            "née le",
            "fecha de nacimiento",
            "nacido",
            "nacida",
            "data di nascita",
            "nato il",
            "nata il",
            "data de nascimento",
            "geboortedatum",
            "födelsedatum",
            "data urodzenia",
            "дата рождения",
            "生年月日",
            "出生日期",
        ],
    },
    Kind {
        entity: Entity::Username,
        shape: Shape::Name,
        reach: 14,
        score: 0.6,
        words: &[
            "username",
            "user name",
            "user_name",
            "userid",
            "user id",
            "login name",
            "benutzername",
            "nom d'utilisateur",
            "nombre de usuario",
        ],
    },
    Kind {
        entity: Entity::UsDriverLicense,
        shape: Shape::Code(6, 15),
        reach: 32,
        score: 0.8,
        words: &[
            "driver's license",
            "drivers license",
            "driver license",
            "driving licence",
            "driving license",
            "driver's licence",
            "dl number",
            "dl#",
            "dl no",
            "führerschein*",
            "permis de conduire",
            "license number",
            "licence number",
            "patente",
            "permiso de conducir",
        ],
    },
    Kind {
        entity: Entity::UsBankNumber,
        shape: Shape::Digits(8, 17),
        reach: 28,
        score: 0.7,
        words: &[
            "account number",
            "account no",
            "acct",
            "acct no",
            "bank account",
            "account #",
            "kontonummer",
            "checking account",
            "savings account",
            "numéro de compte",
            "número de cuenta",
        ],
    },
];

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
                ((least..=most).contains(&len) && digits >= 4 && ends).then_some(from + len)
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
                (name.len() >= 3 && (odd || assigned) && !code && !name.iter().all(u8::is_ascii_digit))
                    .then_some(from + name.len())
            }
        }
    }
}

/// A day: three numbers, or two and a month's name.
fn date(field: &Field<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    let mut numbers: Vec<(u64, usize)> = Vec::new();
    let mut months = 0;
    let mut end = from;
    for _ in 0..4 {
        let word = field.text[at..]
            .iter()
            .take(16)
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
        let gap = field.text[end..]
            .iter()
            .take(3)
            .take_while(|b| matches!(b, b' ' | b'-' | b'/' | b'.' | b','))
            .count();
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
    valid.then_some(end)
}

fn number(digits: &[u8]) -> u64 {
    digits
        .iter()
        .fold(0, |value, b| value * 10 + u64::from(b.wrapping_sub(b'0')))
}
