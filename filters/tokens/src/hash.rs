//! Where a token's bytes are found in the tables; build/ and src/ compile the same file.
//!
//! Tokens of at most 16 bytes lie in cache lines, where they are compared in registers; longer ones are found by a perfect
//! hash. 64-bit multiplications only, since that is what wasm has.

/// A line's length in bytes.
pub(crate) const LINE: usize = 64;
/// How many keys of so many words fit in a line, with their ranks and the link.
pub(crate) const fn places(words: usize) -> usize {
    (LINE - 4) / (8 * words + 4)
}
/// No token is longer.
pub(crate) const LONGEST: usize = 1 << LENGTH_BITS;

/// A word that no key has: each ends with the last byte of a text or with 0xff, and begins with a byte of a text.
#[allow(dead_code, reason = "only the build script writes lines")]
pub(crate) const EMPTY: u64 = u64::MAX;

/// The link of a line whose other keys lie in the line of that number: it has a bit for each of their groups.
#[allow(dead_code, reason = "only the build script writes lines")]
pub(crate) const fn link(line: u16, groups: u32) -> u32 {
    groups | line as u32
}

/// The line that a link leads to.
#[allow(dead_code, reason = "only the library reads lines")]
#[inline(always)]
pub(crate) const fn linked(link: u32) -> usize {
    (link & 0xffff) as usize
}

/// A text of at most 16 bytes: its words and their hash.
#[derive(Clone, Copy)]
pub(crate) struct Key<const N: usize> {
    pub(crate) words: [u64; N],
    hash: u64,
}

impl Key<1> {
    /// `text[start..start + len]`, which has at most 8 bytes.
    #[inline(always)]
    pub(crate) fn short(text: &[u8], start: usize, len: usize) -> Self {
        let key = key(text, start, len);
        Self {
            words: [key],
            hash: key.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        }
    }
}

impl Key<2> {
    /// `text[start..start + len]`, which has 9 to 16 bytes.
    #[inline(always)]
    pub(crate) fn medium(text: &[u8], start: usize, len: usize) -> Self {
        let (first, second) = (key(text, start, 8), key(text, start + 8, len - 8));
        Self {
            words: [first, second],
            hash: of_two(first, second),
        }
    }
}

impl<const N: usize> Key<N> {
    /// A byte that tells scripts apart: the first one, or what comes after it if that is a space or another of ASCII. Keys are
    /// put together by it, so that a text meets the same few cache lines and pages again and again.
    #[inline(always)]
    pub(crate) const fn script(self) -> usize {
        let first = self.words[0] & 0xff;
        (if first < 0x80 {
            self.words[0] >> 8 & 0xff
        } else {
            first
        }) as usize
    }

    /// Which of the lines of its script has it. The hash's high half depends on every bit of the key.
    #[inline(always)]
    pub(crate) const fn line(self, lines: Range) -> usize {
        lines.first as usize + reduce(self.hash >> 32, lines.count as usize)
    }

    /// The bit of its group, among those of a link.
    #[inline(always)]
    pub(crate) const fn group(self) -> u32 {
        1 << (16 + (self.hash >> 32) % 16)
    }
}

/// The lines of one script.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) first: u16,
    pub(crate) count: u16,
}

impl Range {
    #[allow(dead_code, reason = "only the build script writes ranges")]
    pub(crate) const fn to_bytes(self) -> [u8; 4] {
        (self.first as u32 | (self.count as u32) << 16).to_le_bytes()
    }

    #[allow(dead_code, reason = "only the library reads ranges")]
    #[inline(always)]
    pub(crate) const fn from_bytes(bytes: [u8; 4]) -> Self {
        let both = u32::from_le_bytes(bytes);
        Self {
            first: both as u16,
            count: (both >> 16) as u16,
        }
    }
}

/// The words of 1 to 32 bytes from `start`; no two texts share them.
#[inline(always)]
#[allow(dead_code, reason = "only the library asks for them")]
pub(crate) fn words(text: &[u8], start: usize, len: usize) -> [u64; 4] {
    let word = |at: usize| {
        if len <= at {
            u64::MAX
        } else {
            key(text, start + at, (len - at).min(8))
        }
    };
    [word(0), word(8), word(16), word(24)]
}

/// Their hash; the upper bits are the good ones.
#[inline(always)]
#[allow(dead_code, reason = "only the library asks for it")]
pub(crate) const fn of_words([a, b, c, d]: [u64; 4]) -> u64 {
    of_two(a ^ c.rotate_left(32), b ^ d.rotate_left(32))
}

#[inline(always)]
const fn of_two(first: u64, second: u64) -> u64 {
    (mix(first, 0xd6e8_feb8_6659_fd93) ^ second).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// At most eight bytes from `start`, little endian, 0xff after them: no text has that byte, so that no two texts share a key.
#[inline(always)]
fn key(text: &[u8], start: usize, len: usize) -> u64 {
    // `len` is 1 to 8; the mask spares a check that a shift would need.
    word(text, start) | !(u64::MAX >> ((8usize.wrapping_sub(len) * 8) & 63))
}

/// The eight bytes from `start`, or fewer at the text's end.
#[inline(always)]
fn word(text: &[u8], start: usize) -> u64 {
    match text.get(start..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => at_the_end(text, start),
    }
}

/// The last bytes of the text, fewer than eight.
#[cold]
fn at_the_end(text: &[u8], start: usize) -> u64 {
    text.iter()
        .skip(start)
        .rev()
        .fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[inline(always)]
const fn reduce(hash: u64, below: usize) -> usize {
    ((hash * below as u64) >> 32) as usize
}

/// Which of 65,536 bits stands for `text[start..start + len]`, which is longer than 16 bytes: for its length and first 16 bytes.
#[inline(always)]
pub(crate) fn sieve(text: &[u8], start: usize, len: usize) -> usize {
    (of_two(word(text, start) ^ len as u64, word(text, start + 8)) >> 48) as usize
}

/// The hash of `text[start..start + len]`, which is longer than 16 bytes.
#[inline]
pub(crate) fn hash(text: &[u8], mut start: usize, len: usize) -> u64 {
    let mut state = (len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let end = start + len;
    while end - start > 8 {
        state = mix(state ^ word(text, start), 0xa076_1d64_78bd_642f);
        start += 8;
    }
    mix(
        mix(state ^ word(text, end - 8), 0xd6e8_feb8_6659_fd93),
        0xc2b2_ae3d_27d4_eb4f,
    )
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

impl Layout {
    pub(crate) const fn new(buckets: u32, slots: u32) -> Self {
        Self { buckets, slots }
    }

    #[inline(always)]
    pub(crate) const fn bucket(self, hash: u64) -> usize {
        reduce(hash >> 32, self.buckets as usize)
    }

    #[inline(always)]
    pub(crate) const fn slot(self, hash: u64, pilot: u16) -> usize {
        let turned = (hash as u32 ^ (pilot as u32).wrapping_mul(0x9e37_79b1)).wrapping_mul(0x85eb_ca6b);
        reduce(turned as u64, self.slots as usize)
    }

    /// The slot's content for a token. An empty slot is all zeros, which stands for no token of more than 16 bytes.
    #[allow(dead_code, reason = "only the build script writes entries")]
    pub(crate) const fn entry(hash: u64, len: usize, place: u32, rank: u32) -> u64 {
        Self::print(hash, len) << (RANK_BITS + PLACE_BITS) | (place as u64) << RANK_BITS | rank as u64
    }

    /// Whether the slot may hold the token of that hash; then it holds one of that length.
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
