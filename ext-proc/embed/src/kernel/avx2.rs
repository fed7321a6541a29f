//! Kernels for x86-64 CPUs with AVX2 and FMA (Intel since 2013, AMD since 2015). Must mean exactly what the portable ones mean.
//!
//! The only unsafe code is the call into functions that are compiled for these features: an [`Avx2`] can only be had from
//! [`Avx2::detect`], so whoever holds one may make it.

use std::arch::x86_64::{
    __m256, __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi16, _mm256_add_epi32, _mm256_add_ps,
    _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_fmadd_ps, _mm256_madd_epi16, _mm256_mul_ps,
    _mm256_packs_epi32, _mm256_permute2x128_si256, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_setzero_si256, _mm256_shuffle_epi32, _mm256_sub_epi32,
};

use safe_unaligned_simd::x86_64::{
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_storeu_ps, _mm256_storeu_si256,
};

use super::{Block, Job, Kernel, Lanes, Outputs, PANEL, ROWS, Rows, STEPS, Step, Sums, TILE_ROWS, Tile};

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
    fn products<const N: usize, const FETCH: usize>(
        self,
        rows: &Rows<'_>,
        weights: &[Step],
        ahead: usize,
    ) -> Sums {
        // SAFETY: as above.
        unsafe { products::<N, FETCH>(rows, weights, ahead) }
    }

    #[inline(always)]
    fn integers(self, rows: [&[f32]; ROWS], factors: [f32; ROWS], out: &mut [Block]) {
        // SAFETY: as above.
        unsafe { integers(rows, factors, out) }
    }

    #[inline(always)]
    fn crossed_rows(self, rows: &[Block]) -> [i32; ROWS] {
        // SAFETY: as above.
        unsafe { crossed_rows(rows) }
    }

    #[inline(always)]
    fn unscale(self, sums: &Sums, rows: &Rows<'_>, outputs: &Outputs, out: &mut [[f32; PANEL]; ROWS]) {
        // SAFETY: as above.
        unsafe { unscale(sums, rows, outputs, out) }
    }

    #[inline(always)]
    fn float_tile(self, a: [&[f32]; TILE_ROWS], b: &[[f32; 16]]) -> Tile {
        // SAFETY: as above.
        unsafe { float_tile(a, b) }
    }
}

#[target_feature(enable = "avx2,fma")]
fn run<J: Job>(kernel: Avx2, job: J) -> J::Output {
    job.run(kernel)
}

/// Eight inputs of each of four rows at a time, which are two blocks.
#[target_feature(enable = "avx2,fma")]
fn integers(rows: [&[f32]; ROWS], factors: [f32; ROWS], out: &mut [Block]) {
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<8>().0);
    let [f, g, h, i] = factors;
    let (f, g, h, i) = (
        _mm256_set1_ps(f),
        _mm256_set1_ps(g),
        _mm256_set1_ps(h),
        _mm256_set1_ps(i),
    );
    let rows = a.iter().zip(b).zip(c.iter().zip(d));
    for ([Lanes(first), Lanes(second)], ((a, b), (c, d))) in out.as_chunks_mut::<2>().0.iter_mut().zip(rows) {
        // Each half has four inputs of two rows, those of the first block before those of the second.
        let upper = _mm256_packs_epi32(integer(a, f), integer(b, g));
        let lower = _mm256_packs_epi32(integer(c, h), integer(d, i));
        _mm256_storeu_si256(first, _mm256_permute2x128_si256::<0x20>(upper, lower));
        _mm256_storeu_si256(second, _mm256_permute2x128_si256::<0x31>(upper, lower));
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn integer(values: &[f32; 8], factor: __m256) -> __m256i {
    _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(values), factor))
}

#[target_feature(enable = "avx2,fma")]
fn crossed_rows(rows: &[Block]) -> [i32; ROWS] {
    let mut sums = _mm256_setzero_si256();
    for Lanes(block) in rows {
        let pairs = _mm256_loadu_si256(block);
        // Each pair multiplied by its neighbour, so that every product is there twice.
        let swapped = _mm256_shuffle_epi32::<0b10_11_00_01>(pairs);
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, swapped));
    }
    let mut out = [0; 2 * ROWS];
    _mm256_storeu_si256(&mut out, sums);
    let [a, _, b, _, c, _, d, _] = out;
    [a, b, c, d]
}

