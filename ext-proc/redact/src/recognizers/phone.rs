//! Telephone numbers: international and North American forms by themselves, any national form beside a word that says so.
//! Must not know who is reachable; numbering plans are only used as far as they tell numbers from other digits.

use super::digits::Run;
use super::{Field, Hit, is_word};
use crate::engine::topic;
use crate::entity::Entity;

/// Words that a number is introduced with.
const BEFORE: &[&str] = &[
    "phone*", "telephone*", "tel", "tel.", "call", "calling", "called", "mobile*", "mob", "cell", "cellphone", "cellular", "fax", "whatsapp*", "dial",
    "reach", "reached", "answering", "contact", "ring", "sms", "text me", "text us", "hotline", "helpline", "pager", "landline", "handy*",
    "rufnummer", "telefon*", "teléfono*", "móvil", "celular", "llámame", "llamar", "portable", "téléphone*", "numéro", "appelez*", "cellulare",
    "chiamare", "telemóvel", "mobil*", "puhelin*", "ring på", "tlf", "gsm", "телефон*", "тел", "звоните", "電話*", "电话*", "手机*", "携帯*", "전화*",
    "휴대폰*", "هاتف", "फोन", "โทร*", "điện thoại", "telepon", "numer telefonu", "nr tel", "sđt", "signal", "viber", "toll-free", "toll free", "extension",
];
/// Words that say after a number what it is, beside those.
const AFTER: &[&str] = &["office", "home", "work", "fax", "mobile", "cell", "phone"];

/// Topic words.
pub(crate) fn words() -> impl Iterator<Item = (Entity, &'static [&'static str])> {
    [(Entity::PhoneNumber, BEFORE)].into_iter()
}

/// What the form of a number says by itself.
enum Form {
    /// It is a telephone number.
    Clear(f32),
    /// It may be one.
    Possible,
    /// It is something else: a date, a decimal.
    Other,
}

pub(crate) fn find(field: &Field<'_>, runs: &[Run], hits: &mut Vec<Hit>) {
    for run in runs {
        let mut first = 0;
        while first < run.groups.len() {
            first = match longest(field, run, first) {
                Some((after, hit)) => {
                    hits.push(hit);
                    after
                }
                None => first + 1,
            };
        }
    }
}

/// The longest number that begins with group `first`, without crossing a line if it can.
fn longest(field: &Field<'_>, run: &Run, first: usize) -> Option<(usize, Hit)> {
    let from = start(field, run.groups[first].from)?;
    let mut best: Option<(usize, Hit)> = None;
    let mut lines = 0;
    for after in first + 1..=run.groups.len() {
        if after > first + 1 {
            let separator = run.separator(field, after - 2);
            let line = separator.contains(&b'\n');
            lines += usize::from(line);
            let opens = separator.contains(&b'(') && separator.len() > 1 && after > first + 3;
            if lines > 1 || opens || (line && best.is_some()) {
                break;
            }
        }
        let digits = run.digits_of(first, after);
        if digits.len() > 15 {
            break;
        }
        let end = run.groups[after - 1].to;
        if digits.len() < 6 || touches(field, end) {
            continue;
        }
        let score = match form(field, run, first, after, from) {
            Form::Clear(score) => score,
            Form::Possible if field.mentions().before(from, 40).has(topic(Entity::PhoneNumber)) => 0.7,
            Form::Possible if says_after(after_extension(field, end).1) => 0.6,
            Form::Possible | Form::Other => continue,
        };
        let (to, _) = after_extension(field, end);
        if best.as_ref().is_none_or(|(_, hit)| score >= hit.score) {
            best = Some((after, Hit::new(from, to, Entity::PhoneNumber, score)));
        }
    }
    best
}

/// Where the number begins that has its first digit at `digit`: a plus and an opening bracket belong to it.
fn start(field: &Field<'_>, digit: usize) -> Option<usize> {
    let mut from = digit;
    if from > field.from && field.text[from - 1] == b'(' {
        from -= 1;
    }
    if from > field.from && field.text[from - 1] == b'+' {
        from -= 1;
    }
    let touched = field
        .before(from)
        .is_some_and(|b| is_word(b) || matches!(b, b'.' | b'$' | b'#' | b'@' | b'_' | b'/' | b'='));
    let glued = field.before(from) == Some(b'-') && field.before(from - 1).is_some_and(is_word);
    (!touched && !glued).then_some(from)
}

