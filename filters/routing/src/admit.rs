//! Admission: reads a request once, counts its prompt, and says where it goes or why it may not.
//! Must not know keys, budgets or content beyond what routing needs.

use tollgate_llm::{ApiError, Endpoint, ErrorKind};

use crate::cache_control::CacheControl;
use crate::count::{Count, Prompt};
use crate::facts::{Choice, Facts, TenantChoice};
use crate::matching::{BadPattern, Candidate, Matcher};
use crate::plan::{ModelPlan, RouterPlan};

/// A compiled [`RouterPlan`].
pub struct Router {
    plan: RouterPlan,
    matchers: Vec<Matcher>,
}

/// A request as Envoy holds it.
pub struct Request<'a> {
    /// Envoy's `x-request-id`.
    pub request_id: String,
    /// What the path names.
    pub endpoint: Endpoint,
    /// The path, with or without its query.
    pub path: &'a str,
    /// What the client says about the cache, or what is wrong with that.
    pub cache: Result<CacheControl, ApiError>,
    /// What `content-encoding` says after Envoy has decoded what it can; empty if there is none.
    pub content_encoding: &'a str,
    /// The value of a header by lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    /// The whole body.
    pub body: &'a [u8],
}

impl Router {
    /// Compiles a plan.
    pub fn new(plan: RouterPlan) -> Result<Self, BadPattern> {
        let matchers = plan
            .routes
            .iter()
            .map(|route| Matcher::new(route.conditions.clone()))
            .collect::<Result<_, _>>()?;
        Ok(Self { plan, matchers })
    }

    /// Largest request body in bytes.
    pub fn max_body(&self) -> u64 {
        self.plan.max_body
    }

    /// The error for a body over the limit.
    pub fn too_large(&self) -> ApiError {
        ApiError::new(
            ErrorKind::TooLarge,
            format!(
                "the request's body is over this gateway's limit of {} bytes",
                self.plan.max_body
            ),
        )
        .code("request_too_large")
    }

    /// Decides over one request.
    pub fn admit(&self, request: Request<'_>) -> Result<Facts, ApiError> {
        if request.body.len() as u64 > self.plan.max_body {
            return Err(self.too_large());
        }
        check_encoding(request.content_encoding)?;
        let body = tollgate_llm::body::text(request.body)?;
        let mut prompt = Prompt::new(request.endpoint, body);
        let read = tollgate_llm::request::walk(request.endpoint, body, &mut prompt)?;
        let model = self
            .plan
            .models
            .get(read.model.as_str())
            .ok_or_else(|| unknown_model(&read.model))?;
        let count = prompt.count(model.tokenizer, &read.model);
        check_window(model, &read.model, &count, read.max_output_tokens)?;

        let candidate = Candidate {
            endpoint: request.endpoint,
            path: request.path.split('?').next().unwrap_or(request.path),
            model: &read.model,
            prompt_tokens: count.tokens,
            header: request.header,
        };
        let (choice, tenant_choices) = self.choose(&candidate)?;
        Ok(Facts {
            request_id: request.request_id,
            endpoint: request.endpoint,
            model: read.model,
            stream: read.stream,
            include_usage: read.include_usage,
            prompt_tokens: count.tokens,
            exact: count.exact,
            cache: request.cache?,
            choice,
            tenant_choices,
        })
    }

    /// The first route that holds for anybody, and the tenants' routes before it.
    fn choose(&self, candidate: &Candidate<'_>) -> Result<(Option<Choice>, Vec<TenantChoice>), ApiError> {
        let mut tenant_choices = Vec::new();
        let mut unservable = None;
        for (route, matcher) in self.plan.routes.iter().zip(&self.matchers) {
            if !matcher.matches(candidate) {
                continue;
            }
            let target = self
                .plan
                .pools
                .get(&route.pool)
                .and_then(|pool| pool.targets.get(candidate.model)?.get(&candidate.endpoint));
            let Some(target) = target else {
                // A route that leads nowhere for this model is an answer, not a reason to try the next one: otherwise a
                // typo in a pool would quietly send traffic elsewhere.
                unservable = Some(cannot_serve(&route.pool, candidate));
                if matcher.tenants().is_empty() {
                    break;
                }
                continue;
            };
            let choice = Choice {
                route: route.name.clone(),
                pool: route.pool.clone(),
                target: target.clone(),
            };
            if matcher.tenants().is_empty() {
                return Ok((Some(choice), tenant_choices));
            }
            tenant_choices.extend(matcher.tenants().iter().map(|tenant| TenantChoice {
                tenant: tenant.clone(),
                choice: choice.clone(),
            }));
        }
        if tenant_choices.is_empty() {
            return Err(unservable.unwrap_or_else(|| no_route(candidate)));
        }
        Ok((None, tenant_choices))
    }
}

