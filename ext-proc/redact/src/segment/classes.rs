//! Classes of the bytes of folded text.
//! Must not know what is made of them.

/// ASCII letter, or a letter of a script that has spaces between words.
pub(crate) const LETTER: u8 = 1;
/// Decimal digit.
pub(crate) const DIGIT: u8 = 2;
/// `@`
pub(crate) const AT: u8 = 4;
/// `:`
pub(crate) const COLON: u8 = 8;
/// What else can stand inside an entity.
pub(crate) const PUNCT: u8 = 16;
/// White space.
pub(crate) const SPACE: u8 = 32;
/// What never stands inside an entity.
pub(crate) const DELIMITER: u8 = 64;
/// A lead byte of scripts that are written without spaces, where any character may be followed by an entity.
pub(crate) const UNSPACED: u8 = 128;

/// The class of each byte of folded text.
pub(crate) const CLASS: [u8; 256] = {
    let mut table = [LETTER; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = match b as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'@' => AT,
            b':' => COLON,
            b' ' | b'\t' | b'\n' | b'\r' => SPACE,
            b'"' | b'`' | b',' | b';' | b'<' | b'>' | b'{' | b'}' | b'|' | 0x01 => DELIMITER,
            _ => PUNCT,
        };
        b += 1;
    }
    // Thai, Lao, Indic scripts; kana, Han; Hangul, whose particles stick to numbers.
    table[0xE0] = UNSPACED;
    b = 0xE3;
    while b <= 0xED {
        table[b] = UNSPACED;
        b += 1;
    }
    table
};
