//! Streamed answers: from the provider's dialect to the client's, chunk by chunk.
//! Must not know where the chunks come from: they may be cut anywhere, inside a character too.

mod block;
mod to_chat;
mod to_messages;

use tollgate_llm::sse::{Decoder, Event};
use tollgate_llm::{ApiError, Dialect, Endpoint, ErrorKind};

use crate::Translation;
use crate::answer::{Head, UNUSABLE, unusable};
use crate::json::Unreadable;

/// Translates one streamed answer.
///
/// Nothing fails from the outside: once a stream runs, an error can only be told within it, as an event in the
/// client's dialect that its SDK raises as an exception. [`StreamTranslator::failure`] says what it was.
#[derive(Debug)]
pub struct StreamTranslator {
    decoder: Decoder,
    dialect: Dialect,
    writer: Option<Writer>,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Running,
    /// The provider said that this was all.
    Complete,
    Failed(ApiError),
}

#[derive(Debug)]
enum Writer {
    Chat(to_chat::Writer),
    Messages(to_messages::Writer),
}

/// What an event did to the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// More may come.
    Continue,
    /// The provider said that this was all, and the client has been told.
    Done,
}

/// Why a stream goes no further.
#[derive(Debug)]
enum Broken {
    /// An event that is no event of the provider's dialect.
    Unusable(ApiError),
    /// The provider sent an error: here is what the client gets to read, as JSON.
    ByProvider(ErrorKind, String),
}

impl StreamTranslator {
    /// A translator for one answer. `include_usage` is what [`request`](crate::request()) said of the request.
    ///
    /// # Errors
    /// 404 if no provider of this dialect serves the endpoint.
    pub fn new(
        client: Endpoint,
        provider: Dialect,
        head: &Head<'_>,
        include_usage: bool,
    ) -> Result<Self, ApiError> {
        let writer = match Translation::between(client, provider)? {
            Translation::None => None,
            Translation::ChatOnAnthropic => Some(Writer::Chat(to_chat::Writer::new(head, include_usage))),
            Translation::MessagesOnOpenAi => Some(Writer::Messages(to_messages::Writer::new(head))),
        };
        Ok(Self {
            decoder: Decoder::new(),
            dialect: client.dialect(),
            writer,
            state: State::Running,
        })
    }

    /// The client's bytes for the provider's next bytes; often none. In the client's own dialect they are the same.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        let Self {
            decoder,
            dialect,
            writer,
            state,
        } = self;
        let Some(writer) = writer else {
            return chunk.to_vec();
        };
        let mut out = Vec::new();
        if *state != State::Running {
            return out;
        }
        let decoded = decoder.push(chunk, |event| follow(&event, writer, *dialect, state, &mut out));
        if let Err(error) = decoded
            && *state == State::Running
        {
            fail(
                unusable(&format!("cannot be read: {error}")),
                *dialect,
                state,
                &mut out,
            );
        }
        out
    }

    /// What the client gets when the provider's stream has ended: nothing more after a complete stream, an error event
    /// after one that was cut.
    pub fn finish(&mut self) -> Vec<u8> {
        let Self {
            decoder,
            dialect,
            writer,
            state,
        } = self;
        let mut out = Vec::new();
        let Some(writer) = writer else { return out };
        if *state != State::Running {
            return out;
        }
        let leftover = decoder.finish();
        let mut told = Vec::new();
        if leftover.cut {
            // Some providers leave out the last blank line. If the event was cut for real, it is not valid.
            let mut last = State::Running;
            let whole = [&leftover.raw, &b"\n\n"[..]].concat();
            let decoded = decoder.push(&whole, |event| {
                follow(&event, writer, *dialect, &mut last, &mut told)
            });
            let is_cut = matches!(&last, State::Failed(error) if error.code == Some(UNUSABLE));
            if decoded.is_ok() && !is_cut {
                out.append(&mut told);
                *state = last;
            }
        }
        if *state == State::Running {
            match writer.end(&mut out) {
                Step::Done => *state = State::Complete,
                Step::Continue => fail(
                    unusable("ended before it was complete"),
                    *dialect,
                    state,
                    &mut out,
                ),
            }
        }
        out
    }

    /// What went wrong, if something did; for metrics and logs. The client has been told already.
    pub fn failure(&self) -> Option<&ApiError> {
        match &self.state {
            State::Failed(error) => Some(error),
            State::Running | State::Complete => None,
        }
    }
}

impl Writer {
    fn event(&mut self, data: &str, out: &mut Vec<u8>) -> Result<Step, Broken> {
        match self {
            Self::Chat(writer) => writer.event(data, out),
            Self::Messages(writer) => writer.event(data, out),
        }
    }

    /// Tells the client that the provider is alive.
    fn keep_alive(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Chat(_) => out.extend_from_slice(to_chat::KEEP_ALIVE),
            Self::Messages(writer) => writer.keep_alive(out),
        }
    }

    /// The provider's stream ended without saying so.
    fn end(&mut self, out: &mut Vec<u8>) -> Step {
        match self {
            Self::Chat(writer) => writer.end(out),
            Self::Messages(writer) => writer.end(out),
        }
    }
}

fn follow(event: &Event<'_>, writer: &mut Writer, dialect: Dialect, state: &mut State, out: &mut Vec<u8>) {
    if *state != State::Running {
        return;
    }
    if event.data.is_empty() {
        if event.raw.contains(&b':') {
            writer.keep_alive(out);
        }
        return;
    }
    match writer.event(event.data, out) {
        Ok(Step::Continue) => {}
        Ok(Step::Done) => *state = State::Complete,
        Err(Broken::Unusable(error)) => fail(error, dialect, state, out),
        Err(Broken::ByProvider(kind, json)) => {
            encode_error(dialect, &json, out);
            *state = State::Failed(ApiError::new(
                kind,
                "the provider sent an error within its answer",
            ));
        }
    }
}

fn fail(error: ApiError, dialect: Dialect, state: &mut State, out: &mut Vec<u8>) {
    out.extend_from_slice(&error.to_sse(dialect));
    *state = State::Failed(error);
}

fn encode_error(dialect: Dialect, json: &str, out: &mut Vec<u8>) {
    let name = match dialect {
        Dialect::OpenAi => None,
        Dialect::Anthropic => Some("error"),
    };
    tollgate_llm::sse::encode(out, name, json);
}

fn malformed(error: Unreadable) -> Broken {
    Broken::Unusable(unusable(&format!(
        "has an event that cannot be read as JSON: {error}"
    )))
}
