//! Base64 and hexadecimal in a text, decoded and judged like the text itself.
//! Must not decode what it decoded: one layer, and never more bytes than the text has.

use super::scales::Scales;
use super::{Signal, judge_at};
use crate::rule::Role;

/// Weighs what long words of a text decode to.
pub(super) fn weigh(role: Role, text: &[u8], long: &[(usize, usize)], scales: &mut Scales) {
    let mut done = 0;
    for &(start, end) in long {
        if start < done {
            continue;
        }
        let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
        let before = text.get(done..start).unwrap_or_default();
        let start = start - before.iter().rev().take_while(|byte| base64(byte)).count();
        let more = text
            .get(end..)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| base64(byte));
        let end = end + more.count();
        done = end;
        let Some(run) = text.get(start..end) else { continue };
        let decoded = hexadecimal(run).or_else(|| readable(unbase64(run)));
        if let Some(decoded) = decoded {
            let inner = judge_at(role, &decoded, 1);
            if inner.score >= 0.3 {
                scales.add(Signal::Encoded, (inner.score + 0.1).min(0.98), 0, false);
            }
        }
    }
}

fn unbase64(run: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(run.len() / 4 * 3 + 3);
    let mut bits = 0_u32;
    let mut count = 0;
    for &byte in run {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
        // A run of other bytes shows early.
        if bytes.len() == 12 && bytes.iter().filter(|byte| !printable(byte)).count() > 3 {
            return Vec::new();
        }
    }
    bytes
}

fn hexadecimal(run: &[u8]) -> Option<String> {
    if run.len() < 24 || run.len() % 2 == 1 || !run.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let digit = |byte: &u8| (*byte as char).to_digit(16).unwrap_or(0) as u8;
    let bytes = run
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |value, byte| value << 4 | digit(byte)))
        .collect();
    readable(bytes)
}

/// Bytes that are a text of several words.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let fine = text.len() >= 12 && text.bytes().all(|byte| printable(&byte) || byte >= 0x80);
    (fine && text.contains(' ')).then_some(text)
}

fn printable(byte: &u8) -> bool {
    matches!(byte, 0x20..=0x7E | b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_read() {
        for (run, text) in [
            (
                &b"aGVsbG8gd29ybGQsIGFsbCBvZiB5b3U"[..],
                Some("hello world, all of you"),
            ),
            (b"68656c6c6f20776f726c642c20616c6c", Some("hello world, all")),
            (b"AAAAAAAAAAAAAAAAAAAAAAAAAAAA", None),
            (b"aVeryLongIdentifierInSourceCode", None),
        ] {
            let decoded = hexadecimal(run).or_else(|| readable(unbase64(run)));
            assert_eq!(decoded.as_deref(), text);
        }
    }
}
