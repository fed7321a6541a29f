//! Telephone numbers: international and North American forms by themselves, any national form beside a word that says so.
//! Must not know who is reachable; numbering plans are only used as far as they tell numbers from other digits.

use super::digits::{Group, Run, Runs};
use super::plans::{self, Fit};
use super::{Field, Hit, is_word};
use crate::engine::topic;
use crate::entity::Entity;

/// Words that a number is introduced with.
const BEFORE: &[&str] = &[
    "phone*",
    "telephone*",
    "tel",
    "tel.",
    "call",
    "calling",
    "called",
    "mobile*",
    "mob",
    "cell",
    "cellphone",
    "cellular",
    "fax",
    "whatsapp*",
    "dial",
    "reach",
    "reached",
    "answering",
    "contact",
    "ring me",
    "sms",
    "text me",
    "text us",
    "hotline",
    "helpline",
    "pager",
    "landline",
    "handy*",
    "rufnummer",
    "telefon*",
    "teléfono*",
    "móvil",
    "celular",
    "llámame",
    "llamar",
    "portable",
    "téléphone*",
    "numéro",
    "appelez*",
    "cellulare",
    "chiamare",
    "telemóvel",
    "mobil*",
    "puhelin*",
    "ring på",
    "tlf",
    "gsm",
    "телефон*",
    "тел",
    "звоните",
    "電話*",
    "电话*",
    "手机*",
    "携帯*",
    "전화*",
    "휴대폰*",
    "هاتف",
    "फोन",
    "โทร*",
    "điện thoại",
    "telepon",
    "numer telefonu",
    "nr tel",
    "sđt",
    "viber",
    "festnetz*",
    "erreichbar unter",
    "erreichen sie",
    "ruf mich",
    "telefónic*",
    "telefonic*",
    "téléphonique*",
    "contacto*",
    "llame al",
    "joignable",
    "joignez*",
    "recapito",
    "chiamami",
    "chiami",
    "telefone*",
    "ligue",
    "contato",
    "bel me",
    "bel mij",
    "bel ons",
    "bel naar",
    "bellen",
    "bereikt",
    "bereikbaar",
    "zadzwo*",
    "dzwoni*",
    "komórk*",
    "ring mig",
    "tfn",
    "ara beni",
    "beni ara*",
    "arayın*",
    "cep no",
    "мобильн*",
    "моб",
    "позвони*",
    "звони*",
    "сотовый",
    "факс",
    "連絡先",
    "ファックス",
    "聯絡電話",
    "手機*",
    "致电",
    "致電",
    "联系方式",
    "拨打",
    "撥打",
    "传真",
    "핸드폰*",
    "휴대전화*",
    "연락처",
    "팩스",
    "هاتف*",
    "الهاتف",
    "جوال*",
    "الجوال",
    "موبايل",
    "اتصل*",
    "للاتصال",
    "تلفون*",
    "मोबाइल",
    "दूरभाष",
    "फ़ोन",
    "कॉल",
    "टेलीफोन",
    "toll-free",
    "toll free",
    "extension",
    "my number",
    "our number is",
    "his number is",
    "her number is",
    "get me at",
    "get me on",
    "give me a ring",
    "meine nummer",
    "seine nummer ist",
    "ihre nummer ist",
    "unsere nummer ist",
    "durchwahl",
    "anrufen",
    "me joindre",
    "nous joindre",
    "mi número",
    "mi numero",
    "su número es",
    "su numero es",
    "marque al",
    "mio numero",
    "suo numero",
    "meu número",
    "meu numero",
    "mijn nummer",
    "mitt nummer",
    "mit nummer er",
    "min nummer",
    "mój numer",
    "moje číslo",
    "numărul meu",
    "numaram",
    "мой номер",
    "мій номер",
    "τηλέφωνο*",
    "τηλ",
    "κινητό",
    "טלפון",
    "נייד",
    "رقمي",
    "联系我*",
    "我的号码",
    "我的號碼",
    "私の番号",
    "제 번호",
    "내 번호",
    "मेरा नंबर",
    "số của tôi",
    "nomor saya",
    "nomor hp",
    "เบอร์*",
];
/// Words that say after a number what it is, beside those.
const AFTER: &[&str] = &["office", "home", "work", "fax", "mobile", "cell", "phone"];

