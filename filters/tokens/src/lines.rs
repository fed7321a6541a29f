//! Looks up tokens of at most 16 bytes: one cache line of keys says whether it is one, and half a line or less its rank.
//!
//! Must not know what they are looked up for. build/lines.rs writes the lines; `hash` has their form.

use wide::u32x4;

use crate::hash::{self, Key, LINE, RANK};
use crate::table::NO_RANK;

/// The lines of keys of `N` words: 16 / `N` places each.
pub(crate) struct Lines<const N: usize> {
    /// All first words of a line's keys come first, then all second ones, and so on.
    pub(crate) keys: &'static [[u8; LINE]],
    /// A rank and a part of the key's hash for each place, in groups of four.
    pub(crate) ranks: &'static [[u8; 16]],
}

impl<const N: usize> Lines<N> {
    /// How many groups of four places a line has.
    const GROUPS: usize = 4 / N;

    /// Whether that is a token.
    #[inline(always)]
    pub(crate) fn has(&self, key: Key<N>) -> bool {
        let mut at = key.line(self.keys.len());
        loop {
            let Some(line) = self.keys.get(at) else {
                return false;
            };
            let groups = line.as_chunks().0;
            let found = (0..Self::GROUPS).fold(0, |found, group| {
                let same = (0..N).fold(u32x4::splat(u32::MAX), |same, word| {
                    same & four(groups.get(word * Self::GROUPS + group))
                        .simd_eq(u32x4::splat(key.words[word]))
                });
                found | same.to_bitmask()
            });
            if found != 0 {
                return true;
            }
            let last = self.word(at, 0, 16 / N - 1);
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
            let groups = at * Self::GROUPS;
            let mut last = 0;
            for group in 0..Self::GROUPS {
                let Some(ranks) = self.ranks.get(groups + group) else {
                    return NO_RANK;
                };
                let prints = four(Some(ranks)) & u32x4::splat(!RANK);
                let mut same = prints.simd_eq(u32x4::splat(print)).to_bitmask();
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
            at = hash::redirected(self.word(at, 0, 16 / N - 1));
        }
    }

    /// One word of the key in that place.
    #[inline(always)]
    fn word(&self, line: usize, word: usize, place: usize) -> u32 {
        let word = self
            .keys
            .get(line)
            .and_then(|line| line.as_chunks().0.get(word * (16 / N) + place));
        word.map_or(u32::MAX, |word| u32::from_le_bytes(*word))
    }
}

#[inline(always)]
fn four(bytes: Option<&[u8; 16]>) -> u32x4 {
    let words = bytes.map_or(&[[0; 4]; 4], |bytes| {
        bytes.as_chunks().0.first_chunk().unwrap_or(&[[0; 4]; 4])
    });
    u32x4::new(words.map(u32::from_le_bytes))
}
