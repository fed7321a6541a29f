//! What a string or a number looks like, byte by byte.
//! Must not know what stands around it.

use super::scanner::{SyntaxError, SyntaxErrorKind};

/// The end of the digits at `at`, of which there must be one.
pub(super) fn digits(bytes: &[u8], at: usize) -> Result<usize, SyntaxError> {
    let count = bytes
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count > 0 {
        return Ok(at + count);
    }
    let kind = if at >= bytes.len() {
        SyntaxErrorKind::UnexpectedEnd
    } else {
        SyntaxErrorKind::InvalidNumber
    };
    Err(SyntaxError { offset: at, kind })
}

/// The length of the escape whose backslash stands at `at`.
pub(super) fn escape_length(bytes: &[u8], at: usize) -> Result<usize, SyntaxError> {
    let digits = match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => return Ok(2),
        Some(b'u') => bytes.get(at + 2..).unwrap_or_default(),
        Some(_) => {
            return Err(SyntaxError {
                offset: at,
                kind: SyntaxErrorKind::InvalidEscape,
            });
        }
        None => {
            return Err(SyntaxError {
                offset: at + 1,
                kind: SyntaxErrorKind::UnexpectedEnd,
            });
        }
    };
    match digits
        .iter()
        .take(4)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count()
    {
        4 => Ok(6),
        count if count == digits.len() => Err(SyntaxError {
            offset: bytes.len(),
            kind: SyntaxErrorKind::UnexpectedEnd,
        }),
        _ => Err(SyntaxError {
            offset: at,
            kind: SyntaxErrorKind::InvalidEscape,
        }),
    }
}

/// The first quote, backslash or control character at or behind `at`; the length of `bytes` if there is none.
///
/// Eight bytes at a time: nearly all of a body is the inside of strings, and wasm has no vector instructions here.
/// The bit tricks are those of "Bit Twiddling Hacks", <https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>;
/// a borrow can only mark bytes behind the first true one, and the first is all that is used.
#[inline]
pub(super) fn next_special(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let rest = bytes.get(at..).unwrap_or_default();
    let (words, tail) = rest.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let quote = word ^ (ONES * b'"' as u64);
        let backslash = word ^ (ONES * b'\\' as u64);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found =
            (control | (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash))
                & HIGH;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + tail
        .iter()
        .take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
        .count()
}