/// A body that nobody here can decode would be taken for broken JSON.
fn check_encoding(content_encoding: &str) -> Result<(), ApiError> {
    let encoding = content_encoding.trim();
    if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") {
        return Ok(());
    }
    let message = "the body's `content-encoding` cannot be decoded here: use gzip, br or zstd, one of them and once, or none";
    Err(ApiError::new(ErrorKind::InvalidRequest, message)
        .status(415)
        .code("unsupported_content_encoding"))
}

fn unknown_model(model: &str) -> ApiError {
    // A model's name is short; what a client puts there instead may be anything, so it is cut.
    let name: String = model.chars().take(64).collect();
    ApiError::new(
        ErrorKind::NotFound,
        format!("the model `{name}` is not configured at this gateway"),
    )
    .code("model_not_found")
    .param("model")
}

/// The error when no route holds.
pub fn no_route(candidate: &Candidate<'_>) -> ApiError {
    ApiError::new(
        ErrorKind::NotFound,
        format!("no route for model `{}` on this path", candidate.model),
    )
    .code("no_route")
    .param("model")
}

fn cannot_serve(pool: &str, candidate: &Candidate<'_>) -> ApiError {
    ApiError::new(
        ErrorKind::NotFound,
        format!(
            "no provider of pool `{pool}` serves model `{}` on {}",
            candidate.model,
            candidate.endpoint.path()
        ),
    )
    .code("model_not_found")
    .param("model")
}

