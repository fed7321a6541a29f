//! How sure it is that some characters are an identifier of a kind: the words beside it, its separators, its check.
//! Must not know how the kinds are found that they may be of.

use super::search::{Candidate, Entry, LONGEST};
use crate::recognizers::Field;

/// How far before an identifier its topic word may stand.
const REACH: usize = 48;

/// How sure it is that `text`, which may be of a kind, is of it.
pub(super) fn score(field: &Field<'_>, entry: &Entry, candidate: &Candidate, text: &[u8]) -> Option<f32> {
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
pub(super) fn inside_before(field: &Field<'_>, from: usize) -> bool {
    match field.text.get(..from) {
        Some([.., digit, sign]) => is_joint(*sign) && digit.is_ascii_digit(),
        _ => false,
    }
}

/// Whether a sign and a digit stand after what ends at `to`.
#[inline]
pub(super) fn inside_after(field: &Field<'_>, to: usize) -> bool {
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
