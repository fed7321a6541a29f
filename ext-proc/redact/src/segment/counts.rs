//! What is counted of a stretch of text while its bytes are looked at.
//! Must not know why.

use super::classes::{CLASS, DELIMITER, SPACE, UNSPACED};

/// How many digits, dots and colons there are, in one number: sixteen bits each, more than any segment has. And, in the eight bits
/// above, of which classes the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    sums: u64,
    classes: u64,
}

impl Counts {
    /// Counts bytes up to a gap or the end. Returns how many.
    #[inline]
    pub(super) fn add_word(&mut self, bytes: &[u8]) -> usize {
        let mut len = 0;
        for &b in bytes {
            let of_byte = OF_BYTE[b as usize];
            if of_byte == GAP {
                break;
            }
            // Sums of classes mean nothing and harm nothing, being above the others.
            self.sums = self.sums.wrapping_add(of_byte);
            self.classes |= of_byte;
            len += 1;
        }
        len
    }

    pub(super) fn join(&mut self, other: Self) {
        self.sums = self.sums.wrapping_add(other.sums);
        self.classes |= other.classes;
    }

    /// The classes of the bytes.
    pub(super) fn mask(self) -> u8 {
        (self.classes >> CLASSES) as u8
    }

    pub(super) fn digits(self) -> usize {
        (self.sums & 0xFFFF) as usize
    }

    pub(super) fn dots(self) -> usize {
        (self.sums >> 16 & 0xFFFF) as usize
    }

    pub(super) fn colons(self) -> usize {
        (self.sums >> 32 & 0xFFFF) as usize
    }
}

/// Where the classes begin.
const CLASSES: u32 = 56;

/// What ends a word; no other byte counts as nothing.
const GAP: u64 = 0;

const OF_BYTE: [u64; 256] = {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 256 {
        let count = match b as u8 {
            b'0'..=b'9' => 1,
            b'.' => 1 << 16,
            b':' => 1 << 32,
            _ => 0,
        };
        table[b] = if CLASS[b] & (SPACE | DELIMITER | UNSPACED) != 0 {
            GAP
        } else {
            count | (CLASS[b] as u64) << CLASSES
        };
        b += 1;
    }
    table
};
