//! What `router.wasm` says of a request, what the service finds out by itself where it is absent, and what follows for its way.
//! Must not know policy.

use tollgate_config::Model;
use tollgate_llm::{ApiError, Dialect, Endpoint, ErrorKind, body, dialect, request};
use tollgate_routing::cache_control::CacheControl;
use tollgate_routing::count::{Count, Prompt};
use tollgate_routing::facts::Facts;
use tollgate_wire::Attributes;

use crate::serve::{Active, Caller};

/// Where the request goes if that differs from what `router.wasm` wrote: only the service knows tenants.
pub(in crate::exchange) fn target(caller: &Caller, facts: &Facts) -> Result<Option<String>, ApiError> {
    // Without router.wasm there is no choice to correct: whoever routes does it by other means.
    if facts.choice.is_none() && facts.tenant_choices.is_empty() {
        return Ok(None);
    }
    let choice = facts.choice_for(caller.tenant()).ok_or_else(|| {
        ApiError::new(
            ErrorKind::NotFound,
            format!("no route for model `{}` and this virtual key", facts.model),
        )
        .code("no_route")
        .param("model")
    })?;
    let routed = facts
        .choice
        .as_ref()
        .is_some_and(|routed| routed.target == choice.target);
    Ok((!routed).then(|| choice.target.clone()))
}

/// What a refusal is about: what `router.wasm` says, or what the path says where it is absent.
pub(in crate::exchange) struct Subject {
    pub(in crate::exchange) request_id: String,
    pub(in crate::exchange) model: String,
    pub(in crate::exchange) dialect: Dialect,
}

impl Subject {
    pub(in crate::exchange) fn of(facts: &Facts) -> Self {
        Self {
            request_id: facts.request_id.clone(),
            model: facts.model.clone(),
            dialect: facts.endpoint.dialect(),
        }
    }

    pub(in crate::exchange) fn given(attributes: &Attributes) -> Self {
        match facts(attributes) {
            Ok(Given(Some(facts))) => Self::of(&facts),
            Ok(Given(None)) | Err(_) => Self {
                request_id: String::new(),
                model: String::new(),
                dialect: dialect::dialect_of_path(attributes.text("request.path").unwrap_or_default()),
            },
        }
    }
}

/// What `router.wasm` said, if it is there.
pub(in crate::exchange) struct Given(pub(super) Option<Facts>);

pub(in crate::exchange) fn facts(attributes: &Attributes) -> Result<Given, ApiError> {
    let header = attributes.text("request.headers['x-tollgate-facts']");
    let facts = header.map(Facts::from_header).transpose().map_err(|_| {
        ApiError::new(
            ErrorKind::Internal,
            "router.wasm and the policy service are of different versions",
        )
        .code("version_mismatch")
    })?;
    Ok(Given(facts))
}

impl Given {
    pub(in crate::exchange) fn request_id(&self) -> &str {
        self.0.as_ref().map_or("", |facts| &facts.request_id)
    }

    pub(in crate::exchange) fn endpoint(&self, attributes: &Attributes) -> Result<Endpoint, ApiError> {
        let path = attributes.text("request.path").unwrap_or_default();
        self.0
            .as_ref()
            .map(|facts| facts.endpoint)
            .or_else(|| Endpoint::from_path(path))
            .ok_or_else(ApiError::no_such_path)
    }

    /// The facts; where the filter is absent, the service counts by itself.
    pub(in crate::exchange) fn complete(
        self,
        active: &Active,
        endpoint: Endpoint,
        read: &tollgate_llm::request::RequestFacts,
        body: &[u8],
    ) -> Result<Facts, ApiError> {
        if let Some(facts) = self.0 {
            return Ok(facts);
        }
        let model = active.config.model(&read.model).ok_or_else(unknown_model)?;
        let count = count(endpoint, body, model)?;
        Ok(Facts {
            request_id: String::new(),
            endpoint,
            model: read.model.clone(),
            stream: read.stream,
            include_usage: read.include_usage,
            prompt_tokens: count.tokens,
            exact: count.exact,
            cache: CacheControl::default(),
            choice: None,
            tenant_choices: Vec::new(),
        })
    }
}

/// Counts a prompt where `router.wasm` did not.
fn count(endpoint: Endpoint, bytes: &[u8], model: &Model) -> Result<Count, ApiError> {
    let text = body::text(bytes)?;
    let mut prompt = Prompt::new(endpoint, text);
    request::walk(endpoint, text, &mut prompt)?;
    Ok(prompt.count(model.tokenizer, &model.name))
}

/// The error for a model that no configuration names.
pub(in crate::exchange) fn unknown_model() -> ApiError {
    ApiError::new(
        ErrorKind::NotFound,
        "this model is not configured at this gateway",
    )
    .code("model_not_found")
    .param("model")
}
