//! Secrets, found by the literal text that they begin with or that stands beside them.
//! Must not know services: what a key opens is nobody's business here.

use aho_corasick::{AhoCorasick, MatchKind};

use super::{Field, Hit, is_word};
use crate::entity::Entity;
use crate::segment::{CLASS, DELIMITER, SPACE};

/// A literal and what must follow it.
struct Anchor {
    literal: &'static str,
    /// Characters after the literal.
    least: usize,
    most: usize,
    alphabet: Alphabet,
}

#[derive(Clone, Copy, PartialEq)]
enum Alphabet {
    /// A–Z a–z 0–9 - _
    Base64Url,
    /// A–Z a–z 0–9
    Alnum,
    /// A–Z 0–9
    Upper,
    /// 0–9 a–f
    Hex,
    /// A–Z a–z 0–9 - _ . = + / ~
    Wide,
}

const fn anchor(literal: &'static str, least: usize, most: usize, alphabet: Alphabet) -> Anchor {
    Anchor {
        literal,
        least,
        most,
        alphabet,
    }
}

use Alphabet::{Alnum, Base64Url, Hex, Upper, Wide};

/// Sources: the providers' documentation of their key formats, and GitHub's secret scanning patterns.
const ANCHORS: &[Anchor] = &[
    anchor("sk-ant-", 20, 200, Base64Url),
    anchor("sk-proj-", 20, 250, Base64Url),
    anchor("sk-svcacct-", 20, 250, Base64Url),
    anchor("sk-or-v1-", 32, 80, Hex),
    anchor("sk-", 20, 120, Base64Url),
    anchor("AKIA", 16, 16, Upper),
    anchor("ASIA", 16, 16, Upper),
    anchor("AIza", 35, 35, Base64Url),
    anchor("ghp_", 36, 255, Alnum),
    anchor("gho_", 36, 255, Alnum),
    anchor("ghu_", 36, 255, Alnum),
    anchor("ghs_", 36, 255, Alnum),
    anchor("ghr_", 36, 255, Alnum),
    anchor("github_pat_", 60, 255, Base64Url),
    anchor("glpat-", 20, 64, Base64Url),
    anchor("xoxb-", 20, 255, Base64Url),
    anchor("xoxp-", 20, 255, Base64Url),
    anchor("xoxa-", 20, 255, Base64Url),
    anchor("xapp-", 20, 255, Base64Url),
    anchor("sk_live_", 16, 255, Alnum),
    anchor("sk_test_", 16, 255, Alnum),
    anchor("rk_live_", 16, 255, Alnum),
    anchor("whsec_", 24, 80, Wide),
    anchor("hf_", 30, 64, Alnum),
    anchor("gsk_", 40, 64, Alnum),
    anchor("npm_", 36, 36, Alnum),
    anchor("pypi-", 50, 255, Base64Url),
    anchor("SG.", 60, 80, Wide),
    anchor("dop_v1_", 64, 64, Hex),
    anchor("tgv_", 20, 64, Alnum),
    anchor("eyJ", 40, 4096, Wide),
    anchor("ya29.", 30, 400, Base64Url),
];

/// Words that say that a secret follows an equals sign, a colon or "is".
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "secret",
    "api_key",
    "apikey",
    "api-key",
    "api key",
    "access_key",
    "access key",
    "token",
    "passphrase",
    "private_key",
    "client_secret",
];

/// The automaton over all anchors.
#[derive(Debug)]
pub(crate) struct Secrets {
    anchors: AhoCorasick,
}

impl Secrets {
    pub(crate) fn new() -> Self {
        let literals = ANCHORS.iter().map(|anchor| anchor.literal).chain(["-----BEGIN"]);
        let anchors = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(literals)
            .unwrap_or_else(|_| unreachable!("the anchors are a constant far below the automaton's limits"));
        Self { anchors }
    }

    pub(crate) fn find(&self, field: &Field<'_>, hits: &mut Vec<Hit>) {
        for found in self.anchors.find_iter(&field.text[field.from..]) {
            let (from, rest) = (field.from + found.start(), field.from + found.end());
            let Some(anchor) = ANCHORS.get(found.pattern().as_usize()) else {
                pem(field, from, hits);
                continue;
            };
            if field.before(from).is_some_and(is_word) {
                continue;
            }
            let len = field.text[rest..]
                .iter()
                .take(anchor.most)
                .take_while(|&&b| anchor.alphabet.has(b))
                .count();
            let to = rest + trim(&field.text[rest..rest + len]);
            let ends = !field.at(to).is_some_and(|b| is_word(b) && anchor.alphabet.has(b));
            if to - rest >= anchor.least && ends && is_random(&field.text[rest..to]) {
                if anchor.literal == "eyJ" && !is_jwt(&field.text[from..to]) {
                    continue;
                }
                hits.push(Hit::new(from, to, Entity::Secret, 0.95));
            }
        }
        assigned(field, hits);
    }
}

