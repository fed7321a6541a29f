//! Byte-pair merging of long pieces that are one byte over and over, or a few such runs: rules, indentation, padding. Equal
//! parts are merged all at once, in steps that grow with the logarithm of the length.
//!
//! Must not know where pieces come from. Their tokens are the longest that there are, so that windows rarely agree.

use alloc::vec::Vec;

use crate::table::{NO_RANK, Table};

/// Pieces of more runs are left to the windows.
const RUNS: usize = 16;

/// Equal parts in a row.
struct Run {
    start: usize,
    /// The length of each.
    len: usize,
    count: usize,
}

impl Run {
    /// Where its last part starts.
    const fn last(&self) -> usize {
        self.start + self.len * (self.count - 1)
    }
}

/// The number of tokens of `text[start..end]`, which is not empty, if it has few runs.
///
/// When a pair is merged, its rank is the lowest, and what that makes possible has a higher one. So all pairs within a run
/// are merged before anything else happens to them, from the left.
pub(crate) fn merged(table: &Table, text: &[u8], start: usize, end: usize) -> Option<usize> {
    let mut runs = runs(text.get(start..end)?, start)?;
    loop {
        // The lowest rank, the first of equals; a run's own pairs stand before the one with the next run.
        let mut lowest = (NO_RANK, 0, false);
        for (at, run) in runs.iter().enumerate() {
            if run.count > 1 {
                let rank = table.rank(text, run.start, run.start + 2 * run.len);
                if rank < lowest.0 {
                    lowest = (rank, at, true);
                }
            }
            if let Some(next) = runs.get(at + 1) {
                let rank = table.rank(text, run.last(), next.start + next.len);
                if rank < lowest.0 {
                    lowest = (rank, at, false);
                }
            }
        }
        let (rank, at, within) = lowest;
        if rank == NO_RANK {
            return Some(runs.iter().map(|run| run.count).sum());
        }
        let Run { start, len, count } = runs.remove(at);
        // From right to left: each takes the place of the one before.
        let put = |runs: &mut Vec<Run>, start: usize, len: usize, count: usize| {
            if count > 0 {
                runs.insert(at, Run { start, len, count });
            }
        };
        if within {
            put(&mut runs, start + 2 * len * (count / 2), len, count % 2);
            put(&mut runs, start, 2 * len, count / 2);
        } else {
            let next = runs.remove(at);
            put(&mut runs, next.start + next.len, next.len, next.count - 1);
            put(&mut runs, start + len * (count - 1), len + next.len, 1);
            put(&mut runs, start, len, count - 1);
        }
    }
}

/// The runs of equal bytes of the piece that starts at `start`, if they are few.
fn runs(piece: &[u8], start: usize) -> Option<Vec<Run>> {
    let mut runs = Vec::new();
    let mut at = start;
    for equal in piece.chunk_by(|a, b| a == b) {
        if runs.len() == RUNS {
            return None;
        }
        runs.push(Run {
            start: at,
            len: 1,
            count: equal.len(),
        });
        at += equal.len();
    }
    Some(runs)
}
