//! Byte-pair merging of the pieces that are no token themselves: how many tokens they become.
//!
//! Must not know where the pieces come from. Long pieces are merged in windows, so that the work grows with their length
//! and the memory does not.

use alloc::vec::Vec;

use crate::table::{NO_RANK, Table, Tiers};
use crate::{class, heap, repeat};

/// The number of tokens of `text[start..end]`, which is not empty and not a token.
#[inline]
pub(crate) fn merged(table: &Table, text: &[u8], start: usize, end: usize) -> usize {
    let parts = Parts::cut(table, text, start, end);
    if parts.end() == end - start {
        parts.merge(table, text, start).count_ones() as usize
    } else {
        repeat::merged(table, text, start, end).unwrap_or_else(|| in_windows(table, text, start, end))
    }
}

/// The number of tokens of a long piece, window by window.
fn in_windows(table: &Table, text: &[u8], start: usize, end: usize) -> usize {
    joined(end - start, |from, least| {
        window(table, text, start + from, end, least)
    })
}

/// A sequence of tokens is what byte-pair merging makes of its bytes if and only if that holds for every two neighbours
/// (the theorem behind the `bpe` crate). So the tokens of one window and those of the next may be joined as soon as the
/// next, which starts where a token of the first does, begins with that same token: every pair of neighbours then stands
/// in one of the two. Where it does not, because the first window's end reached back that far, the window is doubled.
///
/// A window that was joined and then is doubled may begin with another token than the one that was agreed on: what its end
/// reached back to can be its start. Nothing then says that the neighbours at its start belong together, so all begins anew
/// in windows of the new size. That happens at most as often as the size can be doubled.
///
/// `window(from, least)` has the ends of the tokens of what starts at `from`, counted from there, of at least so many bytes
/// or up to the piece's end, which is at `len`.
fn joined(len: usize, window: impl Fn(usize, usize) -> Vec<u32>) -> usize {
    let (mut tokens, mut start) = (0, 0);
    // Where the window before says that the first token of this one ends.
    let mut agreed = None;
    // As much as `Parts` takes, until that was too little once.
    let mut least = 0;
    let mut ends = window(start, least);
    loop {
        let size = ends.last().map_or(0, |&end| end as usize);
        if len - start <= size {
            return tokens + ends.len();
        }
        // The token at the seam: late, so that little is merged twice, but well before the window's end. It is not the
        // first one, so that every round gets on.
        let seam = ends.partition_point(|&at| at as usize <= size / 4 * 3).max(1);
        if let (Some(&from), Some(&to)) = (ends.get(seam - 1), ends.get(seam)) {
            let next = window(start + from as usize, least);
            if next.first() == Some(&(to - from)) {
                tokens += seam;
                start += from as usize;
                agreed = Some(to - from);
                ends = next;
                continue;
            }
        }
        least = 2 * size;
        ends = window(start, least);
        if agreed.is_some() && agreed != ends.first().copied() {
            (tokens, start, agreed) = (0, 0, None);
            ends = window(start, least);
        }
    }
}

/// The ends of the tokens of a window of at least so many bytes, if there are so many until `end`, counted from `start`.
fn window(table: &Table, text: &[u8], start: usize, end: usize, least: usize) -> Vec<u32> {
    if least > 0 {
        return heap::merge(table, text, start, end.min(start + least));
    }
    let parts = Parts::cut(table, text, start, end);
    let mut left = parts.merge(table, text, start);
    let mut ends = Vec::with_capacity(left.count_ones() as usize);
    while left != 0 {
        left &= left - 1;
        let next = if left == 0 {
            parts.len
        } else {
            left.trailing_zeros() as usize
        };
        ends.push(u32::from(parts.starts[next % MOST]));
    }
    ends
}

/// One more than the parts that are merged in one go, and a bit for each.
const MOST: usize = 64;

/// What merging starts from.
struct Parts {
    /// Where each starts, counted from the piece's start, and then where the last one ends. None is longer than a character.
    starts: [u8; MOST],
    /// How many there are.
    len: usize,
}