/// Refuses what the provider would refuse. What may fit, as far as an estimate can be off, is the provider's to judge.
fn check_window(model: &ModelPlan, name: &str, prompt: &Count, output: Option<u64>) -> Result<(), ApiError> {
    let Some(window) = model.context_window else {
        return Ok(());
    };
    let output = output.unwrap_or(0);
    if prompt.at_least.saturating_add(output) <= window {
        return Ok(());
    }
    let (about, tokens) = if prompt.exact {
        ("", prompt.tokens)
    } else {
        ("at least ", prompt.at_least)
    };
    Err(ApiError::new(
        ErrorKind::InvalidRequest,
        format!(
            "the context window of `{name}` is {window} tokens, but this request has {about}{tokens} in the prompt and asks \
             for up to {output} more"
        ),
    )
    .code("context_length_exceeded")
    .param("messages"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router() -> Router {
        let plan = r#"{
            "max_body": 16384,
            "models": {
                "gpt-4o": {"tokenizer": "o200k_base", "context_window": 100},
                "claude": {"tokenizer": "estimate:claude", "context_window": 1000},
                "lost": {"tokenizer": "estimate"}
            },
            "pools": {
                "all": {"targets": {"gpt-4o": {"chat_completions": "all", "embeddings": "all.openai"}, "claude": {"messages": "all"}}},
                "acme": {"targets": {"gpt-4o": {"chat_completions": "acme"}}},
                "long": {"targets": {"gpt-4o": {"chat_completions": "long"}, "claude": {"messages": "long"}}}
            },
            "routes": [
                {"name": "for-acme", "pool": "acme", "match": {"tenants": ["acme"]}},
                {"name": "long", "pool": "long", "match": {"min_tokens": 50}},
                {"name": "rest", "pool": "all"}
            ]
        }"#;
        Router::new(RouterPlan::from_json(plan).unwrap()).unwrap()
    }

    fn admit(endpoint: Endpoint, body: &str) -> Result<Facts, ApiError> {
        router().admit(Request {
            request_id: "id".into(),
            endpoint,
            path: endpoint.path(),
            cache: Ok(CacheControl::default()),
            content_encoding: "",
            header: &|_| None,
            body: body.as_bytes(),
        })
    }

    #[test]
    fn only_what_can_be_decoded_is_read() {
        for (encoding, readable) in [
            ("", true),
            ("identity", true),
            (" Identity", true),
            ("deflate", false),
            ("gzip", false),
        ] {
            assert_eq!(check_encoding(encoding).is_ok(), readable, "{encoding}");
        }
        assert_eq!(check_encoding("deflate").unwrap_err().status, 415);
    }

    #[test]
    fn facts_of_a_plain_request() {
        let facts = admit(
            Endpoint::ChatCompletions,
            r#"{"messages":[{"role":"user","content":"hello world"}],"model":"gpt-4o","stream":true}"#,
        )
        .unwrap();
        // "hello world" is two tokens; a message costs three more, and so does priming the answer; the role is one.
        assert_eq!((facts.prompt_tokens, facts.exact, facts.stream), (9, true, true));
        assert_eq!(facts.choice_for("anybody").unwrap().route, "rest");
        assert_eq!(facts.choice_for("acme").unwrap().target, "acme");
    }

    #[test]
    fn token_conditions_choose_the_pool() {
        let body = format!(
            r#"{{"model":"gpt-4o","messages":[{{"role":"user","content":"{}"}}]}}"#,
            "hello ".repeat(50)
        );
        assert_eq!(
            admit(Endpoint::ChatCompletions, &body)
                .unwrap()
                .choice
                .unwrap()
                .pool,
            "long"
        );
    }

    #[test]
    fn a_pool_without_the_tenants_model_falls_back_to_the_common_route() {
        let facts = admit(Endpoint::Embeddings, r#"{"model":"gpt-4o","input":"x"}"#).unwrap();
        assert_eq!(facts.choice_for("acme").unwrap().target, "all.openai");
    }

    #[test]
    fn an_estimate_is_refused_only_beyond_its_error() {
        // "hello " is estimated at 1.03 tokens; the error bound of the family is a quarter.
        for (words, output, passes) in [
            (900, 0, true),
            (1100, 0, true),
            (1100, 300, false),
            (1300, 0, false),
            (1, 1000, false),
        ] {
            let body = format!(
                r#"{{"model":"claude","max_tokens":{output},"messages":[{{"role":"user","content":"{}"}}]}}"#,
                "hello ".repeat(words)
            );
            let admitted = admit(Endpoint::Messages, &body);
            assert_eq!(
                admitted.is_ok(),
                passes,
                "{words} {output} {:?}",
                admitted.map(|facts| facts.prompt_tokens)
            );
        }
    }

    #[test]
    fn refusals() {
        for (endpoint, body, status, code) in [
            (
                Endpoint::ChatCompletions,
                r#"{"model":"nope","messages":[]}"#,
                404,
                Some("model_not_found"),
            ),
            (
                Endpoint::Messages,
                r#"{"model":"lost","messages":[]}"#,
                404,
                Some("model_not_found"),
            ),
            (
                Endpoint::ChatCompletions,
                r#"{"model":"gpt-4o","max_tokens":99,"messages":[{"role":"user","content":"a"}]}"#,
                400,
                Some("context_length_exceeded"),
            ),
        ] {
            let error = admit(endpoint, body).unwrap_err();
            assert_eq!((error.status, error.code), (status, code), "{body}");
        }
        for body in [
            "",
            "{",
            "[]",
            r#"{"model":1,"messages":[]}"#,
            r#"{"messages":[]}"#,
        ] {
            assert_eq!(
                admit(Endpoint::ChatCompletions, body).unwrap_err().status,
                400,
                "{body}"
            );
        }
        let error = admit(Endpoint::ChatCompletions, &" ".repeat(20000)).unwrap_err();
        assert_eq!(error.status, 413);
    }
}
