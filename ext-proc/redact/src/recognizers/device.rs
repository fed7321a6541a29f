//! Addresses that machines give themselves: hardware addresses, UUIDs, wallets, places on earth.
//! Must not know who owns them.

use sha2::{Digest, Sha256};
use sha3::Keccak256;

use super::{Field, Hit, is_word};
use crate::entity::Entity;

pub(crate) fn find(field: &Field<'_>, hits: &mut Vec<Hit>) {
    // The shortest are `0123.4567.89ab`, and two times `1.2345`.
    if field.longest >= 14 {
        machine_made(field, hits);
    }
    if field.digits >= 10 && field.dots >= 2 {
        coordinates(field, hits);
    }
}

fn machine_made(field: &Field<'_>, hits: &mut Vec<Hit>) {
    let mut done = field.from;
    for token in field.tokens.iter().filter(|token| is_length(token.len())) {
        let (from, to) = (token.from, token.to);
        let glued = |b| is_word(b) || matches!(b, b'-' | b':' | b'.' | b'_' | b'/');
        if from < done || field.before(from).is_some_and(glued) {
            continue;
        }
        let found = match token.len() {
            2 => mac(field, from).map(|end| (end, Entity::MacAddress, 0.95)),
            4 => dotted_mac(field, from).map(|end| (end, Entity::MacAddress, 0.9)),
            8 => uuid(field, from).map(|end| (end, Entity::Uuid, 0.9)),
            _ if wallet(&field.text[from..to]) && !field.at(to).is_some_and(is_word) => {
                Some((to, Entity::Crypto, 1.0))
            }
            _ => None,
        };
        if let Some((end, entity, score)) = found {
            hits.push(Hit::new(from, end, entity, score));
            done = end;
        }
    }
}

/// How long the first word of something that a machine made is.
fn is_length(len: usize) -> bool {
    matches!(len, 2 | 4 | 8 | 26..=64)
}

/// Six or eight pairs of hexadecimal digits with the same sign between.
fn mac(field: &Field<'_>, from: usize) -> Option<usize> {
    let sign = field.at(from + 2).filter(|b| matches!(b, b':' | b'-'))?;
    let mut at = from;
    let mut pairs = 0;
    loop {
        let pair = [field.at(at)?, field.at(at + 1)?];
        if !pair.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        pairs += 1;
        at += 2;
        if field.at(at) != Some(sign) || pairs == 8 {
            break;
        }
        at += 1;
    }
    let ends = !field.at(at).is_some_and(|b| is_word(b) || b == sign);
    // All zeros is none, all ones everybody's.
    let alike = || {
        field.text[from..at]
            .chunks(3)
            .all(|pair| pair[..2] == [pair[0]; 2] && b"0fF".contains(&pair[0]))
    };
    ((pairs == 6 || pairs == 8) && ends && !alike()).then_some(at)
}

/// `0123.4567.89ab`
fn dotted_mac(field: &Field<'_>, from: usize) -> Option<usize> {
    let text = field.text.get(from..from + 14)?;
    let form = text.iter().enumerate().all(|(i, b)| {
        if i == 4 || i == 9 {
            *b == b'.'
        } else {
            b.is_ascii_hexdigit()
        }
    });
    let letters = text.iter().any(u8::is_ascii_alphabetic);
    (form && letters && !field.at(from + 14).is_some_and(|b| is_word(b) || b == b'.')).then_some(from + 14)
}

/// RFC 9562 section 4.
fn uuid(field: &Field<'_>, from: usize) -> Option<usize> {
    let text = field.text.get(from..from + 36)?;
    let form = text.iter().enumerate().all(|(i, b)| {
        if matches!(i, 8 | 13 | 18 | 23) {
            *b == b'-'
        } else {
            b.is_ascii_hexdigit()
        }
    });
    (form && !field.at(from + 36).is_some_and(|b| is_word(b) || b == b'-')).then_some(from + 36)
}

fn wallet(word: &[u8]) -> bool {
    match word {
        [b'0', b'x', rest @ ..] => {
            rest.len() == 40
                && rest.iter().all(u8::is_ascii_hexdigit)
                && !rest.windows(2).all(|p| p[0] == p[1])
                && eip55(rest)
        }
        [b'1' | b'3', ..] => word.len() <= 35 && base58check(word),
        [b'b' | b'B', b'c' | b'C', b'1', ..] => bech32(word),
        _ => false,
    }
}

