//! Byte-pair merging of the pieces that are no token themselves: how many tokens they become.
//!
//! Must not know where the pieces come from. Long pieces are merged in windows, so that the work grows with their length
//! and the memory does not.

use alloc::vec::Vec;

use crate::table::{NO_RANK, Table, Tiers};
use crate::{class, heap, repeat};

/// The longest piece that is merged in one go.
const LONGEST: usize = 127;
/// How much of a longer one is merged at once, at first.
const WINDOW: usize = 63;

/// The number of tokens of `text[start..end]`, which is not empty and not a token.
#[inline]
pub(crate) fn merged(table: &Table, text: &[u8], start: usize, end: usize) -> usize {
    match end - start {
        0..=7 => merge::<u64, 8>(table, text, start, end).len(),
        8..=15 => merge::<u64, 16>(table, text, start, end).len(),
        16..=31 => merge::<u64, 32>(table, text, start, end).len(),
        32..=63 => merge::<u64, 64>(table, text, start, end).len(),
        64..=LONGEST => merge::<u128, 128>(table, text, start, end).len(),
        _ => repeat::merged(table, text, start, end).unwrap_or_else(|| in_windows(table, text, start, end)),
    }
}

/// A sequence of tokens is what byte-pair merging makes of its bytes if and only if that holds for every two neighbours
/// (the theorem behind the `bpe` crate). So the tokens of one window and those of the next may be joined as soon as the
/// next, which starts where a token of the first does, begins with that same token: every pair of neighbours then stands
/// in one of the two. Where it does not, because the first window's end reached back that far, the window is doubled.
fn in_windows(table: &Table, text: &[u8], mut start: usize, end: usize) -> usize {
    let mut tokens = 0;
    let mut size = WINDOW;
    let mut ends = window(table, text, start, start + size);
    loop {
        if end - start <= size {
            return tokens + ends.len();
        }
        // The token at the seam: late, so that little is merged twice, but well before the window's end. It is not the
        // first one, so that every round gets on.
        let seam = ends.partition_point(|&at| at as usize <= size / 4 * 3).max(1);
        if let (Some(&from), Some(&to)) = (ends.get(seam - 1), ends.get(seam)) {
            let (from, to) = (start + from as usize, start + to as usize);
            let next = window(table, text, from, end.min(from + size));
            if next.first().is_some_and(|&first| from + first as usize == to) {
                tokens += seam;
                start = from;
                ends = next;
                continue;
            }
        }
        size *= 2;
        ends = window(table, text, start, end.min(start + size));
    }
}

/// The ends of a window's tokens, counted from `start`.
fn window(table: &Table, text: &[u8], start: usize, end: usize) -> Vec<u32> {
    match end - start {
        0..=WINDOW => ends(merge::<u64, 64>(table, text, start, end)),
        64..=LONGEST => ends(merge::<u128, 128>(table, text, start, end)),
        _ => heap::merge(table, text, start, end),
    }
}

fn ends(mut parts: impl Parts) -> Vec<u32> {
    let mut ends = Vec::with_capacity(parts.len());
    while parts.len() > 0 {
        let end = parts.after(0);
        parts.remove(end);
        ends.push(end as u32);
    }
    ends
}

/// Where the parts of a piece start, and its end: one bit for each.
trait Parts: Copy {
    const NONE: Self;
    /// Every place from the first to `len`.
    fn up_to(len: usize) -> Self;
    fn add(&mut self, at: usize);
    fn remove(&mut self, at: usize);
    /// The next one after `at`; there is one.
    fn after(self, at: usize) -> usize;
    /// The last one before `at`; there is one.
    fn before(self, at: usize) -> usize;
    /// How many parts there are.
    fn len(self) -> usize;
}

macro_rules! parts {
    ($bits:ty) => {
        impl Parts for $bits {
            const NONE: Self = 0;

            #[inline(always)]
            fn up_to(len: usize) -> Self {
                !((Self::MAX - 1) << len)
            }

            #[inline(always)]
            fn add(&mut self, at: usize) {
                *self |= 1 << at;
            }

            #[inline(always)]
            fn remove(&mut self, at: usize) {
                *self &= !(1 << at);
            }

            #[inline(always)]
            fn after(self, at: usize) -> usize {
                (self & (Self::MAX - 1) << at).trailing_zeros() as usize
            }

            #[inline(always)]
            fn before(self, at: usize) -> usize {
                (Self::BITS - 1 - (self & !(Self::MAX << at)).leading_zeros()) as usize
            }

            #[inline(always)]
            fn len(self) -> usize {
                self.count_ones() as usize - 1
            }
        }
    };
}
parts!(u64);
parts!(u128);

/// No pair: not lower than any key without a rank.
const NO_KEY: i32 = (NO_RANK << 8) as i32;

/// What the lowest of is merged first: the rank, and the first place among equals.
#[inline(always)]
fn key(rank: u32, at: usize) -> i32 {
    (rank << 8 | at as u32) as i32
}

/// Merges the two neighbours of the lowest rank, the first among equals, until none are a token together. The piece has
/// less than `N` bytes, and `P` has `N` bits or more.
#[inline]
fn merge<P: Parts, const N: usize>(table: &Table, text: &[u8], start: usize, end: usize) -> P {
    let rank = |from: usize, to: usize| table.rank(text, start + from, start + to);
    let len = end - start;
    let mut parts: P = cut(table, text, start, end);
    // What each part would be together with the next one, at its first byte.
    let mut keys = [NO_KEY; N];
    let mut at = 0;
    loop {
        let middle = parts.after(at);
        if middle >= len {
            break;
        }
        let to = parts.after(middle);
        let rank = if to - at == 2 {
            table.pair_rank(text[start + at], text[start + at + 1])
        } else {
            rank(at, to)
        };
        keys[at] = key(rank, at);
        at = middle;
    }
    loop {
        // The whole array: a loop of known length is a few vector instructions.
        let lowest = keys.iter().copied().fold(NO_KEY, i32::min);
        if lowest >= NO_KEY {
            return parts;
        }
        let left = (lowest & 0xff) as usize;
        let middle = parts.after(left);
        let to = parts.after(middle);
        parts.remove(middle);
        keys[middle] = NO_KEY;
        keys[left] = if to < len {
            key(rank(left, parts.after(to)), left)
        } else {
            NO_KEY
        };
        if left > 0 {
            let before = parts.before(left);
            keys[before] = key(rank(before, to), before);
        }
    }
}

/// The parts that merging starts from, and the piece's end.
#[inline(always)]
fn cut<P: Parts>(table: &Table, text: &[u8], start: usize, end: usize) -> P {
    if text.get(start..end).is_some_and(<[u8]>::is_ascii) {
        return P::up_to(end - start);
    }
    let tiers = |at: usize| match text.get(at) {
        Some(0x80..0xc0) if at < end => (Tiers::UNKNOWN, 1),
        Some(&lead) if at < end => {
            let (character, len) = class::character(text, at, lead);
            (table.tiers(character), len)
        }
        _ => (Tiers::NONE, 1),
    };
    let mut parts = P::NONE;
    parts.add(end - start);
    let mut at = start;
    let mut before = Tiers::NONE;
    let (mut this, mut len) = tiers(at);
    while at < end {
        parts.add(at - start);
        let (after, after_len) = tiers(at + len);
        let edges = if at + len <= end {
            this.edges(before, after)
        } else {
            7
        };
        for offset in 1..len.min(end - at) {
            if edges >> (offset - 1) & 1 == 1 {
                parts.add(at + offset - start);
            }
        }
        at += len;
        (before, this, len) = (this, after, after_len);
    }
    parts
}
