//! JSON's strings as they are written: where they stand, and their escapes (RFC 8259 section 7).
//! Must not know what is found in them.

use std::borrow::Cow;
use std::ops::Range;

/// Appends a text as it must be written within a string.
pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => {
                let digit = |shift: u32| char::from_digit((c as u32 >> shift) & 15, 16).unwrap_or('0');
                out.extend(['\\', 'u', '0', '0', digit(4), digit(0)]);
            }
            c => out.push(c),
        }
    }
}

/// What a stretch of a string says. What is no escape, or only a part of one, stays.
pub(crate) fn unescaped(written: &str) -> Cow<'_, str> {
    if !written.contains('\\') {
        return Cow::Borrowed(written);
    }
    let mut out = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (escaped, after) = from.split_at(escape_len(from.as_bytes()));
        match character(escaped.as_bytes()) {
            Some(c) => out.push(c),
            None => out.push_str(escaped),
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The strings of a JSON text.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    /// Between their quotes, in order.
    inner: Vec<Range<usize>>,
    /// The escapes in them, in order.
    escapes: Vec<Range<usize>>,
}

impl Strings {
    /// Finds them in one walk. The last one of a broken text ends where the text does.
    pub(crate) fn of(text: &str) -> Self {
        let mut strings = Self::default();
        let mut open = None;
        let mut at = 0;
        while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
            let mut len = 1;
            match (open, rest[0]) {
                (None, b'"') => open = Some(at + 1),
                (Some(start), b'"') => {
                    strings.inner.push(start..at);
                    open = None;
                }
                (Some(_), b'\\') => {
                    len = escape_len(rest);
                    strings.escapes.push(at..at + len);
                }
                _ => (),
            }
            at += len;
        }
        strings.inner.extend(open.map(|start| start..text.len()));
        strings
    }

    /// The stretch, with all of an escape that it begins or ends in, if it lies within one string.
    pub(crate) fn fit(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let string = around(&self.inner, range.start)?;
        let start = around(&self.escapes, range.start).map_or(range.start, |escape| escape.start);
        let end = around(&self.escapes, range.end.checked_sub(1)?).map_or(range.end, |escape| escape.end);
        (end <= string.end).then_some(start..end)
    }
}

/// Which of these a place lies in.
fn around(ranges: &[Range<usize>], at: usize) -> Option<&Range<usize>> {
    let next = ranges.partition_point(|range| range.start <= at);
    ranges
        .get(next.checked_sub(1)?)
        .filter(|range| range.contains(&at))
}

/// Bytes of the escape that a text begins with; the two of a surrogate pair are one.
fn escape_len(bytes: &[u8]) -> usize {
    let unit = match bytes.get(1) {
        Some(b'u') => 6,
        // A character beyond ASCII is no escape, and must stay whole.
        Some(0x80..) => 1,
        _ => 2,
    };
    let unit = unit.min(bytes.len());
    let Some(high) = code(bytes) else {
        // `\u` with too few digits is its two characters.
        return unit.min(2);
    };
    let low = bytes.get(6..).and_then(code);
    if (0xD800..0xDC00).contains(&high) && low.is_some_and(|low| (0xDC00..0xE000).contains(&low)) {
        return 12;
    }
    unit
}

/// The UTF-16 unit of `\uXXXX`.
fn code(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |code, &digit| {
        Some(code * 16 + char::from(digit).to_digit(16)?)
    })
}

/// The character of a whole escape.
fn character(escape: &[u8]) -> Option<char> {
    Some(match escape {
        [b'\\', b'n'] => '\n',
        [b'\\', b'r'] => '\r',
        [b'\\', b't'] => '\t',
        [b'\\', b'b'] => '\u{8}',
        [b'\\', b'f'] => '\u{c}',
        [b'\\', c @ (b'"' | b'\\' | b'/')] => char::from(*c),
        _ => {
            let units = [code(escape)?, escape.get(6..).and_then(code).unwrap_or_default()];
            let units = units.map(|unit| u16::try_from(unit).unwrap_or_default());
            let used = units.get(..escape.len() / 6)?;
            char::decode_utf16(used.iter().copied()).next()?.ok()?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_reads_back() {
        for (written, read) in [
            (r"Zo\u00eb \ud83d\ude00\n", "Zoë 😀\n"),
            (r#"\"\\\/\b\f\t\r"#, "\"\\/\u{8}\u{c}\t\r"),
            (r"\ud83d x \ude00", r"\ud83d x \ude00"),
            (r"\ud83d\u0041", r"\ud83dA"),
            (r"\u00e \q \é \", r"\u00e \q \é \"),
        ] {
            assert_eq!(unescaped(written), read, "{written}");
        }
        let mut out = String::new();
        escape("a\"\\\n\u{1}é", &mut out);
        assert_eq!(out, r#"a\"\\\n\u0001é"#);
        assert_eq!(unescaped(&out), "a\"\\\n\u{1}é");
    }

    #[test]
    fn a_stretch_fits_into_one_string_and_takes_its_escapes_along() {
        let text = r#"{"key":"Zo\u00eb \ud83d\ude00!","n":1}"#;
        for (stretch, expected) in [
            ("Zo", Some("Zo")),
            (r"o\u0", Some(r"o\u00eb")),
            (r"0eb ", Some(r"\u00eb ")),
            (r"d83d\ud", Some(r"\ud83d\ude00")),
            (r"\ude00!", Some(r"\ud83d\ude00!")),
            (r#"!",""#, None),
            (r#""n"#, None),
            ("key", Some("key")),
            ("1", None),
            ("{", None),
        ] {
            let start = text.find(stretch).unwrap();
            let fit = Strings::of(text).fit(&(start..start + stretch.len()));
            assert_eq!(fit.map(|range| &text[range]), expected, "{stretch}");
        }
    }
}
