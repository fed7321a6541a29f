//! The usage of an answer that the service does not see (a route that needs only routing and counting).
//! Must not change a byte: it only looks on.

use tollgate_llm::answer::{self, AnswerVisitor, Channel};
use tollgate_llm::json::Str;
use tollgate_llm::request::TextKind;
use tollgate_llm::sse::Decoder;
use tollgate_llm::stream::StreamReader;
use tollgate_llm::{Endpoint, usage::Usage};

/// Reads a streamed answer as it passes.
pub struct StreamObserver {
    decoder: Decoder,
    reader: StreamReader,
    usage: Option<Usage>,
}

impl StreamObserver {
    /// For answers of `endpoint`.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            decoder: Decoder::default(),
            reader: StreamReader::new(endpoint),
            usage: None,
        }
    }

    /// Looks at the next bytes. What cannot be read is passed over: nothing here may disturb the stream.
    pub fn push(&mut self, chunk: &[u8]) {
        let Self {
            decoder,
            reader,
            usage,
        } = self;
        let _unreadable = decoder.push(chunk, |event| {
            if let Ok(read) = reader.read(event.event, event.data)
                && let Some(part) = read.usage
            {
                match usage {
                    Some(usage) => usage.merge(part),
                    None => *usage = Some(part),
                }
            }
        });
    }

    /// What the stream has said of its usage so far.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

/// The usage that a whole answer reports.
pub fn usage_of(endpoint: Endpoint, body: &[u8]) -> Option<Usage> {
    struct Nothing;
    impl AnswerVisitor for Nothing {
        fn text(&mut self, _: Channel, _: &Str<'_>, _: TextKind) {}
        fn unknown(&mut self, _: &str) {}
    }
    let body = std::str::from_utf8(body).ok()?;
    answer::walk(endpoint, body, &mut Nothing).ok()?.usage
}
