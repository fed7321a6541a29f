//! Stored answers in another form: what bodies and streams become, that nothing is lost on the way there and back, and
//! that nothing that was cut is taken for whole.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;
use tollgate_llm::answer::{AnswerFacts, AnswerVisitor, Channel, walk};
use tollgate_llm::json::Str;
use tollgate_llm::replay::{Form, ReplayError, Wanted, replay};
use tollgate_llm::sse::Decoder;
use tollgate_llm::stream::StreamReader;
use tollgate_llm::{Endpoint, Part, TextKind, Usage};

use crate::support::{Fixture, fixtures};

const WITH_USAGE: Wanted = Wanted::Events { include_usage: true };
const WITHOUT_USAGE: Wanted = Wanted::Events { include_usage: false };

const USAGE: Usage = Usage {
    input_tokens: 100,
    cached_input_tokens: 30,
    cache_write_tokens: 20,
    output_tokens: 50,
    reasoning_tokens: 7,
};

/// Bodies and streams that other tests read too: some can be replayed, some can't.
fn bodies() -> Vec<Fixture> {
    let mut all = fixtures("replay", "json");
    all.extend(fixtures("answer", "json"));
    all
}

fn streams() -> Vec<Fixture> {
    let mut all = fixtures("replay", "sse");
    all.extend(fixtures("stream", "sse"));
    all
}

fn is_refused(fixture: &Fixture) -> bool {
    fixture
        .path
        .file_stem()
        .is_some_and(|stem| stem.to_string_lossy().starts_with("refused_"))
}

/// The events of a body.
pub(crate) fn to_events(endpoint: Endpoint, body: &[u8], wanted: Wanted) -> Result<Vec<u8>, ReplayError> {
    replay(endpoint, Form::Body(body), &USAGE, wanted).map(Cow::into_owned)
}

/// The body of a stream.
pub(crate) fn to_body(endpoint: Endpoint, events: &[u8], usage: &Usage) -> Result<Vec<u8>, ReplayError> {
    replay(endpoint, Form::Events(events), usage, Wanted::Body).map(Cow::into_owned)
}

#[test]
fn every_body_becomes_the_events_of_its_golden_file() {
    for fixture in fixtures("replay", "json") {
        let events = to_events(fixture.endpoint, &fixture.bytes, WITH_USAGE);
        assert_eq!(
            events.is_err(),
            is_refused(&fixture),
            "{}",
            fixture.path.display()
        );
        let said = match events {
            Ok(events) => String::from_utf8(events).unwrap(),
            Err(error) => format!("error: {error}\n"),
        };
        fixture.check_with("events", &said);
    }
}

#[test]
fn every_stream_becomes_the_body_of_its_golden_file() {
    for fixture in fixtures("replay", "sse") {
        let body = to_body(fixture.endpoint, &fixture.bytes, &USAGE);
        assert_eq!(body.is_err(), is_refused(&fixture), "{}", fixture.path.display());
        let said = match body {
            // As it is, so that digits and escapes can be compared too.
            Ok(body) => String::from_utf8(body).unwrap() + "\n",
            Err(error) => format!("error: {error}\n"),
        };
        fixture.check_with("body", &said);
    }
}

/// The figures of an answer, and what it says, by channel.
pub(crate) fn read_body(endpoint: Endpoint, body: &[u8]) -> (AnswerFacts, BTreeMap<Channel, Vec<String>>) {
    #[derive(Default)]
    struct Texts(BTreeMap<Channel, Vec<String>>);
    impl AnswerVisitor for Texts {
        fn text(&mut self, channel: Channel, str: &Str<'_>, _kind: TextKind) {
            let text = str.decode().into_owned();
            if !text.is_empty() {
                self.0.entry(channel).or_default().push(text);
            }
        }
        fn logprobs(&mut self, _value: Range<usize>, _path: &str) {}
        fn unknown(&mut self, path: &str) {
            panic!("unknown: {path}");
        }
    }
    let mut texts = Texts::default();
    let body = std::str::from_utf8(body).unwrap();
    let facts = walk(endpoint, body, &mut texts).unwrap();
    (facts, texts.0)
}