impl Parts {
    /// The parts of `text[start..end]`, or of as much of it as there is room for.
    #[inline(always)]
    fn cut(table: &Table, text: &[u8], start: usize, end: usize) -> Self {
        const EACH: [u8; MOST] = {
            let mut each = [0; MOST];
            let mut at = 0;
            while at < MOST {
                each[at] = at as u8;
                at += 1;
            }
            each
        };
        let len = (end - start).min(MOST - 1);
        if text.get(start..start + len).is_some_and(<[u8]>::is_ascii) {
            Self { starts: EACH, len }
        } else {
            Self::cut_characters(table, text, start, end)
        }
    }

    #[inline(always)]
    fn cut_characters(table: &Table, text: &[u8], start: usize, end: usize) -> Self {
        let mut parts = Self {
            starts: [0; MOST],
            len: 0,
        };
        // One character behind: how it is cut depends on both of its neighbours.
        let (mut before, mut this, mut len) = (Tiers::NONE, Tiers::NONE, 0);
        let mut at = start;
        // Four more, and the end.
        while parts.len < MOST - 4 {
            let next = at + len;
            let (after, after_len) = match text.get(next) {
                Some(&lead) if next < end => {
                    if lead & 0xc0 == 0x80 {
                        (Tiers::UNKNOWN, 1)
                    } else {
                        let (character, len) = class::character(text, next, lead);
                        (table.tiers(character), len)
                    }
                }
                _ => (Tiers::NONE, 0),
            };
            if len > 0 {
                parts.add(at - start);
                let edges = if next <= end { this.edges(before, after) } else { 7 };
                if edges != 0 {
                    for offset in 1..len.min(end - at) {
                        if edges >> (offset - 1) & 1 == 1 {
                            parts.add(at + offset - start);
                        }
                    }
                }
            }
            at = next.min(end);
            if after_len == 0 {
                break;
            }
            (before, this, len) = (this, after, after_len);
        }
        parts.starts[parts.len % MOST] = (at - start) as u8;
        parts
    }

    #[inline(always)]
    fn add(&mut self, at: usize) {
        self.starts[self.len % MOST] = at as u8;
        self.len += 1;
    }

    /// Where the last one ends.
    #[inline(always)]
    fn end(&self) -> usize {
        usize::from(self.starts[self.len % MOST])
    }

    /// Merges the two neighbours of the lowest rank, the first among equals, until none are a token together. Returns a bit
    /// for each part that a token starts with.
    #[inline(always)]
    fn merge(&self, table: &Table, text: &[u8], start: usize) -> u64 {
        match self.len {
            0..=8 => self.merge_up_to::<8>(table, text, start),
            9..=16 => self.merge_up_to::<16>(table, text, start),
            17..=32 => self.merge_up_to::<32>(table, text, start),
            _ => self.merge_up_to::<MOST>(table, text, start),
        }
    }

    /// There are at most `N` parts.
    #[inline]
    fn merge_up_to<const N: usize>(&self, table: &Table, text: &[u8], start: usize) -> u64 {
        let starts = &self.starts;
        let rank = |from: usize, to: usize| {
            table.rank(
                text,
                start + usize::from(starts[from % MOST]),
                start + usize::from(starts[to % MOST]),
            )
        };
        // What each part would be together with the next one.
        let mut keys = [NO_KEY; N];
        let pairs = starts.get(..=self.len).unwrap_or_default().windows(3);
        for ((slot, pair), at) in keys.iter_mut().zip(pairs).zip(0..) {
            let (from, to) = (start + usize::from(pair[0]), start + usize::from(pair[2]));
            // Two characters have at most eight bytes.
            let rank = match text.get(from..to) {
                Some(&[first, second]) => table.pair_rank(first, second),
                _ => table.rank_of_short(text, from, to),
            };
            *slot = key(rank, at);
        }
        // The parts that are left, and the end.
        let mut left: u64 = !((u64::MAX - 1) << self.len);
        let after = |left: u64, at: usize| (left & (u64::MAX - 1) << at).trailing_zeros() as usize;
        // The whole array: a loop of known length is a few vector instructions.
        let lowest_of = |keys: &[i32; N]| keys.iter().copied().fold(NO_KEY, i32::min);
        let mut lowest = lowest_of(&keys);
        while lowest < NO_KEY {
            let first = (lowest & 0xff) as usize;
            let second = after(left, first);
            let to = after(left, second);
            // The first itself if nothing is before it.
            let before = 63 - (left & !(u64::MAX << first) | 1).leading_zeros() as usize;
            left &= !(1 << second);
            keys[first % N] = NO_KEY;
            keys[second % N] = NO_KEY;
            keys[before % N] = NO_KEY;
            // While the ranks of the new pairs come from memory, the lowest of the others is found.
            let lowest_other = lowest_of(&keys);
            let with_before = if first > 0 {
                key(rank(before, to), before)
            } else {
                NO_KEY
            };
            let with_after = if to < self.len {
                key(rank(first, after(left, to)), first)
            } else {
                NO_KEY
            };
            keys[before % N] = with_before;
            keys[first % N] = with_after;
            lowest = lowest_other.min(with_before).min(with_after);
        }
        left & !(1 << self.len)
    }
}

