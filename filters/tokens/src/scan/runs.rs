//! Runs of characters, which the patterns are made of: how far letters, symbols or white space go.
//!
//! Must not know which pattern asks.

use crate::class::{ASCII, LOWER, NEWLINE, SPACE, UPPER, class_at};

/// The end of the run of characters in `set` (bits of `class`) from `at`.
#[inline]
pub(super) fn run(text: &[u8], mut at: usize, set: u8) -> usize {
    loop {
        let (class, len) = class_at(text, at);
        if class & set == 0 {
            return at;
        }
        at += len;
    }
}

/// The end of at most three characters of `set` from `at`.
#[inline]
pub(super) fn up_to_three(text: &[u8], mut at: usize, set: u8) -> usize {
    for _ in 0..3 {
        let (class, len) = class_at(text, at);
        if class & set == 0 {
            break;
        }
        at += len;
    }
    at
}

/// The end of the run of `a`–`z` from `at`, eight bytes at a time.
#[inline(always)]
pub(super) fn ascii_lower(text: &[u8], at: usize) -> usize {
    ascii_run(text, at, LOWER, 0)
}

/// The end of the run of ASCII letters from `at`.
#[inline(always)]
pub(super) fn ascii_letters(text: &[u8], at: usize) -> usize {
    ascii_run(text, at, LOWER | UPPER, 0x20)
}

const fn every(byte: u8) -> u64 {
    0x0101_0101_0101_0101 * byte as u64
}

/// `fold` is what is set in each byte before it is compared with `a`–`z`.
#[inline(always)]
fn ascii_run(text: &[u8], mut at: usize, set: u8, fold: u8) -> usize {
    while let Some(bytes) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*bytes);
        let low = (word | every(fold)) & every(0x7f);
        // A byte's high bit: from `a` on, and not after `z`, and ASCII. No sum carries into the next byte.
        let inside = (low + every(0x80 - b'a')) & !(low + every(0x7f - b'z')) & !word & every(0x80);
        let outside = inside ^ every(0x80);
        if outside != 0 {
            return at + (outside.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while text
        .get(at)
        .is_some_and(|&byte| ASCII[usize::from(byte)] & set != 0)
    {
        at += 1;
    }
    at
}

/// A run of white space.
pub(super) struct White {
    /// Where it ends.
    pub(super) end: usize,
    /// Where its last character starts.
    pub(super) last: usize,
    /// Where its last `\r` or `\n` ends, if it has one.
    pub(super) newline: Option<usize>,
}

/// The run of white space from `at`, where at least one is.
#[inline]
pub(super) fn white(text: &[u8], at: usize) -> White {
    let mut run = White {
        end: at,
        last: at,
        newline: None,
    };
    loop {
        let (class, len) = class_at(text, run.end);
        if class & SPACE == 0 {
            return run;
        }
        run.last = run.end;
        run.end += len;
        if class == NEWLINE {
            run.newline = Some(run.end);
        }
    }
}

impl White {
    /// `\s+(?!\S)` and, where that fails, `\s`: white space before a word leaves it its last character.
    #[inline]
    pub(super) fn before_word(&self, text: &[u8], at: usize) -> usize {
        if self.end == text.len() || self.last == at {
            self.end
        } else {
            self.last
        }
    }
}

/// The end of `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at `at`, if it is there. The one character beyond ASCII that folds into these
/// letters is U+017F, the long s.
#[inline(always)]
pub(super) fn contraction(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at) != Some(&b'\'') {
        None
    } else {
        contraction_after_apostrophe(text, at)
    }
}

#[inline]
fn contraction_after_apostrophe(text: &[u8], at: usize) -> Option<usize> {
    let letter = |at: usize| text.get(at).map_or(0, |byte| byte | 0x20);
    match (text.get(at + 1)?, letter(at + 1), letter(at + 2)) {
        (0xc5, _, _) if text.get(at + 2) == Some(&0xbf) => Some(at + 3),
        (byte, _, _) if !byte.is_ascii_alphabetic() => None,
        (_, b's' | b't' | b'm' | b'd', _) => Some(at + 2),
        (_, b'r' | b'v', b'e') | (_, b'l', b'l') if text.get(at + 2).is_some_and(u8::is_ascii_alphabetic) => {
            Some(at + 3)
        }
        _ => None,
    }
}
