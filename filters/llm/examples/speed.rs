//! How fast bodies are read: `cargo run --release -p tollgate-llm --example speed`, and the same for wasm:
//! `cargo build --profile wasm --target wasm32-wasip1 -p tollgate-llm --example speed`, run by any WASI runtime.
//!
//! Prints MB/s per body and nanoseconds per streamed event; the best of several rounds, since machines are shared.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tollgate_llm::json::{Scanner, Token};
use tollgate_llm::request::{RequestVisitor, Text};
use tollgate_llm::sse::Decoder;
use tollgate_llm::stream::StreamReader;
use tollgate_llm::{Endpoint, request};

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

fn bodies() -> Vec<(&'static str, Endpoint, String)> {
    let prose = "The quick brown fox jumps over the lazy dog, and \\\"nobody\\\" knows why.\\n";
    let chat = |content: &str| {
        format!(
            r#"{{"model":"gpt-4o","messages":[{{"role":"system","content":"Be brief."}},{{"role":"user","content":"{content}"}}],"stream":true}}"#
        )
    };
    let turns: Vec<String> = (0..2000)
        .map(|turn| format!(r#"{{"role":"user","content":[{{"type":"text","text":"turn {turn}"}}]}}"#))
        .collect();
    vec![
        ("1 KB prose", Endpoint::ChatCompletions, chat(&prose.repeat(13))),
        ("10 KB prose", Endpoint::ChatCompletions, chat(&prose.repeat(140))),
        (
            "1 MB prose",
            Endpoint::ChatCompletions,
            chat(&prose.repeat(14_000)),
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
