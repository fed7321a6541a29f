//! The events of a stored stream, every one looked at before any of them is believed; and the texts of a body in pieces.
//! Must not know what an event of one endpoint is converted to.

use std::borrow::Cow;
use std::ops::Range;

use super::json::{Members, Writer};
use super::{ReplayError, usage};
use crate::sse::{Decoder, Event, encode};
use crate::stream::{StreamEvent, StreamReader};
use crate::{Endpoint, Usage, body};

/// Texts are cut into pieces of this many characters: what a model writes in about a tenth of a second.
const PIECE: usize = 48;
/// A text becomes no more pieces than this; the pieces of longer texts are larger.
const MOST_PIECES: usize = 256;

/// What all chunks of an OpenAI stream have in common, but for `object`.
pub(super) const COMMON: [&str; 6] = [
    "id",
    "created",
    "model",
    "provider",
    "service_tier",
    "system_fingerprint",
];

/// An event that has data.
pub(super) struct Seen<'e> {
    pub(super) data: &'e str,
    pub(super) said: StreamEvent<'e>,
    /// Where it stands in what was stored.
    pub(super) range: Range<usize>,
}

/// Reads a stream to its end.
///
/// A stream that is cut, has no end, something behind its end or an error in it is refused; if it is to be converted
/// (`known_only`), so is one with an event that the crate does not know. Events without data are left out.
pub(super) fn each(
    endpoint: Endpoint,
    stored: &[u8],
    known_only: bool,
    mut on_event: impl FnMut(Seen<'_>) -> Result<(), ReplayError>,
) -> Result<(), ReplayError> {
    // The decoder would put replacement characters for what is not UTF-8.
    body::text(stored)?;
    let mut decoder = Decoder::with_limit(stored.len());
    let mut reader = StreamReader::new(endpoint);
    let mut has_ended = false;
    let mut at = 0;
    let mut read = |event: &Event<'_>| {
        // Every byte belongs to exactly one event.
        let range = at..at + event.raw.len();
        at = range.end;
        if event.data.is_empty() {
            return Ok(());
        }
        if has_ended {
            return Err(ReplayError::contradiction("the last event"));
        }
        let said = reader.read(event.event, event.data)?;
        if said.error {
            return Err(ReplayError::Failed);
        }
        if let (true, Some(path)) = (known_only, &said.unknown) {
            return Err(ReplayError::no_counterpart(path));
        }
        has_ended = said.last;
        on_event(Seen {
            data: event.data,
            said,
            range,
        })
    };
    let mut result = Ok(());
    decoder.push(stored, |event| {
        if result.is_ok() {
            result = read(&event);
        }
    })?;
    result?;
    if has_ended && !decoder.finish().cut {
        Ok(())
    } else {
        Err(ReplayError::Incomplete("the stream has no end"))
    }
}

/// The stream with or without the chunk that reports usage.
pub(super) fn with_usage<'a>(
    endpoint: Endpoint,
    stored: &'a [u8],
    usage: &Usage,
    wanted: bool,
) -> Result<Cow<'a, [u8]>, ReplayError> {
    let of_chunks = matches!(endpoint, Endpoint::ChatCompletions | Endpoint::Completions);
    let mut common: Vec<(&str, String)> = Vec::new();
    let mut end = stored.len();
    let mut reports: Vec<Range<usize>> = Vec::new();
    let mut has_usage = false;
    each(endpoint, stored, false, |Seen { data, said, range }| {
        if !of_chunks {
            return Ok(());
        }
        if said.last {
            end = range.start;
            return Ok(());
        }
        let chunk = Members::of(data)?;
        for name in COMMON {
            if let Some(value) = chunk.some(name).filter(|value| *value != "\"\"")
                && common.iter().all(|(known, _)| *known != name)
            {
                common.push((name, value.to_owned()));
            }
        }
        if chunk.some("usage").is_some() {
            has_usage = true;
            let is_report = matches!(chunk.some("choices"), None | Some("[]"));
            if is_report && said.deltas.is_empty() && said.wholes.is_empty() {
                reports.push(range);
            }
        }
        Ok(())
    })?;
    if !of_chunks || (has_usage && (wanted || reports.is_empty())) || (!has_usage && !wanted) {
        return Ok(Cow::Borrowed(stored));
    }
    let mut out = Vec::with_capacity(stored.len() + 512);
    if wanted {
        out.extend_from_slice(stored.get(..end).unwrap_or_default());
        let mut chunk = Writer::new();
        chunk.compact("object", object(endpoint));
        for (name, value) in &common {
            chunk.value(name, value);
        }
        chunk.compact("choices", "[]");
        chunk.compact("usage", &usage::of(endpoint, usage));
        encode(&mut out, None, &chunk.done());
        out.extend_from_slice(stored.get(end..).unwrap_or_default());
    } else {
        let mut done = 0;
        for report in reports {
            out.extend_from_slice(stored.get(done..report.start).unwrap_or_default());
            done = report.end;
        }
        out.extend_from_slice(stored.get(done..).unwrap_or_default());
    }
    Ok(Cow::Owned(out))
}

/// The `object` of chunks, as JSON.
pub(super) const fn object(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Completions => "\"text_completion\"",
        _ => "\"chat.completion.chunk\"",
    }
}

/// The inside of a string in pieces, none of them empty, that are insides of strings: no escape is cut, nor the two that
/// make one character.
pub(super) fn pieces(inside: &str) -> impl Iterator<Item = &str> {
    let size = PIECE.max(inside.len().div_ceil(MOST_PIECES));
    let mut rest = inside;
    std::iter::from_fn(move || {
        let mut end = 0;
        for _ in 0..size {
            end += character(rest.get(end..).unwrap_or_default());
        }
        let (piece, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

/// How many bytes the first character of a string's inside takes.
fn character(inside: &str) -> usize {
    let escape = |text: &str, from: &str, to: &str| {
        let unit = text
            .strip_prefix("\\u")
            .and_then(|digits| digits.get(..4))
            .map(str::to_ascii_lowercase);
        unit.is_some_and(|unit| unit.as_str() >= from && unit.as_str() < to)
    };
    match inside.as_bytes() {
        [b'\\', b'u', ..] => {
            let low = inside.get(6..).unwrap_or_default();
            let pair = escape(inside, "d800", "dc00") && escape(low, "dc00", "e000");
            if pair { 12 } else { 6 }
        }
        [b'\\', ..] => 2,
        _ => inside.chars().next().map_or(0, char::len_utf8),
    }
}
