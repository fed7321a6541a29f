//! The pattern of `r50k_base` and `p50k_base`, which is GPT-2's.
//!
//! Must not know the vocabularies.

use super::Pattern;
use super::runs::{ascii_letters, run, white};
use crate::class::{LETTER, MARK, NUMBER, OTHER, class_at};

/// ```text
/// '(?:[sdmt]|ll|ve|re)
///  ?\p{L}++
///  ?\p{N}++
///  ?[^\s\p{L}\p{N}]++
/// \s++$
/// \s+(?!\S)
/// \s
/// ```
pub(crate) struct Gpt2;

impl Pattern for Gpt2 {
    #[inline(always)]
    fn piece(text: &[u8], at: usize) -> usize {
        match text[at..] {
            [b'\'', b's' | b'd' | b'm' | b't', ..] => return at + 2,
            [b'\'', b'l', b'l', ..] | [b'\'', b'v' | b'r', b'e', ..] => return at + 3,
            _ => {}
        }
        let start = if text[at] == b' ' { at + 1 } else { at };
        let (class, _) = class_at(text, start);
        if class & LETTER != 0 {
            let end = ascii_letters(text, start);
            return if text.get(end).is_some_and(|byte| !byte.is_ascii()) {
                run(text, end, LETTER)
            } else {
                end
            };
        }
        if class & NUMBER != 0 {
            return run(text, start, NUMBER);
        }
        if class & (OTHER | MARK) != 0 {
            return run(text, start, OTHER | MARK);
        }
        white(text, at).before_word(text, at)
    }
}
