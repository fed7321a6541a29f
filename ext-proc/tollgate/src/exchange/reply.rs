//! Answers that the service gives by itself: refusals, cached answers, the list of models.
//! Must not decide when.

use tollgate_llm::{ApiError, Dialect};
use tollgate_wire::{Metadata, Reply};

/// A refusal in the client's dialect. SDKs are told not to retry what would be refused again.
pub(super) fn refusal(error: &ApiError, dialect: Dialect, retry_after: Option<std::time::Duration>) -> Reply {
    let mut headers = vec![("content-type", "application/json".to_owned())];
    if error.status < 500 {
        headers.push(("x-should-retry", "false".to_owned()));
    }
    if let Some(after) = retry_after {
        // Whole seconds, rounded up: a client that comes back too early is refused again.
        headers.push(("retry-after", after.as_secs_f64().ceil().to_string()));
    }
    Reply {
        status: error.status,
        headers,
        body: error.to_json(dialect),
        details: error.code.unwrap_or("tollgate_refused"),
        metadata: Vec::new(),
    }
}

/// An answer that is not an error.
pub(super) fn answer(
    stream: bool,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    metadata: Metadata,
) -> Reply {
    let content_type = if stream {
        "text/event-stream; charset=utf-8"
    } else {
        "application/json"
    };
    let mut all = vec![("content-type", content_type.to_owned())];
    all.extend(headers);
    Reply {
        status: 200,
        headers: all,
        body,
        details: "tollgate_answered",
        metadata,
    }
}
