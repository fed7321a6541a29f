//! The inner loops: dot products of bytes, and distances of bits.
//! Must not know what the rows are. Plain loops: `pulp` compiles them once more for AVX2 and chooses at run time.

use pulp::{Arch, WithSimd};

/// The dot product of `query` with every row, in order.
pub(super) fn dots(query: &[i16], rows: &[i8], each: impl FnMut(usize, i32)) {
    Arch::new().dispatch(Dots { query, rows, each });
}

/// How many signs differ between `query` and every row, in order.
pub(super) fn distances<'a>(
    query: &[u64],
    rows: impl Iterator<Item = &'a [u64]>,
    each: impl FnMut(usize, u32),
) {
    Arch::new().dispatch(Distances { query, rows, each });
}

/// The dot product of `query` with one row.
pub(super) fn dot(query: &[i16], row: &[i8]) -> i32 {
    let mut sum = 0;
    dots(query, row, |_, product| sum = product);
    sum
}

/// How many signs differ.
pub(super) fn distance(a: &[u64], b: &[u64]) -> u32 {
    let mut found = 0;
    distances(a, std::iter::once(b), |_, distance| found = distance);
    found
}

struct Dots<'a, F> {
    query: &'a [i16],
    rows: &'a [i8],
    each: F,
}

impl<F: FnMut(usize, i32)> WithSimd for Dots<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) {
        for (n, row) in self.rows.chunks_exact(self.query.len().max(1)).enumerate() {
            // 16 bits on one side: half the widening, and multiplied in pairs (`vpmaddwd`).
            let sum = self
                .query
                .iter()
                .zip(row)
                .map(|(a, b)| i32::from(*a) * i32::from(*b))
                .sum();
            (self.each)(n, sum);
        }
    }
}

struct Distances<'q, I, F> {
    query: &'q [u64],
    rows: I,
    each: F,
}

impl<'a, I: Iterator<Item = &'a [u64]>, F: FnMut(usize, u32)> WithSimd for Distances<'_, I, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) {
        for (n, row) in self.rows.enumerate() {
            let distance = row
                .iter()
                .zip(self.query)
                .map(|(a, b)| (a ^ b).count_ones())
                .sum();
            (self.each)(n, distance);
        }
    }
}