impl Alphabet {
    fn has(self, b: u8) -> bool {
        match self {
            Self::Base64Url => b.is_ascii_alphanumeric() || b == b'-' || b == b'_',
            Self::Alnum => b.is_ascii_alphanumeric(),
            Self::Upper => b.is_ascii_uppercase() || b.is_ascii_digit(),
            Self::Hex => b.is_ascii_hexdigit(),
            Self::Wide => {
                b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'=' | b'+' | b'/' | b'~')
            }
        }
    }
}

/// Without punctuation at the end, which belongs to the prose around.
fn trim(text: &[u8]) -> usize {
    text.iter()
        .rposition(|b| b.is_ascii_alphanumeric() || *b == b'=')
        .map_or(0, |last| last + 1)
}

/// Whether characters look drawn rather than written: digits among the letters, and no placeholder such as `xxxx`.
fn is_random(text: &[u8]) -> bool {
    let digits = text.iter().any(u8::is_ascii_digit);
    let mut seen = [false; 256];
    text.iter().for_each(|&b| seen[b as usize] = true);
    digits && seen.iter().filter(|&&s| s).count() >= 6
}

/// Three parts, the first two JSON objects in base64url (RFC 7519).
fn is_jwt(text: &[u8]) -> bool {
    let parts: Vec<&[u8]> = text.split(|&b| b == b'.').collect();
    parts.len() >= 3 && parts[0].len() >= 12 && parts[1].starts_with(b"eyJ")
}

/// RFC 7468: from `-----BEGIN … PRIVATE KEY-----` to its end line, or to the end of what there is.
fn pem(field: &Field<'_>, from: usize, hits: &mut Vec<Hit>) {
    let rest = &field.text[from..];
    // What closed the segment does not belong to it.
    let rest = &rest[..rest
        .iter()
        .rposition(|&b| CLASS[b as usize] & (SPACE | DELIMITER) == 0)
        .map_or(0, |i| i + 1)];
    let head = &rest[..rest.len().min(64)];
    if !head.windows(11).any(|window| window == b"PRIVATE KEY") {
        return;
    }
    let end = rest
        .windows(8)
        .position(|window| window == b"-----END")
        .map_or(rest.len(), |end| {
            let tail = &rest[end + 8..];
            tail.windows(5)
                .position(|window| window == b"-----")
                .map_or(rest.len(), |dashes| end + 8 + dashes + 5)
        });
    hits.push(Hit::new(from, from + end, Entity::Secret, 1.0));
}

/// `password = hunter2`, `"api_key": "…"`, `password is …`
fn assigned(field: &Field<'_>, hits: &mut Vec<Hit>) {
    let text = field.text;
    let mut word = field.from;
    while word < text.len() {
        let len = text[word..].iter().take_while(|&&b| !is_gap(b)).count();
        if len >= 6 {
            let mut from = word;
            let mut name_end = word;
            if let Some(sign) = text[word..word + len]
                .iter()
                .position(|&b| b == b'=' || b == b':')
            {
                from = word + sign + 1;
                name_end = word + sign;
            }
            let value = &text[from..word + len];
            let value = &value[..value
                .iter()
                .rposition(|b| !matches!(b, b'.' | b'?' | b')' | b'!' | b'\''))
                .map_or(0, |i| i + 1)];
            if value.len() >= 6 && is_named(&text[..name_end], name_end < from) && is_password(value) {
                hits.push(Hit::new(from, from + value.len(), Entity::Secret, 0.7));
            }
        }
        word += len + 1;
    }
}

fn is_gap(b: u8) -> bool {
    matches!(
        b,
        b' ' | b'\n'
            | b'\t'
            | b'\r'
            | b'"'
            | b'\''
            | b'`'
            | b','
            | b';'
            | b'{'
            | b'}'
            | b'<'
            | b'>'
            | b'|'
            | 1
    )
}

/// Whether `left` ends with a name of a secret, a sign of assignment (unless `signed` already) and quotes.
fn is_named(left: &[u8], signed: bool) -> bool {
    let left = &left[left.len().saturating_sub(48)..];
    let quote = |b: &u8| matches!(b, b' ' | b'"' | b'\'' | b'`' | 1);
    let end = left.iter().rposition(|b| !quote(b)).map_or(0, |i| i + 1);
    let mut rest = &left[..end];
    if !signed {
        rest = match rest.last() {
            Some(b'=' | b':') => &rest[..rest.len() - 1],
            _ if rest.ends_with(b" is") => &rest[..rest.len() - 3],
            _ => return false,
        };
        let end = rest.iter().rposition(|b| !quote(b)).map_or(0, |i| i + 1);
        rest = &rest[..end];
    }
    let lower = rest.to_ascii_lowercase();
    NAMES.iter().any(|name| lower.ends_with(name.as_bytes()))
}

/// Whether a value looks like a password or key rather than a word, a variable or code.
fn is_password(value: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    let code =
        value.contains(&b'(') || value.contains(&b'[') || value.starts_with(b"$") || value.starts_with(b"%");
    has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && !code
}
