//! String literals: where they stand in the body, what they mean, and how text becomes one.
//! Must not know the grammar around them; the scanner has checked that every escape is well formed.

use std::borrow::Cow;
use std::ops::Range;

/// A JSON string as it stands in the body, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Str<'a> {
    raw: &'a str,
    offset: usize,
    escaped: bool,
}

impl<'a> Str<'a> {
    /// Only the scanner makes these: it has checked the escapes and found the closing quote.
    pub(super) const fn new(raw: &'a str, offset: usize, escaped: bool) -> Self {
        Self { raw, offset, escaped }
    }

    /// The characters between the quotes, escapes and all.
    pub const fn raw(&self) -> &'a str {
        self.raw
    }

    /// Where [`raw`](Self::raw) stands in the body, in bytes.
    pub const fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.raw.len()
    }

    /// Whether `raw` holds at least one escape, so that it differs from the decoded text.
    pub const fn is_escaped(&self) -> bool {
        self.escaped
    }

    /// The text that the string means; borrowed where nothing is escaped. A surrogate without its partner, which
    /// JSON's grammar allows and no text can hold, becomes U+FFFD.
    pub fn decode(&self) -> Cow<'a, str> {
        if self.escaped {
            let mut text = String::with_capacity(self.raw.len());
            unescape(self.raw, |part| text.push_str(part));
            Cow::Owned(text)
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// Hands on the text that the string means in parts, without building it: the runs between the escapes as they stand,
    /// and the character of each escape.
    pub fn parts(&self, each: impl FnMut(&str)) {
        unescape(self.raw, each);
    }

    /// Whether the string means `text`, however it is escaped: `"\u006dodel"` is the key `model`.
    pub fn is(&self, text: &str) -> bool {
        if self.escaped {
            self.decode() == text
        } else {
            self.raw == text
        }
    }

    /// Whether the string means no text at all.
    pub const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }
}

/// Where escaped text can be written to.
pub trait TextSink {
    /// Appends `text` unchanged.
    fn push_text(&mut self, text: &str);
}

impl TextSink for String {
    fn push_text(&mut self, text: &str) {
        self.push_str(text);
    }
}

impl TextSink for Vec<u8> {
    fn push_text(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}

/// Appends `text` as the content of a JSON string, without the quotes around it.
///
/// Only what RFC 8259 section 7 demands is escaped: quote, backslash and the control characters below U+0020.
pub fn escape_into(out: &mut impl TextSink, text: &str) {
    let mut rest = text;
    loop {
        let clean = clean_prefix(rest.as_bytes());
        out.push_text(&rest[..clean]);
        let Some(&byte) = rest.as_bytes().get(clean) else {
            return;
        };
        match byte {
            b'"' => out.push_text("\\\""),
            b'\\' => out.push_text("\\\\"),
            0x08 => out.push_text("\\b"),
            0x09 => out.push_text("\\t"),
            0x0a => out.push_text("\\n"),
            0x0c => out.push_text("\\f"),
            0x0d => out.push_text("\\r"),
            _ => {
                // The four digits' low half: control characters end below 0x20, so the first is 0 or 1.
                out.push_text(if byte < 0x10 { "\\u000" } else { "\\u001" });
                let digit = usize::from(byte & 0x0f);
                out.push_text(&"0123456789abcdef"[digit..=digit]);
            }
        }
        rest = &rest[clean + 1..];
    }
}

/// How many bytes stand before the first that must be escaped. Whole blocks are looked at without a branch per byte, which
/// compilers turn into vector instructions.
fn clean_prefix(bytes: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let must = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    let blocks = bytes
        .chunks_exact(BLOCK)
        .take_while(|block| !block.iter().fold(false, |any, byte| any | must(byte)));
    let clean = blocks.count() * BLOCK;
    let rest = &bytes[clean..];
    clean + rest.iter().position(must).unwrap_or(rest.len())
}

/// Decodes the escapes of a string that the scanner has accepted.
fn unescape(raw: &str, mut each: impl FnMut(&str)) {
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        each(&rest[..at]);
        let (char, length) = escape_at(&rest[at..]);
        each(char.encode_utf8(&mut [0; 4]));
        rest = &rest[at + length..];
    }
    each(rest);
}

/// The character that the escape at the start of `text` means, and how many bytes the escape takes.
fn escape_at(text: &str) -> (char, usize) {
    let simple = match text.as_bytes().get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape_at(text),
        Some(&other) => char::from(other),
        None => return (char::REPLACEMENT_CHARACTER, text.len()),
    };
    (simple, 2)
}

fn unicode_escape_at(text: &str) -> (char, usize) {
    let first = hex4(text);
    let high = match first {
        Some(unit @ 0xd800..0xdc00) => unit - 0xd800,
        Some(unit) => return (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
        None => return (char::REPLACEMENT_CHARACTER, text.len().min(6)),
    };
    match text
        .get(6..)
        .filter(|next| next.starts_with("\\u"))
        .and_then(hex4)
    {
        Some(unit @ 0xdc00..0xe000) => {
            let point = 0x1_0000 + (high << 10) + (unit - 0xdc00);
            (char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// The code unit of the `\uXXXX` that `text` starts with.
fn hex4(text: &str) -> Option<u32> {
    u32::from_str_radix(text.get(2..6)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(raw: &str) -> String {
        Str::new(raw, 1, raw.contains('\\')).decode().into_owned()
    }

    #[test]
    fn escapes_mean_what_the_rfc_says() {
        let cases = [
            ("plain", "plain"),
            ("", ""),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"caf\u00e9 \u20AC", "café €"),
            (r"\ud83d\ude00!", "😀!"),
            (r"\ud83d", "\u{fffd}"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"\ud83d\n", "\u{fffd}\n"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
            (r"\u0000", "\0"),
            (r"é\\u0041", "é\\u0041"),
        ];
        for (raw, text) in cases {
            assert_eq!(decode(raw), text, "{raw}");
            let str = Str::new(raw, 0, raw.contains('\\'));
            assert!(str.is(text), "{raw}");
            let mut parts = String::new();
            str.parts(|part| parts.push_str(part));
            assert_eq!(parts, text, "{raw}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let all: String = (0..0x300)
            .chain([0x2028, 0xfffd, 0x1f600])
            .filter_map(char::from_u32)
            .collect();
        let mut out = String::from("\"");
        escape_into(&mut out, &all);
        out.push('"');
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), all);
        let mut bytes = Vec::new();
        escape_into(&mut bytes, &all);
        assert_eq!(&out.as_bytes()[1..out.len() - 1], bytes);
    }
}
