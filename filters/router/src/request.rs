//! The request's callbacks: hold until the body is whole, ask for admission, write the verdict into headers and filter state.
//! Must not decide.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, BufferType};
use tollgate_llm::{ApiError, Dialect, Endpoint, ErrorKind, dialect};
use tollgate_routing::admit::{Request, Router};
use tollgate_routing::cache_control::CacheControl;
use tollgate_routing::facts::Facts;
use tollgate_routing::names::{self, state};

use crate::metrics::Metrics;
use crate::response::Answer;

/// One request and its answer.
pub(crate) struct Exchange {
    router: Rc<Router>,
    pub(crate) metrics: Rc<Metrics>,
    path: String,
    request_id: String,
    cache: Result<CacheControl, ApiError>,
    content_encoding: String,
    pub(crate) dialect: Dialect,
    endpoint: Option<Endpoint>,
    pub(crate) facts: Option<Facts>,
    /// Bytes of a body over the limit that were thrown away so far. It is read to its end, since a client that is still
    /// writing when the connection closes sees a reset and not the 413.
    discarded: Option<u64>,
    pub(crate) answer: Answer,
}

/// How many times the limit is read for the sake of a clean 413; who sends even more is cut off.
const PATIENCE: u64 = 8;

impl Exchange {
    pub(crate) fn new(router: Rc<Router>, metrics: Rc<Metrics>) -> Self {
        Self {
            router,
            metrics,
            path: String::new(),
            request_id: String::new(),
            cache: Ok(CacheControl::default()),
            content_encoding: String::new(),
            dialect: Dialect::OpenAi,
            endpoint: None,
            facts: None,
            discarded: None,
            answer: Answer::default(),
        }
    }

    /// The target that the request was routed to, for stats.
    pub(crate) fn pool(&self) -> Option<&str> {
        Some(self.facts.as_ref()?.choice.as_ref()?.pool.as_str())
    }

    fn refuse(&self, error: &ApiError) -> Action {
        self.metrics.refused(error.status);
        tollgate_host::refuse(self, self.dialect, error);
        Action::Pause
    }

    fn discard(&mut self, size: usize, end_of_stream: bool) -> Action {
        let discarded = self.discarded.unwrap_or(0).saturating_add(size as u64);
        self.discarded = Some(discarded);
        if end_of_stream || discarded > self.router.max_body().saturating_mul(PATIENCE) {
            return self.refuse(&self.router.too_large());
        }
        self.set_http_request_body(0, size, &[]);
        Action::Pause
    }

    /// Asks for admission; the body is whole.
    fn admit(&mut self, endpoint: Endpoint, size: usize) -> Action {
        let body = tollgate_host::body(BufferType::HttpRequestBody, size).unwrap_or_default();
        let admitted = self.router.admit(Request {
            request_id: std::mem::take(&mut self.request_id),
            endpoint,
            path: &self.path,
            cache: std::mem::replace(&mut self.cache, Ok(CacheControl::default())),
            content_encoding: &self.content_encoding,
            header: &|name| self.get_http_request_header_bytes(name),
            body: &body,
        });
        match admitted {
            Ok(facts) => {
                self.accept(facts);
                Action::Continue
            }
            Err(error) => self.refuse(&error),
        }
    }

    fn accept(&mut self, facts: Facts) {
        let target = facts
            .choice
            .as_ref()
            .map_or(names::UNDECIDED, |choice| &choice.target);
        self.set_http_request_header(names::POOL, Some(target));
        if let Some(choice) = &facts.choice {
            tollgate_host::set_state(state::POOL, &choice.pool);
            tollgate_host::set_state(state::ROUTE, &choice.route);
        }
        self.set_http_request_header(names::STREAM, Some(if facts.stream { "true" } else { "false" }));
        self.set_http_request_header(names::FACTS, Some(&facts.to_header()));
        tollgate_host::set_state(state::MODEL, &facts.model);
        tollgate_host::set_state(state::PROMPT_TOKENS, &facts.prompt_tokens.to_string());
        if let Some(choice) = &facts.choice {
            self.metrics
                .requested(&facts.model, &choice.pool, facts.prompt_tokens);
        }
        self.facts = Some(facts);
    }
}

impl Context for Exchange {}

impl HttpContext for Exchange {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        // One look at all headers instead of one call to Envoy for each that matters.
        let (mut is_post, mut announced) = (false, None);
        for (name, value) in self.get_http_request_headers_bytes() {
            if let Ok(cache) = &mut self.cache
                && let Err(error) = cache.read(&name, &value)
            {
                self.cache = Err(error);
            }
            if name.starts_with(names::RESERVED_PREFIX) {
                self.remove_http_request_header(&name);
                continue;
            }
            let text = || String::from_utf8_lossy(&value);
            match name.as_str() {
                ":path" => self.path = text().into_owned(),
                ":method" => is_post = value == b"POST",
                "content-encoding" => self.content_encoding = text().into_owned(),
                "content-length" => announced = text().parse::<u64>().ok(),
                "x-request-id" => self.request_id = text().into_owned(),
                _ => {}
            }
        }
        self.dialect = dialect::dialect_of_path(&self.path);
        self.endpoint = Endpoint::from_path(&self.path).filter(|_| is_post);
        if self.endpoint.is_none() {
            // Envoy's route table says what else there is (`GET /v1/models`) and what there isn't.
            return Action::Continue;
        }
        if end_of_stream {
            return self.refuse(&ApiError::new(
                ErrorKind::InvalidRequest,
                "the request has no body; it must be a JSON object",
            ));
        }
        if announced.is_some_and(|bytes| bytes > self.router.max_body()) {
            self.discarded = Some(0);
        }
        Action::Pause
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        let Some(endpoint) = self.endpoint else {
            return Action::Continue;
        };
        if self.facts.is_some() {
            return Action::Continue;
        }
        if self.discarded.is_some() || size as u64 > self.router.max_body() {
            return self.discard(size, end_of_stream);
        }
        if !end_of_stream {
            return Action::Pause;
        }
        self.admit(endpoint, size)
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        // Trailers come instead of a last piece of the body; the decompressor adds some of its own.
        match (self.endpoint, &self.facts, self.discarded) {
            (_, _, Some(_)) => self.refuse(&self.router.too_large()),
            (Some(endpoint), None, None) => self.admit(endpoint, usize::MAX),
            (_, _, None) => Action::Continue,
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        self.answer_headers(end_of_stream)
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.answer_body(size, end_of_stream)
    }

    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        self.answer_body(usize::MAX, true)
    }
}
