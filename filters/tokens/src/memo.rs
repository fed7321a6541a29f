//! Remembers how many tokens the pieces became that are none themselves: a text repeats its names and identifiers, and
//! merging one costs as much as many look-ups.
//!
//! Must not know why a piece is asked for. It lasts for one text or one counter of parts, and serves one vocabulary.

use alloc::boxed::Box;
use core::fmt;

use crate::hash;
use crate::merge;
use crate::table::Table;

/// Longer pieces are rare, and merged each time.
const LONGEST: usize = 32;
const ENTRIES: usize = 256;

/// Made when the first such piece comes: many texts have none.
#[derive(Clone, Default)]
pub(crate) struct Memo(Option<Box<[Entry; ENTRIES]>>);

/// The words of a piece and its tokens, 0 where there is none yet. Each piece has one place.
type Entry = ([u64; LONGEST / 8], u32);

impl fmt::Debug for Memo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Memo")
    }
}

impl Memo {
    /// The tokens of `text[start..end]`, which is not empty and not a token.
    pub(crate) fn merged(&mut self, table: &Table, text: &[u8], start: usize, end: usize) -> usize {
        let len = end - start;
        if len > LONGEST {
            return merge::merged(table, text, start, end);
        }
        let words = hash::words(text, start, len);
        let entries = self
            .0
            .get_or_insert_with(|| Box::new([([0; LONGEST / 8], 0); ENTRIES]));
        let entry = &mut entries[(hash::of_words(words) >> 40) as usize % ENTRIES];
        if entry.0 != words || entry.1 == 0 {
            *entry = (words, merge::merged(table, text, start, end) as u32);
        }
        entry.1 as usize
    }
}
