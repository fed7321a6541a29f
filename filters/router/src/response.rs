//! The answer's callbacks: what the service or the answer says of usage becomes headers, filter state and stats; error texts
//! that no SDK understands become errors of the client's dialect.
//! Must not change an answer that is fine.

use proxy_wasm::traits::HttpContext;
use proxy_wasm::types::{Action, BufferType};
use tollgate_llm::usage::Usage;
use tollgate_llm::{ApiError, Dialect};
use tollgate_routing::decision::{self, Decision};
use tollgate_routing::local_reply;
use tollgate_routing::names::state;
use tollgate_routing::observe::{self, StreamObserver};

use crate::request::Exchange;

/// What a policy has the client told of texts, where it does.
const NOTES: [(&str, &str); 2] = [
    ("x-tollgate-moderation", decision::MODERATION),
    ("x-tollgate-guardrail", decision::GUARDRAIL),
];

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
    Hold,
    /// A stream that only this filter meters.
    Observe(Box<StreamObserver>),
    /// A foreign error text: replaced as a whole.
    Rewrite(ApiError),
}

impl Exchange {
    pub(crate) fn answer_headers(&mut self, end_of_stream: bool) -> Action {
        let head = Head::of(self);
        self.name_request_id(&head);
        let status = head.status;
        let failed = status >= 400;
        let details = failed
            .then(|| tollgate_host::text_property(&["response", "code_details"]))
            .flatten();
        // An error without a body says nothing to anybody, whatever its type.
        let described = head.content_type.as_deref().filter(|_| !end_of_stream);
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
        if let Some(error) = local_reply::compressed(head.content_encoding.as_deref()) {
            tollgate_host::refuse(self, self.dialect, &error);
            return Action::Pause;
        }
        if end_of_stream {
            self.answer_end();
            return Action::Continue;
        }
        let is_stream = head
            .content_type
            .as_deref()
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        self.answer.mode = if !is_stream {
            Mode::Hold
        } else {
            let decision = decided();
            if decision.text(decision::DECISION).is_some() {
                // All that is known before a stream has ended.
                self.tell(&decision, &NOTES);
                Mode::Pass
            } else {
                Mode::Observe(Box::new(StreamObserver::new(facts.endpoint)))
            }
        };
        match self.answer.mode {
            Mode::Hold => Action::Pause,
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
            Mode::Hold => {
                if !end_of_stream {
                    return Action::Pause;
                }
                let decision = decided();
                self.show(&decision);
                let usage = decided_usage(&decision).or_else(|| {
                    // Without the service on the path, or where it answers by itself, the answer says it.
                    let unseen = decision.text(decision::DECISION).is_none();
                    let facts = self.facts.as_ref().filter(|_| unseen)?;
                    let body = tollgate_host::body(BufferType::HttpResponseBody, size)?;
                    observe::usage_of(facts.endpoint, &body)
                });
                self.record(usage);
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
            Mode::Pass | Mode::Hold | Mode::Rewrite(_) => decided_usage(&decided()),
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
            self.metrics.answered(&facts.model, pool, &usage);
        }
    }

    /// Headers that tell the client what the service decided; only answers that are held can carry their cost.
    fn show(&self, decision: &Decision) {
        let headers = [
            ("x-tollgate-cache", decision::CACHE),
            ("x-tollgate-cost-usd", decision::COST_USD),
        ];
        self.tell(decision, &headers);
        self.tell(decision, &NOTES);
    }

    fn tell(&self, decision: &Decision, headers: &[(&str, &str)]) {
        for (header, key) in headers {
            if let Some(value) = decision.text(key) {
                self.set_http_response_header(header, Some(value));
            }
        }
    }

    /// Anthropic's SDK reads `request-id`, OpenAI's `x-request-id`, which Envoy sets by itself.
    fn name_request_id(&self, head: &Head) {
        if self.dialect == Dialect::Anthropic
            && !head.has_request_id
            && let Some(facts) = &self.facts
        {
            self.set_http_response_header("request-id", Some(&facts.request_id));
        }
    }
}

/// What matters of an answer's headers, read in one call.
#[derive(Default)]
struct Head {
    status: u16,
    content_type: Option<String>,
    content_encoding: Option<String>,
    has_request_id: bool,
}

impl Head {
    fn of(http: &impl HttpContext) -> Self {
        let mut head = Self::default();
        for (name, value) in http.get_http_response_headers_bytes() {
            let text = |value| String::from_utf8_lossy(value).into_owned();
            match name.as_str() {
                ":status" => head.status = text(&value).parse().unwrap_or(0),
                "content-type" => head.content_type = Some(text(&value)),
                "content-encoding" => head.content_encoding = Some(text(&value)),
                "request-id" => head.has_request_id = true,
                _ => {}
            }
        }
        head
    }
}

fn decided() -> Decision {
    Decision::from_pairs(&tollgate_host::metadata(decision::NAMESPACE))
}

fn decided_usage(decision: &Decision) -> Option<Usage> {
    Some(Usage {
        input_tokens: decision.number(decision::INPUT_TOKENS)?,
        output_tokens: decision.number(decision::OUTPUT_TOKENS)?,
        ..Usage::default()
    })
}
