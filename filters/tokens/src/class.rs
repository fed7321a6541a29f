//! What the patterns of the pre-tokenisers tell apart about a character: a bit per class, from tables that the build
//! script takes from the Unicode data of the `regex` crate.
//!
//! Must not know the patterns; they combine the bits.

/// Everything that no other class holds: punctuation, symbols, controls, unassigned characters.
pub(crate) const OTHER: u8 = 1;
/// `\r` and `\n`.
pub(crate) const NEWLINE: u8 = 2;
/// `\s` without `\r` and `\n`.
pub(crate) const BLANK: u8 = 4;
/// `\p{N}`
pub(crate) const NUMBER: u8 = 8;
/// `\p{Lu}` and `\p{Lt}`
pub(crate) const UPPER: u8 = 16;
/// `\p{Ll}`
pub(crate) const LOWER: u8 = 32;
/// `\p{Lm}` and `\p{Lo}`: letters without case.
pub(crate) const UNCASED: u8 = 64;
/// `\p{M}`
pub(crate) const MARK: u8 = 128;

/// `\p{L}`
pub(crate) const LETTER: u8 = UPPER | LOWER | UNCASED;
/// `\s`
pub(crate) const SPACE: u8 = NEWLINE | BLANK;

static INDEX: &[u8; 0x11_0000 / 128] = include_bytes!(concat!(env!("OUT_DIR"), "/class_index.bin"));
static BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/class_blocks.bin"));

/// The classes of the ASCII characters, and 0 for the bytes of the others.
pub(crate) static ASCII: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = match byte as u8 {
            b'\r' | b'\n' => NEWLINE,
            b'\t' | 0x0b | 0x0c | b' ' => BLANK,
            b'0'..=b'9' => NUMBER,
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => LOWER,
            _ => OTHER,
        };
        byte += 1;
    }
    classes
};

/// The class of the character at `at` and its length in bytes; `(0, 0)` at the end of the text.
#[inline(always)]
pub(crate) fn class_at(text: &[u8], at: usize) -> (u8, usize) {
    match text.get(at) {
        None => (0, 0),
        Some(&byte) if byte < 0x80 => (ASCII[usize::from(byte)], 1),
        Some(&lead) => class_of_multibyte(text, at, lead),
    }
}

#[inline]
fn class_of_multibyte(text: &[u8], at: usize, lead: u8) -> (u8, usize) {
    let (character, len) = multibyte(text, at, lead);
    (class_of(character), len)
}

/// The character at `at`, where `lead` stands, which is its first byte, and its length.
#[inline(always)]
pub(crate) fn character(text: &[u8], at: usize, lead: u8) -> (usize, usize) {
    if lead < 0x80 {
        (usize::from(lead), 1)
    } else {
        multibyte(text, at, lead)
    }
}

/// The character of two bytes or more at `at`, where `lead` stands, and its length.
#[inline(always)]
fn multibyte(text: &[u8], at: usize, lead: u8) -> (usize, usize) {
    let rest = |offset: usize| text.get(at + offset).map_or(0, |&byte| usize::from(byte & 0x3f));
    let lead = usize::from(lead);
    if lead < 0xe0 {
        ((lead & 0x1f) << 6 | rest(1), 2)
    } else if lead < 0xf0 {
        ((lead & 0x0f) << 12 | rest(1) << 6 | rest(2), 3)
    } else {
        ((lead & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3), 4)
    }
}

#[inline(always)]
fn class_of(character: usize) -> u8 {
    let block = INDEX.get(character >> 7).map_or(0, |&block| usize::from(block));
    BLOCKS.get(block << 7 | character & 127).copied().unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::{ASCII, class_of};

    #[test]
    fn ascii_is_as_in_the_table_of_all_characters() {
        for (byte, &class) in ASCII.iter().enumerate().take(128) {
            assert_eq!(class, class_of(byte), "{byte:#x}");
        }
    }

    #[test]
    fn every_character_has_one_class() {
        for character in '\0'..=char::MAX {
            assert_eq!(class_of(character as usize).count_ones(), 1, "{character:?}");
        }
    }
}
