//! Sixteen bytes or two words at once, with the instructions of the target. Must not know what is looked for.

use wide::{i8x16, u64x2};

/// Whether the target has them: SSE2, which every x86-64 has, NEON, or wasm's `simd128`, if the module is built with it.
pub(crate) const AVAILABLE: bool = cfg!(any(
    target_feature = "sse2",
    target_feature = "simd128",
    target_feature = "neon"
));

/// Whether they compare words of 64 bits, which SSE2 does not.
pub(crate) const COMPARES_WORDS: bool = cfg!(any(
    target_feature = "sse4.1",
    target_feature = "simd128",
    target_feature = "neon"
));

#[derive(Clone, Copy)]
pub(crate) struct Lanes(i8x16);

impl Lanes {
    #[inline(always)]
    pub(crate) fn new(bytes: &[u8; 16]) -> Self {
        Self(i8x16::new(bytes.map(u8::cast_signed)))
    }

    /// Each byte's highest bit.
    #[inline(always)]
    pub(crate) fn bits(self) -> u64 {
        u64::from(self.0.to_bitmask())
    }

    /// Each byte with these bits set.
    #[inline(always)]
    pub(crate) fn or(self, bits: u8) -> Self {
        Self(self.0 | i8x16::splat(bits.cast_signed()))
    }

    /// The bits of the bytes that are this one.
    #[inline(always)]
    pub(crate) fn is(self, byte: u8) -> Self {
        Self(self.0.simd_eq(i8x16::splat(byte.cast_signed())))
    }

    /// The bits of the bytes that are those of the other.
    #[inline(always)]
    pub(crate) fn equals(self, other: Self) -> Self {
        Self(self.0.simd_eq(other.0))
    }

    /// The bits of the bytes that are one of the `count` from `first` on.
    #[inline(always)]
    pub(crate) fn is_among(self, first: u8, count: u8) -> Self {
        // The first becomes the lowest of the signed numbers, so that one comparison does.
        let moved = self.0 + i8x16::splat(0x80u8.wrapping_sub(first).cast_signed());
        Self(moved.simd_lt(i8x16::splat(0x80u8.wrapping_add(count).cast_signed())))
    }
}

/// A bit for each of these two words that equals that one.
#[inline(always)]
pub(crate) fn equal_of_two(words: &[u8; 16], word: u64) -> u32 {
    let words = words.as_chunks().0.first_chunk().unwrap_or(&[[0; 8]; 2]);
    let words = u64x2::new(words.map(u64::from_le_bytes));
    words.simd_eq(u64x2::splat(word)).to_bitmask()
}
