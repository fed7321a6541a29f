//! Days, and the clauses in which a day is somebody's birth.
//! Must not know which words name it.

use crate::recognizers::{Field, is_word};
use crate::segment::{DATE_SIGNS, is_month};

/// Whether the clause says of a company that it was born.
pub(super) fn is_of_company(clause: &[u8]) -> bool {
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
pub(super) fn born_after(rest: &[u8]) -> bool {
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
pub(super) fn date(field: &Field<'_>, from: usize) -> Option<usize> {
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

pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value: u64, b| {
        value
            .saturating_mul(10)
            .saturating_add(u64::from(b.wrapping_sub(b'0')))
    })
}