/// 25 bytes of which the last four are the double SHA-256 of the others.
/// <https://en.bitcoin.it/wiki/Base58Check_encoding>
fn base58check(word: &[u8]) -> bool {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0u8; 25];
    for b in word {
        let Some(value) = ALPHABET.iter().position(|a| a == b) else {
            return false;
        };
        let mut carry = value as u32;
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return false;
        }
    }
    let hash = Sha256::digest(Sha256::digest(&bytes[..21]));
    hash[..4] == bytes[21..]
}

/// In letters of both cases, those are capitals whose place in the hash of the address has a digit from 8 on.
/// <https://eips.ethereum.org/EIPS/eip-55>
fn eip55(address: &[u8]) -> bool {
    let mixed = address.iter().any(u8::is_ascii_lowercase) && address.iter().any(u8::is_ascii_uppercase);
    let matches = || {
        let hash = Keccak256::digest(address.to_ascii_lowercase());
        let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        address
            .iter()
            .zip(digits)
            .all(|(b, digit)| !b.is_ascii_alphabetic() || b.is_ascii_uppercase() == (digit >= 8))
    };
    !mixed || matches()
}

/// BIP 173 and BIP 350: the checksum's constant is 1 or 0x2bc830a3.
fn bech32(word: &[u8]) -> bool {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let mixed = word.iter().any(u8::is_ascii_lowercase) && word.iter().any(u8::is_ascii_uppercase);
    let step = |check: u32, value: u32| {
        let top = check >> 25;
        let next = (check & 0x1ff_ffff) << 5 ^ value;
        [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
            .iter()
            .enumerate()
            .fold(
                next,
                |next, (i, generator)| if top >> i & 1 == 1 { next ^ generator } else { next },
            )
    };
    // The human-readable part "bc", expanded.
    let start = [3, 3, 0, 2, 3].iter().fold(1, |check, &value| step(check, value));
    let check = word[3..].iter().try_fold(start, |check, b| {
        let value = ALPHABET.iter().position(|a| *a == b.to_ascii_lowercase())?;
        Some(step(check, value as u32))
    });
    !mixed && matches!(check, Some(1 | 0x2bc8_30a3))
}

/// Two decimal numbers with four or more places, within range.
fn coordinates(field: &Field<'_>, hits: &mut Vec<Hit>) {
    let text = field.text;
    let mut at = field.from;
    while let Some((from, to, value)) = decimal(field, at) {
        at = to;
        let gap = text[to..]
            .iter()
            .take(3)
            .take_while(|b| matches!(b, b' ' | b'/' | b'\t' | b','))
            .count();
        let next = to + gap;
        if value.abs() <= 90.0
            && gap > 0
            && let Some((second, end, other)) = decimal(field, next)
            && second == next
            && other.abs() <= 180.0
            && field.at(end) != Some(b',')
        {
            hits.push(Hit::new(from, end, Entity::Coordinates, 0.6));
            at = end;
        }
    }
}

/// The next number with a sign or not and at least four decimal places.
fn decimal(field: &Field<'_>, start: usize) -> Option<(usize, usize, f64)> {
    let text = field.text;
    let mut at = start;
    while at < text.len() {
        if text[at] != b'.' {
            at += 1;
            continue;
        }
        let before = text[start..at]
            .iter()
            .rev()
            .take(3)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let places = text[at + 1..]
            .iter()
            .take(16)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let mut from = at - before;
        if from > start && matches!(text[from - 1], b'-' | b'+') {
            from -= 1;
        }
        let to = at + 1 + places;
        let alone = !field
            .before(from)
            .is_some_and(|b| is_word(b) || matches!(b, b'.' | b'$'))
            && !field.at(to).is_some_and(|b| is_word(b) || b == b'.');
        if before > 0 && (4..=15).contains(&places) && alone {
            let value = std::str::from_utf8(&text[from..to]).ok()?.parse().ok()?;
            return Some((from, to, value));
        }
        at = to.max(at + 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wallets() {
        for (address, valid) in [
            ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", true),
            ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", false),
            ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", true),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", true),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", false),
            (
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
                true,
            ),
            ("0xde709f2102306220921060314715629080e2fb77", true),
            ("0xde709f2102306220921060314715629080e2fb7", false),
        ] {
            assert_eq!(wallet(address.as_bytes()), valid, "{address}");
        }
    }
}
