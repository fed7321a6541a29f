//! Kernels for x86-64 CPUs with AVX2 and FMA (Intel since 2013, AMD since 2015). Must mean exactly what the portable ones mean.
//!
//! The only unsafe code is the call into functions that are compiled for these features: an [`Avx2`] can only be had from
//! [`Avx2::detect`], so whoever holds one may make it.

use std::arch::x86_64::{
    __m256, __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi16, _mm256_add_epi32, _mm256_add_ps,
    _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_madd_epi16, _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_sub_epi32,
};

use safe_unaligned_simd::x86_64::{
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_storeu_ps, _mm256_storeu_si256,
};

use super::{Job, Kernel, PANEL, Pair, Panel, ROWS, Rows, Step, TILE_ROWS, Tile};

/// How many steps ahead a cold panel is fetched. A short text waits for them more than it computes: the model does not fit
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
    fn products<const PAIRS: usize>(
        self,
        rows: Rows<'_, PAIRS>,
        panel: Panel<'_, PAIRS>,
        sums: &mut [[i32; PANEL]; ROWS],
    ) {
        // SAFETY: as above.
        unsafe { products(rows, panel, sums) }
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
    fn float_tile(self, a: [&[f32]; TILE_ROWS], b: &[[f32; 16]]) -> Tile {
        // SAFETY: as above.
        unsafe { float_tile(a, b) }
    }
}

#[target_feature(enable = "avx2,fma")]
fn run<J: Job>(kernel: Avx2, job: J) -> J::Output {
    job.run(kernel)
}

#[target_feature(enable = "avx2,fma")]
fn products<const PAIRS: usize>(
    rows: Rows<'_, PAIRS>,
    mut panel: Panel<'_, PAIRS>,
    sums: &mut [[i32; PANEL]; ROWS],
) {
    let (fours, rest) = rows.pairs.as_chunks::<4>();
    let (fours_crossed, rest_crossed) = rows.crossed.split_at(4 * fours.len());
    let (fours_sums, rest_sums) = sums.split_at_mut(4 * fours.len());
    let fours_crossed = fours_crossed.as_chunks::<4>().0;
    let fours_sums = fours_sums.as_chunks_mut::<4>().0.iter_mut();
    for ((sums, inputs), crossed) in fours_sums.zip(fours).zip(fours_crossed) {
        first::<4, PAIRS>(inputs, crossed, panel, sums);
        panel.cold = false;
    }
    match rest.len() {
        3 => first::<3, PAIRS>(rest, rest_crossed, panel, rest_sums),
        2 => first::<2, PAIRS>(rest, rest_crossed, panel, rest_sums),
        1 => first::<1, PAIRS>(rest, rest_crossed, panel, rest_sums),
        _ => {}
    }
}

/// A tile of the first `N` rows.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn first<const N: usize, const PAIRS: usize>(
    inputs: &[[Pair; PAIRS]],
    crossed: &[i32],
    panel: Panel<'_, PAIRS>,
    sums: &mut [[i32; PANEL]],
) {
    let firsts = inputs.first_chunk::<N>().zip(crossed.first_chunk::<N>());
    let Some(((inputs, crossed), sums)) = firsts.zip(sums.first_chunk_mut::<N>()) else {
        return;
    };
    if panel.cold {
        tile::<N, PAIRS, true>(inputs, crossed, panel, sums);
    } else {
        tile::<N, PAIRS, false>(inputs, crossed, panel, sums);
    }
}

/// One multiplication for two products, by Winograd's identity (1968): a·v + b·w = (a + w)·(b + v) − a·b − v·w, where a·b depends
/// on the row alone and v·w on the output alone. There are no fewer instructions, but three of four are additions, for which a
/// CPU has more units than for multiplications. Sums are modulo 2³² and the results fit, so that they are exact.
///
/// Four rows keep 8 of the 16 registers as sums, and leave as many to work with.
#[target_feature(enable = "avx2,fma")]
fn tile<const N: usize, const PAIRS: usize, const COLD: bool>(
    inputs: &[[Pair; PAIRS]; N],
    crossed: &[i32; N],
    panel: Panel<'_, PAIRS>,
    out: &mut [[i32; PANEL]; N],
) {
    let mut sums: [[__m256i; 2]; N] = [[_mm256_setzero_si256(); 2]; N];
    for (k, steps) in panel.steps.as_chunks::<2>().0.iter().enumerate() {
        if COLD {
            for step in steps {
                let ahead = std::ptr::from_ref(step).wrapping_add(AHEAD);
                _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
            }
        }
        let [Step([v_low, v_high]), Step([w_low, w_high])] = steps;
        let (v_low, v_high) = (_mm256_loadu_si256(v_low), _mm256_loadu_si256(v_high));
        let (w_low, w_high) = (_mm256_loadu_si256(w_low), _mm256_loadu_si256(w_high));
        for (row, sums) in inputs.iter().zip(&mut sums) {
            let (a, b) = (broadcast(row[2 * k]), broadcast(row[2 * k + 1]));
            let low = _mm256_madd_epi16(_mm256_add_epi16(a, w_low), _mm256_add_epi16(b, v_low));
            let high = _mm256_madd_epi16(_mm256_add_epi16(a, w_high), _mm256_add_epi16(b, v_high));
            sums[0] = _mm256_add_epi32(sums[0], low);
            sums[1] = _mm256_add_epi32(sums[1], high);
        }
    }
    for ((out, sums), row) in out.iter_mut().zip(sums).zip(crossed) {
        let row = _mm256_set1_epi32(*row);
        let columns = panel.crossed.as_chunks::<8>().0.iter().zip(sums);
        for (out, (column, sum)) in out.as_chunks_mut::<8>().0.iter_mut().zip(columns) {
            let crossed = _mm256_add_epi32(row, _mm256_loadu_si256(column));
            _mm256_storeu_si256(out, _mm256_sub_epi32(sum, crossed));
        }
    }
}

/// A pair of inputs for every output.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn broadcast([x, y]: Pair) -> __m256i {
    _mm256_set1_epi32(i32::from(y) << 16 | i32::from(x as u16))
}

/// No fused multiplication and addition, which would round once less than the other kernels do.
#[target_feature(enable = "avx2,fma")]
fn unscale(sums: &[i32; PANEL], row_scale: f32, scales: &[f32; PANEL], bias: &[f32; PANEL]) -> [f32; PANEL] {
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
fn float_tile(a: [&[f32]; TILE_ROWS], b: &[[f32; 16]]) -> Tile {
    // Slices of one length that the compiler knows to be one, so that it checks no index in the loop.
    let steps = a.iter().fold(b.len(), |steps, row| steps.min(row.len()));
    let (a, b) = (a.map(|row| &row[..steps]), &b[..steps]);
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
