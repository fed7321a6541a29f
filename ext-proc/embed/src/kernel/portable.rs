//! Kernels in plain Rust, for every CPU: what the others must agree with. Must not use intrinsics.

use super::{Block, Job, Kernel, Lanes, Outputs, PANEL, ROWS, Rows, STEPS, Step, Sums, TILE_ROWS, Tile};
use crate::math::round_i16;

/// Needs nothing of the CPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Portable;

impl Kernel for Portable {
    const FMA: bool = false;

    fn run<J: Job>(self, job: J) -> J::Output {
        job.run(self)
    }

    #[inline]
    fn products<const N: usize, const FETCH: usize>(
        self,
        rows: &Rows<'_>,
        weights: &[Step],
        _: usize,
    ) -> Sums {
        let mut sums = Sums::default();
        for (Lanes(block), steps) in rows.blocks.iter().zip(weights.as_chunks::<STEPS>().0) {
            let rows = block.as_chunks::<2>().0.as_chunks::<STEPS>().0.iter();
            for (sums, row) in sums.iter_mut().zip(rows).take(N) {
                for ([x, y], step) in row.iter().zip(steps) {
                    let (x, y) = (i32::from(*x), i32::from(*y));
                    for (sum, [v, w]) in sums.iter_mut().zip(step.as_chunks::<2>().0) {
                        *sum = sum.wrapping_add(x * i32::from(*v) + y * i32::from(*w));
                    }
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn integers(self, rows: [&[f32]; ROWS], factors: [f32; ROWS], out: &mut [Block]) {
        // Two blocks at a time, for the width of vectors.
        let out = out.as_chunks_mut::<2>().0;
        for (i, (row, factor)) in rows.into_iter().zip(factors).enumerate() {
            let values = row.as_chunks::<{ 4 * STEPS }>().0;
            for ([Lanes(first), Lanes(second)], values) in out.iter_mut().zip(values) {
                let mut integers = [0; 4 * STEPS];
                for (out, x) in integers.iter_mut().zip(values) {
                    *out = round_i16(x * factor);
                }
                let halves = integers.as_chunks::<{ 2 * STEPS }>().0;
                first.as_chunks_mut::<{ 2 * STEPS }>().0[i] = halves[0];
                second.as_chunks_mut::<{ 2 * STEPS }>().0[i] = halves[1];
            }
        }
    }

    #[inline]
    fn crossed_rows(self, _: &[Block]) -> [i32; ROWS] {
        [0; ROWS]
    }

    #[inline(always)]
    fn unscale(self, sums: &Sums, rows: &Rows<'_>, outputs: &Outputs, out: &mut [[f32; PANEL]; ROWS]) {
        for ((out, sums), row_scale) in out.iter_mut().zip(sums).zip(rows.scales) {
            let columns = sums.iter().zip(&outputs.scales).zip(&outputs.bias);
            for (out, ((sum, scale), bias)) in out.iter_mut().zip(columns) {
                *out = *sum as f32 * (row_scale * scale) + bias;
            }
        }
    }

    #[inline(always)]
    fn float_tile(self, a: [&[f32]; TILE_ROWS], b: &[[f32; 16]]) -> Tile {
        a.map(|row| {
            let mut sums = [0.0; 16];
            for (a, b) in row.iter().zip(b) {
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum += a * b;
                }
            }
            sums
        })
    }
}
