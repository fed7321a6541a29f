//! Replacing single values of a body while every other byte stays as it came.
//! Must not know JSON's grammar: whoever asks for an edit keeps the result well formed.

use std::ops::Range;

use super::escape::{Str, escape_into};

/// Edits of one body, collected while it is read and applied in one go.
///
/// Edits that overlap are merged rather than dropped: everything under either goes, and both replacements are written.
/// A value that somebody asked to have replaced can therefore never survive.
#[derive(Debug, Clone, Default)]
pub struct Splice {
    edits: Vec<(Range<usize>, String)>,
}

impl Splice {
    /// No edits yet.
    pub const fn new() -> Self {
        Self { edits: Vec::new() }
    }

    /// Whether the body leaves as it came.
    pub const fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Replaces the bytes at `range` by `json`, as it is.
    pub fn replace(&mut self, range: Range<usize>, json: impl Into<String>) {
        self.edits.push((range, json.into()));
    }

    /// Replaces what is between a string's quotes by `text`, escaped.
    pub fn replace_text(&mut self, str: &Str<'_>, text: &str) {
        let mut json = String::with_capacity(text.len());
        escape_into(&mut json, text);
        self.replace(str.range(), json);
    }

    /// The edited body.
    pub fn apply(mut self, body: impl AsRef<[u8]>) -> Vec<u8> {
        let body = body.as_ref();
        // Stable, so that two insertions at one place stay in the order in which they were asked for.
        self.edits.sort_by_key(|(range, _)| range.start);
        let added: usize = self.edits.iter().map(|(_, json)| json.len()).sum();
        let mut out = Vec::with_capacity(body.len() + added);
        let mut done = 0;
        for (range, json) in &self.edits {
            out.extend_from_slice(body.get(done..range.start).unwrap_or_default());
            out.extend_from_slice(json.as_bytes());
            done = done.max(range.end);
        }
        out.extend_from_slice(body.get(done..).unwrap_or_default());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_touch_nothing_else() {
        type Edits<'a> = &'a [(Range<usize>, &'a str)];
        let cases: &[(Edits<'_>, &str)] = &[
            (&[], "0123456789"),
            (&[(0..0, "<"), (10..10, ">")], "<0123456789>"),
            (&[(2..4, "ab"), (7..8, "")], "01ab45689"),
            (&[(7..8, ""), (2..4, "ab")], "01ab45689"),
            (&[(2..6, "ab"), (4..8, "cd")], "01abcd89"),
            (&[(2..8, "ab"), (4..5, "cd")], "01abcd89"),
            (&[(3..3, "a"), (3..3, "b"), (3..4, "c")], "012abc456789"),
            (&[(8..99, "end")], "01234567end"),
        ];
        for (edits, expected) in cases {
            let mut splice = Splice::new();
            for (range, json) in *edits {
                splice.replace(range.clone(), *json);
            }
            assert_eq!(splice.is_empty(), edits.is_empty());
            assert_eq!(String::from_utf8(splice.apply("0123456789")).unwrap(), *expected);
        }
    }
}