/// What a stream says: the texts that went on, by channel, and those that came at once with each event.
struct Read {
    deltas: BTreeMap<Channel, String>,
    wholes: Vec<Vec<(Channel, String)>>,
    usage: Option<Usage>,
    largest: usize,
    events: usize,
}

fn read_events(endpoint: Endpoint, events: &[u8]) -> Read {
    let mut decoder = Decoder::new();
    let mut reader = StreamReader::new(endpoint);
    let mut read = Read {
        deltas: BTreeMap::new(),
        wholes: Vec::new(),
        usage: None,
        largest: 0,
        events: 0,
    };
    let mut has_ended = false;
    decoder
        .push(events, |event| {
            assert!(!has_ended, "nothing follows the end");
            assert_eq!(
                event.data.lines().count(),
                1,
                "one line per event: {}",
                event.data
            );
            let said = reader.read(event.event, event.data).unwrap();
            assert!(said.known && !said.error, "{}", event.data);
            if endpoint == Endpoint::Messages || endpoint == Endpoint::Responses {
                let data: Value = serde_json::from_str(event.data).unwrap();
                assert_eq!(event.event, data["type"].as_str());
                if endpoint == Endpoint::Responses {
                    assert_eq!(data["sequence_number"], read.events);
                }
            } else {
                assert_eq!(event.event, None);
            }
            read.events += 1;
            for delta in &said.deltas {
                let text = delta.str.decode();
                read.largest = read.largest.max(text.chars().count());
                read.deltas.entry(delta.channel).or_default().push_str(&text);
            }
            read.wholes.push(
                said.wholes
                    .iter()
                    .map(|whole| (whole.channel, whole.str.decode().into_owned()))
                    .collect(),
            );
            read.usage = said.usage.or(read.usage);
            has_ended = said.last;
        })
        .unwrap();
    assert!(has_ended && !decoder.finish().cut);
    read
}

