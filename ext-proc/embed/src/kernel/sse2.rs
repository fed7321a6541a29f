//! Kernels for every x86-64 CPU, for those without AVX2. Must mean exactly what the portable ones mean.
//!
//! The compiler makes good code of the portable loops for floats, but does not find the multiply-add for 16-bit integers. Calling
//! a function compiled for SSE2 counts as unsafe although no x86-64 CPU is without it.

use std::arch::x86_64::{__m128i, _mm_add_epi32, _mm_madd_epi16, _mm_set1_epi32, _mm_setzero_si128};

use safe_unaligned_simd::x86_64::{_mm_loadu_si128, _mm_storeu_si128};

use super::{Job, Kernel, PANEL, Pair, Panel, Portable, ROWS, Rows, Step, TILE_ROWS, Tile};

/// SSE2 is part of x86-64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sse2;

impl Kernel for Sse2 {
    const FMA: bool = false;

    fn run<J: Job>(self, job: J) -> J::Output {
        job.run(self)
    }

    #[inline(always)]
    fn products<const PAIRS: usize>(
        self,
        rows: Rows<'_, PAIRS>,
        panel: Panel<'_, PAIRS>,
        sums: &mut [[i32; PANEL]; ROWS],
    ) {
        // Three rows by four sums are 12 of the 16 registers.
        let (threes, rest) = rows.pairs.as_chunks::<3>();
        let (threes_out, rest_out) = sums.split_at_mut(3 * threes.len());
        for (out, inputs) in threes_out.as_chunks_mut::<3>().0.iter_mut().zip(threes) {
            // SAFETY: every x86-64 CPU has SSE2.
            *out = unsafe { tile(inputs, panel.steps) };
        }
        let rest = rest.as_chunks::<1>().0.iter();
        for (out, inputs) in rest_out.as_chunks_mut::<1>().0.iter_mut().zip(rest) {
            // SAFETY: every x86-64 CPU has SSE2.
            *out = unsafe { tile(inputs, panel.steps) };
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
        Portable.unscale(sums, row_scale, scales, bias)
    }

    #[inline(always)]
    fn float_tile(self, a: [&[f32]; TILE_ROWS], b: &[[f32; 16]]) -> Tile {
        Portable.float_tile(a, b)
    }
}

#[target_feature(enable = "sse2")]
fn tile<const N: usize, const PAIRS: usize>(
    inputs: &[[Pair; PAIRS]; N],
    weights: &[Step; PAIRS],
) -> [[i32; PANEL]; N] {
    let mut sums: [[__m128i; 4]; N] = [[_mm_setzero_si128(); 4]; N];
    for (k, Step(step)) in weights.iter().enumerate() {
        let pairs: [__m128i; N] = std::array::from_fn(|row| {
            let [x, y] = inputs[row][k];
            _mm_set1_epi32(i32::from(y) << 16 | i32::from(x as u16))
        });
        for (i, weights) in step.as_flattened().as_chunks::<8>().0.iter().enumerate() {
            let weights = _mm_loadu_si128(weights);
            for (sums, pair) in sums.iter_mut().zip(pairs) {
                sums[i] = _mm_add_epi32(sums[i], _mm_madd_epi16(pair, weights));
            }
        }
    }
    let mut out = [[0; PANEL]; N];
    for (out, sums) in out.iter_mut().zip(sums) {
        for (out, sum) in out.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
            _mm_storeu_si128(out, sum);
        }
    }
    out
}
