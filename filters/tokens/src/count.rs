//! Counting a whole text with one vocabulary: cut, look up, merge what is no token.

use crate::memo::Memo;
use crate::scan::{Pattern, Window};
use crate::table::Table;

/// Windows that end early are not worth their price: so many bytes after one of these are cut piece by piece.
const PAUSE: usize = 64;
const EARLY: usize = 16;

/// The tokens of `text`, cut by `P`. `memo` is that of the same table.
pub(crate) fn count<P: Pattern>(table: &Table, memo: &mut Memo, text: &str) -> usize {
    let text = text.as_bytes();
    let mut tokens = 0;
    let mut at = 0;
    let mut paused = 0;
    while at < text.len() {
        if at >= paused {
            let window = P::window(text, at);
            if window.as_ref().is_none_or(|window| window.len < EARLY) {
                paused = at + PAUSE;
            }
            if let Some(window) = window {
                tokens += of_window(table, memo, text, at, &window);
                at += window.len;
                continue;
            }
        }
        let end = P::piece(text, at);
        debug_assert!(end > at);
        tokens += if end - at == 1 || table.has(text, at, end) {
            1
        } else {
            memo.merged(table, text, at, end)
        };
        at = end;
    }
    tokens
}

/// Counts the pieces of `text` that stay as they are whatever is put behind it; the tokens, and where the last such piece
/// ends.
///
/// A piece is one if another one follows that ends before the text does: all that a pattern looks at behind a piece is one
/// run of white space or of letters, or an apostrophe and two letters, and the next piece has that and what ends it.
pub(crate) fn settled<P: Pattern>(table: &Table, memo: &mut Memo, text: &str) -> (usize, usize) {
    let text = text.as_bytes();
    let (mut tokens, mut start, mut end) = (0, 0, 0);
    while end < text.len() {
        let next = P::piece(text, end);
        if next == text.len() {
            break;
        }
        if end > start {
            tokens += if end - start == 1 || table.has(text, start, end) {
                1
            } else {
                memo.merged(table, text, start, end)
            };
        }
        (start, end) = (end, next);
    }
    (tokens, start)
}

#[inline(always)]
fn of_window(table: &Table, memo: &mut Memo, text: &[u8], at: usize, window: &Window) -> usize {
    let mut tokens = window.pieces as usize;
    let short = window.short();
    let mut left = short;
    while left != 0 {
        let start = left.trailing_zeros() as usize;
        let (start, end) = (at + start, at + window.end(start));
        left &= left - 1;
        if !table.has_short_ascii(text, start, end) {
            tokens += memo.merged(table, text, start, end) - 1;
        }
    }
    left = window.open & !short;
    while left != 0 {
        let start = left.trailing_zeros() as usize;
        let (start, end) = (at + start, at + window.end(start));
        left &= left - 1;
        if !table.has_ascii(text, start, end) {
            tokens += memo.merged(table, text, start, end) - 1;
        }
    }
    tokens
}

#[cfg(all(test, feature = "o200k"))]
mod tests {
    use super::{count, settled};
    use crate::memo::Memo;
    use crate::scan::{Gpt2, O200k, Pattern};
    use crate::vocabulary::O200K;
    use alloc::string::String;

    const ATOMS: [&str; 24] = [
        "a", "B", "日", "か", "\u{301}", "ǅ", "ʰ", "0", "7", "!", "/", "'", "'", "'s", "'r", "'l", "ſ", " ",
        " ", "\n", "\r", "\u{3000}", "😀", "=",
    ];

    fn check<P: Pattern>(text: &str) {
        let whole = count::<P>(&O200K, &mut Memo::default(), text);
        for (at, _) in text.char_indices() {
            let (tokens, end) = settled::<P>(&O200K, &mut Memo::default(), &text[..at]);
            let rest = count::<P>(&O200K, &mut Memo::default(), &text[end..]);
            assert_eq!(tokens + rest, whole, "{text:?} {at} {end}");
        }
    }

    /// With any pattern: what is settled is the pieces, whatever they are counted by.
    #[test]
    fn what_is_settled_stays_whatever_follows() {
        let mut state = 1u64;
        let mut random = |choices: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % choices
        };
        for _ in 0..3000 {
            let first = random(24);
            let variety = 2 + random(22);
            let len = 2 + random(14);
            let text: String = (0..len)
                .map(|_| ATOMS[((first + random(variety)) % 24) as usize])
                .collect();
            check::<O200k>(&text);
            check::<Gpt2>(&text);
            #[cfg(feature = "cl100k")]
            check::<crate::scan::Cl100k>(&text);
        }
    }
}
