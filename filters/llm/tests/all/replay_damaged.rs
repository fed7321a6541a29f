//! Streams with events lost, doubled, swapped and damaged: no text is lost without an error.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use tollgate_llm::sse::Decoder;
use tollgate_llm::stream::StreamReader;
use tollgate_llm::{Endpoint, Part, Usage};

use crate::replay::{read_body, to_body};
use crate::support::fixtures;

#[derive(Debug, Clone)]
enum Damage {
    /// Events, told by their number.
    Lose(Index),
    Double(Index),
    Swap(Index, Index),
    /// Bytes.
    Replace(Index, u8),
    Insert(Index, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let words = select(vec![
        "null",
        "{}",
        "[]",
        "\"\"",
        "1",
        ",",
        "\"",
        "\\",
        "\n\n",
        "data: [DONE]\n\n",
        "\\ud83d",
        "\"index\":7,",
    ]);
    prop_oneof![
        any::<Index>().prop_map(Damage::Lose),
        any::<Index>().prop_map(Damage::Double),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Damage::Swap(one, other)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<Index>(), words).prop_map(|(at, word)| Damage::Insert(at, word)),
    ]
}

fn damaged(stream: &[u8], damages: &[Damage]) -> Vec<u8> {
    let text = String::from_utf8_lossy(stream);
    let mut events: Vec<Vec<u8>> = text
        .split_inclusive("\n\n")
        .map(|event| event.as_bytes().to_vec())
        .collect();
    for damage in damages {
        if events.is_empty() {
            break;
        }
        let size = events.len();
        match damage {
            Damage::Lose(at) => drop(events.remove(at.index(size))),
            Damage::Double(at) => events.insert(at.index(size), events[at.index(size)].clone()),
            Damage::Swap(one, other) => events.swap(one.index(size), other.index(size)),
            Damage::Replace(at, byte) => {
                let event = &mut events[at.index(size)];
                let at = at.index(event.len());
                event[at] = *byte;
            }
            Damage::Insert(at, word) => {
                let event = &mut events[at.index(size)];
                let at = at.index(event.len());
                event.splice(at..at, word.bytes());
            }
        }
    }
    events.concat()
}

/// How often each character of the texts that went on was said, by channel. Halves of characters are not counted.
fn characters<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeMap<char, usize> {
    let mut counts = BTreeMap::new();
    for char in texts.into_iter().flat_map(str::chars) {
        if char != char::REPLACEMENT_CHARACTER {
            *counts.entry(char).or_insert(0) += 1;
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_damaged_stream_loses_no_text_without_an_error(
        number in any::<Index>(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let all = FIXTURES.with(Clone::clone);
        let (endpoint, stream) = &all[number.index(all.len())];
        let stream = damaged(stream, &damages);
        let Ok(body) = to_body(*endpoint, &stream, &Usage::default()) else {
            return Ok(());
        };
        let (_, told) = read_body(*endpoint, &body);
        let mut heard: BTreeMap<_, Vec<String>> = BTreeMap::new();
        let mut reader = StreamReader::new(*endpoint);
        Decoder::new().push(&stream, |event| {
            for delta in reader.read(event.event, event.data).unwrap().deltas {
                heard.entry(delta.channel).or_default().push(delta.str.decode().into_owned());
            }
        }).unwrap();
        for (channel, texts) in heard {
            if *endpoint == Endpoint::Messages && channel.part == Part::ToolArguments {
                continue;
            }
            // Choices, blocks and calls may stand elsewhere in the body, whose places count from 0.
            let told: Vec<_> = told.iter().filter(|(other, _)| other.part == channel.part).collect();
            let said = characters(told.iter().flat_map(|(_, texts)| texts.iter().map(String::as_str)));
            for (char, count) in characters(texts.iter().map(String::as_str)) {
                prop_assert!(
                    said.get(&char).copied().unwrap_or(0) >= count,
                    "{char:?} of {channel:?} is lost: {}", String::from_utf8_lossy(&body)
                );
            }
        }
    }
}

thread_local! {
    static FIXTURES: Vec<(Endpoint, Vec<u8>)> = fixtures("replay", "sse")
        .into_iter()
        .map(|fixture| (fixture.endpoint, fixture.bytes))
        .filter(|(endpoint, stream)| to_body(*endpoint, stream, &Usage::default()).is_ok())
        .collect();
}
