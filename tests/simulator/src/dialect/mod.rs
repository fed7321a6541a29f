//! Answers and errors in each provider's wire format.
//! Must not know sockets, scripts beyond what [`crate::answer`] made of them, or what breaks on the way.

mod analyze;
mod chat;
mod completions;
mod embeddings;
mod messages;
mod moderations;
mod responses;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::request::{Asked, Operation};

/// How JSON and event streams are written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Format {
    /// `\u` escapes instead of characters beyond ASCII.
    pub(crate) ascii: bool,
    /// CRLF at the end of an event's lines.
    pub(crate) crlf: bool,
}

impl Format {
    fn json(self, value: &Value) -> String {
        self.escaped(value.to_string())
    }

    /// OpenAI indents the bodies that are not streams.
    fn pretty(self, value: &Value) -> String {
        self.escaped(format!("{value:#}\n"))
    }

    fn escaped(self, text: String) -> String {
        if !self.ascii || text.is_ascii() {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        for character in text.chars() {
            if character.is_ascii() {
                out.push(character);
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
        out
    }

    /// One event with a name.
    fn event(self, name: &str, data: &Value) -> Vec<u8> {
        let eol = self.eol();
        format!("event: {name}{eol}data: {}{eol}{eol}", self.json(data)).into_bytes()
    }

    /// One event without a name.
    fn data(self, data: &Value) -> Vec<u8> {
        let eol = self.eol();
        format!("data: {}{eol}{eol}", self.json(data)).into_bytes()
    }

    fn eol(self) -> &'static str {
        if self.crlf { "\r\n" } else { "\n" }
    }
}

/// The body of a plain answer.
pub(crate) fn plain(operation: Operation, asked: &Asked, answer: &Answer, format: Format) -> Vec<u8> {
    match operation {
        Operation::Analyze => return analyze::written(&analyze::plain(asked, answer)),
        Operation::Chat => format.pretty(&chat::plain(answer)),
        Operation::Completions => format.pretty(&completions::plain(answer)),
        Operation::Embeddings => format.pretty(&embeddings::plain(asked, answer)),
        Operation::Moderations => format.pretty(&moderations::plain(asked, answer)),
        Operation::Responses => format.pretty(&responses::plain(answer)),
        Operation::Messages => format.json(&messages::plain(answer)),
    }
    .into_bytes()
}

/// The events of a streamed answer, each with its blank line. What reads texts only has none.
pub(crate) fn stream(operation: Operation, answer: &Answer, format: Format) -> Vec<Vec<u8>> {
    let done = || format!("data: [DONE]{0}{0}", format.eol()).into_bytes();
    let unnamed = |events: Vec<Value>| {
        events
            .iter()
            .map(|event| format.data(event))
            .chain(std::iter::once(done()))
            .collect()
    };
    let named = |events: Vec<Value>| {
        events
            .iter()
            .map(|event| format.event(event["type"].as_str().unwrap_or_default(), event))
            .collect()
    };
    match operation {
        Operation::Chat => unnamed(chat::stream(answer)),
        Operation::Completions => unnamed(completions::stream(answer)),
        Operation::Analyze | Operation::Embeddings | Operation::Moderations => Vec::new(),
        Operation::Responses => named(responses::stream(answer)),
        Operation::Messages => named(messages::stream(answer)),
    }
}

/// An error object. `kind` and `message` replace what the provider usually says with this status.
pub(crate) fn error(
    operation: Option<Operation>,
    status: u16,
    kind: Option<&str>,
    message: Option<&str>,
    param: Option<&str>,
) -> Value {
    if operation == Some(Operation::Analyze) {
        // Presidio answers nearly every error with status 500, and this with what Python said.
        return json!({ "error": message.unwrap_or("No matching recognizers were found to serve the request.") });
    }
    if operation.is_some_and(Operation::is_anthropic) {
        let (usual_kind, usual_message) = match status {
            400 => ("invalid_request_error", "Invalid request"),
            401 => ("authentication_error", "invalid x-api-key"),
            403 => (
                "permission_error",
                "Your API key does not have permission to use the specified resource.",
            ),
            404 => ("not_found_error", "Not found"),
            413 => ("request_too_large", "Request exceeds the maximum size"),
            429 => (
                "rate_limit_error",
                "This request would exceed your account's rate limit.",
            ),
            529 => ("overloaded_error", "Overloaded"),
            _ => ("api_error", "Internal server error"),
        };
        return json!({
            "type": "error",
            "error": { "type": kind.unwrap_or(usual_kind), "message": message.unwrap_or(usual_message) },
            "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
        });
    }
    let (usual_kind, usual_message, code) = match status {
        400 => ("invalid_request_error", "Invalid request", None),
        401 => (
            "invalid_request_error",
            "Incorrect API key provided: sk-***.",
            Some("invalid_api_key"),
        ),
        403 => ("permission_error", "You are not allowed to do this.", None),
        404 => (
            "invalid_request_error",
            "The model does not exist or you do not have access to it.",
            Some("model_not_found"),
        ),
        429 => (
            "requests",
            "Rate limit reached for requests.",
            Some("rate_limit_exceeded"),
        ),
        503 => (
            "service_unavailable_error",
            "The engine is currently overloaded, please try again later.",
            None,
        ),
        _ => (
            "server_error",
            "The server had an error while processing your request.",
            None,
        ),
    };
    json!({ "error": {
        "message": message.unwrap_or(usual_message),
        "type": kind.unwrap_or(usual_kind),
        "param": param,
        "code": code,
    } })
}

/// An error in the middle of a stream.
pub(crate) fn error_event(
    operation: Operation,
    kind: Option<&str>,
    message: Option<&str>,
    format: Format,
) -> Vec<u8> {
    if operation.is_anthropic() {
        return format.event("error", &error(Some(operation), 529, kind, message, None));
    }
    let object = error(Some(operation), 500, kind, message, None);
    if operation == Operation::Responses {
        let data = json!({
            "type": "error", "code": kind.unwrap_or("server_error"), "message": object["error"]["message"],
            "param": null, "sequence_number": 1,
        });
        return format.event("error", &data);
    }
    format.data(&object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_beyond_ascii_read_back_as_the_same_text() {
        let value = json!({"text": "é€😀\n"});
        let written = Format {
            ascii: true,
            crlf: false,
        }
        .json(&value);
        assert!(written.is_ascii() && written.contains("\\ud83d\\ude00"));
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