/// Events say what the body says, body and events give the same body again, and a stream that is cut gives none.
pub(crate) fn check_events(endpoint: Endpoint, body: &[u8], wanted: Wanted) {
    let events = to_events(endpoint, body, wanted).unwrap();
    let is_chat = matches!(endpoint, Endpoint::ChatCompletions | Endpoint::Completions);
    let mut expected = json(body);
    if is_chat {
        // A call's place in the list is said in chunks; some servers say it in bodies as well, and wrong.
        strip_indexes(&mut expected);
    }
    let (facts, texts) = read_body(endpoint, expected.to_string().as_bytes());
    let read = read_events(endpoint, &events);

    let mut told = texts.clone();
    let last = read.wholes.last().unwrap();
    if endpoint == Endpoint::Responses {
        // The last event repeats all of it; what was streamed is part of it.
        let mut repeated: BTreeMap<Channel, Vec<String>> = BTreeMap::new();
        for (channel, text) in last {
            repeated.entry(*channel).or_default().push(text.clone());
        }
        assert_eq!(repeated, texts);
        for (channel, text) in &read.deltas {
            assert!(texts[channel].concat().contains(text), "{channel:?}: {text}");
        }
    } else {
        // A tool's input is JSON in the one and text that holds it in the other: the body that comes back tells.
        let is_input =
            |channel: &Channel| endpoint == Endpoint::Messages && channel.part == Part::ToolArguments;
        told.retain(|channel, _| !is_input(channel));
        let mut heard = read.deltas.clone();
        heard.retain(|channel, _| !is_input(channel));
        for (channel, text) in read.wholes.iter().flatten() {
            heard.entry(*channel).or_default().push_str(text);
        }
        let sorted = |text: &str| {
            let mut chars: Vec<char> = text.chars().collect();
            chars.sort_unstable();
            chars
        };
        assert_eq!(
            heard.keys().collect::<Vec<_>>(),
            told.keys().collect::<Vec<_>>(),
            "{}",
            String::from_utf8_lossy(&events)
        );
        for (channel, text) in &heard {
            assert_eq!(sorted(text), sorted(&told[channel].concat()), "{channel:?}");
        }
    }

    let back = to_body(endpoint, &events, &USAGE).unwrap();
    let mut found = json(&back);
    if is_chat {
        expected["choices"]
            .as_array_mut()
            .unwrap()
            .sort_by_key(|choice| choice["index"].as_u64());
        if wanted == WITHOUT_USAGE || expected.get("usage").is_none_or(Value::is_null) {
            assert_eq!(read_body(endpoint, &back).0.usage, Some(USAGE));
            found["usage"] = Value::Null;
            expected["usage"] = Value::Null;
        }
    }
    let reported = facts.usage.unwrap_or(USAGE);
    match (endpoint, wanted) {
        (Endpoint::ChatCompletions | Endpoint::Completions, WITHOUT_USAGE) => assert_eq!(read.usage, None),
        (Endpoint::Responses, _) => assert_eq!(read.usage, facts.usage),
        _ => assert_eq!(read.usage, Some(reported)),
    }
    assert_eq!(found, expected);
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

fn strip_indexes(body: &mut Value) {
    for (position, choice) in body["choices"].as_array_mut().unwrap().iter_mut().enumerate() {
        let choice = choice.as_object_mut().unwrap();
        choice.entry("index").or_insert(position.into());
        if let Some(calls) = choice
            .get_mut("message")
            .and_then(|message| message.get_mut("tool_calls"))
            .and_then(Value::as_array_mut)
        {
            for call in calls {
                call.as_object_mut().unwrap().remove("index");
            }
        }
    }
}

#[test]
fn bodies_survive_the_way_to_events_and_back() {
    let mut replayed = 0;
    for fixture in bodies() {
        for wanted in [WITH_USAGE, WITHOUT_USAGE] {
            if to_events(fixture.endpoint, &fixture.bytes, wanted).is_ok() {
                check_events(fixture.endpoint, &fixture.bytes, wanted);
                replayed += 1;
            }
        }
    }
    assert!(replayed >= 2 * 35, "{replayed}");
}

#[test]
fn bodies_of_streams_survive_the_way_to_events_and_back() {
    let mut replayed = 0;
    for fixture in streams() {
        if let Ok(body) = to_body(fixture.endpoint, &fixture.bytes, &USAGE) {
            check_events(fixture.endpoint, &body, WITH_USAGE);
            replayed += 1;
        }
    }
    assert!(replayed >= 20, "{replayed}");
}

#[test]
fn what_was_cut_anywhere_is_refused() {
    for fixture in streams().iter().filter(|fixture| !is_refused(fixture)) {
        let end = fixture.bytes.trim_ascii_end().len() + 2;
        for at in 0..end.min(fixture.bytes.len()) {
            let cut = Form::Events(&fixture.bytes[..at]);
            // As events with usage and without in turns, for time's sake.
            let events = Wanted::Events {
                include_usage: at % 2 == 0,
            };
            for wanted in [Wanted::Body, events] {
                let result = replay(fixture.endpoint, cut, &USAGE, wanted);
                assert!(result.is_err(), "{} cut at {at}", fixture.path.display());
            }
        }
    }
    for fixture in bodies() {
        let end = fixture.bytes.trim_ascii_end().len();
        for at in 0..end {
            let cut = Form::Body(&fixture.bytes[..at]);
            assert!(replay(fixture.endpoint, cut, &USAGE, WITH_USAGE).is_err());
        }
    }
}

/// Events that are made, cut anywhere: the shorter ones, for time's sake.
#[test]
fn events_that_were_made_and_cut_are_refused() {
    for fixture in bodies() {
        if let Ok(events) = to_events(fixture.endpoint, &fixture.bytes, WITH_USAGE)
            && events.len() < 6_000
        {
            for at in 0..events.len() {
                assert!(
                    to_body(fixture.endpoint, &events[..at], &USAGE).is_err(),
                    "cut at {at}"
                );
            }
        }
    }
}

#[test]
fn streams_get_or_lose_the_chunk_with_usage_and_nothing_else() {
    let mut added = 0;
    for fixture in streams() {
        let stored = Form::Events(&fixture.bytes);
        let Ok(with) = replay(fixture.endpoint, stored, &USAGE, WITH_USAGE) else {
            continue;
        };
        let without = replay(fixture.endpoint, stored, &USAGE, WITHOUT_USAGE).unwrap();
        if fixture.endpoint.path().ends_with("completions") {
            assert!(read_events_usage(fixture.endpoint, &with).is_some());
            // Either way the same chunks are left.
            let again = replay(fixture.endpoint, Form::Events(&with), &USAGE, WITHOUT_USAGE).unwrap();
            assert_eq!(again, without, "{}", fixture.path.display());
            let back = replay(fixture.endpoint, Form::Events(&without), &USAGE, WITH_USAGE).unwrap();
            assert!(read_events_usage(fixture.endpoint, &back).is_some());
            if matches!(with, Cow::Owned(_)) {
                added += 1;
                assert_eq!(read_events_usage(fixture.endpoint, &with), Some(USAGE));
                assert!(matches!(without, Cow::Borrowed(_)));
            }
        } else {
            assert!(matches!((with, without), (Cow::Borrowed(_), Cow::Borrowed(_))));
        }
    }
    assert!(added >= 3, "{added}");
}

fn read_events_usage(endpoint: Endpoint, events: &[u8]) -> Option<Usage> {
    let mut reader = StreamReader::new(endpoint);
    let mut usage = None;
    Decoder::new()
        .push(events, |event| {
            usage = reader.read(event.event, event.data).unwrap().usage.or(usage);
        })
        .unwrap();
    usage
}

#[test]
fn a_body_stays_as_it_is_and_embeddings_have_no_streams() {
    for fixture in bodies() {
        let stored = Form::Body(&fixture.bytes);
        let same = replay(fixture.endpoint, stored, &USAGE, Wanted::Body).unwrap();
        assert!(matches!(same, Cow::Borrowed(bytes) if bytes == fixture.bytes));
    }
    for (stored, wanted) in [
        (Form::Body(b"{}"), WITH_USAGE),
        (Form::Events(b""), Wanted::Body),
        (Form::Events(b""), WITH_USAGE),
    ] {
        let refused = replay(Endpoint::Embeddings, stored, &USAGE, wanted);
        assert_eq!(refused, Err(ReplayError::NoStreams));
    }
}

/// Pieces are some tens of characters, and a text of any length is a bounded number of them.
#[test]
fn texts_come_in_pieces_that_look_like_a_model_writing() {
    for (length, pieces, largest) in [(10, 1, 10), (480, 10, 48), (12_288, 256, 48), (100_000, 256, 391)] {
        let text = "a bc".chars().cycle().take(length).collect::<String>();
        let body = serde_json::json!({"id":"c","object":"chat.completion","created":1,"model":"m",
            "choices":[{"index":0,"message":{"role":"assistant","content":text},"finish_reason":"stop"}]})
        .to_string();
        let events = to_events(Endpoint::ChatCompletions, body.as_bytes(), WITHOUT_USAGE).unwrap();
        let read = read_events(Endpoint::ChatCompletions, &events);
        // Besides the text: the role, the reason to end, and `[DONE]`.
        assert_eq!((read.events, read.largest), (pieces + 3, largest), "{length}");
    }
}

/// Bytes that are no text would come out of the decoder as replacement characters.
#[test]
fn what_is_not_utf8_is_refused() {
    let stored = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\xff\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    assert!(to_body(Endpoint::ChatCompletions, stored, &USAGE).is_err());
}
