//! Check digit schemes that several countries share.
//! Must not know countries.

/// The digits of characters that are all digits; other characters count as 0.
pub(super) fn digit(b: u8) -> u32 {
    if b.is_ascii_digit() {
        u32::from(b - b'0')
    } else {
        0
    }
}

/// Sum of the digits times their weights.
pub(super) fn weighted(chars: &[u8], weights: &[u32]) -> u32 {
    chars
        .iter()
        .zip(weights)
        .map(|(&b, weight)| digit(b) * weight)
        .sum()
}

/// The number that digits write.
pub(super) fn number(chars: &[u8]) -> u64 {
    chars.iter().fold(0, |value, &b| value * 10 + u64::from(digit(b)))
}

/// ISO/IEC 7812-1 annex B.
pub(super) fn luhn(chars: &[u8]) -> bool {
    crate::recognizers::digits::luhn(chars.iter().map(|b| b - b'0')) && !repeated(chars)
}

/// All the same: passes many checks and is never issued.
pub(super) fn repeated(chars: &[u8]) -> bool {
    chars.windows(2).all(|pair| pair[0] == pair[1])
}

/// ISO 7064 MOD 11,10.
pub(super) fn mod_11_10(chars: &[u8]) -> bool {
    let Some((last, body)) = chars.split_last() else {
        return false;
    };
    let product = body.iter().fold(10, |product, &b| {
        let sum = (digit(b) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == digit(*last)
}

/// Verhoeff's dihedral check.
pub(super) fn verhoeff(chars: &[u8]) -> bool {
    const PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    // The dihedral group of order ten.
    let multiply = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let check = chars.iter().rev().enumerate().fold(0, |check, (i, &b)| {
        let permuted = (0..i % 8).fold(b - b'0', |d, _| PERMUTATION[d as usize]);
        multiply(check, permuted)
    });
    check == 0 && !repeated(chars)
}

/// GS1's check of EAN-13.
pub(super) fn ean13(chars: &[u8]) -> bool {
    weighted(chars, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// Whether a month has such a day, in some year.
pub(super) fn day_month(day: u64, month: u64) -> bool {
    let last = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day)
}
