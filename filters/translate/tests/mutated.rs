//! Whatever a body is, a translation refuses it or gives JSON: fixtures with bytes lost, doubled, swapped and mixed.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use tollgate_llm::{Dialect, Endpoint};
use tollgate_translate::{Defaults, Head, StreamTranslator};

const HEAD: Head<'_> = Head {
    model: "public-model",
    created: 1_700_000_000,
    id: "f00",
};

const DIRECTIONS: [(Endpoint, Dialect); 4] = [
    (Endpoint::ChatCompletions, Dialect::Anthropic),
    (Endpoint::Messages, Dialect::OpenAi),
    (Endpoint::ChatCompletions, Dialect::OpenAi),
    (Endpoint::Messages, Dialect::Anthropic),
];

/// Every fixture of `kind`, of both directions: each is nonsense to the other.
fn fixtures(kind: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(kind);
    let folders = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = folders
        .flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()))
        .collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

#[derive(Debug, Clone)]
enum Mutation {
    Cut(Index),
    Remove(Index, usize),
    Double(Index, usize),
    Replace(Index, u8),
    Insert(Index, &'static str),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let words = prop::sample::select(vec![
        "null",
        "{}",
        "[]",
        "\"\"",
        "0",
        "-1",
        "1e999",
        ",",
        ":",
        "\"",
        "\\",
        "\\ud800",
        "{\"type\":\"text\"}",
        "\n\n",
        "data: ",
        "data: [DONE]\n\n",
        "event: error\n",
        "\u{feff}",
        "[[[[[[[[",
    ]);
    prop_oneof![
        1 => any::<Index>().prop_map(Mutation::Cut),
        4 => (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        4 => (any::<Index>(), 1..80_usize).prop_map(|(at, length)| Mutation::Double(at, length)),
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        4 => (any::<Index>(), words).prop_map(|(at, word)| Mutation::Insert(at, word)),
    ]
}

fn mutate(mut body: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        if body.is_empty() {
            break;
        }
        let size = body.len();
        match mutation {
            Mutation::Cut(at) => body.truncate(at.index(size)),
            Mutation::Remove(at, length) => {
                let at = at.index(size);
                body.drain(at..(at + length).min(size));
            }
            Mutation::Double(at, length) => {
                let at = at.index(size);
                let piece = body[at..(at + length).min(size)].to_vec();
                body.splice(at..at, piece);
            }
            Mutation::Replace(at, byte) => body[at.index(size)] = *byte,
            Mutation::Insert(at, word) => {
                let at = at.index(size);
                body.splice(at..at, word.bytes());
            }
        }
    }
    body
}

fn mutated(kind: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    (
        prop::sample::select(fixtures(kind)),
        prop::collection::vec(mutation(), 0..4),
    )
        .prop_map(|(body, mutations)| mutate(body, &mutations))
}

fn check_json(body: &[u8]) {
    let parsed: Result<Value, _> = serde_json::from_slice(body);
    // Lone surrogates pass as they came, and numbers beyond what a double can hold: serde_json takes neither.
    let text = String::from_utf8_lossy(body);
    assert!(
        parsed.is_ok() || text.contains("\\u") || text.contains('e'),
        "{text}"
    );
    tollgate_llm::json::Scanner::new(&text).skip_value().unwrap();
}

proptest! {
    #[test]
    fn requests(body in mutated("requests")) {
        for (client, provider) in DIRECTIONS {
            match tollgate_translate::request(client, provider, &body, "model", &Defaults::default()) {
                Ok(out) => check_json(&out.body),
                Err(error) => prop_assert_eq!(error.status, 400),
            }
        }
    }

    #[test]
    fn answers(body in mutated("answers")) {
        for (client, provider) in &DIRECTIONS[..2] {
            match tollgate_translate::answer(*client, *provider, &body, &HEAD) {
                Ok(out) => check_json(&out),
                Err(error) => prop_assert_eq!(error.status, 502),
            }
            check_json(&tollgate_translate::error(*client, *provider, 500, &body));
        }
    }

    #[test]
    fn streams(body in mutated("streams"), cut in any::<Index>()) {
        for (client, provider) in &DIRECTIONS[..2] {
            let translate = |chunks: &[&[u8]]| {
                let mut translator = StreamTranslator::new(*client, *provider, &HEAD, true).unwrap();
                let mut out: Vec<u8> = chunks.iter().flat_map(|chunk| translator.push(chunk)).collect();
                out.extend(translator.finish());
                out
            };
            let whole = translate(&[&body]);
            let cut = cut.index(body.len() + 1);
            prop_assert_eq!(&translate(&[&body[..cut], &body[cut..]]), &whole);
            let text = String::from_utf8(whole).unwrap();
            for line in text.lines() {
                match line.strip_prefix("data: ") {
                    Some("[DONE]") => {}
                    Some(data) => check_json(data.as_bytes()),
                    None => prop_assert!(line.is_empty() || line.starts_with("event: ") || line == ": ping", "{}", line),
                }
            }
            check_order(*client, &text);
        }
    }
}

/// A client's stream is whole and in order, or ends in an error.
fn check_order(client: Endpoint, stream: &str) {
    let data: Vec<&str> = stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect();
    let failed = data.last().is_some_and(|last| last.contains("\"error\""));
    match client {
        Endpoint::Messages => {
            let events: Vec<&str> = stream
                .lines()
                .filter_map(|line| line.strip_prefix("event: "))
                .filter(|event| *event != "ping")
                .collect();
            let count = |name: &str| events.iter().filter(|event| **event == name).count();
            assert!(count("message_start") <= 1, "{stream}");
            assert_eq!(count("message_stop"), usize::from(!failed), "{stream}");
            assert_eq!(count("error"), usize::from(failed), "{stream}");
            let mut is_open = false;
            for event in events {
                match event {
                    "content_block_start" => assert!(!std::mem::replace(&mut is_open, true), "{stream}"),
                    "content_block_stop" => assert!(std::mem::replace(&mut is_open, false), "{stream}"),
                    "content_block_delta" => assert!(is_open, "{stream}"),
                    "message_delta" => assert!(!is_open, "{stream}"),
                    _ => {}
                }
            }
        }
        _ => {
            assert_eq!(data.contains(&"[DONE]"), !failed, "{stream}");
            let finishes = data
                .iter()
                .filter(|data| data.contains("\"finish_reason\":\""))
                .count();
            assert!(failed || finishes == 1, "{stream}");
        }
    }
}
