//! Byte-pair merging with a heap, for the few windows that are too large for the stack.
//!
//! Must not know why they are; equal to `Parts::merge` at any length, in `n log n` steps.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::table::{NO_RANK, Table};

/// A part's end while it stands; `GONE` once the part before it has taken it in.
const GONE: u32 = 0;

/// The ends of the tokens of `text[start..end]` (shorter than 4 GiB), counted from `start`.
pub(crate) fn merge(table: &Table, text: &[u8], start: usize, end: usize) -> Vec<u32> {
    let piece = text.get(start..end).unwrap_or_default();
    let len = piece.len();
    let mut ends: Vec<u32> = (1..=len as u32).collect();
    let mut before: Vec<u32> = (0..len as u32).map(|at| at.saturating_sub(1)).collect();
    // (rank, start, end): valid while a part from that start and the next one still end there.
    let mut pairs: BinaryHeap<Reverse<(u32, u32, u32)>> = piece
        .windows(2)
        .zip(0u32..)
        .map(|(pair, at)| Reverse((table.pair_rank(pair[0], pair[1]), at, at + 2)))
        .filter(|Reverse((rank, _, _))| *rank != NO_RANK)
        .collect();
    while let Some(Reverse((_, left, together))) = pairs.pop() {
        let middle = ends[left as usize];
        if middle == GONE || middle as usize >= len || ends[middle as usize] != together {
            continue;
        }
        ends[left as usize] = together;
        ends[middle as usize] = GONE;
        let mut push = |from: u32, to: u32| {
            let rank = table.rank(text, start + from as usize, start + to as usize);
            if rank != NO_RANK {
                pairs.push(Reverse((rank, from, to)));
            }
        };
        if (together as usize) < len {
            before[together as usize] = left;
            push(left, ends[together as usize]);
        }
        if left > 0 {
            push(before[left as usize], together);
        }
    }
    ends.retain(|&end| end != GONE);
    ends
}
