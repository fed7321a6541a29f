//! What a layer multiplies: rows of 16-bit integers, in the order that kernels read. Must not know the weights.

use crate::kernel::{Block, Kernel, Lanes, ROWS, Rows, STEPS};
use crate::math::{largest, round_i16};

/// What a row's largest input becomes.
pub(crate) const INPUT_MAX: i16 = 8191;

/// Rows of 2 · `PAIRS` inputs, ready to be multiplied.
#[derive(Default)]
pub(crate) struct Inputs<const PAIRS: usize> {
    rows: usize,
    blocks: Vec<Block>,
    scales: Vec<[f32; ROWS]>,
    crossed: Vec<[i32; ROWS]>,
}

impl<const PAIRS: usize> Inputs<PAIRS> {
    /// How many blocks a row reaches through.
    const BLOCKS: usize = PAIRS / STEPS;

    /// Replaces what was there by the rows of `values`.
    #[inline(always)]
    pub(crate) fn set<K: Kernel>(&mut self, kernel: K, values: &[f32]) {
        let rows = values.as_chunks::<{ 2 * STEPS }>().0;
        let tiles = rows.chunks(ROWS * Self::BLOCKS);
        self.rows = rows.len() / Self::BLOCKS;
        self.blocks.resize(tiles.len() * Self::BLOCKS, Block::default());
        self.scales.resize(tiles.len(), [0.0; ROWS]);
        self.crossed.resize(tiles.len(), [0; ROWS]);
        let out = self.blocks.chunks_exact_mut(Self::BLOCKS);
        let out = out.zip(self.scales.iter_mut().zip(&mut self.crossed));
        for (tile, (blocks, (scales, crossed))) in tiles.zip(out) {
            if tile.len() < ROWS * Self::BLOCKS {
                // Rows that are missing are zero.
                blocks.fill(Block::default());
            }
            for (i, row) in tile.chunks(Self::BLOCKS).enumerate() {
                let largest = largest(row.as_flattened()).max(f32::MIN_POSITIVE);
                let to_integer = f32::from(INPUT_MAX) / largest;
                scales[i] = largest / f32::from(INPUT_MAX);
                // Two blocks at a time, for the width of vectors.
                let values = row.as_flattened().as_chunks::<{ 4 * STEPS }>().0;
                for ([Lanes(first), Lanes(second)], values) in
                    blocks.as_chunks_mut::<2>().0.iter_mut().zip(values)
                {
                    let mut integers = [0; 4 * STEPS];
                    for (out, x) in integers.iter_mut().zip(values) {
                        *out = round_i16(x * to_integer);
                    }
                    let halves = integers.as_chunks::<{ 2 * STEPS }>().0;
                    first.as_chunks_mut::<{ 2 * STEPS }>().0[i] = halves[0];
                    second.as_chunks_mut::<{ 2 * STEPS }>().0[i] = halves[1];
                }
            }
            *crossed = kernel.crossed_rows(blocks);
        }
    }

    /// The rows, as many together as a kernel takes.
    #[inline(always)]
    pub(crate) fn tiles(&self) -> impl Iterator<Item = Rows<'_>> {
        let tiles = self
            .blocks
            .chunks_exact(Self::BLOCKS)
            .zip(self.scales.iter().zip(&self.crossed));
        tiles.enumerate().map(
            #[inline(always)]
            |(i, (blocks, (scales, crossed)))| Rows {
                count: (self.rows - i * ROWS).min(ROWS),
                blocks,
                scales,
                crossed,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Portable;

    #[test]
    fn inputs_without_size_are_zero() {
        let mut inputs = Inputs::<4>::default();
        inputs.set(Portable, &[0.0; 8]);
        assert_eq!(inputs.blocks, [Block::default(); 2]);
        inputs.set(Portable, &[1e-42; 8]);
        let integers = inputs.blocks.iter().flat_map(|block| block.0);
        assert!(integers.map(i16::abs).all(|x| x <= INPUT_MAX));
    }

    #[test]
    fn a_shorter_text_leaves_nothing_behind() {
        let mut inputs = Inputs::<8>::default();
        inputs.set(Portable, &[1.0; 16 * 4]);
        inputs.set(Portable, &[1.0; 16]);
        let (first, others) = inputs.blocks[0].0.split_at(2 * STEPS);
        assert!(first.iter().all(|x| *x == INPUT_MAX));
        assert!(others.iter().all(|x| *x == 0));
    }
}
