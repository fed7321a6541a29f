//! The answer's callbacks: what the service or the answer says of usage becomes headers, filter state and stats; error texts
//! that no SDK understands become errors of the client's dialect.
//! Must not change an answer that is fine.

use proxy_wasm::traits::HttpContext;
use proxy_wasm::types::{Action, BufferType};
use tollgate_llm::usage::Usage;
use tollgate_llm::{ApiError, Dialect};
use tollgate_routing::names::state;
use tollgate_routing::observe::{self, StreamObserver};
use tollgate_routing::{decision, local_reply};

use crate::request::Exchange;

/// What is being done with the answer.
#[derive(Default)]
pub(crate) struct Answer {
    mode: Mode,
    ended: bool,
}

#[derive(Default)]
enum Mode {
    /// Bytes pass; the service meters them, or there is nothing to meter.
    #[default]
    Pass,
    /// Held to its end, so that headers can say what it cost.
    Hold { observe: bool },
    /// A stream that only this filter meters.
    Observe(Box<StreamObserver>),
    /// A foreign error text: replaced as a whole.
    Rewrite(ApiError),
}

impl Exchange {
    pub(crate) fn answer_headers(&mut self, end_of_stream: bool) -> Action {
        self.name_request_id();
        let status = self
            .get_http_response_header(":status")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        let content_type = self.get_http_response_header("content-type");
        let failed = status >= 400;
        let details = failed
            .then(|| tollgate_host::text_property(&["response", "code_details"]))
            .flatten();
        // An error without a body says nothing to anybody, whatever its type.
        let described = content_type.as_deref().filter(|_| !end_of_stream);
        if let Some(error) = local_reply::rewrite(status, described, details.as_deref()) {
            if end_of_stream {
                // Nothing can be appended to an answer without a body, so it is given anew.
                tollgate_host::refuse(self, self.dialect, &error);
                return Action::Pause;
            }
            let json = error.to_json(self.dialect);
            self.set_http_response_header(":status", Some(&error.status.to_string()));
            self.set_http_response_header("content-type", Some("application/json"));
            self.set_http_response_header("content-length", Some(&json.len().to_string()));
            self.remove_http_response_header("content-encoding");
            if status == 413 {
                self.set_http_response_header("x-should-retry", Some("false"));
            }
            self.answer.mode = Mode::Rewrite(error);
            return Action::Continue;
        }
        let Some(facts) = &self.facts else {
            return Action::Continue;
        };
        if let Some(error) =
            local_reply::compressed(self.get_http_response_header("content-encoding").as_deref())
        {
            tollgate_host::refuse(self, self.dialect, &error);
            return Action::Pause;
        }
        if end_of_stream {
            self.answer_end();
            return Action::Continue;
        }
        let decided = metadata_text(decision::DECISION).is_some();
        let is_stream = content_type
            .as_deref()
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        self.answer.mode = match (is_stream, decided) {
            (true, true) => Mode::Pass,
            (true, false) => Mode::Observe(Box::new(StreamObserver::new(facts.endpoint))),
            (false, decided) => Mode::Hold { observe: !decided },
        };
        match self.answer.mode {
            Mode::Hold { .. } => Action::Pause,
            Mode::Pass | Mode::Observe(_) | Mode::Rewrite(_) => Action::Continue,
        }
    }

    pub(crate) fn answer_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        match &mut self.answer.mode {
            Mode::Pass => {}
            Mode::Rewrite(error) => {
                if !end_of_stream {
                    return Action::Pause;
                }
                let json = error.to_json(self.dialect);
                self.set_http_response_body(0, size, &json);
            }
            Mode::Observe(observer) => {
                if let Some(chunk) = tollgate_host::body(BufferType::HttpResponseBody, size) {
                    observer.push(&chunk);
                }
            }
            Mode::Hold { observe } => {
                if !end_of_stream {
                    return Action::Pause;
                }
                let usage = match (*observe, &self.facts) {
                    (true, Some(facts)) => tollgate_host::body(BufferType::HttpResponseBody, size)
                        .and_then(|body| observe::usage_of(facts.endpoint, &body)),
                    (_, _) => None,
                };
                self.show_decision();
                self.record(usage.or_else(metadata_usage));
                return Action::Continue;
            }
        }
        if end_of_stream {
            self.answer_end();
        }
        Action::Continue
    }

    /// The answer is over: whatever is known of its usage is recorded once.
    pub(crate) fn answer_end(&mut self) {
        let usage = match &self.answer.mode {
            Mode::Observe(observer) => observer.usage(),
            Mode::Pass | Mode::Hold { .. } | Mode::Rewrite(_) => metadata_usage(),
        };
        self.record(usage);
    }

    fn record(&mut self, usage: Option<Usage>) {
        if std::mem::replace(&mut self.answer.ended, true) {
            return;
        }
        let (Some(usage), Some(facts)) = (usage, &self.facts) else {
            return;
        };
        tollgate_host::set_state(state::INPUT_TOKENS, &usage.input_tokens.to_string());
        tollgate_host::set_state(state::OUTPUT_TOKENS, &usage.output_tokens.to_string());
        if let Some(pool) = self.pool() {
            self.metrics
                .add(&facts.model, pool, "input_tokens", usage.input_tokens);
            self.metrics
                .add(&facts.model, pool, "output_tokens", usage.output_tokens);
        }
    }

    /// Headers that tell the client what the service decided; only answers that are held can carry their cost.
    fn show_decision(&self) {
        for (header, key) in [
            ("x-tollgate-cache", decision::CACHE),
            ("x-tollgate-cost-usd", decision::COST_USD),
        ] {
            if let Some(value) = metadata_text(key) {
                self.set_http_response_header(header, Some(&value));
            }
        }
    }

    /// Anthropic's SDK reads `request-id`, OpenAI's `x-request-id`, which Envoy sets by itself.
    fn name_request_id(&self) {
        if self.dialect == Dialect::Anthropic
            && self.get_http_response_header("request-id").is_none()
            && let Some(facts) = &self.facts
        {
            self.set_http_response_header("request-id", Some(&facts.request_id));
        }
    }
}

fn metadata_text(key: &str) -> Option<String> {
    tollgate_host::text_property(&["metadata", "filter_metadata", decision::NAMESPACE, key])
}

fn metadata_number(key: &str) -> Option<u64> {
    let number = tollgate_host::number_property(&["metadata", "filter_metadata", decision::NAMESPACE, key])?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and counts are small"
    )]
    let number = number as u64;
    Some(number)
}

fn metadata_usage() -> Option<Usage> {
    Some(Usage {
        input_tokens: metadata_number(decision::INPUT_TOKENS)?,
        output_tokens: metadata_number(decision::OUTPUT_TOKENS)?,
        ..Usage::default()
    })
}
