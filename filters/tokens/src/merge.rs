//! Byte-pair merging of the pieces that are no token themselves: how many tokens they become.
//!
//! Must not know where the pieces come from. Long pieces are merged in windows, so that the work grows with their length
//! and the memory does not.

use alloc::vec::Vec;

use crate::{class, heap};
use crate::table::{NO_RANK, Table, Tiers};

/// How much of a long piece is merged at once, and on the stack.
const WINDOW: usize = 128;

/// The number of tokens of `text[start..end]`, which is not empty and not a token.
#[inline]
pub(crate) fn merged(table: &Table, text: &[u8], start: usize, end: usize) -> usize {
    match end - start {
        0..=16 => Parts::<17>::merge(table, text, start, end).len,
        17..=32 => Parts::<33>::merge(table, text, start, end).len,
        33..=64 => Parts::<65>::merge(table, text, start, end).len,
        65..=WINDOW => Parts::<{ WINDOW + 1 }>::merge(table, text, start, end).len,
        _ => in_windows(table, text, start, end),
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
            return tokens + ends.get().len();
        }
        // The token at the seam: late, so that little is merged twice, but well before the window's end. It is not the
        // first one, so that every round gets on.
        let seam = ends.get().partition_point(|&at| at as usize <= size / 4 * 3).max(1);
        if let (Some(&from), Some(&to)) = (ends.get().get(seam - 1), ends.get().get(seam)) {
            let (from, to) = (start + from as usize, start + to as usize);
            let next = window(table, text, from, end.min(from + WINDOW));
            if next.get().first().is_some_and(|&first| from + first as usize == to) {
                tokens += seam;
                start = from;
                size = WINDOW;
                ends = next;
                continue;
            }
        }
        size *= 2;
        ends = window(table, text, start, end.min(start + size));
    }
}

/// The ends of a window's tokens, counted from `start`.
fn window(table: &Table, text: &[u8], start: usize, end: usize) -> Ends {
    if end - start <= WINDOW {
        Ends::Near(Parts::merge(table, text, start, end))
    } else {
        Ends::Far(heap::merge(table, text, start, end))
    }
}

enum Ends {
    Near(Parts<{ WINDOW + 1 }>),
    Far(Vec<u32>),
}

impl Ends {
    fn get(&self) -> &[u32] {
        match self {
            Self::Near(parts) => parts.ends.get(..parts.len).unwrap_or_default(),
            Self::Far(ends) => ends,
        }
    }
}

/// A piece in parts. `N` is one more than its most bytes, and at most 257.
struct Parts<const N: usize> {
    /// The end of each part, then of each token.
    ends: [u32; N],
    len: usize,
}

/// No pair: higher than every key.
const NO_KEY: u32 = u32::MAX;

/// What the lowest of is merged first: the rank, and the first place among equals.
#[inline(always)]
fn key(rank: u32, at: usize) -> u32 {
    if rank == NO_RANK { NO_KEY } else { rank << 8 | at as u32 }
}

impl<const N: usize> Parts<N> {
    /// Merges the two neighbours of the lowest rank, the first among equals, until none are a token together.
    #[inline]
    fn merge(table: &Table, text: &[u8], start: usize, end: usize) -> Self {
        let mut edges = [0u16; N];
        let parts = cut(table, text, start, end, &mut edges);
        // What each part would be together with the next one.
        let mut keys = [NO_KEY; N];
        let rank = |from: u16, to: u16| table.rank(text, start + usize::from(from), start + usize::from(to));
        for at in 0..parts - 1 {
            let (from, to) = (edges[at], edges[at + 2]);
            let first = start + usize::from(from);
            let rank = if to - from == 2 { table.pair_rank(text[first], text[first + 1]) } else { rank(from, to) };
            keys[at] = key(rank, at);
        }
        // Parts that stand, as a list: the indices before and after each.
        let mut next: [u16; N] = core::array::from_fn(|at| at as u16 + 1);
        let mut last: [u16; N] = core::array::from_fn(|at| (at as u16).wrapping_sub(1));
        loop {
            let lowest = keys[..parts].iter().copied().fold(NO_KEY, u32::min);
            if lowest == NO_KEY {
                break;
            }
            let left = (lowest & 0xff) as usize;
            let right = usize::from(next[left]);
            let after = usize::from(next[right]);
            keys[right] = NO_KEY;
            keys[left] = NO_KEY;
            next[left] = after as u16;
            let to = edges[after];
            if after < parts {
                last[after] = left as u16;
                keys[left] = key(rank(edges[left], edges[usize::from(next[after])]), left);
            }
            if left > 0 {
                let before = usize::from(last[left]);
                keys[before] = key(rank(edges[before], to), before);
            }
        }
        let mut merged = Self { ends: [0; N], len: 0 };
        let mut at = 0;
        while at < parts {
            at = usize::from(next[at]);
            merged.ends[merged.len] = u32::from(edges[at]);
            merged.len += 1;
        }
        merged
    }
}

/// Writes where the first parts start, and the piece's length after them; returns how many they are.
#[inline(always)]
fn cut<const N: usize>(table: &Table, text: &[u8], start: usize, end: usize, edges: &mut [u16; N]) -> usize {
    let tiers = |at: usize| match text.get(at) {
        Some(0x80..0xc0) if at < end => (Tiers::UNKNOWN, 1),
        Some(&lead) if at < end => {
            let (character, len) = class::character(text, at, lead);
            (table.tiers(character), len)
        }
        _ => (Tiers::NONE, 1),
    };
    let mut parts = 0;
    let mut at = start;
    let mut before = Tiers::NONE;
    let (mut this, mut len) = tiers(at);
    while at < end {
        let (after, after_len) = tiers(at + len);
        let inner = if at + len <= end { this.edges(before, after) } else { 7 };
        let stop = end.min(at + len);
        for offset in 0..stop - at {
            // The next one overwrites what is no edge.
            edges[parts] = (at + offset - start) as u16;
            parts += usize::from(offset == 0 || inner >> (offset - 1) & 1 == 1);
        }
        at = stop;
        (before, this, len) = (this, after, after_len);
    }
    edges[parts] = (end - start) as u16;
    parts
}
