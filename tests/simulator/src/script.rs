//! What a test tells the simulator to do with one request, read from a header, a model name or `/sim/script`.
//! Must not know HTTP or any provider's format.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One request's instructions; the default is a healthy answer that echoes the last user text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The answer's text instead of the echo.
    pub text: Option<String>,
    /// One tool call of this name, with `arguments`.
    pub tool: Option<String>,
    /// The arguments of `tool`, as the JSON text that a model writes.
    pub arguments: Option<String>,
    /// Several tool calls.
    pub tools: Vec<ToolCall>,
    /// Reasoning before the text (OpenAI-compatible `reasoning_content`, Anthropic `thinking`).
    pub reasoning: Option<String>,
    /// A refusal instead of the text (OpenAI only).
    pub refusal: Option<String>,
    /// `stop`, `length`, `tool_calls` or `content_filter`, in OpenAI's words for every dialect.
    pub finish: Option<String>,
    /// Leaves usage out of the answer.
    pub no_usage: bool,
    /// Input tokens, cached ones included.
    pub prompt_tokens: Option<u64>,
    /// Input tokens that were read from the provider's cache.
    pub cached_tokens: Option<u64>,
    /// Input tokens that were written to the provider's cache (Anthropic only).
    pub cache_write_tokens: Option<u64>,
    /// Output tokens.
    pub completion_tokens: Option<u64>,

    /// What a recognizer finds, by entity, instead of the names that it knows.
    pub names: BTreeMap<String, Vec<String>>,
    /// How sure the recognizer is (0.85 if unset).
    pub score: Option<f64>,

    /// The HTTP status; from 400 on the body is the provider's error object.
    pub status: Option<u16>,
    /// The error's type instead of the status's usual one.
    pub error_type: Option<String>,
    /// The error's message.
    pub message: Option<String>,
    /// The body, sent as it is.
    pub body: Option<String>,
    /// The content type instead of the right one.
    pub content_type: Option<String>,
    /// More response headers.
    pub headers: BTreeMap<String, String>,
    /// A stream turns into an error event after this many events.
    pub error_after: Option<usize>,

    /// Wait before the response head.
    pub delay_ms: u64,
    /// Wait after each write of the body.
    pub chunk_ms: u64,
    /// Bytes per write, whatever they cut in two.
    pub split: Option<usize>,
    /// Characters per streamed delta (4 if unset).
    pub delta: Option<usize>,
    /// Non-ASCII characters of JSON leave as `\u` escapes.
    pub ascii: bool,
    /// Event streams end their lines with CRLF.
    pub crlf: bool,
    /// Event streams carry a comment before each event.
    pub comments: bool,
    /// Compresses the body, whether or not the client asked for it.
    pub encoding: Option<Encoding>,
    /// How the body's end is told.
    pub framing: Option<Framing>,

    /// RST before the response head.
    pub reset: bool,
    /// FIN before the response head.
    pub close: bool,
    /// Silence instead of the response head, until the client leaves.
    pub hang: bool,
    /// RST after this many bytes of the body.
    pub reset_after: Option<usize>,
    /// FIN after this many bytes of the body.
    pub close_after: Option<usize>,
    /// Silence after this many bytes of the body, until the client leaves.
    pub hang_after: Option<usize>,

    /// Accepts what the real provider would refuse (unknown fields, a missing `max_tokens`).
    pub lenient: bool,
    /// Only for `/sim/script`: how many requests it holds for.
    pub times: Option<u32>,
}

/// One tool call of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolCall {
    /// The function's name.
    pub name: String,
    /// Its arguments as the JSON text that a model writes (it may be invalid).
    pub arguments: String,
}

/// A content encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Br,
    /// RFC 8878.
    Zstd,
}

impl Encoding {
    /// The `content-encoding` value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Br => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// How a reader learns where the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// `content-length`; the usual for plain answers.
    Length,
    /// `transfer-encoding: chunked`, one chunk per write; the usual for streams.
    Chunked,
    /// The connection's end.
    Close,
}

/// Why a script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// Neither JSON nor `key=value;…`, or a key that does not exist.
    #[error("cannot read the script `{text}`: {source}")]
    Unreadable {
        /// The script as it came.
        text: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Keys whose value is text even if it looks like a number.
const TEXTS: [&str; 12] = [
    "text",
    "tool",
    "arguments",
    "reasoning",
    "refusal",
    "finish",
    "error_type",
    "message",
    "body",
    "content_type",
    "encoding",
    "framing",
];

impl Script {
    /// Reads JSON (`{"status":429}`) or pairs (`status=429;header.retry-after=1;hang`). In pairs `%XX` stands for a byte.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let text = text.trim();
        let unreadable = |source| ScriptError::Unreadable {
            text: text.to_owned(),
            source,
        };
        if text.starts_with('{') {
            return serde_json::from_str(text).map_err(unreadable);
        }
        let mut fields = Map::new();
        let mut headers = Map::new();
        for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "true"));
            let value = percent_decode(value);
            if let Some(name) = key.strip_prefix("header.") {
                headers.insert(name.to_owned(), Value::String(value));
            } else if TEXTS.contains(&key) {
                fields.insert(key.to_owned(), Value::String(value));
            } else {
                let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
                fields.insert(key.to_owned(), value);
            }
        }
        fields.insert("headers".to_owned(), Value::Object(headers));
        serde_json::from_value(Value::Object(fields)).map_err(unreadable)
    }

    /// Every tool call that the script asks for.
    pub fn tool_calls(&self) -> Vec<ToolCall> {
        let single = self.tool.iter().map(|name| ToolCall {
            name: name.clone(),
            arguments: self.arguments.clone().unwrap_or_else(|| "{}".to_owned()),
        });
        single.chain(self.tools.iter().cloned()).collect()
    }
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                out.push(decoded);
                rest = &tail[2..];
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_json_say_the_same() {
        let pairs =
            Script::parse("status=429; header.retry-after=7; text=42; hang; split=3; encoding=br").unwrap();
        let json = Script::parse(
            r#"{"status":429,"headers":{"retry-after":"7"},"text":"42","hang":true,"split":3,"encoding":"br"}"#,
        )
        .unwrap();
        assert_eq!(pairs, json);
        assert_eq!(pairs.text.as_deref(), Some("42"));
    }

    #[test]
    fn semicolons_and_letters_beyond_ascii_are_written_in_percent() {
        assert_eq!(
            Script::parse("text=a%3Bb%C3%A9 50%").unwrap().text.as_deref(),
            Some("a;bé 50%")
        );
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        for text in ["colour=red", r#"{"colour":"red"}"#] {
            assert!(
                Script::parse(text).unwrap_err().to_string().contains("colour"),
                "{text}"
            );
        }
    }
}
