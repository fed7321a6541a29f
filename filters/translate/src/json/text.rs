//! The content of JSON strings, kept as it was written.
//! Must not know where a string stands.

use std::borrow::Cow;
use std::ops::Range;

use tollgate_llm::json::{Scanner, Token, escape_into};

/// No character takes more than this many bytes in a JSON string per byte of UTF-8: `\u0041`.
const MAX_ESCAPED: usize = 6;

/// What stands between the quotes of a JSON string, escapes included.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'a> Text<'a> {
    pub(crate) const fn empty() -> Self {
        Self(Cow::Borrowed(""))
    }

    /// A text that is not escaped yet.
    pub(crate) fn plain(text: &'a str) -> Self {
        if text
            .bytes()
            .any(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
        {
            let mut escaped = String::with_capacity(text.len() + 8);
            escape_into(&mut escaped, text);
            return Self(Cow::Owned(escaped));
        }
        Self(Cow::Borrowed(text))
    }

    pub(crate) fn into_owned<'b>(self) -> Text<'b> {
        Text(Cow::Owned(self.0.into_owned()))
    }

    /// The text without escapes; half a surrogate pair becomes U+FFFD.
    pub(crate) fn decode(&self) -> Cow<'_, str> {
        if !self.0.contains('\\') {
            return Cow::Borrowed(&self.0);
        }
        let quoted = format!("\"{}\"", self.0);
        match Scanner::new(&quoted).next() {
            Ok(Some(Token::String(string))) => Cow::Owned(string.decode().into_owned()),
            // Unreachable: what was scanned once, scans again.
            _ => Cow::Borrowed(&self.0),
        }
    }

    /// Whether the text says `expected`, however it is escaped.
    pub(crate) fn is(&self, expected: &str) -> bool {
        self.0 == expected
            || (self.0.len() <= MAX_ESCAPED * expected.len()
                && self.0.contains('\\')
                && self.decode() == expected)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is nothing but white space, which some providers refuse where others accept it.
    pub(crate) fn is_blank(&self) -> bool {
        let rest = self.0.trim_start();
        rest.is_empty() || (rest.starts_with('\\') && self.decode().trim().is_empty())
    }

    pub(crate) fn push(&mut self, more: &Text<'_>) {
        self.0.to_mut().push_str(&more.0);
    }

    /// `prefix` must need no escaping.
    pub(crate) fn prefixed(&self, prefix: &str) -> Text<'static> {
        Text(Cow::Owned([prefix, &self.0].concat()))
    }

    /// Whether the text starts as a `data:` URL does.
    pub(crate) fn is_data_url(&self) -> bool {
        self.decode()
            .get(..5)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
    }

    /// What stands between `prefix` and the first `separator`, and what follows it. Escapes are only resolved if there
    /// are any, so that a picture's megabytes are sliced, not copied.
    pub(crate) fn cut(&self, prefix: &str, separator: &str) -> Option<(Text<'a>, Text<'a>)> {
        let cut = |text: &str| {
            let rest = text
                .get(..prefix.len())
                .filter(|head| head.eq_ignore_ascii_case(prefix))
                .map(str::len)?;
            let middle = text.get(rest..)?.find(separator)? + rest;
            Some((rest..middle, middle + separator.len()..text.len()))
        };
        if self.0.contains('\\') {
            let decoded = self.decode();
            let (head, tail) = cut(&decoded)?;
            let part = |range| decoded.get(range).map(|text| Text::plain(text).into_owned());
            return Some((part(head)?, part(tail)?));
        }
        let (head, tail) = cut(&self.0)?;
        Some((self.slice(head)?, self.slice(tail)?))
    }

    /// The text up to the first `end`, or all of it. For texts that hold no escapes.
    pub(crate) fn until(&self, end: char) -> Text<'a> {
        let stop = self.0.find(end).unwrap_or(self.0.len());
        self.slice(0..stop).unwrap_or_else(|| self.clone())
    }

    fn slice(&self, range: Range<usize>) -> Option<Text<'a>> {
        Some(Text(match &self.0 {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(range)?),
            Cow::Owned(text) => Cow::Owned(text.get(range)?.to_owned()),
        }))
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push('"');
        out.push_str(&self.0);
        out.push('"');
    }
}
