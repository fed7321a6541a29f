//! Looks up tokens of at most 16 bytes: one cache line holds keys and their ranks, so that a look-up waits for memory once.
//!
//! Must not know what they are looked up for. build/lines.rs writes the lines; `hash` has the form of keys and links.

use core::hint::select_unpredictable;

use crate::hash::{self, Key, LINE, Range};
use crate::table::NO_RANK;

/// The lines of keys of `N` words. Each has as many keys as fit, then a number for each of them, one more than its rank, and
/// then a link to another line, or 0.
pub(crate) struct Lines<const N: usize> {
    pub(crate) lines: &'static [[u8; LINE]],
    /// For each `Key::script`, which lines are its own.
    pub(crate) scripts: &'static [[u8; 4]; 256],
}

impl<const N: usize> Lines<N> {
    /// How many places a line has.
    const PLACES: usize = hash::places(N);

    /// The lines where it has to be, unless they lead to others.
    #[inline(always)]
    fn range(&self, key: Key<N>) -> Range {
        Range::from_bytes(self.scripts[key.script() % 256])
    }

    /// Whether that is a token.
    #[inline(always)]
    pub(crate) fn has(&self, key: Key<N>) -> bool {
        self.has_among(key, self.range(key))
    }

    /// The same for a key that is all ASCII.
    #[inline(always)]
    pub(crate) fn has_ascii(&self, key: Key<N>) -> bool {
        self.has_among(key, Range::from_bytes(self.scripts[0]))
    }

    #[inline(always)]
    fn has_among(&self, key: Key<N>, range: Range) -> bool {
        let mut at = key.line(range);
        loop {
            let Some(line) = self.lines.get(at) else {
                return false;
            };
            // Without branches that depend on where the key is.
            let found = (0..Self::PLACES).fold(false, |found, place| found | is(line, place, key));
            if found {
                return true;
            }
            let link = number(line, LINE / 4 - 1);
            if link & key.group() == 0 {
                return false;
            }
            at = hash::linked(link);
        }
    }

    /// The rank of that token, or [`NO_RANK`].
    #[inline(always)]
    pub(crate) fn rank(&self, key: Key<N>) -> u32 {
        let mut at = key.line(self.range(key));
        loop {
            let Some(line) = self.lines.get(at) else {
                return NO_RANK;
            };
            // Without branches that depend on whether there is one: the next look-up need not wait for this one's line.
            let found = (0..Self::PLACES).fold(0, |found, place| {
                let own = number(line, Self::PLACES * N * 2 + place);
                select_unpredictable(is(line, place, key), own, found)
            });
            let link = number(line, LINE / 4 - 1);
            if link & key.group() == 0 || found != 0 {
                return found.wrapping_sub(1) & NO_RANK;
            }
            at = hash::linked(link);
        }
    }
}

/// Whether that key is in that place. The first words of all keys of a line come first, then the second ones.
#[inline(always)]
fn is<const N: usize>(line: &[u8; LINE], place: usize, key: Key<N>) -> bool {
    let words = line.as_chunks().0;
    (0..N).fold(true, |same, word| {
        let own = words.get(place + word * hash::places(N)).unwrap_or(&[0xff; 8]);
        same & (u64::from_le_bytes(*own) == key.words[word])
    })
}

/// The line's number at that place among its words of four bytes.
#[inline(always)]
fn number(line: &[u8; LINE], at: usize) -> u32 {
    u32::from_le_bytes(*line.as_chunks().0.get(at).unwrap_or(&[0; 4]))
}