/// No pair: not lower than any key without a rank.
const NO_KEY: i32 = (NO_RANK << 8) as i32;

/// What the lowest of is merged first: the rank, and the first place among equals.
#[inline(always)]
fn key(rank: u32, at: usize) -> i32 {
    (rank << 8 | at as u32) as i32
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    /// The ends of the tokens of `text`, for a vocabulary in the order of its ranks. Every letter is a token, too.
    fn merge(vocabulary: &[Vec<u8>], text: &[u8]) -> Vec<u32> {
        let mut ends: Vec<usize> = (1..=text.len()).collect();
        loop {
            let mut start = 0;
            let pairs = ends.windows(2).enumerate().filter_map(|(at, pair)| {
                let together = text.get(core::mem::replace(&mut start, pair[0])..pair[1])?;
                let rank = vocabulary.iter().position(|token| token == together)?;
                Some((rank, at))
            });
            match pairs.min() {
                Some((_, at)) => drop(ends.remove(at)),
                None => return ends.into_iter().map(|end| end as u32).collect(),
            }
        }
    }

    /// What `joined` makes of it in windows of `least` bytes.
    fn by_windows(vocabulary: &[Vec<u8>], text: &[u8], smallest: usize) -> usize {
        joined(text.len(), |from, least| {
            let end = text.len().min(from + least.max(smallest));
            merge(vocabulary, &text[from..end])
        })
    }

    /// Pairs of letters that follow each other, the last ones of the lowest rank: which letters become a pair is decided by
    /// where the text ends, however far away that is. Every other pair goes together with the next such pair, so that
    /// their number tells.
    fn chain() -> Vec<Vec<u8>> {
        let pairs = (0..99).rev().map(|letter| vec![letter, letter + 1]);
        let fours = (0..97).step_by(2).map(|letter| (letter..letter + 4).collect());
        pairs.chain(fours).collect()
    }

    #[test]
    fn an_end_that_reaches_back_over_all_windows_is_heeded() {
        let vocabulary = chain();
        for smallest in [4, 5, 8] {
            for length in (1..100).step_by(6) {
                for before in [0, 1, 9, 30] {
                    // Letters that are in no pair: here windows agree.
                    let mut text = vec![200; before];
                    text.extend(0..length);
                    let expected = merge(&vocabulary, &text).len();
                    let joined = by_windows(&vocabulary, &text, smallest);
                    assert_eq!(joined, expected, "{before} and {length} in {smallest}");
                }
            }
        }
    }

    /// A vocabulary as training makes one: each token is two others together, and all of them are what merging makes of
    /// their bytes.
    fn vocabulary() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            0..24,
        )
        .prop_map(|pairs| {
            let mut all: Vec<Vec<u8>> = (0..4).map(|letter| vec![letter]).collect();
            let mut vocabulary: Vec<Vec<u8>> = Vec::new();
            for (left, right) in pairs {
                let (left, right): (&Vec<u8>, &Vec<u8>) = (left.get(&all), right.get(&all));
                let token = [left.as_slice(), right].concat();
                if all.contains(&token) {
                    continue;
                }
                vocabulary.push(token.clone());
                if merge(&vocabulary, &token).len() == 1 {
                    all.push(token);
                } else {
                    vocabulary.pop();
                }
            }
            vocabulary
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn windows_of_any_vocabulary_join_to_the_whole(
            vocabulary in vocabulary(),
            text in prop::collection::vec(0..4_u8, 1..120),
            smallest in 2..12_usize,
        ) {
            prop_assert_eq!(by_windows(&vocabulary, &text, smallest), merge(&vocabulary, &text).len());
        }
    }
}
