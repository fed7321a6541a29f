//! A stored answer in the form that the next client asks for: one JSON body, or server-sent events.
//! Must not know where the answer was stored, or who may have it.
//!
//! What is made is what the provider would have sent; what cannot be made without guessing is a [`ReplayError`], which
//! a cache takes for a miss. Values that nobody has to look into are copied as they stand: no number loses a digit, no
//! string an escape.

mod chat;
mod events;
mod fields;
mod json;
mod messages;
mod responses;
mod usage;

use std::borrow::Cow;
use std::ops::Range;

use crate::answer::{AnswerFacts, AnswerVisitor, walk};
use crate::json::{Str, SyntaxError};
use crate::sse::SseError;
use crate::{BodyError, Channel, Endpoint, TextKind, Usage, body};

/// An answer as it was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// One JSON body.
    Body(&'a [u8]),
    /// The server-sent events of a stream, all of them.
    Events(&'a [u8]),
}

/// The form that a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// One JSON body.
    Body,
    /// Server-sent events.
    Events {
        /// OpenAI's `stream_options.include_usage`: whether chat completions and completions report usage in a chunk of
        /// its own. The other endpoints always do.
        include_usage: bool,
    },
}

/// Why a stored answer cannot be had in another form. Names fields, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Embeddings.
    #[error("this endpoint has no streams")]
    NoStreams,
    /// What was stored cannot be read.
    #[error("the stored answer cannot be read: {0}")]
    Unreadable(#[from] BodyError),
    /// What was stored as a stream is none.
    #[error("the stored stream cannot be read: {0}")]
    NoEvents(#[from] SseError),
    /// It is an error of the provider, or ends in one.
    #[error("the stored answer is an error")]
    Failed,
    /// It does not go to its end.
    #[error("the stored answer is not complete: {0}")]
    Incomplete(&'static str),
    /// It says two things of which only one can stand in the other form.
    #[error("the stored stream contradicts itself at `{field}`")]
    Contradiction {
        /// The name of the field.
        field: String,
    },
    /// A shape that we do not know or that has no counterpart; there could be text in it.
    #[error("`{field}` has no known counterpart in the other form")]
    NoCounterpart {
        /// The path or the name of the field.
        field: String,
    },
}

/// The stored answer as a client of `endpoint` asks for it; borrowed where nothing has to change.
///
/// `usage` is what the answer took, for a form that tells it where the stored one does not. The time that this takes
/// grows with the size of the answer and nothing else.
///
/// A body stays as it is when a body is asked for, unread. A stream stays as it is when a stream is asked for, but for
/// chat's and completions' usage chunk, which is added or left out; other chunks are not touched, so `"usage":null` in
/// them stays or stays away, and usage that a provider tells in a chunk with a choice stays.
///
/// # Errors
/// Whatever cannot be converted without losing or inventing something, errors and incomplete streams among it.
pub fn replay<'a>(
    endpoint: Endpoint,
    stored: Form<'a>,
    usage: &Usage,
    wanted: Wanted,
) -> Result<Cow<'a, [u8]>, ReplayError> {
    let streams = endpoint != Endpoint::Embeddings;
    match (stored, wanted) {
        (Form::Body(bytes), Wanted::Body) => Ok(Cow::Borrowed(bytes)),
        _ if !streams => Err(ReplayError::NoStreams),
        (Form::Events(bytes), Wanted::Events { include_usage }) => {
            events::with_usage(endpoint, bytes, usage, include_usage)
        }
        (Form::Body(bytes), Wanted::Events { include_usage }) => {
            let body = body::text(bytes)?;
            check_body(endpoint, body)?;
            let events = match endpoint {
                Endpoint::Messages => messages::events(body, usage)?,
                Endpoint::Responses => responses::events(body)?,
                _ => chat::events(endpoint, body, usage, include_usage)?,
            };
            Ok(Cow::Owned(events))
        }
        (Form::Events(bytes), Wanted::Body) => {
            let body = match endpoint {
                Endpoint::Messages => messages::body(bytes, usage)?,
                Endpoint::Responses => responses::body(bytes)?,
                _ => chat::body(endpoint, bytes, usage)?,
            };
            check_body(endpoint, &body)?;
            Ok(Cow::Owned(body.into_bytes()))
        }
    }
}

/// Whether a body is an answer that the crate knows all of, and no error.
fn check_body(endpoint: Endpoint, body: &str) -> Result<AnswerFacts, ReplayError> {
    let mut strict = Strict { unknown: None };
    let facts = walk(endpoint, body, &mut strict)?;
    match strict.unknown {
        _ if facts.error => Err(ReplayError::Failed),
        Some(field) => Err(ReplayError::NoCounterpart { field }),
        None => Ok(facts),
    }
}

/// Remembers the first shape that nobody knows.
struct Strict {
    unknown: Option<String>,
}

impl AnswerVisitor for Strict {
    fn text(&mut self, _channel: Channel, _str: &Str<'_>, _kind: TextKind) {}

    fn logprobs(&mut self, _value: Range<usize>, _path: &str) {}

    fn unknown(&mut self, path: &str) {
        self.unknown.get_or_insert_with(|| path.to_owned());
    }
}

impl ReplayError {
    fn contradiction(field: &str) -> Self {
        Self::Contradiction {
            field: field.to_owned(),
        }
    }

    fn no_counterpart(field: &str) -> Self {
        Self::NoCounterpart {
            field: field.to_owned(),
        }
    }
}

impl From<SyntaxError> for ReplayError {
    fn from(error: SyntaxError) -> Self {
        Self::Unreadable(error.into())
    }
}