/// One multiplication for two products, by Winograd's identity (1968): a·v + b·w = (a + w)·(b + v) − a·b − v·w, where a·b depends
/// on the row alone and v·w on the output alone. There are no fewer instructions, but three of four are additions, for which a
/// CPU has more units than for multiplications. Sums are modulo 2³² and the results fit, so that they are exact.
///
/// Four rows keep 8 of the 16 registers as sums, and leave as many to work with.
#[target_feature(enable = "avx2,fma")]
fn products<const N: usize, const FETCH: usize>(rows: &Rows<'_>, weights: &[Step], ahead: usize) -> Sums {
    let mut next = weights.as_ptr().wrapping_add(ahead);
    let mut sums: [[__m256i; 2]; N] = [[_mm256_setzero_si256(); 2]; N];
    for (Lanes(block), steps) in rows.blocks.iter().zip(weights.as_chunks::<STEPS>().0) {
        for _ in 0..FETCH {
            _mm_prefetch::<_MM_HINT_T0>(next.cast());
            next = next.wrapping_add(1);
        }
        let [v_low, v_high, w_low, w_high] = load(steps);
        let rows = block.as_chunks::<2>().0.as_chunks::<STEPS>().0;
        for ([a, b], sums) in rows.iter().zip(&mut sums) {
            let (a, b) = (broadcast(*a), broadcast(*b));
            let low = _mm256_madd_epi16(_mm256_add_epi16(a, w_low), _mm256_add_epi16(b, v_low));
            let high = _mm256_madd_epi16(_mm256_add_epi16(a, w_high), _mm256_add_epi16(b, v_high));
            sums[0] = _mm256_add_epi32(sums[0], low);
            sums[1] = _mm256_add_epi32(sums[1], high);
        }
    }
    let mut out = Sums::default();
    for (out, sums) in out.iter_mut().zip(sums) {
        for (out, sum) in out.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
            _mm256_storeu_si256(out, sum);
        }
    }
    out
}

/// Eight outputs' weights for one pair of inputs and the other eight's, then those for the next pair.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn load([v, w]: &[Step; STEPS]) -> [__m256i; 4] {
    let ([v_low, v_high], [w_low, w_high]) = (v.as_chunks::<PANEL>().0, w.as_chunks::<PANEL>().0) else {
        return [_mm256_setzero_si256(); 4];
    };
    [
        _mm256_loadu_si256(v_low),
        _mm256_loadu_si256(v_high),
        _mm256_loadu_si256(w_low),
        _mm256_loadu_si256(w_high),
    ]
}

/// A pair of inputs for every output.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn broadcast([x, y]: [i16; 2]) -> __m256i {
    _mm256_set1_epi32(i32::from(y) << 16 | i32::from(x as u16))
}

/// No fused multiplication and addition, which would round once less than the other kernels do.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn unscale(sums: &Sums, rows: &Rows<'_>, outputs: &Outputs, out: &mut [[f32; PANEL]; ROWS]) {
    let columns = outputs
        .scales
        .as_chunks::<8>()
        .0
        .iter()
        .zip(outputs.bias.as_chunks::<8>().0);
    let columns = columns.zip(outputs.crossed.as_chunks::<8>().0);
    for (i, ((scales, bias), crossed)) in columns.enumerate() {
        let (scales, bias) = (_mm256_loadu_ps(scales), _mm256_loadu_ps(bias));
        let column = _mm256_loadu_si256(crossed);
        for row in 0..ROWS {
            let crossed = _mm256_add_epi32(column, _mm256_set1_epi32(rows.crossed[row]));
            let sums = _mm256_loadu_si256(&sums[row].as_chunks::<8>().0[i]);
            let sums = _mm256_cvtepi32_ps(_mm256_sub_epi32(sums, crossed));
            let scaled = _mm256_mul_ps(sums, _mm256_mul_ps(scales, _mm256_set1_ps(rows.scales[row])));
            _mm256_storeu_ps(
                &mut out[row].as_chunks_mut::<8>().0[i],
                _mm256_add_ps(scaled, bias),
            );
        }
    }
}

#[target_feature(enable = "avx2,fma")]
fn float_tile(a: [&[f32]; TILE_ROWS], b: &[[f32; 16]]) -> Tile {
    // Slices of one length that the compiler knows to be one, so that it checks no index in the loop.
    let mut steps = b.len();
    for row in a {
        steps = steps.min(row.len());
    }
    let [a0, a1, a2, a3, a4, a5] = a;
    let a = [
        &a0[..steps],
        &a1[..steps],
        &a2[..steps],
        &a3[..steps],
        &a4[..steps],
        &a5[..steps],
    ];
    let b = &b[..steps];
    let mut sums: [[__m256; 2]; TILE_ROWS] = [[_mm256_setzero_ps(); 2]; TILE_ROWS];
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
