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
