//! One request in a lane, and its answer on the way back.
//! Must not hold an answer that is a stream, and must not touch what already fits.

use std::rc::Rc;
use std::time::UNIX_EPOCH;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, BufferType};
use tollgate_llm::{ApiError, Dialect, ErrorKind};
use tollgate_routing::facts::Facts;
use tollgate_routing::names;
use tollgate_routing::plan::{LaneModel, LanePlan};
use tollgate_translate::{ANTHROPIC_VERSION, Defaults, Head, StreamTranslator};

/// See the module.
pub(crate) struct Exchange {
    plan: Rc<LanePlan>,
    facts: Option<Facts>,
    work: Work,
    /// Whether the request that the provider got asks for usage at the end of its stream.
    include_usage: bool,
    answer: Answer,
}

/// What has to be done to the request.
enum Work {
    /// Nothing: the provider takes what the client wrote.
    Nothing,
    /// Only the model's name differs.
    Rename(LaneModel),
    /// The dialect differs.
    Translate(LaneModel),
}

/// What has to be done to the answer.
enum Answer {
    Pass,
    Whole,
    Error(u16),
    Stream(Box<StreamTranslator>),
}

impl Exchange {
    pub(crate) fn new(plan: Rc<LanePlan>) -> Self {
        Self {
            plan,
            facts: None,
            work: Work::Nothing,
            include_usage: false,
            answer: Answer::Pass,
        }
    }

    fn refuse(&self, facts: &Facts, error: &ApiError) -> Action {
        tollgate_host::refuse(self, facts.endpoint.dialect(), error);
        Action::Pause
    }

    /// What a translated answer says of itself.
    fn head<'f>(&self, facts: &'f Facts) -> Head<'f> {
        let created = self
            .get_current_time()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Head {
            model: &facts.model,
            created,
            id: &facts.request_id,
        }
    }

    /// The body for the provider, and whether it asks for usage at the end of a stream.
    fn translate(&self, facts: &Facts, model: &LaneModel, body: &[u8]) -> Result<(Vec<u8>, bool), ApiError> {
        let mut defaults = Defaults::default();
        if let Some(limit) = model.max_output_tokens {
            defaults.max_output_tokens = limit;
        }
        let out =
            tollgate_translate::request(facts.endpoint, self.plan.dialect, body, &model.name, &defaults)?;
        self.set_http_request_header(":path", Some(out.path));
        self.set_dialect_headers();
        Ok((out.body, out.include_usage))
    }

    /// Headers that belong to the client's dialect, not to the provider's.
    fn set_dialect_headers(&self) {
        match self.plan.dialect {
            Dialect::Anthropic => {
                self.set_http_request_header("anthropic-version", Some(ANTHROPIC_VERSION));
                self.remove_http_request_header("openai-organization");
                self.remove_http_request_header("openai-project");
            }
            Dialect::OpenAi => {
                self.remove_http_request_header("anthropic-version");
                self.remove_http_request_header("anthropic-beta");
            }
        }
    }
}

impl Context for Exchange {}

impl HttpContext for Exchange {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        let facts = self
            .get_http_request_header(names::FACTS)
            .and_then(|header| Facts::from_header(&header).ok());
        let Some(facts) = facts.filter(|_| !end_of_stream) else {
            let error = ApiError::new(
                ErrorKind::Internal,
                "a lane was reached without router.wasm in front of it",
            );
            tollgate_host::refuse(self, Dialect::OpenAi, &error);
            return Action::Pause;
        };
        let Some(model) = self.plan.models.get(&facts.model).cloned() else {
            let message = format!(
                "provider `{}` does not serve model `{}`",
                self.plan.provider, facts.model
            );
            return self.refuse(
                &facts,
                &ApiError::new(ErrorKind::NotFound, message).code("model_not_found"),
            );
        };
        self.work = if facts.endpoint.dialect() != self.plan.dialect {
            Work::Translate(model)
        } else if model.name != facts.model {
            Work::Rename(model)
        } else {
            Work::Nothing
        };
        self.facts = Some(facts);
        match self.work {
            Work::Nothing => Action::Continue,
            Work::Rename(_) | Work::Translate(_) => Action::Pause,
        }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        let (Some(facts), Work::Rename(model) | Work::Translate(model)) = (&self.facts, &self.work) else {
            return Action::Continue;
        };
        if !end_of_stream {
            return Action::Pause;
        }
        let body = tollgate_host::body(BufferType::HttpRequestBody, size).unwrap_or_default();
        let result = match self.work {
            Work::Translate(_) => self.translate(facts, model, &body),
            Work::Nothing | Work::Rename(_) => {
                tollgate_translate::rename_model(&body, &model.name).map(|body| (body, false))
            }
        };
        match result {
            Ok((body, include_usage)) => {
                self.set_http_request_header("content-length", Some(&body.len().to_string()));
                self.set_http_request_body(0, size, &body);
                self.include_usage = include_usage;
                Action::Continue
            }
            Err(error) => self.refuse(facts, &error),
        }
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        self.on_http_request_body(usize::MAX, true)
    }

    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        match self.answer {
            Answer::Whole | Answer::Error(_) => self.on_http_response_body(usize::MAX, true),
            // A stream's last event ended it; nothing can be added behind the body.
            Answer::Pass | Answer::Stream(_) => Action::Continue,
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        let (Work::Translate(_), Some(facts), false) = (&self.work, &self.facts, end_of_stream) else {
            return Action::Continue;
        };
        let status = self
            .get_http_response_header(":status")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        let is_stream = self
            .get_http_response_header("content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        if status >= 400 {
            self.answer = Answer::Error(status);
        } else if is_stream {
            let translator = StreamTranslator::new(
                facts.endpoint,
                self.plan.dialect,
                &self.head(facts),
                self.include_usage,
            );
            self.answer = translator.map_or(Answer::Pass, |translator| Answer::Stream(Box::new(translator)));
        } else {
            self.answer = Answer::Whole;
        }
        self.remove_http_response_header("content-length");
        match self.answer {
            Answer::Stream(_) | Answer::Pass => Action::Continue,
            Answer::Whole | Answer::Error(_) => Action::Pause,
        }
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        let Some(facts) = &self.facts else {
            return Action::Continue;
        };
        let dialect = facts.endpoint.dialect();
        match &mut self.answer {
            Answer::Pass => return Action::Continue,
            Answer::Stream(translator) => {
                let chunk = tollgate_host::body(BufferType::HttpResponseBody, size).unwrap_or_default();
                let mut out = translator.push(&chunk);
                if end_of_stream {
                    out.extend(translator.finish());
                }
                self.set_http_response_body(0, size, &out);
                return Action::Continue;
            }
            Answer::Whole | Answer::Error(_) if !end_of_stream => return Action::Pause,
            Answer::Whole | Answer::Error(_) => {}
        }
        let body = tollgate_host::body(BufferType::HttpResponseBody, size).unwrap_or_default();
        let provider = self.plan.dialect;
        let out = match self.answer {
            Answer::Error(status) => tollgate_translate::error(facts.endpoint, provider, status, &body),
            _ => tollgate_translate::answer(facts.endpoint, provider, &body, &self.head(facts))
                .unwrap_or_else(|error| {
                    self.set_http_response_header(":status", Some(&error.status.to_string()));
                    error.to_json(dialect)
                }),
        };
        self.set_http_response_header("content-type", Some("application/json"));
        self.set_http_response_header("content-length", Some(&out.len().to_string()));
        self.set_http_response_body(0, size, &out);
        Action::Continue
    }
}
