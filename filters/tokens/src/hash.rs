//! The hash of a token's bytes and where it leads in the table; build/ and src/ compile the same file.
//!
//! 64-bit multiplications only, since that is what wasm has.

/// The first sixteen bytes of a token or piece as two words, little endian, zeros after its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words(u64, u64);

/// What of two words belongs to a token of each length.
static MASKS: [(u64, u64); 17] = {
    let mut masks = [(0, 0); 17];
    let mut len = 1;
    while len <= 16 {
        masks[len] = if len <= 8 { (u64::MAX >> (64 - 8 * len), 0) } else { (u64::MAX, u64::MAX >> (128 - 8 * len)) };
        len += 1;
    }
    masks
};

impl Words {
    /// Of `text[start..start + len]`; no more than sixteen bytes are read.
    #[inline(always)]
    pub(crate) fn read(text: &[u8], start: usize, len: usize) -> Self {
        let (first, second) = MASKS[if len < 16 { len } else { 16 }];
        let bytes = match text.get(start..).and_then(|rest| rest.first_chunk::<16>()) {
            Some(bytes) => *bytes,
            None => at_the_end(text, start),
        };
        // One load of each half; no branch on the length.
        let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
        Self(u64::from_le_bytes([a, b, c, d, e, f, g, h]) & first, u64::from_le_bytes(rest) & second)
    }
}

/// The last bytes of the text, fewer than sixteen.
#[cold]
fn at_the_end(text: &[u8], start: usize) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(text.iter().skip(start)) {
        *to = *from;
    }
    bytes
}

/// The hash of `text[start..start + len]`, of which `words` was read.
#[inline(always)]
pub(crate) fn hash(words: Words, text: &[u8], start: usize, len: usize) -> u64 {
    let first = (words.0 ^ (len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xa076_1d64_78bd_642f);
    let second = (words.1 ^ 0x5851_f42d_4c95_7f2d).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let mut state = first ^ second.rotate_left(32);
    if len > 16 {
        state = rest(state, text, start, len);
    }
    mix(mix(state ^ state >> 32, 0xe703_7ed1_a0b4_28db), 0xc2b2_ae3d_27d4_eb4f)
}

/// Goes on with what comes after sixteen bytes; few tokens are so long.
#[cold]
fn rest(mut state: u64, text: &[u8], start: usize, len: usize) -> u64 {
    for byte in text.iter().skip(start + 16).take(len - 16) {
        state = mix(state ^ u64::from(*byte), 0x9e37_79b9_7f4a_7c15);
    }
    state
}

#[inline(always)]
const fn mix(value: u64, by: u64) -> u64 {
    let product = value.wrapping_mul(by);
    product ^ product >> 32
}

/// How a hash is spread over buckets and slots.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) buckets: u32,
    pub(crate) slots: u32,
}

/// A slot's 64 bits, from the top: 18 of the hash, 7 for the token's length less one, 21 for the place of its bytes, 18
/// for its rank.
const RANK_BITS: u32 = 18;
const PLACE_BITS: u32 = 21;
const LENGTH_BITS: u32 = 7;

/// No token is longer.
pub(crate) const LONGEST: usize = 1 << LENGTH_BITS;

impl Layout {
    pub(crate) const fn new(buckets: u32, slots: u32) -> Self {
        Self { buckets, slots }
    }

    #[inline(always)]
    pub(crate) const fn bucket(self, hash: u64) -> usize {
        (((hash >> 32) * self.buckets as u64) >> 32) as usize
    }

    #[inline(always)]
    pub(crate) const fn slot(self, hash: u64, pilot: u16) -> usize {
        let turned = (hash as u32 ^ (pilot as u32).wrapping_mul(0x9e37_79b1)).wrapping_mul(0x85eb_ca6b);
        ((turned as u64 * self.slots as u64) >> 32) as usize
    }

    /// The slot's content for a token. An empty slot is all zeros, which stands for the token of rank 0.
    #[allow(dead_code, reason = "only the build script writes entries")]
    pub(crate) const fn entry(hash: u64, len: usize, place: u32, rank: u32) -> u64 {
        Self::print(hash, len) << (RANK_BITS + PLACE_BITS) | (place as u64) << RANK_BITS | rank as u64
    }

    /// Whether the slot may hold the token of that hash and surely one of that length.
    #[inline(always)]
    #[allow(dead_code, reason = "only the library reads entries")]
    pub(crate) const fn may_match(entry: u64, hash: u64, len: usize) -> bool {
        // The shift drops what does not fit, on both sides alike.
        (entry ^ Self::print(hash, len) << (RANK_BITS + PLACE_BITS)) >> (RANK_BITS + PLACE_BITS) == 0
    }

    #[inline(always)]
    const fn print(hash: u64, len: usize) -> u64 {
        hash << LENGTH_BITS | (len as u64 - 1)
    }

    #[inline(always)]
    #[allow(dead_code, reason = "only the library reads entries")]
    pub(crate) const fn place(entry: u64) -> usize {
        (entry >> RANK_BITS) as usize & ((1 << PLACE_BITS) - 1)
    }

    #[inline(always)]
    #[allow(dead_code, reason = "only the library reads entries")]
    pub(crate) const fn rank(entry: u64) -> u32 {
        entry as u32 & ((1 << RANK_BITS) - 1)
    }
}
