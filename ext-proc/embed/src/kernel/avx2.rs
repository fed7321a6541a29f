//! Kernels for x86-64 CPUs with AVX2 and FMA (Intel since 2013, AMD since 2015). Must mean exactly what the portable ones mean.
//!
//! The only unsafe code is the call into functions that are compiled for these features: an [`Avx2`] can only be had from
//! [`Avx2::detect`], so whoever holds one may make it.

use std::arch::x86_64::{
    __m256, __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi32, _mm256_add_ps, _mm256_cvtepi32_ps,
    _mm256_fmadd_ps, _mm256_madd_epi16, _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256,
};

use safe_unaligned_simd::x86_64::{
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_storeu_ps, _mm256_storeu_si256,
};

use super::{Job, Kernel, PANEL, Pair, ROWS, Step, Tile, Weights};

/// How many steps ahead [`Weights::Far`] are fetched. A short text waits for them more than it computes: the model does not fit
/// into the cache that a core has for itself, and a CPU by itself does not look behind the end of a page (4 KiB, 64 steps).
const AHEAD: usize = 64;

/// Proof that this CPU has AVX2 and FMA.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

impl Kernel for Avx2 {
    const FMA: bool = true;

    fn run<J: Job>(self, job: J) -> J::Output {
        // SAFETY: `self` exists, so `detect` found AVX2 and FMA on this CPU.
        unsafe { run(self, job) }
    }

    #[inline(always)]
    fn integer_tile<const N: usize, const PAIRS: usize>(
        self,
        inputs: &[[Pair; PAIRS]; N],
        weights: Weights<'_, PAIRS>,
    ) -> [[i32; PANEL]; N] {
        match weights {
            // SAFETY: as above.
            Weights::Far(weights) => unsafe { integer_tile::<N, PAIRS, true>(inputs, weights) },
            // SAFETY: as above.
            Weights::Near(weights) => unsafe { integer_tile::<N, PAIRS, false>(inputs, weights) },
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
        // SAFETY: as above.
        unsafe { unscale(sums, row_scale, scales, bias) }
    }

    #[inline(always)]
    fn float_tile(self, a: [&[f32]; ROWS], b: &[[f32; 16]]) -> Tile {
        // SAFETY: as above.
        unsafe { float_tile(a, b) }
    }
}

#[target_feature(enable = "avx2,fma")]
fn run<J: Job>(kernel: Avx2, job: J) -> J::Output {
    job.run(kernel)
}

/// Up to six rows keep 12 of the 16 registers as sums, so that each load of weights serves six multiplications. Sums are of
/// whole `i32` products, hence there is no saturation as with the 8-bit `vpmaddubsw`, at the same number of instructions.
#[target_feature(enable = "avx2,fma")]
fn integer_tile<const N: usize, const PAIRS: usize, const FAR: bool>(
    inputs: &[[Pair; PAIRS]; N],
    weights: &[Step; PAIRS],
) -> [[i32; PANEL]; N] {
    let mut sums: [[__m256i; 2]; N] = [[_mm256_setzero_si256(); 2]; N];
    for (k, step) in weights.iter().enumerate() {
        if FAR {
            let ahead = std::ptr::from_ref(step).wrapping_add(AHEAD);
            _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
        }
        let Step([low, high]) = step;
        let (low, high) = (_mm256_loadu_si256(low), _mm256_loadu_si256(high));
        for (row, sums) in inputs.iter().zip(&mut sums) {
            let [x, y] = row[k];
            let pair = _mm256_set1_epi32(i32::from(y) << 16 | i32::from(x as u16));
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(pair, low));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(pair, high));
        }
    }
    let mut out = [[0; PANEL]; N];
    for (out, sums) in out.iter_mut().zip(sums) {
        for (out, sum) in out.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
            _mm256_storeu_si256(out, sum);
        }
    }
    out
}

/// No fused multiplication and addition, which would round once less than the other kernels do.
#[target_feature(enable = "avx2,fma")]
fn unscale(
    sums: &[i32; PANEL],
    row_scale: f32,
    scales: &[f32; PANEL],
    bias: &[f32; PANEL],
) -> [f32; PANEL] {
    let row_scale = _mm256_set1_ps(row_scale);
    let mut out = [0.0; PANEL];
    let columns = scales.as_chunks::<8>().0.iter().zip(bias.as_chunks::<8>().0);
    let columns = columns.zip(sums.as_chunks::<8>().0);
    for (out, ((scales, bias), sums)) in out.as_chunks_mut::<8>().0.iter_mut().zip(columns) {
        let scales = _mm256_mul_ps(row_scale, _mm256_loadu_ps(scales));
        let sums = _mm256_cvtepi32_ps(_mm256_loadu_si256(sums));
        let scaled = _mm256_mul_ps(sums, scales);
        _mm256_storeu_ps(out, _mm256_add_ps(scaled, _mm256_loadu_ps(bias)));
    }
    out
}

#[target_feature(enable = "avx2,fma")]
fn float_tile(a: [&[f32]; ROWS], b: &[[f32; 16]]) -> Tile {
    // Slices of one length that the compiler knows to be one, so that it checks no index in the loop.
    let steps = a.iter().fold(b.len(), |steps, row| steps.min(row.len()));
    let (a, b) = (a.map(|row| &row[..steps]), &b[..steps]);
    let mut sums: [[__m256; 2]; ROWS] = [[_mm256_setzero_ps(); 2]; ROWS];
    for k in 0..steps {
        let [low, high] = b[k].as_chunks::<8>().0 else {
            break;
        };
        let (low, high) = (_mm256_loadu_ps(low), _mm256_loadu_ps(high));
        for (row, sums) in a.iter().zip(&mut sums) {
            let a = _mm256_set1_ps(row[k]);
            sums[0] = _mm256_fmadd_ps(a, low, sums[0]);
            sums[1] = _mm256_fmadd_ps(a, high, sums[1]);
        }
    }
    let mut out = Tile::default();
    for (out, sums) in out.iter_mut().zip(sums) {
        for (out, sum) in out.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
            _mm256_storeu_ps(out, sum);
        }
    }
    out
}
