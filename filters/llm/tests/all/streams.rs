//! Streams: what the reader says of each event, whatever chunks the bytes come in, and that events can be made anew.

use std::collections::BTreeMap;
use std::fmt::Write;

use tollgate_llm::answer::Channel;
use tollgate_llm::json::Splice;
use tollgate_llm::sse::Decoder;
use tollgate_llm::stream::{Closes, Piece, StreamReader};
use tollgate_llm::{Endpoint, TextKind, sse};

use crate::support::{Fixture, fixtures};

/// The events of a stream that comes in these chunks: what the reader gets to see.
fn events<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<(Option<String>, String)> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    for chunk in chunks {
        decoder
            .push(chunk, |event| {
                events.push((event.event.map(str::to_owned), event.data.to_owned()))
            })
            .unwrap();
    }
    assert!(!decoder.finish().cut);
    events
}

/// What the reader says of a stream that comes in these chunks.
fn said<'a>(endpoint: Endpoint, chunks: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut decoder = Decoder::new();
    let mut reader = StreamReader::new(endpoint);
    let mut said = String::new();
    for chunk in chunks {
        let result = decoder.push(chunk, |event| {
            let read = reader.read(event.event, event.data).unwrap();
            let name = event.event.unwrap_or(if event.data.is_empty() {
                "(nothing)"
            } else {
                "(no name)"
            });
            writeln!(said, "{name}").unwrap();
            for (what, pieces) in [("delta", &read.deltas), ("whole", &read.wholes)] {
                for Piece { channel, str, kind } in pieces {
                    assert_eq!(&event.data[str.range()], str.raw());
                    let Channel { choice, block, part } = channel;
                    writeln!(
                        said,
                        "  {what} {part:?} {choice}.{block} as {kind:?}: {:?}",
                        str.decode()
                    )
                    .unwrap();
                }
            }
            for range in read.logprobs {
                writeln!(said, "  logprobs: {}", &event.data[range]).unwrap();
            }
            if read.closes != Closes::None {
                writeln!(said, "  closes {:?}", read.closes).unwrap();
            }
            if let Some(usage) = read.usage {
                writeln!(said, "  {usage:?}").unwrap();
            }
            if let Some(finish) = read.finish {
                writeln!(said, "  finish {finish:?}").unwrap();
            }
            if let Some(model) = read.model {
                writeln!(said, "  model {}", model.raw()).unwrap();
            }
            assert_eq!(read.known, read.unknown.is_none());
            if let Some(path) = read.unknown {
                writeln!(said, "  unknown {path}").unwrap();
            }
            for (word, set) in [("error", read.error), ("last", read.last)] {
                if set {
                    writeln!(said, "  {word}").unwrap();
                }
            }
        });
        result.unwrap();
    }
    let leftover = decoder.finish();
    assert!(!leftover.cut);
    said
}

#[test]
fn every_stream_is_read_as_its_golden_file_says() {
    for fixture in fixtures("stream", "sse") {
        fixture.check(&said(fixture.endpoint, [&fixture.bytes[..]]));
    }
}

#[test]
fn every_stream_is_read_the_same_cut_at_every_byte() {
    for fixture in fixtures("stream", "sse") {
        let whole = said(fixture.endpoint, [&fixture.bytes[..]]);
        assert_eq!(said(fixture.endpoint, fixture.bytes.chunks(1)), whole);
        let whole = events([&fixture.bytes[..]]);
        for at in 0..=fixture.bytes.len() {
            let (head, tail) = fixture.bytes.split_at(at);
            assert_eq!(
                events([head, tail]),
                whole,
                "{} cut at {at}",
                fixture.path.display()
            );
        }
    }
}

/// The texts that a client puts together from a stream, by channel.
type Texts = BTreeMap<Channel, String>;

/// A relay that holds every delta back until its channel closes, and only then sends it in events of its own: what a
/// redactor does in the worst case. Gives the new stream.
fn held_back(fixture: &Fixture) -> Vec<u8> {
    let mut decoder = Decoder::new();
    let mut reader = StreamReader::new(fixture.endpoint);
    let mut out = Vec::new();
    let mut held: BTreeMap<Channel, (String, String)> = BTreeMap::new();
    decoder
        .push(&fixture.bytes, |event| {
            let read = reader.read(event.event, event.data).unwrap();
            let mut splice = Splice::new();
            for delta in &read.deltas {
                let (text, template) = held.entry(delta.channel).or_default();
                text.push_str(&delta.str.decode());
                event.data.clone_into(template);
                splice.replace_text(&delta.str, "");
            }
            held.retain(|channel, (text, template)| {
                let closes = read.closes.contains(channel);
                if closes {
                    out.extend(reader.delta_event(*channel, text, template));
                }
                !closes
            });
            if splice.is_empty() {
                out.extend_from_slice(event.raw);
            } else {
                let data = String::from_utf8(splice.apply(event.data)).unwrap();
                sse::encode(&mut out, event.event, &data);
            }
        })
        .unwrap();
    for (channel, (text, template)) in held {
        out.extend(reader.delta_event(channel, &text, &template));
    }
    out
}

fn texts(endpoint: Endpoint, bytes: &[u8]) -> (Texts, Vec<String>) {
    let mut decoder = Decoder::new();
    let mut reader = StreamReader::new(endpoint);
    let (mut texts, mut wholes) = (Texts::new(), Vec::new());
    decoder
        .push(bytes, |event| {
            if !event.data.is_empty() && event.data != "[DONE]" {
                serde_json::from_str::<serde_json::Value>(event.data).unwrap();
            }
            let read = reader.read(event.event, event.data).unwrap();
            for delta in read.deltas {
                texts
                    .entry(delta.channel)
                    .or_default()
                    .push_str(&delta.str.decode());
            }
            wholes.extend(read.wholes.iter().map(|whole| whole.str.decode().into_owned()));
        })
        .unwrap();
    (texts, wholes)
}

#[test]
fn text_that_was_held_back_arrives_on_its_channel() {
    for fixture in fixtures("stream", "sse") {
        let relayed = held_back(&fixture);
        let expected = texts(fixture.endpoint, &fixture.bytes);
        assert_eq!(
            texts(fixture.endpoint, &relayed),
            expected,
            "{}",
            fixture.path.display()
        );
    }
}

/// Pieces of arguments make JSON when all of them are there.
#[test]
fn streamed_arguments_make_json_together() {
    let mut found = 0;
    for fixture in fixtures("stream", "sse") {
        let mut decoder = Decoder::new();
        let mut reader = StreamReader::new(fixture.endpoint);
        let mut arguments = Texts::new();
        decoder
            .push(&fixture.bytes, |event| {
                let read = reader.read(event.event, event.data).unwrap();
                for delta in read.deltas.iter().filter(|delta| delta.kind == TextKind::Json) {
                    arguments
                        .entry(delta.channel)
                        .or_default()
                        .push_str(&delta.str.decode());
                }
            })
            .unwrap();
        for json in arguments.values() {
            serde_json::from_str::<serde_json::Value>(json).unwrap();
            found += 1;
        }
    }
    assert!(found >= 4);
}
