//! Looks up tokens of at most 16 bytes: one cache line of keys says whether it is one, and half a line or less its rank.
//!
//! Must not know what they are looked up for. build/lines.rs writes the lines; `hash` has their form.

use crate::hash::{self, Key, LINE, RANK};
use crate::lanes;
use crate::table::NO_RANK;

/// The lines of keys of `N` words: 8 / `N` places each.
pub(crate) struct Lines<const N: usize> {
    /// All first words of a line's keys come first, then all second ones, and so on.
    pub(crate) keys: &'static [[u8; LINE]],
    /// A rank and a part of the key's hash for each place, in groups of four.
    pub(crate) ranks: &'static [[u8; 16]],
}

impl<const N: usize> Lines<N> {
    /// How many places a line has.
    const PLACES: usize = 8 / N;

    /// Whether that is a token.
    #[inline(always)]
    pub(crate) fn has(&self, key: Key<N>) -> bool {
        let mut at = key.line(self.keys.len());
        loop {
            let Some(line) = self.keys.get(at) else {
                return false;
            };
            if Self::line_has(line, key) {
                return true;
            }
            let last = self.word(at, 0, Self::PLACES - 1);
            if !hash::is_no_key(last) {
                return false;
            }
            at = hash::redirected(last);
        }
    }

    /// The rank of that token, or [`NO_RANK`].
    #[inline(always)]
    pub(crate) fn rank(&self, key: Key<N>) -> u32 {
        let mut at = key.line(self.keys.len());
        let print = key.print();
        loop {
            let groups = at * Self::PLACES / 4;
            let mut last = 0;
            for group in 0..Self::PLACES / 4 {
                let Some(ranks) = self.ranks.get(groups + group) else {
                    return NO_RANK;
                };
                let mut same = lanes::equal_of_four(ranks, !RANK, print);
                let rank =
                    |place: usize| u32::from_le_bytes(*ranks.as_chunks().0.get(place).unwrap_or(&[0; 4]));
                while same != 0 {
                    let place = same.trailing_zeros() as usize;
                    // Only now the key itself is looked at: most that are no tokens end without it.
                    if (0..N).all(|word| self.word(at, word, group * 4 + place) == key.words[word]) {
                        return rank(place) & RANK;
                    }
                    same &= same - 1;
                }
                last = rank(3);
            }
            if !key.may_be_elsewhere(last) {
                return NO_RANK;
            }
            at = hash::redirected(self.word(at, 0, Self::PLACES - 1));
        }
    }

    /// Without branches that depend on where the key is.
    #[inline(always)]
    fn line_has(line: &[u8; LINE], key: Key<N>) -> bool {
        if lanes::AVAILABLE {
            let twos = line.as_chunks().0;
            let found = (0..Self::PLACES / 2).fold(0, |found, two| {
                let same = (0..N).fold(u32::MAX, |same, word| {
                    let words = twos.get(word * Self::PLACES / 2 + two).unwrap_or(&[0xff; 16]);
                    same & lanes::equal_of_two(words, key.words[word])
                });
                found | same
            });
            found != 0
        } else {
            let words = line.as_chunks().0;
            let is = |place: usize, word: u64| {
                words
                    .get(place)
                    .is_some_and(|own| u64::from_le_bytes(*own) == word)
            };
            (0..Self::PLACES).fold(false, |found, place| {
                found
                    | (0..N).fold(true, |same, word| {
                        same & is(word * Self::PLACES + place, key.words[word])
                    })
            })
        }
    }

    /// One word of the key in that place.
    #[inline(always)]
    fn word(&self, line: usize, word: usize, place: usize) -> u64 {
        let words = self.keys.get(line).map(|line| line.as_chunks().0);
        let word = words.and_then(|words| words.get(word * Self::PLACES + place));
        word.map_or(u64::MAX, |word| u64::from_le_bytes(*word))
    }
}
