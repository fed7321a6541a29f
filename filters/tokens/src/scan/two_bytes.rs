//! Words in Cyrillic and Greek as most of them are: small letters behind at most one capital, and then something of ASCII
//! that ends them. Eight letters at a time, equal to the patterns where it says anything.
//!
//! Must not know which pattern asks: with every one of them such a word is a piece, or one with a space before it.

use crate::lanes::{self, Lanes};

/// The letters of a script whose characters have two bytes, of which the first is one of two.
struct Script {
    /// The first bytes: this and the next one.
    first: u8,
    /// The capitals among the second bytes after the first of these: the lowest, and how many.
    capitals: (u8, u8),
    /// The small letters after the first of these, and after the second.
    small: [(u8, u8); 2],
}

/// U+0400 to U+045F.
const CYRILLIC: Script = Script {
    first: 0xd0,
    capitals: (0x80, 48),
    small: [(0xb0, 16), (0x80, 32)],
};

/// U+0391 to U+03A1, and U+03AC to U+03CE.
const GREEK: Script = Script {
    first: 0xce,
    capitals: (0x91, 17),
    small: [(0xac, 20), (0x80, 15)],
};

/// The end of the word from `at`, after a space if one is there; `None` where it is no such word.
#[inline(always)]
pub(super) fn word(text: &[u8], at: usize) -> Option<usize> {
    if !lanes::AVAILABLE {
        return None;
    }
    let at = at + usize::from(text.get(at) == Some(&b' '));
    match text.get(at)? & 0xfe {
        0xd0 => of_script(text, at, CYRILLIC),
        0xce => of_script(text, at, GREEK),
        _ => None,
    }
}

#[inline(always)]
fn of_script(text: &[u8], at: usize, script: Script) -> Option<usize> {
    let capital = text.get(at) == Some(&script.first)
        && text
            .get(at + 1)
            .is_some_and(|byte| byte.wrapping_sub(script.capitals.0) < script.capitals.1);
    let start = at + 2 * usize::from(capital);
    let mut end = start;
    loop {
        let lanes = Lanes::new(text.get(end..)?.first_chunk()?);
        let [one, other] = script
            .small
            .map(|(first, count)| lanes.is_among(first, count).bits() >> 1);
        let letters = lanes.is(script.first).bits() & one | lanes.is(script.first + 1).bits() & other;
        let others = !letters & 0x5555;
        if others != 0 {
            end += others.trailing_zeros() as usize;
            break;
        }
        end += 16;
    }
    let ends = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphabetic() && *byte != b'\'';
    (end > start && text.get(end).is_some_and(ends)).then_some(end)
}
