//! What `router.wasm` says of a request, what the service finds out by itself where it is absent, and what follows for its way.
//! Must not know policy.

use tollgate_llm::{ApiError, Dialect, Endpoint, ErrorKind, dialect};
use tollgate_routing::cache_control::CacheControl;
use tollgate_routing::facts::Facts;
use tollgate_wire::Attributes;

use super::request;
use crate::serve::{Active, Caller};

/// Where the request goes if that differs from what `router.wasm` wrote: only the service knows tenants.
pub(super) fn target(caller: &Caller, facts: &Facts) -> Result<Option<String>, ApiError> {
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
pub(super) struct Subject {
    pub(super) request_id: String,
    pub(super) model: String,
    pub(super) dialect: Dialect,
}

impl Subject {
    pub(super) fn of(facts: &Facts) -> Self {
        Self {
            request_id: facts.request_id.clone(),
            model: facts.model.clone(),
            dialect: facts.endpoint.dialect(),
        }
    }

    pub(super) fn given(attributes: &Attributes) -> Self {
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
pub(super) struct Given(pub(super) Option<Facts>);

pub(super) fn facts(attributes: &Attributes) -> Result<Given, ApiError> {
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
    pub(super) fn request_id(&self) -> &str {
        self.0.as_ref().map_or("", |facts| &facts.request_id)
    }

    pub(super) fn endpoint(&self, attributes: &Attributes) -> Result<Endpoint, ApiError> {
        let path = attributes.text("request.path").unwrap_or_default();
        self.0
            .as_ref()
            .map(|facts| facts.endpoint)
            .or_else(|| Endpoint::from_path(path))
            .ok_or_else(ApiError::no_such_path)
    }

    /// The facts; where the filter is absent, the service counts by itself.
    pub(super) fn complete(
        self,
        active: &Active,
        endpoint: Endpoint,
        read: &tollgate_llm::request::RequestFacts,
        body: &[u8],
    ) -> Result<Facts, ApiError> {
        if let Some(facts) = self.0 {
            return Ok(facts);
        }
        let model = active
            .config
            .model(&read.model)
            .ok_or_else(request::unknown_model)?;
        let count = request::count(endpoint, body, model)?;
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
