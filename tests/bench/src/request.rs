//! The requests that are sent: chat completions whose prompt is prose with personal data in it, no two of them alike.
//! Must not know who answers.

use serde_json::json;

use crate::case::{Answers, Size};

/// One e-mail address and one phone number come with about so many bytes of prose.
const BYTES_PER_PERSON: usize = 4000;
/// Where the number of a request stands until it has one.
const NUMBER: &str = "000000000000";

/// Says to a hand-written Envoy which requests ask for a stream; `router.wasm` reads it in the body.
pub(crate) const STREAM_HEADER: &str = "x-bench-stream";
/// The model that all requests name.
pub(crate) const MODEL: &str = "gpt-4o";
/// A hundred events of four letters a second: says to the simulator to write as fast as a model of usual size.
const PACE: &str = "x-sim: chunk_ms=10\r\n";
/// The virtual key of the quickstart example.
pub(crate) const KEY: &str = "tg-demo-acme-app";

/// Head and body of a request, with a place for its number.
#[derive(Clone)]
pub(crate) struct Request {
    bytes: Vec<u8>,
    number_at: usize,
}

impl Request {
    /// A chat completion with a prompt of this size.
    pub(crate) fn new(size: Size, answers: Answers) -> Self {
        Self::with(&prompt(size.bytes()), answers)
    }

    /// A chat completion that says this.
    pub(crate) fn saying(text: &str) -> Self {
        Self::with(&format!("Request {NUMBER}. {text}"), Answers::Plain)
    }

    fn with(prompt: &str, answers: Answers) -> Self {
        let streamed = answers != Answers::Plain;
        let pace = match answers {
            Answers::Paced => PACE,
            Answers::Plain | Answers::Streamed => "",
        };
        let mut body = json!({
            "model": MODEL,
            "messages": [
                { "role": "system", "content": "You are a careful assistant. Answer in plain English." },
                { "role": "user", "content": prompt },
            ],
            "temperature": 0.2,
        });
        if streamed {
            body["stream"] = true.into();
        }
        let body = body.to_string();
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway.example\r\nauthorization: Bearer {KEY}\r\n\
             content-type: application/json\r\naccept: application/json\r\nuser-agent: tollgate-bench\r\n\
             {STREAM_HEADER}: {streamed}\r\n{pace}content-length: {}\r\n\r\n",
            body.len(),
        );
        let number_at = head.len() + body.find(NUMBER).unwrap_or_default();
        Self {
            bytes: [head, body].concat().into_bytes(),
            number_at,
        }
    }

    /// The bytes of request number `number`.
    pub(crate) fn numbered(&mut self, mut number: u64) -> &[u8] {
        for digit in self.bytes[self.number_at..][..NUMBER.len()].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
        &self.bytes
    }
}

/// Prose of exactly so many bytes, in paragraphs. The sentences come in an order that looks like none but is always the same.
fn prompt(bytes: usize) -> String {
    let sentences: Vec<&str> = include_str!("prose.txt").lines().collect();
    let mut text = format!("Request {NUMBER}. ");
    let mut state = 1_u64;
    let mut people = 0;
    for written in 1.. {
        if text.len() >= bytes {
            break;
        }
        if text.len() >= people * BYTES_PER_PERSON + 200 {
            people += 1;
            text.push_str(&person(people));
        }
        // Knuth's MMIX generator; its high bits are the good ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.push_str(sentences[(state >> 33) as usize % sentences.len()]);
        text.push_str(if written % 6 == 0 { "\n\n" } else { " " });
    }
    text.truncate(bytes);
    text
}

fn person(number: usize) -> String {
    const NAMES: [&str; 6] = [
        "jane.roe",
        "w.okafor",
        "lena_brandt",
        "tomas.novak",
        "mei.tanaka",
        "r.delgado",
    ];
    let name = NAMES[number % NAMES.len()];
    format!(
        "Write to {name}{number}@example.org or call +1 415 555 {:04}. ",
        number % 10_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_has_its_size_and_somebody_in_it() {
        for size in Size::ALL {
            let prompt = prompt(size.bytes());
            assert_eq!(prompt.len(), size.bytes());
            assert!(prompt.is_ascii());
            let people = prompt.matches("@example.org or call +1 ").count();
            assert_eq!(
                people,
                (size.bytes() - 200).div_ceil(BYTES_PER_PERSON),
                "{size:?}"
            );
        }
    }

    #[test]
    fn numbers_change_the_prompt_and_nothing_else() {
        let mut request = Request::new(Size::Small, Answers::Plain);
        let (one, other) = (
            request.numbered(41).to_vec(),
            request.numbered(987_654_321_042).to_vec(),
        );
        assert_eq!(one.len(), other.len());
        for (bytes, number) in [(one, "Request 000000000041. "), (other, "Request 987654321042. ")] {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(number));
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.ends_with(&format!("content-length: {}", body.len())));
            serde_json::from_str::<serde_json::Value>(body).unwrap();
        }
    }
}
