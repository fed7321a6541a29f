//! The entries of one partition: rows side by side, and where each id is.
//! Must not know other partitions.

use hashbrown::HashTable;

use super::Neighbour;
use super::kernel;
use super::quantize::{LANES, Row};

/// Below this many entries, comparing all of them costs less than filtering first.
const FILTER_FROM: usize = 2_000;
/// How many rows the filter lets through for each neighbour asked for, at least.
const LEAST_CANDIDATES: usize = 128;
/// And one in this many of all rows.
const CANDIDATE_SHARE: usize = 256;

/// How a partition is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Search {
    /// [`Self::Filtered`] where it is faster.
    #[default]
    Auto,
    /// Compares every row.
    Flat,
    /// Compares only the rows whose signs agree most with those of the query.
    Filtered,
}

#[derive(Debug)]
pub(super) struct Partition {
    width: usize,
    codes: Vec<i8>,
    signs: Vec<u64>,
    scales: Vec<f32>,
    ids: Vec<u64>,
    /// Row numbers by id.
    rows: HashTable<u32>,
}

impl Partition {
    pub(super) fn new(dimensions: usize) -> Self {
        Self {
            width: dimensions.next_multiple_of(LANES),
            codes: Vec::new(),
            signs: Vec::new(),
            scales: Vec::new(),
            ids: Vec::new(),
            rows: HashTable::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.codes.capacity()
            + self.signs.capacity() * size_of::<u64>()
            + self.scales.capacity() * size_of::<f32>()
            + self.ids.capacity() * size_of::<u64>()
            + self.rows.allocation_size()
    }

    pub(super) fn insert(&mut self, id: u64, row: &Row) {
        self.remove(id);
        let Ok(at) = u32::try_from(self.ids.len()) else {
            return;
        };
        let spare = (self.ids.len() / 8).max(4);
        grow(&mut self.codes, row.codes.len(), spare * self.width);
        grow(&mut self.signs, row.signs.len(), spare * row.signs.len());
        grow(&mut self.scales, 1, spare);
        grow(&mut self.ids, 1, spare);
        self.codes.extend_from_slice(&row.codes);
        self.signs.extend_from_slice(&row.signs);
        self.scales.push(row.scale);
        self.ids.push(id);
        let ids = &self.ids;
        self.rows.insert_unique(hash(id), at, |row| {
            hash(ids.get(*row as usize).copied().unwrap_or_default())
        });
    }

    /// The last row takes the place of the one that goes.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        let Some(at) = self.take(id) else { return false };
        let last = self.ids.len().saturating_sub(1);
        if at != last
            && let Some(moved) = self.ids.last().copied()
            && let Some(row) = self.row_of(moved)
        {
            if let Some(slot) = self.rows.find_mut(hash(moved), |n| *n as usize == row) {
                *slot = u32::try_from(at).unwrap_or(u32::MAX);
            }
            let words = self.width / LANES;
            self.codes.copy_within(last * self.width.., at * self.width);
            self.signs.copy_within(last * words.., at * words);
        }
        self.ids.swap_remove(at);
        self.scales.swap_remove(at);
        self.codes.truncate(last * self.width);
        self.signs.truncate(last * (self.width / LANES));
        true
    }

    fn row_of(&self, id: u64) -> Option<usize> {
        let found = self
            .rows
            .find(hash(id), |row| self.ids.get(*row as usize) == Some(&id))?;
        Some(*found as usize)
    }

    fn take(&mut self, id: u64) -> Option<usize> {
        let ids = &self.ids;
        let entry = self
            .rows
            .find_entry(hash(id), |row| ids.get(*row as usize) == Some(&id))
            .ok()?;
        Some(entry.remove().0 as usize)
    }

    pub(super) fn nearest(&self, query: &Row, k: usize, search: Search) -> Vec<Neighbour> {
        let mut best = Best {
            k,
            found: Vec::with_capacity(k.min(self.len()) + 1),
        };
        if k == 0 {
            return best.found;
        }
        let codes: Vec<i16> = query.codes.iter().copied().map(i16::from).collect();
        let filtered = match search {
            Search::Auto => self.len() >= FILTER_FROM && k <= LEAST_CANDIDATES / 8,
            Search::Flat => false,
            Search::Filtered => true,
        };
        if filtered {
            for at in self.candidates(query, k) {
                if let Some(row) = self.codes.get(at * self.width..(at + 1) * self.width) {
                    best.offer(self.neighbour(at, kernel::dot(&codes, row), query));
                }
            }
        } else {
            kernel::dots(&codes, &self.codes, |at, dot| {
                best.offer(self.neighbour(at, dot, query))
            });
        }
        best.found
    }

    fn neighbour(&self, at: usize, dot: i32, query: &Row) -> Neighbour {
        Neighbour {
            id: self.ids.get(at).copied().unwrap_or_default(),
            score: dot as f32 * query.scale * self.scales.get(at).copied().unwrap_or_default(),
        }
    }

    /// The rows with the fewest differing signs: all up to the distance at which there are enough.
    fn candidates(&self, query: &Row, k: usize) -> Vec<usize> {
        let wanted = (k * LEAST_CANDIDATES).max(self.len() / CANDIDATE_SHARE);
        let mut distances = vec![0u16; self.len()];
        let mut counts = vec![0u32; self.width + 1];
        kernel::distances(&query.signs, &self.signs, |at, distance| {
            if let (Some(slot), Some(count)) = (distances.get_mut(at), counts.get_mut(distance as usize)) {
                *slot = u16::try_from(distance).unwrap_or(u16::MAX);
                *count += 1;
            }
        });
        let mut sum = 0;
        let farthest = counts.iter().position(|count| {
            sum += *count as usize;
            sum >= wanted
        });
        let farthest = farthest.and_then(|n| u16::try_from(n).ok()).unwrap_or(u16::MAX);
        let near = |(at, distance): (usize, &u16)| (*distance <= farthest).then_some(at);
        distances.iter().enumerate().filter_map(near).collect()
    }
}

/// Room for `more`, and some to spare, but not the double: this is most of a cache's memory.
fn grow<T>(rows: &mut Vec<T>, more: usize, spare: usize) {
    if rows.capacity() - rows.len() < more {
        rows.reserve_exact(more + spare);
    }
}

/// Ids may be counted up; the table wants every bit.
const fn hash(id: u64) -> u64 {
    let x = (id ^ (id >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ (x >> 29)
}

/// The best `k` so far, best first.
struct Best {
    k: usize,
    found: Vec<Neighbour>,
}

impl Best {
    #[inline]
    fn offer(&mut self, neighbour: Neighbour) {
        let full = self.found.len() >= self.k;
        if full
            && self
                .found
                .last()
                .is_some_and(|worst| worst.score > neighbour.score)
        {
            return;
        }
        let place = self.found.partition_point(|other| {
            (other.score, neighbour.id) > (neighbour.score, other.id) || other.score > neighbour.score
        });
        self.found.insert(place, neighbour);
        self.found.truncate(self.k);
    }
}