/// Whether something stands at `end` that makes the digits part of something else.
fn touches(field: &Field<'_>, end: usize) -> bool {
    match field.at(end) {
        Some(b'x' | b'X') => !field.at(end + 1).is_some_and(|b| b.is_ascii_digit()),
        Some(b'%' | b'/' | b'@' | b'_' | b'$' | b'=') => true,
        Some(b'.' | b':') => field.at(end + 1).is_some_and(|b| b.is_ascii_digit()),
        Some(b'-') => field.at(end + 1).is_some_and(|b| b.is_ascii_digit()),
        Some(b) => is_word(b),
        None => false,
    }
}

/// The end with an extension (`x123`, `ext. 123`), and the text after it.
fn after_extension<'t>(field: &Field<'t>, end: usize) -> (usize, &'t [u8]) {
    let rest = &field.text[end..];
    for lead in [
        &b"x"[..],
        b" x",
        b"ext.",
        b" ext. ",
        b" ext ",
        b" ext.",
        b" x. ",
        b"#",
    ] {
        if rest.len() > lead.len() && rest[..lead.len()].eq_ignore_ascii_case(lead) {
            let digits = rest[lead.len()..]
                .iter()
                .take(7)
                .take_while(|b| b.is_ascii_digit())
                .count();
            if (1..=6).contains(&digits) {
                let to = end + lead.len() + digits;
                return (to, &field.text[to..]);
            }
        }
    }
    (end, rest)
}

/// Whether a word right after a number says that it is a telephone number.
fn says_after(rest: &[u8]) -> bool {
    let head = &rest[..rest.len().min(16)];
    let start = head.iter().take_while(|b| matches!(b, b' ' | b'-' | b'(' | b',' | b'/')).count();
    AFTER.iter().any(|word| {
        head.get(start..start + word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word.as_bytes()))
            && !head.get(start + word.len()).is_some_and(|b| is_word(*b))
    })
}

fn form(field: &Field<'_>, run: &Run, first: usize, after: usize, from: usize) -> Form {
    let groups = &run.groups[first..after];
    let digits = run.digits_of(first, after);
    let lens: Vec<usize> = groups.iter().map(super::digits::Group::len).collect();
    let written = &field.text[from..groups[groups.len() - 1].to];
    let plus = written[0] == b'+';
    if written.iter().filter(|&&b| b == b'/').count() > 1 || written.contains(&b'_') || is_date(&lens, digits)
    {
        return Form::Other;
    }
    if plus {
        return if digits.len() >= 8 && digits[0] != 0 {
            Form::Clear(0.9)
        } else {
            Form::Possible
        };
    }
    let separators: Vec<&[u8]> = (first..after - 1).map(|g| run.separator(field, g)).collect();
    let same = separators.windows(2).all(|pair| pair[0] == pair[1]);
    let bracket = written[0] == b'(' && separators.first().is_some_and(|s| s.starts_with(b")"));
    let dashed = separators
        .iter()
        .all(|s| *s == b"-" || *s == b"." || *s == b") " || *s == b")" || *s == b")-");
    match &lens[..] {
        [3, 3, 4] if dashed && (same || bracket) => Form::Clear(0.75),
        [1 | 3, 3, 3, 4]
            if dashed && same && (lens[0] == 1 && digits[0] == 1 || digits.starts_with(&[0, 0, 1])) =>
        {
            Form::Clear(0.8)
        }
        [2..=5, rest @ ..] if bracket && (6..=9).contains(&rest.iter().sum::<usize>()) && rest.len() <= 2 => {
            Form::Clear(0.6)
        }
        _ if digits.starts_with(&[0, 0]) && digits.len() >= 11 && digits[2] != 0 => Form::Clear(0.6),
        _ => Form::Possible,
    }
}

/// Four and two and two digits, or two and two and four, that are a day.
fn is_date(lens: &[usize], digits: &[u8]) -> bool {
    let two = |i: usize| digits[i] * 10 + digits[i + 1];
    match lens {
        [4, 2, 2, ..] => {
            matches!(digits[0], 1 | 2) && (1..=12).contains(&two(4)) && (1..=31).contains(&two(6))
        }
        [2, 2, 4] => {
            (1..=31).contains(&two(0))
                && (1..=31).contains(&two(2))
                && (two(0) <= 12 || two(2) <= 12)
                && matches!((digits[4], digits[5]), (1, 9 | 8) | (2, 0))
        }
        _ => false,
    }
}
