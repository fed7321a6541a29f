//! Bytes looked at eight at a time, in ordinary registers, so that it is as quick in wasm.
//! Must not know what is looked for.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// Marks, in its high bit, each byte that is `b`; behind the first one, maybe some that are not.
pub(crate) const fn equal(bytes: u64, b: u8) -> u64 {
    let zero = bytes ^ (ONES * b as u64);
    zero.wrapping_sub(ONES) & !zero & HIGH
}

/// Marks, in its high bit, each byte that is `a` and in `other` is `b`; behind the first one, maybe some that are not.
pub(crate) const fn pairs(bytes: u64, a: u8, other: u64, b: u8) -> u64 {
    let zero = (bytes ^ (ONES * a as u64)) | (other ^ (ONES * b as u64));
    zero.wrapping_sub(ONES) & !zero & HIGH
}

/// Marks, in its high bit, each byte from `from` to `to`, both below 128.
pub(crate) const fn between(bytes: u64, from: u8, to: u8) -> u64 {
    let low = bytes & !HIGH;
    (low + ONES * (0x80 - from) as u64) & !(low + ONES * (0x7F - to) as u64) & !bytes & HIGH
}

/// Marks each byte that is not ASCII.
pub(crate) const fn beyond_ascii(bytes: u64) -> u64 {
    bytes & HIGH
}

/// Where the first byte is that is `b`.
#[inline]
pub(crate) fn find(bytes: &[u8], b: u8) -> Option<usize> {
    position(bytes, |eight| equal(eight, b), |other| other == b)
}

/// Where the first byte is for which `test` holds, all of which `marks` must mark.
#[inline]
pub(crate) fn position(bytes: &[u8], marks: impl Fn(u64) -> u64, test: impl Fn(u8) -> bool) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (chunk, at) in chunks.iter().zip((0..).step_by(8)) {
        let mut marked = marks(u64::from_le_bytes(*chunk));
        while marked != 0 {
            let step = (marked.trailing_zeros() / 8) as usize;
            if test(chunk[step]) {
                return Some(at + step);
            }
            marked &= marked - 1;
        }
    }
    let step = rest.iter().position(|&b| test(b))?;
    Some(bytes.len() - rest.len() + step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_found_wherever_it_stands() {
        for b in 0..=255u8 {
            for at in 0..20 {
                let mut text = [b' '; 20];
                text[at] = b;
                let found = |marks: fn(u64) -> u64, test: fn(u8) -> bool| position(&text, marks, test);
                let expected = |test: fn(u8) -> bool| text.iter().position(|b| test(*b));
                for (marks, test) in [
                    (
                        (|x| equal(x, b'@') | equal(x, 1)) as fn(u64) -> u64,
                        (|b| b == b'@' || b == 1) as fn(u8) -> bool,
                    ),
                    (|x| between(x, b'-', b':'), |b| (b'-'..=b':').contains(&b)),
                    (|x| between(x, 0, 31), |b| b < 32),
                    (beyond_ascii, |b| b >= 128),
                ] {
                    assert_eq!(found(marks, test), expected(test), "{b} at {at}");
                }
            }
        }
    }
}
