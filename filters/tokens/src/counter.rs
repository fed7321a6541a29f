//! Counts a text that arrives in parts: the chunks of a stream, or the runs between the escapes of a JSON string.
//!
//! Must not know what the parts are; the count equals that of the whole text however it was cut.

use crate::Encoding;

/// A running count. Made by [`Encoding::counter`].
#[derive(Clone, Debug)]
pub struct Counter {
    encoding: Encoding,
    pending: String,
}

impl Counter {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, pending: String::new() }
    }

    /// Adds the next part of the text.
    pub fn push(&mut self, part: &str) {
        self.pending.push_str(part);
    }

    /// The tokens of the text pushed since the counter was made or since the last `finish`; starts anew, keeping its
    /// buffer.
    pub fn finish(&mut self) -> usize {
        let tokens = self.encoding.count(&self.pending).unwrap_or(0);
        self.pending.clear();
        tokens
    }
}
