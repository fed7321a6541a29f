//! The pattern of `o200k_base` and `o200k_harmony`.
//!
//! Must not know the vocabulary.

use super::runs::{ascii_lower, contraction, run, up_to_three, white};
use super::window::{Rules, window};
use super::{Pattern, Window, two_bytes};
use crate::class::{LETTER, LOWER, MARK, NEWLINE, NUMBER, OTHER, UNCASED, UPPER, class_at};
use crate::lanes;

/// The characters that can stand at the start of a word: `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
const HEAD: u8 = UPPER | UNCASED | MARK;
/// The characters that can stand at its end: `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
const TAIL: u8 = LOWER | UNCASED | MARK;

/// ```text
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// \p{N}{1,3}
///  ?[^\s\p{L}\p{N}]+[\r\n/]*
/// \s*[\r\n]+
/// \s+(?!\S)
/// \s+
/// ```
pub(crate) struct O200k;

const RULES: Rules = Rules {
    camel_case: true,
    contraction_in_word: true,
    slash_after_symbols: true,
};

impl Pattern for O200k {
    #[inline(always)]
    fn piece(text: &[u8], at: usize) -> usize {
        if let Some(end) = two_bytes::word(text, at) {
            return end;
        }
        let (class, len) = class_at(text, at);
        if class & LETTER != 0 {
            return word(text, at);
        }
        if class & NUMBER != 0 {
            return up_to_three(text, at, NUMBER);
        }
        let after = at + len;
        if class & NEWLINE == 0 {
            // The optional character before a word.
            let (next, _) = class_at(text, after);
            if next & LETTER != 0 && class & MARK == 0 {
                return word(text, after);
            }
            if next & MARK != 0 || class & MARK != 0 {
                return marked_word(text, at, after);
            }
            if class & OTHER != 0 {
                return symbols(text, after);
            }
            if next & OTHER != 0 && text[at] == b' ' {
                return symbols(text, after);
            }
        }
        let white = white(text, at);
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

/// A word whose first character is a letter; its optional character before is cut already.
#[inline(always)]
fn word(text: &[u8], at: usize) -> usize {
    let mut end = at;
    while text.get(end).is_some_and(u8::is_ascii_uppercase) {
        end += 1;
    }
    end = ascii_lower(text, end);
    if text.get(end).is_some_and(|byte| !byte.is_ascii()) {
        // Never fails: one of the two alternatives takes the letter.
        end = cased(text, at).unwrap_or_else(|| run(text, at, UPPER));
    }
    contraction(text, end).unwrap_or(end)
}

/// The first alternative's letters, from `at`: `[heads]*[tails]+`, or `None` where it fails, which leaves at most
/// characters of `UPPER` to the second one.
fn cased(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    // Where the run of heads could give its last characters to the tails instead.
    let mut give_back = None;
    loop {
        let (class, len) = class_at(text, end);
        if class & HEAD == 0 {
            break;
        }
        end += len;
        if class & TAIL != 0 {
            give_back = Some(end);
        }
    }
    let tail = run(text, end, TAIL);
    if tail > end { Some(tail) } else { give_back }
}

/// A word where a mark stands first or second: a mark is both letter-like and allowed before a word.
#[cold]
fn marked_word(text: &[u8], at: usize, after: usize) -> usize {
    let end = cased(text, after).or_else(|| cased(text, at)).unwrap_or(after);
    contraction(text, end).unwrap_or(end)
}

/// The rest of ` ?[^\s\p{L}\p{N}]+[\r\n/]*`
#[inline]
fn symbols(text: &[u8], at: usize) -> usize {
    let mut end = at;
    loop {
        let (class, len) = class_at(text, end);
        if class & (OTHER | MARK) == 0 {
            break;
        }
        end += len;
    }
    while let Some(b'\r' | b'\n' | b'/') = text.get(end) {
        end += 1;
    }
    end
}
