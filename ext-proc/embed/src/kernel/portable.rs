//! Kernels in plain Rust, for every CPU: what the others must agree with. Must not use intrinsics.

use super::{Job, Kernel, PANEL, Pair, ROWS, Tile, Weights};

/// Needs nothing of the CPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Portable;

impl Kernel for Portable {
    const FMA: bool = false;

    fn run<J: Job>(self, job: J) -> J::Output {
        job.run(self)
    }

    #[inline]
    fn integer_tile<const N: usize, const PAIRS: usize>(
        self,
        inputs: &[[Pair; PAIRS]; N],
        weights: Weights<'_, PAIRS>,
    ) -> [[i32; PANEL]; N] {
        let (Weights::Far(weights) | Weights::Near(weights)) = weights;
        inputs.map(|row| {
            let mut sums = [[0_i32; PANEL / 2]; 2];
            for ([x, y], step) in row.iter().zip(weights) {
                let (x, y) = (i32::from(*x), i32::from(*y));
                for (sums, half) in sums.iter_mut().zip(&step.0) {
                    for (sum, [v, w]) in sums.iter_mut().zip(half.as_chunks::<2>().0) {
                        *sum += x * i32::from(*v) + y * i32::from(*w);
                    }
                }
            }
            let mut out = [0; PANEL];
            out.as_chunks_mut::<{ PANEL / 2 }>().0.copy_from_slice(&sums);
            out
        })
    }

    #[inline(always)]
    fn unscale(
        self,
        sums: &[i32; PANEL],
        row_scale: f32,
        scales: &[f32; PANEL],
        bias: &[f32; PANEL],
    ) -> [f32; PANEL] {
        let mut out = [0.0; PANEL];
        let columns = sums.iter().zip(scales).zip(bias);
        for (out, ((sum, scale), bias)) in out.iter_mut().zip(columns) {
            *out = *sum as f32 * (row_scale * scale) + bias;
        }
        out
    }

    #[inline(always)]
    fn float_tile(self, a: [&[f32]; ROWS], b: &[[f32; 16]]) -> Tile {
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
