//! How fast bodies are read: `cargo run --release -p tollgate-llm --example speed`, and the same for wasm:
//! `cargo build --profile wasm --target wasm32-wasip1 -p tollgate-llm --example speed`, run by any WASI runtime.
//!
//! Prints MB/s per body, nanoseconds per streamed event and microseconds per replayed answer; the best of several rounds, since machines are shared.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tollgate_llm::json::{Scanner, Token};
use tollgate_llm::replay::{Form, Wanted, replay};
use tollgate_llm::request::{RequestVisitor, Text};
use tollgate_llm::sse::Decoder;
use tollgate_llm::stream::StreamReader;
use tollgate_llm::{Endpoint, Usage, request};

#[derive(Default)]
struct Bytes(usize);

impl RequestVisitor for Bytes {
    fn text(&mut self, text: &Text<'_>) {
        self.0 += text.str.raw().len();
    }

    fn unknown(&mut self, _path: &str) {}
}

fn main() {
    for (name, endpoint, body) in bodies() {
        let scan = best(|| {
            let mut scanner = Scanner::new(&body);
            let mut strings = 0;
            while let Ok(Some(token)) = scanner.next() {
                strings += usize::from(matches!(token, Token::String(_)));
            }
            black_box(strings);
        });
        let walk = best(|| {
            let mut bytes = Bytes::default();
            let facts = request::walk(endpoint, &body, &mut bytes);
            black_box((facts.is_ok(), bytes.0));
        });
        let parse = best(|| {
            black_box(serde_json::from_str::<serde_json::Value>(&body).is_ok());
        });
        println!(
            "{name:<28} {:>9} bytes   scan {:>6.0} MB/s   walk {:>6.0} MB/s ({:>7.1} µs)   serde_json::Value {:>5.0} MB/s",
            body.len(),
            rate(body.len(), scan),
            rate(body.len(), walk),
            walk.as_secs_f64() * 1e6,
            rate(body.len(), parse),
        );
    }
    for (name, endpoint, stream) in streams() {
        let events = 1000.0;
        let time = best(|| {
            let mut decoder = Decoder::new();
            let mut reader = StreamReader::new(endpoint);
            let mut deltas = 0;
            for chunk in stream.as_bytes().chunks(512) {
                let pushed = decoder.push(chunk, |event| {
                    if let Ok(read) = reader.read(event.event, event.data) {
                        deltas += read.deltas.len();
                    }
                });
                black_box(pushed.is_ok());
            }
            black_box(deltas);
        });
        println!(
            "{name:<28} {:>6.0} ns per event",
            time.as_secs_f64() * 1e9 / events
        );
    }
    replays();
}

/// An answer of this many kilobytes of text: to events, and back to a body.
fn replays() {
    let wanted = Wanted::Events { include_usage: true };
    for (name, endpoint, shape) in answers() {
        for size in [1, 10, 100, 1000] {
            let body = shape.replace("TEXT", &PROSE.repeat(size * 1000 / PROSE.len()));
            let usage = Usage::default();
            let there = || replay(endpoint, Form::Body(body.as_bytes()), &usage, wanted);
            let events = there().unwrap_or_default();
            let back = || replay(endpoint, Form::Events(&events), &usage, Wanted::Body);
            let to_events = best(|| {
                black_box(there().is_ok());
            });
            let to_body = best(|| {
                black_box(back().is_ok());
            });
            println!(
                "replay {name:<21} {size:>5} KB   to {:>8} bytes of events {:>8.1} µs   back {:>8.1} µs{}",
                events.len(),
                to_events.as_secs_f64() * 1e6,
                to_body.as_secs_f64() * 1e6,
                if back().is_ok() { "" } else { "   FAILED" },
            );
        }
    }
}

fn answers() -> [(&'static str, Endpoint, &'static str); 3] {
    [
        (
            "chat",
            Endpoint::ChatCompletions,
            r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"TEXT","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3},"system_fingerprint":"fp"}"#,
        ),
        (
            "messages",
            Endpoint::Messages,
            r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"TEXT"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":2}}"#,
        ),
        (
            "responses",
            Endpoint::Responses,
            r#"{"id":"resp_1","object":"response","status":"completed","model":"gpt-5","output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"TEXT","annotations":[],"logprobs":[]}]}],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}"#,
        ),
    ]
}

/// The shortest of the rounds that fit into a third of a second.
fn best(mut round: impl FnMut()) -> Duration {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    while begin.elapsed() < Duration::from_millis(300) {
        let start = Instant::now();
        round();
        best = best.min(start.elapsed());
    }
    best
}

fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / 1e6
}

/// As the inside of a JSON string.
const PROSE: &str = "The quick brown fox jumps over the lazy dog, and \\\"nobody\\\" knows why.\\n";

fn bodies() -> Vec<(&'static str, Endpoint, String)> {
    let chat = |content: &str| {
        format!(
            r#"{{"model":"gpt-4o","messages":[{{"role":"system","content":"Be brief."}},{{"role":"user","content":"{content}"}}],"stream":true}}"#
        )
    };
    let turns: Vec<String> = (0..2000)
        .map(|turn| format!(r#"{{"role":"user","content":[{{"type":"text","text":"turn {turn}"}}]}}"#))
        .collect();
    vec![
        ("1 KB prose", Endpoint::ChatCompletions, chat(&PROSE.repeat(13))),
        ("10 KB prose", Endpoint::ChatCompletions, chat(&PROSE.repeat(140))),
        (
            "1 MB prose",
            Endpoint::ChatCompletions,
            chat(&PROSE.repeat(14_000)),
        ),
        (
            "10 MB image, chat",
            Endpoint::ChatCompletions,
            with_image(r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,DATA"}}"#),
        ),
        (
            "10 MB image, messages",
            Endpoint::Messages,
            with_image(
                r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"DATA"}}"#,
            ),
        ),
        (
            "10 MB image, sorted keys",
            Endpoint::Messages,
            with_image(
                r#"{"source":{"data":"DATA","media_type":"image/png","type":"base64"},"type":"image"}"#,
            ),
        ),
        (
            "2000 short messages",
            Endpoint::ChatCompletions,
            format!(r#"{{"model":"m","messages":[{}]}}"#, turns.join(",")),
        ),
    ]
}

fn with_image(part: &str) -> String {
    let part = part.replace("DATA", &"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo".repeat(290_000));
    format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":[{part}]}}]}}"#)
}

fn streams() -> Vec<(&'static str, Endpoint, String)> {
    let chat = r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","system_fingerprint":"fp","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}"#;
    let messages = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}";
    let responses = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":10,\"item_id\":\"msg_1\",\"output_index\":1,\"content_index\":0,\"delta\":\" word\",\"logprobs\":[]}";
    vec![
        (
            "chat stream",
            Endpoint::ChatCompletions,
            format!("{chat}\n\n").repeat(1000),
        ),
        (
            "messages stream",
            Endpoint::Messages,
            format!("{messages}\n\n").repeat(1000),
        ),
        (
            "responses stream",
            Endpoint::Responses,
            format!("{responses}\n\n").repeat(1000),
        ),
    ]
}