/// Topic words.
pub(crate) fn words() -> impl Iterator<Item = (Entity, &'static [&'static str])> {
    [(Entity::PhoneNumber, BEFORE)].into_iter()
}

/// Groups of a number, at most.
const GROUPS: usize = 7;

/// What the form of a number says by itself.
enum Form {
    /// It is a telephone number.
    Clear(f32),
    /// It may be one.
    Possible,
    /// It is something else: a date, a decimal.
    Other,
}

pub(crate) fn find(field: &Field<'_>, runs: &Runs, hits: &mut Vec<Hit>) {
    let mentioned = field.mentions.any(topic(Entity::PhoneNumber));
    for run in runs.iter() {
        let mut first = 0;
        // Between the groups of a run stands no word.
        let mut said = None;
        while run.digits_from(first) >= 6 {
            let mut said =
                || *said.get_or_insert_with(|| run.groups.last().is_some_and(|last| says_at(field, last.to)));
            // Most groups belong to something else, which a glance tells.
            let from = run.groups[first].from;
            let other = match from.checked_sub(1).map(|at| field.text[at]) {
                Some(b'(' | b'+') => false,
                Some(b) if TOUCHING[b as usize] => true,
                _ => !mentioned && !may_be_clear(field, run, first, from) && !said(),
            };
            if other {
                first += 1;
                continue;
            }
            first = match longest(field, run, first, &mut said) {
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
/// `said`: whether what comes after the run says what it is.
fn longest(
    field: &Field<'_>,
    run: Run<'_>,
    first: usize,
    said: &mut dyn FnMut() -> bool,
) -> Option<(usize, Hit)> {
    // Digits one by one are no number that anybody dials.
    if run.groups[first].len() == 1 && run.groups.get(first + 1).is_none_or(|next| next.len() == 1) {
        return None;
    }
    let from = start(field, run.groups[first].from)?;
    let plus = field.text[from] == b'+' || field.text[from..].starts_with(b"(+");
    let introduced = field.mentions.before(from, 40, topic(Entity::PhoneNumber));
    if !introduced && !plus && !may_be_clear(field, run, first, from) && !said() {
        return None;
    }
    let digit = |at: usize| field.at(at).is_some_and(|b| b.is_ascii_digit());
    // Part of a longer row of numbers.
    let led = field.before(from) == Some(b' ') && from.checked_sub(2).is_some_and(digit);
    let mut best: Option<(usize, Hit)> = None;
    let mut signs = Signs::default();
    for after in first + 1..=run.groups.len().min(first + GROUPS) {
        if after > first + 1 {
            let before = signs;
            signs.count(run.separator(field, after - 2));
            let line = signs.lines > before.lines;
            // A bracket opens another number unless it holds the area code after a country code, or the zero that goes.
            let opens =
                signs.brackets > before.brackets && !(plus && after <= first + 3) && after > first + 2;
            if signs.lines > 1 || opens || (line && (best.is_some() || !introduced)) {
                break;
            }
        }
        let count = run.count_of(first, after);
        if count > 15 {
            break;
        }
        let end = run.groups[after - 1].to;
        if count < 6 || touches(field, end) {
            continue;
        }
        let goes_on = led || field.at(end) == Some(b' ') && digit(end + 1);
        let mut said = || after == run.groups.len() && said();
        // Whatever its form is.
        if goes_on && !introduced && !plus && !said() {
            continue;
        }
        let written = Written {
            groups: &run.groups[first..after],
            digits: run.digits(first, count),
            text: &field.text[from..end],
            plus,
            signs,
        };
        let score = match written.form() {
            Form::Clear(score) if introduced => score.max(0.8),
            Form::Clear(score) if plus || !goes_on => score,
            Form::Possible if introduced => 0.7,
            Form::Possible if said() => 0.6,
            Form::Clear(_) | Form::Possible | Form::Other => continue,
        };
        let (to, _) = after_extension(field, end);
        if best.as_ref().is_none_or(|(_, hit)| score >= hit.score) {
            best = Some((after, Hit::new(from, to, Entity::PhoneNumber, score)));
        }
    }
    best
}

/// Whether the form of a number without a plus that begins with group `first` may be clear: a glance at [`Written::form`].
fn may_be_clear(field: &Field<'_>, run: Run<'_>, first: usize, from: usize) -> bool {
    let groups = &run.groups[first..];
    groups.len() > 1
        && match field.text[groups[0].from] {
            // With one trunk zero, only the groups that people use.
            b'0' if field.text[from] != b'('
                && groups[0].len() > 1
                && field.text[groups[0].from + 1] != b'0' =>
            {
                let lens = (groups[0].len(), groups[1].len());
                matches!(lens, (2, 2 | 4) | (3, 3 | 4) | (4, 3) | (5, 6))
            }
            b'0' => true,
            b'1' if groups.len() >= 4 => true,
            _ => {
                field.text[from] == b'('
                    || matches!(groups, [a, b, c, ..] if (a.len(), b.len(), c.len()) == (3, 3, 4))
            }
        }
}

/// Where the number begins that has its first digit at `digit`: a plus and an opening bracket belong to it.
fn start(field: &Field<'_>, digit: usize) -> Option<usize> {
    let mut from = digit;
    for sign in [b'(', b'+', b'('] {
        if from > field.from && field.text[from - 1] == sign {
            from -= 1;
        }
    }
    let touched = |b: u8| is_word(b) || b == b'+' || TOUCHING[b as usize];
    let glued = field.before(from) == Some(b'-') && field.before(from - 1).is_some_and(is_word);
    // The seconds of a time.
    let timed = field.before(from) == Some(b':')
        && from
            .checked_sub(2)
            .is_some_and(|at| field.text[at].is_ascii_digit());
    (!field.before(from).is_some_and(touched) && !glued && !timed).then_some(from)
}

/// ASCII characters right before a number that make it part of something else, whatever it is.
const TOUCHING: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = (b as u8).is_ascii_alphanumeric()
            || matches!(
                b as u8,
                b'.' | b'$' | b'#' | b'@' | b'_' | b'/' | b'=' | b'\\' | b'*' | b'^'
            );
        b += 1;
    }
    table
};

/// Whether something stands at `end` that makes the digits part of something else.
fn touches(field: &Field<'_>, end: usize) -> bool {
    let digit = || field.at(end + 1).is_some_and(|b| b.is_ascii_digit());
    match field.at(end) {
        Some(b'x' | b'X') => !digit(),
        Some(b'%' | b'/' | b'@' | b'_' | b'$' | b'=' | b'*' | b'^') => true,
        Some(b'.' | b':' | b'-' | b',') => digit(),
        Some(b) => is_word(b),
        None => false,
    }
}

/// The end with an extension (`x123`, `ext. 123`), and the text after it.
fn after_extension<'t>(field: &Field<'t>, end: usize) -> (usize, &'t [u8]) {
    const LEADS: [&[u8]; 7] = [b"x", b" x", b"ext.", b" ext. ", b" ext ", b" ext.", b" x. "];
    let rest = &field.text[end..];
    if !matches!(
        rest,
        [b'x' | b'X' | b'e' | b'E', ..] | [b' ', b'x' | b'X' | b'e' | b'E', ..]
    ) {
        return (end, rest);
    }
    for lead in LEADS {
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

/// Whether what stands at `end`, maybe after an extension, says that it is a telephone number.
fn says_at(field: &Field<'_>, end: usize) -> bool {
    says_after(after_extension(field, end).1)
}

/// Whether a word right after a number says that it is a telephone number.
fn says_after(rest: &[u8]) -> bool {
    let head = &rest[..rest.len().min(16)];
    let start = head
        .iter()
        .take_while(|b| matches!(b, b' ' | b'-' | b'(' | b',' | b'/'))
        .count();
    head.get(start).is_some_and(|b| {
        matches!(
            b.to_ascii_lowercase(),
            b'o' | b'h' | b'w' | b'f' | b'm' | b'c' | b'p'
        )
    }) && AFTER.iter().any(|word| {
        head.get(start..start + word.len())
            .is_some_and(|text| text.eq_ignore_ascii_case(word.as_bytes()))
            && !head.get(start + word.len()).is_some_and(|b| is_word(*b))
    })
}

/// A number as it is written.
struct Written<'w> {
    groups: &'w [Group],
    digits: &'w [u8],
    text: &'w [u8],
    plus: bool,
    signs: Signs,
}

/// How often some signs stand between the groups.
#[derive(Debug, Clone, Copy, Default)]
struct Signs {
    slashes: u8,
    underscores: u8,
    dots: u8,
    lines: u8,
    brackets: u8,
}

impl Signs {
    fn count(&mut self, separator: &[u8]) {
        for b in separator {
            match b {
                b'/' => self.slashes += 1,
                b'_' => self.underscores += 1,
                b'.' => self.dots += 1,
                b'\n' => self.lines += 1,
                b'(' => self.brackets += 1,
                _ => {}
            }
        }
    }
}

impl Written<'_> {
    fn form(&self) -> Form {
        let mut lens = [0; GROUPS];
        self.groups
            .iter()
            .zip(&mut lens)
            .for_each(|(group, len)| *len = group.len());
        let lens = &lens[..self.groups.len()];
        if self.signs.slashes > 1
            || self.signs.underscores > 0
            || is_date(lens, self.digits)
            || self.digits.windows(2).all(|pair| pair[0] == pair[1])
        {
            return Form::Other;
        }
        if self.plus {
            return match plans::international(self.digits) {
                Fit::Number => Form::Clear(0.9),
                // People mistype, and examples are made up.
                Fit::Stray if self.digits.len() >= 8 => Form::Clear(0.6),
                Fit::Stray | Fit::Unknown => Form::Possible,
            };
        }
        let bracket = self.text[0] == b'(' && self.text.get(lens[0] + 1) == Some(&b')');
        // Versions, and long lists of numbers.
        if lens.len() > 1 && lens[0] == 1 && self.digits[0] != 1 && self.signs.dots > 0
            || (lens.len() == 1 && self.digits.len() < 7)
        {
            return Form::Other;
        }
        let joints = || {
            self.groups
                .windows(2)
                .map(|pair| &self.text[pair[0].to - self.start()..pair[1].from - self.start()])
        };
        let same = || {
            let first = joints().next().unwrap_or_default();
            first.len() == 1 && joints().all(|joint| joint == first)
        };
        let dashed = || joints().all(|joint| matches!(joint, b"-" | b"." | b") " | b")" | b")-"));
        match lens {
            [3, 3, 4] if dashed() && (same() || bracket) => Form::Clear(0.75),
            [1 | 3, 3, 3, 4]
                if (lens[0] == 1 && self.digits[0] == 1 || self.digits.starts_with(&[0, 0, 1]))
                    && dashed()
                    && same() =>
            {
                Form::Clear(0.8)
            }
            [1, 3, 3, 4] if self.digits[0] == 1 && self.text.get(1..3) == Some(b" (") => Form::Clear(0.8),
            [2..=5, rest @ ..]
                if bracket && (6..=9).contains(&rest.iter().sum::<usize>()) && rest.len() <= 2 =>
            {
                Form::Clear(0.6)
            }
            _ if self.digits.starts_with(&[0, 0])
                && self.digits.len() >= 11
                && self.digits[2] != 0
                && lens.len() > 1 =>
            {
                Form::Clear(0.6)
            }
            // National numbers with their trunk zero, in the groups that people use.
            [2, 2, 2, 2, 2]
            | [2, 4, 4]
            | [3, 4, 4]
            | [4, 3, 4]
            | [4, 3, 3]
            | [3, 3, 2, 2]
            | [3, 3, 4]
            | [5, 6]
                if self.digits[0] == 0 && self.digits[1] != 0 && same() =>
            {
                Form::Clear(0.6)
            }
            _ => Form::Possible,
        }
    }

    /// Where the text begins, in positions of the groups.
    fn start(&self) -> usize {
        self.groups[self.groups.len() - 1].to - self.text.len()
    }
}

/// Four and two and two digits, or two and two and four, that are a day.
fn is_date(lens: &[usize], digits: &[u8]) -> bool {
    let two = |i: usize| digits[i] * 10 + digits[i + 1];
    match lens {
        // From a year to another.
        [4, 4] => matches!((two(0), two(4)), (19 | 20, 19 | 20)),
        // Or a moment: 197001010000.
        [4, 2, 2, ..] | [12 | 14, ..] => {
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
