//! Bodies that nobody would send: whatever comes, the walkers see all of it, in order, and never panic.

use proptest::prelude::*;
use serde_json::Value;
use tollgate_llm::answer::{AnswerVisitor, Channel};
use tollgate_llm::json::{Scanner, Str, Token};
use tollgate_llm::request::{RequestVisitor, Text};
use tollgate_llm::stream::StreamReader;
use tollgate_llm::{Endpoint, TextKind, answer, request};

/// Keeps every token as it was seen.
#[derive(Default)]
struct Recorder(Vec<String>);

impl RequestVisitor for Recorder {
    fn text(&mut self, text: &Text<'_>) {
        self.0.push(format!("{:?}", Token::String(text.str)));
    }

    fn other(&mut self, token: &Token<'_>) {
        self.0.push(format!("{token:?}"));
    }

    fn unknown(&mut self, _path: &str) {}
}

struct Ignore;

impl AnswerVisitor for Ignore {
    fn text(&mut self, _channel: Channel, _str: &Str<'_>, _kind: TextKind) {}

    fn unknown(&mut self, _path: &str) {}
}

/// The words that mean something to the walkers, so that random bodies get past the first brace.
fn word() -> impl Strategy<Value = String> {
    let words = "model messages role content type text user assistant tool input output instructions prompt stream \
        system image_url url detail source data base64 tool_calls function arguments name tools tool_use tool_result \
        message function_call reasoning summary summary_text output_text input_text choices delta index \
        finish_reason stop usage prompt_tokens error content_block content_block_start content_block_delta text_delta \
        thinking logprobs response.output_text.delta response.completed response output_index content_index item \
        stream_options include_usage n max_tokens document citations";
    prop::sample::select(words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

fn body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<u32>().prop_map(Into::into),
        word().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    let inner = leaf.prop_recursive(6, 96, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map(word(), inner, 0..7)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::hash_map(word(), inner, 0..9).prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// A body that has at least what every request must have.
fn request_body() -> impl Strategy<Value = Value> {
    body().prop_map(|mut body| {
        if let Value::Object(fields) = &mut body {
            fields.insert("model".into(), "m".into());
            fields.remove("stream");
            fields.remove("stream_options");
            if !fields.get("messages").is_some_and(Value::is_array) {
                fields.insert("messages".into(), Value::Array(Vec::new()));
            }
            for name in ["input", "prompt"] {
                fields.entry(name).or_insert("text".into());
            }
        }
        body
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_token_of_any_request_is_seen_once(body in request_body()) {
        let text = body.to_string();
        let mut scanner = Scanner::new(&text);
        let mut tokens = Vec::new();
        while let Some(token) = scanner.next().unwrap() {
            tokens.push(format!("{token:?}"));
        }
        for endpoint in Endpoint::ALL {
            let mut recorder = Recorder::default();
            request::walk(endpoint, &text, &mut recorder).unwrap();
            prop_assert_eq!(&recorder.0, &tokens);
        }
    }

    #[test]
    fn any_answer_and_any_event_is_read(body in body()) {
        let text = body.to_string();
        for endpoint in Endpoint::ALL {
            answer::walk(endpoint, &text, &mut Ignore).unwrap();
            let mut reader = StreamReader::new(endpoint);
            let event = reader.read(None, &text).unwrap();
            for piece in event.deltas.iter().chain(&event.wholes) {
                prop_assert_eq!(&text[piece.str.range()], piece.str.raw());
                let made = reader.delta_event(piece.channel, "x", &text);
                prop_assert!(made.ends_with(b"\n\n"));
            }
        }
    }

    #[test]
    fn text_that_is_not_json_is_refused(text in "\\PC{0,60}") {
        let json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        for endpoint in Endpoint::ALL {
            let read = request::walk(endpoint, &text, &mut Recorder::default());
            prop_assert!(json || read.is_err());
            prop_assert!(json || answer::walk(endpoint, &text, &mut Ignore).is_err());
        }
    }
}
