//! Kernels for x86-64 CPUs with AVX2 and FMA (Intel since 2013, AMD since 2015). Must mean exactly what the portable ones mean.
//!
//! The only unsafe code of the crate is here: two calls into functions that are compiled for these features. An [`Avx2`] can
//! only be had from [`Avx2::detect`], so whoever holds one may call them.

use std::arch::x86_64::{
    __m256, __m256i, _mm256_add_epi32, _mm256_fmadd_ps, _mm256_madd_epi16, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256,
};

use safe_unaligned_simd::x86_64::{
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_storeu_ps, _mm256_storeu_si256,
};

use super::{Job, Kernel, PANEL, Pair, Step, Tile};

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
    fn integer_tile<const ROWS: usize, const PAIRS: usize>(
        self,
        inputs: &[[Pair; PAIRS]; ROWS],
        weights: &[Step; PAIRS],
    ) -> [[i32; PANEL]; ROWS] {
        // SAFETY: as above.
        unsafe { integer_tile(inputs, weights) }
    }

    #[inline(always)]
    fn float_tile(self, a: [&[f32]; 4], b: &[f32], stride: usize) -> Tile {
        // SAFETY: as above.
        unsafe { float_tile(a, b, stride) }
    }
}

#[target_feature(enable = "avx2,fma")]
fn run<J: Job>(kernel: Avx2, job: J) -> J::Output {
    job.run(kernel)
}

/// Up to six rows keep 12 of the 16 registers as sums, so that each load of weights serves six multiplications. Sums are of
/// whole `i32` products, hence there is no saturation as with the 8-bit `vpmaddubsw`, at the same number of instructions.
#[target_feature(enable = "avx2,fma")]
fn integer_tile<const ROWS: usize, const PAIRS: usize>(
    inputs: &[[Pair; PAIRS]; ROWS],
    weights: &[Step; PAIRS],
) -> [[i32; PANEL]; ROWS] {
    let mut sums: [[__m256i; 2]; ROWS] = [[_mm256_setzero_si256(); 2]; ROWS];
    for (k, [low, high]) in weights.iter().enumerate() {
        let (low, high) = (_mm256_loadu_si256(low), _mm256_loadu_si256(high));
        for (row, sums) in inputs.iter().zip(&mut sums) {
            let [x, y] = row[k];
            let pair = _mm256_set1_epi32(i32::from(y) << 16 | i32::from(x as u16));
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(pair, low));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(pair, high));
        }
    }
    let mut out = [[0; PANEL]; ROWS];
    for (out, sums) in out.iter_mut().zip(sums) {
        for (out, sum) in out.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
            _mm256_storeu_si256(out, sum);
        }
    }
    out
}

#[target_feature(enable = "avx2,fma")]
fn float_tile([a0, a1, a2, a3]: [&[f32]; 4], b: &[f32], stride: usize) -> Tile {
    let mut sums: [[__m256; 2]; 4] = [[_mm256_setzero_ps(); 2]; 4];
    let rows = b.chunks(stride).filter_map(|row| row.first_chunk::<16>());
    for ((((row, a0), a1), a2), a3) in rows.zip(a0).zip(a1).zip(a2).zip(a3) {
        let [low, high] = row.as_chunks::<8>().0 else {
            break;
        };
        let (low, high) = (_mm256_loadu_ps(low), _mm256_loadu_ps(high));
        for (sums, a) in sums.iter_mut().zip([a0, a1, a2, a3]) {
            let a = _mm256_set1_ps(*a);
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
