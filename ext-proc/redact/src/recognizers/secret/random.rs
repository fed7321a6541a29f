//! Whether characters look drawn rather than written.
//! Must not know whose they are.

/// How many different characters there are, and which classes.
pub(super) fn variety(text: &[u8]) -> (u32, bool, bool, usize) {
    let mut seen = 0u128;
    text.iter().for_each(|&b| seen |= 1 << (b & 0x7F));
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    (
        seen.count_ones(),
        text.iter().any(u8::is_ascii_lowercase),
        text.iter().any(u8::is_ascii_uppercase),
        digits,
    )
}

/// Whether characters look drawn rather than written: digits among the letters, and no placeholder such as `xxxx`.
pub(super) fn is_random(text: &[u8]) -> bool {
    let (mut seen, mut digit) = (0u128, false);
    // Most often the first few tell.
    text.iter().any(|&b| {
        seen |= 1 << (b & 0x7F);
        digit |= b.is_ascii_digit();
        digit && seen.count_ones() >= 6
    })
}

/// The same, with no doubt: no words with hyphens between, all classes or hexadecimal.
pub(super) fn is_drawn(text: &[u8]) -> bool {
    let (variety, lower, upper, digits) = variety(text);
    let longest = text
        .split(|b| !b.is_ascii_alphanumeric())
        .map(<[u8]>::len)
        .max()
        .unwrap_or_default();
    let hex = text.iter().all(u8::is_ascii_hexdigit);
    digits >= 3 && variety >= 10 && longest >= 16.min(text.len()) && ((lower && upper) || hex || digits >= 6)
}
