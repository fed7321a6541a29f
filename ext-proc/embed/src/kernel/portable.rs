//! Kernels in plain Rust, for every CPU: what the others must agree with. Must not use intrinsics.

use super::{Job, Kernel, PANEL, Panel, ROWS, Rows, TILE_ROWS, Tile};

/// Needs nothing of the CPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Portable;

impl Kernel for Portable {
    const FMA: bool = false;

    fn run<J: Job>(self, job: J) -> J::Output {
        job.run(self)
    }

    #[inline]
    fn products<const PAIRS: usize>(
        self,
        rows: Rows<'_, PAIRS>,
        panel: Panel<'_, PAIRS>,
        sums: &mut [[i32; PANEL]; ROWS],
    ) {
        for (out, row) in sums.iter_mut().zip(rows.pairs) {
            let mut sums = [[0_i32; PANEL / 2]; 2];
            for ([x, y], step) in row.iter().zip(panel.steps) {
                let (x, y) = (i32::from(*x), i32::from(*y));
                for (sums, half) in sums.iter_mut().zip(&step.0) {
                    for (sum, [v, w]) in sums.iter_mut().zip(half.as_chunks::<2>().0) {
                        *sum += x * i32::from(*v) + y * i32::from(*w);
                    }
                }
            }
            out.as_chunks_mut::<{ PANEL / 2 }>().0.copy_from_slice(&sums);
        }
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
