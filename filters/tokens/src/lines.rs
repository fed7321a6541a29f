//! Looks up tokens of at most 16 bytes: one cache line holds keys and their ranks, so that a look-up waits for memory once.
//!
//! Must not know what they are looked up for. build/lines.rs writes the lines; `hash` has the form of keys and links.

use core::hint::select_unpredictable;

use crate::hash::{self, Key, LINE, Range};
use crate::lanes;
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
            if Self::line_has(line, key) {
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
            let found = Self::number_of(line, key);
            let link = number(line, LINE / 4 - 1);
            if link & key.group() == 0 || found != 0 {
                return found.wrapping_sub(1) & NO_RANK;
            }
            at = hash::linked(link);
        }
    }

    // Where a key is in its line, or whether, cannot be foreseen: no branch depends on it, so that the next look-up does not
    // wait for this one's line.

    #[inline(always)]
    fn line_has(line: &[u8; LINE], key: Key<N>) -> bool {
        if lanes::COMPARES_WORDS {
            Self::places_of(line, key) != 0
        } else {
            (0..Self::PLACES).fold(false, |found, place| found | Self::is(line, place, key))
        }
    }

    /// The number of that key, or 0.
    #[inline(always)]
    fn number_of(line: &[u8; LINE], key: Key<N>) -> u32 {
        let number_at = |place: usize| number(line, Self::PLACES * N * 2 + place);
        if lanes::COMPARES_WORDS {
            let place = Self::places_of(line, key).trailing_zeros() as usize;
            // After the last place comes another number.
            let found = number_at(place.min(Self::PLACES));
            if place < Self::PLACES { found } else { 0 }
        } else {
            (0..Self::PLACES).fold(0, |found, place| {
                select_unpredictable(Self::is(line, place, key), number_at(place), found)
            })
        }
    }

    /// A bit for the place where that key is. The first words of all keys come first, then the second ones.
    #[inline(always)]
    fn places_of(line: &[u8; LINE], key: Key<N>) -> u32 {
        let two = |place: usize| {
            (0..N).fold(u32::MAX, |same, word| {
                let words = line.get((word * Self::PLACES + place) * 8..);
                let words = words.and_then(<[u8]>::first_chunk).unwrap_or(&[0xff; 16]);
                same & lanes::equal_of_two(words, key.words[word])
            }) << place
        };
        // The number of places is odd.
        let last = Self::PLACES - 1;
        let twos = (0..last / 2).fold(0, |found, at| found | two(at * 2));
        twos | u32::from(Self::is(line, last, key)) << last
    }

    #[inline(always)]
    fn is(line: &[u8; LINE], place: usize, key: Key<N>) -> bool {
        let words = line.as_chunks().0;
        (0..N).fold(true, |same, word| {
            let own = words.get(word * Self::PLACES + place).unwrap_or(&[0xff; 8]);
            same & (u64::from_le_bytes(*own) == key.words[word])
        })
    }
}

/// The line's number at that place among its words of four bytes.
#[inline(always)]
fn number(line: &[u8; LINE], at: usize) -> u32 {
    u32::from_le_bytes(*line.as_chunks().0.get(at).unwrap_or(&[0; 4]))
}
