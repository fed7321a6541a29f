//! Counts a text that arrives in parts: the chunks of a stream, or the runs between the escapes of a JSON string.
//!
//! Must not know what the parts are; the count equals that of the whole text however it was cut.

use alloc::string::String;

use crate::class::{LETTER, MARK, NEWLINE, NUMBER, OTHER, SPACE, class_at};
use crate::encoding::Encoding;
use crate::memo::Memo;

/// What is kept of small parts before it is counted in one go, in bytes; and from which size a part is counted in place.
const BATCH: usize = 2048;

/// How much without a seam is collected before its pieces are looked at, in bytes.
const PATIENCE: usize = 8 * BATCH;

/// A running count. Made by [`Encoding::counter`].
///
/// Small parts are collected in a buffer of a few kilobytes; large ones are counted where they are, but for what follows
/// their last seam, or what comes after the last piece that has surely ended where there is none. Only a piece that goes on
/// and on (one long word, a line of one symbol) is kept whole.
#[derive(Clone, Debug)]
pub struct Counter {
    encoding: Encoding,
    /// What comes after the last seam so far, and what has not been looked at yet.
    pending: String,
    /// How much of `pending` is known to have no seam.
    seamless: usize,
    /// How long `pending` has to be before its pieces are looked at again: what is looked at in vain doubles each time.
    patience: usize,
    tokens: usize,
    memo: Memo,
}

impl Counter {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            pending: String::new(),
            seamless: 0,
            patience: PATIENCE,
            tokens: 0,
            memo: Memo::default(),
        }
    }

    /// Adds the next part of the text.
    #[inline]
    pub fn push(&mut self, part: &str) {
        // What an escape stands for is one character, and there are many: a call to copy it would cost more than the rest.
        if let [byte @ 0..0x80] = part.as_bytes()
            && self.pending.len() - self.seamless < BATCH - 1
        {
            self.pending.push(char::from(*byte));
        } else {
            self.push_part(part);
        }
    }

    fn push_part(&mut self, part: &str) {
        if part.len() < BATCH {
            self.pending.push_str(part);
            if self.pending.len() - self.seamless >= BATCH {
                self.settle();
            }
            return;
        }
        let Some(first) = first_seam(part) else {
            self.collect(part);
            return;
        };
        let last = last_seam(part, 0).unwrap_or(first);
        let (head, rest) = part.split_at(first);
        let (body, tail) = rest.split_at(last - first);
        self.pending.push_str(head);
        self.tokens += self.count_pending(usize::MAX) + self.count(body);
        self.pending.clear();
        self.seamless = 0;
        self.collect(tail);
    }

    /// Takes in a part without a seam, however long, as if it came in small ones.
    fn collect(&mut self, mut part: &str) {
        while !part.is_empty() {
            let (chunk, rest) = part.split_at(part.floor_char_boundary(PATIENCE));
            self.pending.push_str(chunk);
            if self.pending.len() - self.seamless >= BATCH {
                self.settle();
            }
            part = rest;
        }
    }

    /// The tokens of the text pushed since the counter was made or last finished. It starts anew, with its buffer kept.
    pub fn finish(&mut self) -> usize {
        let tokens = self.tokens + self.count_pending(usize::MAX);
        self.pending.clear();
        self.seamless = 0;
        self.patience = PATIENCE;
        self.tokens = 0;
        tokens
    }

    /// Counts what lies before the last seam.
    fn settle(&mut self) {
        if let Some(seam) = last_seam(&self.pending, self.seamless) {
            self.tokens += self.count_pending(seam);
            self.pending.drain(..seam);
            self.patience = PATIENCE;
        } else if self.pending.len() >= self.patience {
            let (tokens, end) = self
                .encoding
                .count_settled(&self.pending, &mut self.memo)
                .unwrap_or((0, 0));
            self.tokens += tokens;
            self.pending.drain(..end);
            self.patience = PATIENCE.max(2 * self.pending.len());
        }
        // A seam may still come to lie at the very end, before what is pushed next.
        self.seamless = self.pending.char_indices().next_back().map_or(0, |(at, _)| at);
    }

    /// The tokens of what is pending, up to there.
    fn count_pending(&mut self, end: usize) -> usize {
        let text = self.pending.get(..end).unwrap_or(&self.pending);
        // The constructor has checked that the vocabulary is there.
        self.encoding.count_part(text, &mut self.memo).unwrap_or(0)
    }

    fn count(&mut self, text: &str) -> usize {
        self.encoding.count_part(text, &mut self.memo).unwrap_or(0)
    }
}

/// Whether every pattern ends a piece between these two characters, whatever stands around them, and cuts what is before
/// as if the text ended there.
///
/// Before white space: no piece goes on into it but for line breaks after symbols. Between letters and numbers, either
/// way, and after letters: only a mark or a contraction's apostrophe could go on there.
fn is_seam(before: u8, after: u8, apostrophe: bool) -> bool {
    (before & (SPACE | MARK) == 0 && after & SPACE != 0 && after & NEWLINE == 0)
        || (before & LETTER != 0 && after & (NUMBER | OTHER) != 0 && !apostrophe)
        || (before & NUMBER != 0 && after & LETTER != 0)
}

/// The first seam inside the text.
fn first_seam(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut before, mut at) = class_at(bytes, 0);
    while at < bytes.len() {
        let (class, len) = class_at(bytes, at);
        if is_seam(before, class, bytes[at] == b'\'') {
            return Some(at);
        }
        before = class;
        at += len;
    }
    None
}

/// The last seam after `from`, which is at a character's start.
fn last_seam(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut later: Option<(usize, u8)> = None;
    for (offset, _) in text.get(from..)?.char_indices().rev() {
        let at = from + offset;
        let (class, _) = class_at(bytes, at);
        if let Some((seam, after)) = later
            && is_seam(class, after, bytes[seam] == b'\'')
        {
            return Some(seam);
        }
        later = Some((at, class));
    }
    None
}

#[cfg(all(test, feature = "o200k"))]
mod tests {
    use crate::Encoding;

    #[test]
    fn pieces_that_end_are_not_kept() {
        for unit in ["12345", "camelCase", "日本Ab", "😀é"] {
            let text = unit.repeat(500_000 / unit.len());
            for size in [100, 3000, text.len()] {
                let mut counter = Encoding::O200kBase.counter().expect("the feature is on");
                let mut rest = &text[..];
                while !rest.is_empty() {
                    let (part, left) = rest.split_at(rest.floor_char_boundary(size));
                    counter.push(part);
                    rest = left;
                    assert!(counter.pending.capacity() <= 70_000, "{unit} {size}");
                }
                assert_eq!(Some(counter.finish()), Encoding::O200kBase.count(&text));
            }
        }
    }

    #[test]
    fn escapes_in_turn_with_short_runs_keep_little() {
        let mut counter = Encoding::O200kBase.counter().expect("the feature is on");
        for _ in 0..100_000 {
            for part in ["{", "\"", "key", "\"", ":", "\"", "value", "\"", "}", ","] {
                counter.push(part);
            }
        }
        assert!(counter.pending.capacity() <= 10_000);
        let whole = "{\"key\":\"value\"},".repeat(100_000);
        assert_eq!(Some(counter.finish()), Encoding::O200kBase.count(&whole));
    }
}
