//! Quantised vectors side by side, in chunks that never move: room for one more is never a copy of all.
//! Must not know which of them are alive, or where an id is.

use super::quantize::{LANES, Row};

/// Rows of a chunk: 1.8 MB of 384 dimensions, made in well under a millisecond.
#[cfg(not(test))]
pub(super) const CHUNK: usize = 4_096;
/// So that tests see what is at the borders.
#[cfg(test)]
pub(super) const CHUNK: usize = 100;

/// All chunks but the last are full.
#[derive(Debug)]
pub(super) struct Rows {
    width: usize,
    chunks: Vec<Chunk>,
}

#[derive(Debug, Default)]
struct Chunk {
    codes: Vec<i8>,
    signs: Vec<u64>,
    scales: Vec<f32>,
    ids: Vec<u64>,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) id: u64,
    pub(super) codes: &'a [i8],
    pub(super) signs: &'a [u64],
    pub(super) scale: f32,
}

impl Rows {
    pub(super) fn new(dimensions: usize) -> Self {
        Self {
            width: dimensions.next_multiple_of(LANES),
            chunks: Vec::new(),
        }
    }

    /// Numbers of a row, padding included.
    pub(super) const fn width(&self) -> usize {
        self.width
    }

    pub(super) fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1);
        full * CHUNK + self.chunks.last().map_or(0, |chunk| chunk.ids.len())
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let bytes = |chunk: &Chunk| {
            chunk.codes.capacity()
                + chunk.signs.capacity() * size_of::<u64>()
                + chunk.scales.capacity() * size_of::<f32>()
                + chunk.ids.capacity() * size_of::<u64>()
        };
        self.chunks.iter().map(bytes).sum::<usize>() + self.chunks.capacity() * size_of::<Chunk>()
    }

    pub(super) fn get(&self, slot: u32) -> Option<View<'_>> {
        let (chunk, at) = place(slot);
        let chunk = self.chunks.get(chunk)?;
        let words = self.width / LANES;
        Some(View {
            id: *chunk.ids.get(at)?,
            codes: chunk.codes.get(at * self.width..(at + 1) * self.width)?,
            signs: chunk.signs.get(at * words..(at + 1) * words)?,
            scale: *chunk.scales.get(at)?,
        })
    }

    pub(super) fn id(&self, slot: u32) -> Option<u64> {
        let (chunk, at) = place(slot);
        self.chunks.get(chunk)?.ids.get(at).copied()
    }

    /// All signs in order, a chunk at a time.
    pub(super) fn signs(&self) -> impl Iterator<Item = &[u64]> {
        self.chunks.iter().map(|chunk| chunk.signs.as_slice())
    }

    /// All codes in order, a chunk at a time.
    pub(super) fn codes(&self) -> impl Iterator<Item = &[i8]> {
        self.chunks.iter().map(|chunk| chunk.codes.as_slice())
    }

    /// Its slot; `None` if there are no numbers left.
    pub(super) fn push(&mut self, id: u64, row: &Row) -> Option<u32> {
        let slot = u32::try_from(self.len()).ok().filter(|slot| *slot < u32::MAX)?;
        if self.chunks.last().is_none_or(|chunk| chunk.ids.len() == CHUNK) {
            self.chunks.push(Chunk::default());
        }
        let first = self.chunks.len() == 1;
        let chunk = self.chunks.last_mut()?;
        if chunk.ids.len() == chunk.ids.capacity() {
            // Not the double: this is most of a cache's memory, and most partitions are small.
            let left = CHUNK - chunk.ids.len();
            let more = if first {
                (chunk.ids.len() / 8).max(4).min(left)
            } else {
                left
            };
            chunk.codes.reserve_exact(more * row.codes.len());
            chunk.signs.reserve_exact(more * row.signs.len());
            chunk.scales.reserve_exact(more);
            chunk.ids.reserve_exact(more);
        }
        chunk.codes.extend_from_slice(&row.codes);
        chunk.signs.extend_from_slice(&row.signs);
        chunk.scales.push(row.scale);
        chunk.ids.push(id);
        Some(slot)
    }

    /// Puts a row in the place of another.
    pub(super) fn set(&mut self, slot: u32, id: u64, row: &Row) {
        let (chunk, at) = place(slot);
        let words = self.width / LANES;
        if let Some(chunk) = self.chunks.get_mut(chunk)
            && let Some(codes) = chunk.codes.get_mut(at * self.width..(at + 1) * self.width)
            && let Some(signs) = chunk.signs.get_mut(at * words..(at + 1) * words)
            && let Some(scale) = chunk.scales.get_mut(at)
            && let Some(old) = chunk.ids.get_mut(at)
        {
            codes.copy_from_slice(&row.codes);
            signs.copy_from_slice(&row.signs);
            (*scale, *old) = (row.scale, id);
        }
    }

    /// The last row takes the place of the one that goes. Returns the id that moved, and where it was.
    pub(super) fn swap_remove(&mut self, slot: u32) -> Option<(u64, u32)> {
        let last = u32::try_from(self.len()).ok()?.checked_sub(1)?;
        let (id, row) = self.pop()?;
        (slot != last).then(|| {
            self.set(slot, id, &row);
            (id, last)
        })
    }

    fn pop(&mut self) -> Option<(u64, Row)> {
        let words = self.width / LANES;
        let chunk = self.chunks.last_mut()?;
        let id = chunk.ids.pop()?;
        let row = Row {
            codes: chunk.codes.split_off(chunk.codes.len().checked_sub(self.width)?),
            signs: chunk.signs.split_off(chunk.signs.len().checked_sub(words)?),
            scale: chunk.scales.pop()?,
        };
        if chunk.ids.is_empty() {
            self.chunks.pop();
        }
        Some((id, row))
    }
}

/// The chunk of a slot, and where it is in it.
pub(super) const fn place(slot: u32) -> (usize, usize) {
    (slot as usize / CHUNK, slot as usize % CHUNK)
}
