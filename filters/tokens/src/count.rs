//! Counting a whole text with one vocabulary: cut, look up, merge what is no token.

use crate::merge;
use crate::scan::Pattern;
use crate::table::{NO_RANK, Table};

/// The tokens of `text`, cut by `P`.
pub(crate) fn count<P: Pattern>(table: &Table, text: &str) -> usize {
    let text = text.as_bytes();
    let mut tokens = 0;
    let mut at = 0;
    while at < text.len() {
        let end = P::piece(text, at);
        debug_assert!(end > at);
        tokens += if end - at == 1 || table.rank(text, at, end) != NO_RANK {
            1
        } else {
            merge::merged(table, text, at, end)
        };
        at = end;
    }
    tokens
}
