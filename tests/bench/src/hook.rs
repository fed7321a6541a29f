//! A hook that takes a stated time for an answer: it names who is named in a text, and finds nothing wrong with any.
//! Must not know who asks, nor more of HTTP than the service's client writes.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::options::Hook;

/// Nobody is named in the provider's answers, so the fox in them is taken for somebody.
const NAME: &str = "brown fox";

/// Serves until it is killed.
pub(crate) fn run(options: &Hook) -> anyhow::Result<()> {
    let delay = Duration::from_millis(options.milliseconds);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            // A connection that breaks is the service's to tell of.
            tokio::spawn(async move { serve(stream, delay).await });
        }
    })
}

async fn serve(mut stream: TcpStream, delay: Duration) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    loop {
        let head_end = loop {
            if let Some(at) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&received[..head_end]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .context("no length")?;
        let end = head_end + length.trim().parse::<usize>()?;
        while received.len() < end {
            if stream.read_buf(&mut received).await? == 0 {
                bail!("cut");
            }
        }
        let answer = if head.starts_with("post /analyze ") {
            analyze(&received[head_end..end])?
        } else {
            moderate(&received[head_end..end])?
        };
        received.drain(..end);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let written = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(written.as_bytes()).await?;
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Analyze {
    text: Texts,
}

#[derive(Deserialize)]
struct Moderate {
    input: Texts,
}

/// Presidio Analyzer's answer.
fn analyze(body: &[u8]) -> anyhow::Result<String> {
    let found = |text: &str| -> Value {
        let names = text.match_indices(NAME);
        names
            .map(|(at, name)| {
                let start = text[..at].chars().count();
                json!({ "entity_type": "PERSON", "start": start, "end": start + name.len(), "score": 0.85 })
            })
            .collect()
    };
    let answer = match serde_json::from_slice::<Analyze>(body)?.text {
        Texts::One(text) => found(&text),
        Texts::Many(texts) => texts.iter().map(|text| found(text)).collect(),
    };
    Ok(answer.to_string())
}

/// The answer of OpenAI's moderations.
fn moderate(body: &[u8]) -> anyhow::Result<String> {
    let texts = match serde_json::from_slice::<Moderate>(body)?.input {
        Texts::One(_) => 1,
        Texts::Many(texts) => texts.len(),
    };
    let result = json!({
        "flagged": false,
        "categories": { "hate": false, "violence": false },
        "category_scores": { "hate": 0.000_01, "violence": 0.000_01 },
    });
    let results = vec![result; texts];
    Ok(json!({ "id": "modr-bench", "model": "bench", "results": results }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_as_many_as_texts() {
        let analyzed = |body: Value| -> Value {
            serde_json::from_str(&analyze(body.to_string().as_bytes()).unwrap()).unwrap()
        };
        assert_eq!(analyzed(json!({ "text": ["é brown fox", ""] }))[0][0]["start"], 2);
        assert_eq!(analyzed(json!({ "text": ["", "nobody"] })), json!([[], []]));
        assert_eq!(analyzed(json!({ "text": "brown fox" }))[0]["end"], 9);
        let judged = moderate(br#"{"input":["a","b"]}"#).unwrap();
        assert_eq!(judged.matches("\"flagged\":false").count(), 2);
    }
}
