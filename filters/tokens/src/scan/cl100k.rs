//! The pattern of `cl100k_base`.
//!
//! Must not know the vocabulary.

use super::runs::{ascii_letters, contraction, run, up_to_three, white};
use super::window::{Rules, window};
use super::{Pattern, Window, two_bytes};
use crate::class::{LETTER, MARK, NEWLINE, NUMBER, OTHER, class_at};
use crate::lanes;

/// ```text
/// '(?i:[sdmt]|ll|ve|re)
/// [^\r\n\p{L}\p{N}]?+\p{L}++
/// \p{N}{1,3}+
///  ?[^\s\p{L}\p{N}]++[\r\n]*+
/// \s++$
/// \s*[\r\n]
/// \s+(?!\S)
/// \s
/// ```
pub(crate) struct Cl100k;

const RULES: Rules = Rules {
    camel_case: false,
    contraction_in_word: false,
    slash_after_symbols: false,
};

impl Pattern for Cl100k {
    #[inline(always)]
    fn piece(text: &[u8], at: usize) -> usize {
        if let Some(end) = two_bytes::word(text, at).or_else(|| contraction(text, at)) {
            return end;
        }
        let (class, len) = class_at(text, at);
        if class & LETTER != 0 {
            return letters(text, at);
        }
        if class & NUMBER != 0 {
            return up_to_three(text, at, NUMBER);
        }
        let after = at + len;
        if class & NEWLINE == 0 {
            let (next, _) = class_at(text, after);
            if next & LETTER != 0 {
                return letters(text, after);
            }
            if class & (OTHER | MARK) != 0 || next & (OTHER | MARK) != 0 && text[at] == b' ' {
                return newlines(text, run(text, after, OTHER | MARK));
            }
        }
        let white = white(text, at);
        if white.end == text.len() {
            return white.end;
        }
        white.newline.unwrap_or_else(|| white.before_word(text, at))
    }

    #[inline(always)]
    fn window(text: &[u8], at: usize) -> Option<Window> {
        if lanes::AVAILABLE {
            window(text, at, RULES)
        } else {
            None
        }
    }
}

#[inline(always)]
fn letters(text: &[u8], at: usize) -> usize {
    let end = ascii_letters(text, at);
    if text.get(end).is_some_and(|byte| !byte.is_ascii()) {
        run(text, end, LETTER)
    } else {
        end
    }
}

#[inline]
fn newlines(text: &[u8], mut at: usize) -> usize {
    while let Some(b'\r' | b'\n') = text.get(at) {
        at += 1;
    }
    at
}
