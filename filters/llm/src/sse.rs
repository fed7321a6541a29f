//! Server-sent events, decoded from chunks that are cut anywhere, and written back.
//! Must not know what an event's data means.
//!
//! The rules are the WHATWG's, <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>.
//! Every input byte belongs to exactly one event, so a caller that edits some events forwards the others as they came.

use std::borrow::Cow;

/// The largest event that a [`Decoder`] takes unless told otherwise: streamed images come as one event.
pub const DEFAULT_EVENT_LIMIT: usize = 16 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One event, or a comment or keep-alive between events, whose `data` is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The value of the last `event:` line.
    pub event: Option<&'a str>,
    /// The values of the `data:` lines, joined by line feeds. Bytes that are not UTF-8 have become U+FFFD.
    pub data: &'a str,
    /// The value of the last `id:` line.
    pub id: Option<&'a str>,
    /// The bytes of the event with the blank line that ends it: what to forward when nobody edits it.
    pub raw: &'a [u8],
}

/// Why a stream cannot be decoded any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// An event without an end: holding more of it would let a provider fill our memory.
    #[error("an event of the stream is larger than {limit} bytes")]
    TooLarge {
        /// The limit that the decoder was made with.
        limit: usize,
    },
}

/// What was left when the stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The bytes behind the last whole event.
    pub raw: Vec<u8>,
    /// Whether they are the beginning of an event whose blank line never came. The standard discards such an event;
    /// who wants to read it all the same (some providers leave out the last blank line) decodes `raw` and two line
    /// feeds.
    pub cut: bool,
}

/// Cuts a stream of bytes into events. Chunks may be cut inside a character or between the two bytes of a line end.
#[derive(Debug)]
pub struct Decoder {
    /// The beginning of an event whose end has not come yet. Empty whenever a chunk ended with an event.
    held: Vec<u8>,
    /// How far `held` has been searched, and where the line begins that the search stopped in.
    searched: usize,
    line: usize,
    start: Start,
    limit: usize,
    failed: bool,
}

