//! Width and height from an image's first bytes, decoded from base64 no further than needed.
//! Must not know why somebody asks.

/// How far a JPEG's header is followed: previews and colour profiles come before the size.
const HEADER_LIMIT: usize = 1 << 20;

/// Width and height of an image in base64. `None` if it is no PNG, JPEG, GIF or WebP, or a broken one.
pub(super) fn of(base64: &str) -> Option<(u32, u32)> {
    let mut bytes = decode(base64).take(HEADER_LIMIT);
    let mut head = [0_u8; 30];
    for byte in &mut head[..10] {
        *byte = bytes.next()?;
    }
    if head.starts_with(b"\xff\xd8") {
        return jpeg(decode(base64).take(HEADER_LIMIT).skip(2));
    }
    if head.starts_with(b"GIF8") {
        return Some((pair_le(&head[6..]), pair_le(&head[8..])));
    }
    for byte in &mut head[10..] {
        *byte = bytes.next()?;
    }
    match &head {
        [0x89, b'P', b'N', b'G', ..] => Some((quad_be(&head[16..]), quad_be(&head[20..]))),
        [b'R', b'I', b'F', b'F', ..] if &head[8..12] == b"WEBP" => webp(&head),
        _ => None,
    }
}

/// The three ways to begin a WebP file: <https://developers.google.com/speed/webp/docs/riff_container>.
fn webp(head: &[u8; 30]) -> Option<(u32, u32)> {
    let triple =
        |at: usize| u32::from(head[at]) | u32::from(head[at + 1]) << 8 | u32::from(head[at + 2]) << 16;
    match &head[12..16] {
        b"VP8X" => Some((triple(24) + 1, triple(27) + 1)),
        b"VP8 " => Some((pair_le(&head[26..]) & 0x3fff, pair_le(&head[28..]) & 0x3fff)),
        b"VP8L" => {
            let bits = u32::from_le_bytes([head[21], head[22], head[23], head[24]]);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        _ => None,
    }
}

/// Follows a JPEG's segments to the start of its frame, which has the size (ITU T.81, B.2.2).
fn jpeg(mut bytes: impl Iterator<Item = u8>) -> Option<(u32, u32)> {
    loop {
        while bytes.next()? != 0xff {}
        let marker = bytes.by_ref().find(|&byte| byte != 0xff)?;
        match marker {
            // Markers without a length.
            0x00 | 0x01 | 0xd0..=0xd9 => continue,
            _ => {}
        }
        let length = usize::from(bytes.next()?) << 8 | usize::from(bytes.next()?);
        // Frames of every coding, but not Huffman tables (c4), extensions (c8) and arithmetic conditioning (cc).
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            bytes.next()?;
            let mut pair = || Some(u32::from(bytes.next()?) << 8 | u32::from(bytes.next()?));
            let (height, width) = (pair()?, pair()?);
            return Some((width, height));
        }
        if length > 2 {
            bytes.nth(length - 3)?;
        }
    }
}

fn pair_le(bytes: &[u8]) -> u32 {
    u32::from(bytes[0]) | u32::from(bytes[1]) << 8
}

fn quad_be(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The bytes of base64 text, until something else comes. A JSON string may write `/` as `\/`.
fn decode(base64: &str) -> impl Iterator<Item = u8> {
    let mut digits = base64.bytes().filter(|&byte| byte != b'\\').map_while(digit);
    let mut pending = 0_u32;
    let mut bits = 0;
    std::iter::from_fn(move || {
        while bits < 8 {
            pending = pending << 6 | digits.next()?;
            bits += 6;
        }
        bits -= 8;
        u8::try_from(pending >> bits & 0xff).ok()
    })
}

/// The value of a digit of either alphabet (RFC 4648, sections 4 and 5).
fn digit(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Size = Option<(u32, u32)>;

    /// Headers as the formats' specifications lay them out, and what is none.
    const HEADERS: &[(&[u8], Size)] = &[
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x25\0\0\0\x15\x08\x02\0\0\0\0",
            Some((293, 21)),
        ),
        (b"GIF89a\x11\x01\x09\0\x80", Some((273, 9))),
        (
            b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x25\x40\x15\0",
            Some((37, 21)),
        ),
        // 14 bits of width less one, then 14 bits of height less one.
        (
            b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x24\x00\x05\x00\0\0\0\0\0",
            Some((37, 21)),
        ),
        (
            b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x24\0\0\x14\x01\0",
            Some((37, 277)),
        ),
        (b"RIFF\0\0\0\0WAVEfmt \0\0\0\0\0\0\0\0\0\0\0\0\0\0", None),
        (b"%PDF-1.7 and something that is long enough", None),
        (b"\x89PNG\r\n", None),
        (b"", None),
    ];

    #[test]
    fn sizes_are_read_from_headers() {
        for (header, size) in HEADERS {
            assert_eq!(of(&encode(header)), *size, "{header:x?}");
        }
        assert_eq!(of("not base64 at all, and long enough to be"), None);
    }

    /// A JPEG with a preview-sized segment before its frame: `\/` in JSON and restarts must not confuse it.
    #[test]
    fn jpeg_segments_are_followed() {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 16];
        bytes.extend([0; 14]);
        bytes.extend([0xff, 0xff, 0xe1, 0x80, 0x00]);
        bytes.extend([0xff; 0x7ffe]);
        bytes.extend([0xff, 0xc4, 0, 3, 1, 0xff, 0xc2, 0, 17, 8, 0x01, 0x02, 0x03, 0x04]);
        let text = encode(&bytes);
        assert_eq!(of(&text), Some((0x0304, 0x0102)));
        assert_eq!(of(&text.replace('/', "\\/")), Some((0x0304, 0x0102)));
        assert_eq!(of(&text[..text.len() - 8]), None);
    }

    fn encode(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let bits = chunk
                .iter()
                .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
                << (8 * (3 - chunk.len()));
            for place in 0..=chunk.len() {
                text.push(char::from(DIGITS[bits >> (18 - 6 * place) & 63]));
            }
        }
        text
    }
}
