//! E-mail addresses.
//! Must not know mail servers: an address is recognized by its form only.

use super::{Field, Hit, is_word};
use crate::entity::Entity;
use crate::swar;

/// Endings that look like a top-level domain but are file names (`icon@2x.png`) or private names.
const NOT_TLD: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "pdf", "js", "jsx", "ts", "tsx", "css", "scss",
    "html", "htm", "json", "xml", "yaml", "yml", "toml", "txt", "log", "exe", "dll", "jar", "zip", "gz",
    "tar", "service", "target", "socket", "timer", "lock", "mp3", "mp4",
];

/// Those as numbers, which are compared at once.
const NOT_TLD_KEYS: [u64; NOT_TLD.len()] = {
    let mut keys = [0; NOT_TLD.len()];
    let mut i = 0;
    while i < NOT_TLD.len() {
        assert!(NOT_TLD[i].len() <= 8);
        keys[i] = key(NOT_TLD[i].as_bytes());
        i += 1;
    }
    keys
};

/// Up to eight bytes, none of them zero, as a number.
const fn key(label: &[u8]) -> u64 {
    let mut key = 0;
    let mut i = 0;
    while i < label.len() {
        key = key << 8 | label[i] as u64;
        i += 1;
    }
    key
}

/// RFC 5321 4.5.3.1 allows 64 and 255; folded text may hold some more.
const LONGEST_LOCAL: usize = 96;
const LONGEST_DOMAIN: usize = 253;

pub(crate) fn find(field: &Field<'_>, hits: &mut Vec<Hit>) {
    let mut at = field.from;
    while let Some(step) = swar::find(&field.text[at..], b'@') {
        at += step;
        if let Some((from, to)) = address(field, at) {
            hits.push(Hit::new(from, to, Entity::EmailAddress, 1.0));
        }
        at += 1;
    }
}

fn address(field: &Field<'_>, at: usize) -> Option<(usize, usize)> {
    let text = field.text;
    let floor = field.from.max(at.saturating_sub(LONGEST_LOCAL));
    let mut from = at;
    // A line break right before the @ can only be somebody's cut.
    if from > floor && text[from - 1] == b'\n' && mail_context(field, from - 1) {
        from -= 1;
    }
    while from > floor && is_local(text[from - 1]) {
        from -= 1;
    }
    from = over_line(field, from, floor).unwrap_or(from);
    while from < at && !is_word(text[from]) && text[from] != b'_' {
        from += 1;
    }
    let local = &text[from..at];
    if local.is_empty() || local.windows(2).any(|pair| pair == b"..") || matches!(local.last(), Some(b'.')) {
        return None;
    }
    let to = domain(field, at + 1)?;
    // git@host:path is how repositories are addressed.
    if local == b"git" && text.get(to) == Some(&b':') {
        return None;
    }
    Some((from, to))
}

/// The start of a local part that goes on from the line before, if the text says that an address comes.
fn over_line(field: &Field<'_>, from: usize, floor: usize) -> Option<usize> {
    let text = field.text;
    if from <= floor || text[from - 1] != b'\n' || !mail_context(field, from - 1) {
        return None;
    }
    let mut start = from - 1;
    while start > floor && is_local(text[start - 1]) {
        start -= 1;
    }
    (start < from - 1).then_some(start)
}

/// Whether the word that ends at `end` comes right after "e-mail", "e-mail is" or the like.
fn mail_context(field: &Field<'_>, end: usize) -> bool {
    let mut start = end;
    while start > 0 && is_local(field.text[start - 1]) {
        start -= 1;
    }
    field.text[start.saturating_sub(24)..start]
        .windows(4)
        .any(|window| window.eq_ignore_ascii_case(b"mail"))
}

fn is_local(b: u8) -> bool {
    is_word(b)
        || matches!(
            b,
            b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'&' | b'~' | b'!' | b'#' | b'$'
        )
}

/// The end of a domain with a top-level domain.
fn domain(field: &Field<'_>, start: usize) -> Option<usize> {
    let text = field.text;
    let mut bytes = Bytes {
        array: [0; LONGEST_DOMAIN + 2],
        len: 0,
    };
    let mut at = start;
    let mut ends: Option<usize> = None;
    let mut label = 0;
    let mut joined = false;
    loop {
        match field.at(at) {
            Some(b) if at - start < LONGEST_DOMAIN && (is_word(b) || b == b'-' || b == b'_') => {
                bytes.push(b.to_ascii_lowercase());
                at += 1;
            }
            Some(b'.') if bytes.len > label => {
                ends = top_level(bytes.from(label), label).then_some(at).or(ends);
                bytes.push(b'.');
                label = bytes.len;
                at += 1;
            }
            // A line break inside the domain, before it is complete.
            Some(b'\n')
                if !joined && ends.is_none() && !top_level(bytes.from(label), label) && at > start =>
            {
                joined = true;
                at += 1;
            }
            Some(b'\n') if !joined && at == start => {
                joined = true;
                at += 1;
            }
            _ => break,
        }
    }
    if top_level(bytes.from(label), label) {
        let mut end = at;
        while end > start && matches!(text[end - 1], b'-' | b'_') {
            end -= 1;
        }
        ends = Some(end);
    }
    ends
}

/// A domain in lower case.
struct Bytes {
    array: [u8; LONGEST_DOMAIN + 2],
    len: usize,
}

impl Bytes {
    fn push(&mut self, b: u8) {
        if let Some(slot) = self.array.get_mut(self.len) {
            *slot = b;
            self.len += 1;
        }
    }

    fn from(&self, at: usize) -> &[u8] {
        &self.array[at..self.len]
    }
}

/// Whether a label that begins at `start` of the domain can be its last.
fn top_level(label: &[u8], start: usize) -> bool {
    let label = label.strip_suffix(b"-").unwrap_or(label);
    start > 0
        && (2..=24).contains(&label.len())
        && (label.iter().all(|&b| b.is_ascii_alphabetic() || b >= 0x80) || label.starts_with(b"xn--"))
        && !(label.len() <= 8 && NOT_TLD_KEYS.contains(&key(label)))
}