/// What may stand before an event's first line without being part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// A byte order mark, at the beginning of the stream only.
    Stream,
    /// A line feed, since the blank line before ended with a carriage return that was the last byte we had.
    AfterCarriageReturn,
    Event,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// Takes events of up to [`DEFAULT_EVENT_LIMIT`] bytes.
    pub const fn new() -> Self {
        Self::with_limit(DEFAULT_EVENT_LIMIT)
    }

    /// Takes events of up to `limit` bytes, line ends included.
    pub const fn with_limit(limit: usize) -> Self {
        Self {
            held: Vec::new(),
            searched: 0,
            line: 0,
            start: Start::Stream,
            limit,
            failed: false,
        }
    }

    /// Decodes the next bytes of the stream and calls `on_event` for each event that they complete, in order.
    ///
    /// After an error the stream cannot be followed any more: every further call fails too.
    pub fn push(&mut self, chunk: &[u8], mut on_event: impl FnMut(Event<'_>)) -> Result<(), SseError> {
        if self.failed {
            return Err(self.too_large());
        }
        if self.held.is_empty() {
            let used = self.events(chunk, &mut on_event)?;
            self.held.extend_from_slice(&chunk[used..]);
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(chunk);
            let used = self.events(&held, &mut on_event)?;
            held.drain(..used);
            self.held = held;
        }
        Ok(())
    }

    /// Ends the stream and gives what was left of it. The decoder is ready for another stream afterwards.
    pub fn finish(&mut self) -> Leftover {
        let raw = std::mem::take(&mut self.held);
        let rest = &raw[self.start.skipped(&raw)..];
        let cut = !rest.is_empty();
        *self = Self::with_limit(self.limit);
        Leftover { raw, cut }
    }

    /// Whether the beginning of an event is held back.
    pub const fn is_mid_event(&self) -> bool {
        !self.held.is_empty()
    }

    /// Reads all whole events of `bytes` and says how many bytes they took.
    fn events(&mut self, bytes: &[u8], on_event: &mut impl FnMut(Event<'_>)) -> Result<usize, SseError> {
        let mut begin = 0;
        loop {
            let rest = &bytes[begin..];
            let end = self.event_end(rest);
            if end.unwrap_or(rest.len()) > self.limit {
                self.failed = true;
                return Err(self.too_large());
            }
            let Some(end) = end else { return Ok(begin) };
            let raw = &rest[..end];
            let body = &raw[self.start.skipped(raw)..];
            with_fields(body, |event, data, id| on_event(Event { event, data, id, raw }));
            self.start = if raw.ends_with(b"\r") {
                Start::AfterCarriageReturn
            } else {
                Start::Event
            };
            (self.searched, self.line) = (0, 0);
            begin += end;
        }
    }

    /// The end of the first event in `bytes`, behind its blank line. Resumes where the last search stopped, so that an
    /// event which comes byte by byte is searched once.
    fn event_end(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.searched == 0 {
            if self.start == Start::Stream && bytes.len() < BOM.len() && BOM.starts_with(bytes) {
                return None;
            }
            self.searched = self.start.skipped(bytes);
            self.line = self.searched;
        }
        while let Some(found) = memchr::memchr2(b'\n', b'\r', &bytes[self.searched..]) {
            let at = self.searched + found;
            let blank = at == self.line;
            let next = match (bytes[at], bytes.get(at + 1)) {
                (b'\r', Some(b'\n')) => at + 2,
                // A line feed may still follow. A blank line ends the event now (waiting could take until the next
                // event comes) and leaves the line feed to the next; any other line waits.
                (b'\r', None) if !blank => {
                    self.searched = at;
                    return None;
                }
                _ => at + 1,
            };
            if blank {
                return Some(next);
            }
            (self.searched, self.line) = (next, next);
        }
        self.searched = bytes.len();
        None
    }

    const fn too_large(&self) -> SseError {
        SseError::TooLarge { limit: self.limit }
    }
}

impl Start {
    fn skipped(self, bytes: &[u8]) -> usize {
        match self {
            Self::Stream if bytes.starts_with(BOM) => BOM.len(),
            Self::AfterCarriageReturn if bytes.starts_with(b"\n") => 1,
            Self::Stream | Self::AfterCarriageReturn | Self::Event => 0,
        }
    }
}

/// Appends one event. Line ends inside `data` become further `data:` lines, as the format wants it.
pub fn encode(out: &mut Vec<u8>, event: Option<&str>, data: &str) {
    if let Some(event) = event {
        out.extend_from_slice(b"event: ");
        out.extend(event.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')));
        out.push(b'\n');
    }
    for line in lines(data.as_bytes()) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
}

/// Reads the fields of one event. Nothing is copied unless `data` has several lines or is not UTF-8.
fn with_fields(body: &[u8], read: impl FnOnce(Option<&str>, &str, Option<&str>)) {
    let (mut event, mut id): (Option<Cow<'_, str>>, Option<Cow<'_, str>>) = (None, None);
    let mut data: Option<Cow<'_, str>> = None;
    for line in lines(body) {
        let colon = memchr::memchr(b':', line).unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        // Valid UTF-8 is told many times faster than it is searched for what is not.
        let value = std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed);
        match &line[..colon] {
            b"data" => match &mut data {
                None => data = Some(value),
                Some(data) => {
                    let data = data.to_mut();
                    data.push('\n');
                    data.push_str(&value);
                }
            },
            b"event" => event = Some(value),
            b"id" => id = Some(value),
            // Comments (nothing before the colon), `retry`, and what the standard says to ignore.
            _ => {}
        }
    }
    read(
        event.as_deref(),
        data.as_deref().unwrap_or_default(),
        id.as_deref(),
    );
}

/// The lines of `bytes`, whichever of the three line ends they have; behind the last line end there is one more line,
/// which may be empty.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else {
            rest = None;
            return Some(bytes);
        };
        let length = if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = Some(&bytes[end + length..]);
        Some(&bytes[..end])
    })
}

#[cfg(test)]
mod tests;
