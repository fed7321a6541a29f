//! What is counted of a stretch of text while its bytes are looked at.
//! Must not know why.

/// How many digits, dots and colons there are, in one number: sixteen bits each, more than any segment has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts(u64);

impl Counts {
    #[inline]
    pub(super) fn add(&mut self, byte: u8) {
        self.0 += OF_BYTE[byte as usize];
    }

    #[inline]
    pub(super) fn join(&mut self, other: Self) {
        self.0 += other.0;
    }

    pub(super) fn digits(self) -> usize {
        (self.0 & 0xFFFF) as usize
    }

    pub(super) fn dots(self) -> usize {
        (self.0 >> 16 & 0xFFFF) as usize
    }

    pub(super) fn colons(self) -> usize {
        (self.0 >> 32) as usize
    }
}

const OF_BYTE: [u64; 256] = {
    let mut table = [0; 256];
    let mut b = b'0';
    while b <= b'9' {
        table[b as usize] = 1;
        b += 1;
    }
    table[b'.' as usize] = 1 << 16;
    table[b':' as usize] = 1 << 32;
    table
};
