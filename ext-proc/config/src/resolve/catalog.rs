//! Resolves models, pools and routes.
//!
//! Must not know keys or policies.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tollgate_llm::Endpoint;

use super::names::{Names, claim};
use crate::path::Path;
use crate::report::Report;
use crate::scalar::{Glob, GlobText, Lit};
use crate::suggest::did_you_mean;
use crate::usable::{
    Encoding, Family, HeaderRule, Member, Model, Offer, PathRule, Pool, Price, Provider, Route, RouteMatch,
    Strategy, Tenant, TextRule, TokenRange, Tokenizer,
};
use crate::written;

pub(crate) fn models(
    written: Vec<written::Model>,
    providers: &Names<Provider>,
    path: &Path,
    report: &mut Report,
) -> Names<Model> {
    let mut models = Names::new("model", path, report);
    for (at, model) in written.into_iter().enumerate() {
        let path = path.index(at);
        let name = model.name.0.clone();
        let model = self::model(model, providers, &path, report);
        models.add(&name, &path, Some(model), report);
    }
    models
}

fn model(written: written::Model, providers: &Names<Provider>, path: &Path, report: &mut Report) -> Model {
    if let (Some(window), Some(output)) = (written.context_window, written.max_output_tokens)
        && output > window
    {
        report.error(
            &path.field("max_output_tokens"),
            format!("must be at most the context window, {window}"),
        );
    }
    let price = written.price.as_ref().map(self::price);
    let mut offers = Vec::new();
    for (name, offer) in written.providers {
        let path = path.field("providers").field(&name);
        let provider = providers.find(&name, &path, report);
        let (model, own) = match offer {
            written::Offer::Name(model) => (model.0, None),
            written::Offer::Details(details) => (details.model.0, details.price.as_ref().map(self::price)),
        };
        let Some(price) = own.or(price) else {
            report.error(
                &path,
                "has no price; give the model one, or this provider, or write `price: free`",
            );
            continue;
        };
        offers.extend(provider.map(|provider| Offer {
            provider: Arc::clone(provider),
            model,
            price,
        }));
    }
    Model {
        name: written.name.0,
        tokenizer: tokenizer(written.encoding),
        context_window: written.context_window,
        max_output_tokens: written.max_output_tokens,
        offers,
    }
}

fn tokenizer(written: written::TokenizerName) -> Tokenizer {
    use written::TokenizerName as Name;
    match written {
        Name::O200kBase => Tokenizer::Exact(Encoding::O200kBase),
        Name::O200kHarmony => Tokenizer::Exact(Encoding::O200kHarmony),
        Name::Cl100kBase => Tokenizer::Exact(Encoding::Cl100kBase),
        Name::P50kBase => Tokenizer::Exact(Encoding::P50kBase),
        Name::R50kBase => Tokenizer::Exact(Encoding::R50kBase),
        Name::EstimateClaude => Tokenizer::Estimate(Family::Claude),
        Name::EstimateGemini => Tokenizer::Estimate(Family::Gemini),
        Name::EstimateLlama => Tokenizer::Estimate(Family::Llama),
        Name::EstimateQwen => Tokenizer::Estimate(Family::Qwen),
        Name::Estimate => Tokenizer::Estimate(Family::Other),
    }
}

fn price(written: &written::Prices) -> Price {
    let written::Prices::List(list) = written else {
        return Price::default();
    };
    let input = list.input.0;
    Price {
        input,
        cached_input: list.cached_input.as_ref().map_or(input, |price| price.0),
        cache_write: list.cache_write.as_ref().map_or(input, |price| price.0),
        output: list.output.0,
    }
}

pub(crate) fn pools(
    written: Vec<written::Pool>,
    providers: &Names<Provider>,
    path: &Path,
    report: &mut Report,
) -> Names<Pool> {
    let mut pools = Names::new("pool", path, report);
    for (at, pool) in written.into_iter().enumerate() {
        let path = path.index(at);
        let name = pool.name.0;
        let members = members(
            pool.providers,
            pool.strategy,
            providers,
            &path.field("providers"),
            report,
        );
        let strategy = match pool.strategy {
            written::Strategy::Ordered => Strategy::Ordered,
            written::Strategy::Weighted => Strategy::Weighted,
        };
        pools.add(
            &name,
            &path,
            Some(Pool {
                name: name.clone(),
                strategy,
                members,
            }),
            report,
        );
    }
    pools
}

fn members(
    written: Vec<written::Member>,
    strategy: written::Strategy,
    providers: &Names<Provider>,
    path: &Path,
    report: &mut Report,
) -> Vec<Member> {
    let mut seen = HashMap::new();
    let mut members = Vec::new();
    for (at, member) in written.into_iter().enumerate() {
        let item = path.index(at);
        let (name, name_path, weight) = match member {
            written::Member::Name(name) => (name.0, item.clone(), None),
            written::Member::Weighted(member) => (member.name.0, item.field("name"), member.weight),
        };
        if weight.is_some() && strategy == written::Strategy::Ordered {
            report.error(
                &item.field("weight"),
                "has no meaning in an ordered pool; write `strategy: weighted`",
            );
        }
        let Some(provider) = providers.find(&name, &name_path, report) else {
            continue;
        };
        match seen.get(&name) {
            Some(first) => report.error(
                &name_path,
                format!("is in this pool already: {}", path.index(*first)),
            ),
            None => {
                seen.insert(name, at);
                members.push(Member {
                    provider: Arc::clone(provider),
                    weight: weight.unwrap_or(1),
                });
            }
        }
    }
    members
}

pub(crate) fn routes(
    written: Vec<written::Route>,
    pools: &Names<Pool>,
    models: &Names<Model>,
    tenants: &Names<Tenant>,
    path: &Path,
    report: &mut Report,
) -> Vec<Route> {
    let mut taken = HashMap::new();
    let mut routes = Vec::new();
    for (at, route) in written.into_iter().enumerate() {
        let path = path.index(at);
        claim(&mut taken, &route.name.0, at, "route", &path, report);
        let when = route_match(route.when, models, tenants, &path.field("match"), report);
        let Some(pool) = pools.find(&route.pool.0, &path.field("pool"), report) else {
            continue;
        };
        for endpoint in &when.endpoints {
            let serves = |member: &Member| endpoint.served_by(member.provider.dialect);
            if !pool.members.is_empty() && !pool.members.iter().any(serves) {
                let message = format!(
                    "no provider of pool {:?} can serve {}",
                    pool.name,
                    endpoint.path()
                );
                report.error(&path.field("match").field("endpoint"), message);
            }
        }
        routes.push(Route {
            name: route.name.0,
            when,
            pool: Arc::clone(pool),
        });
    }
    routes
}

fn route_match(
    written: written::RouteMatch,
    models: &Names<Model>,
    tenants: &Names<Tenant>,
    path: &Path,
    report: &mut Report,
) -> RouteMatch {
    let model = written
        .model
        .map(|one_or_many| one_or_many.into_items(&path.field("model")))
        .unwrap_or_default();
    let tenant = written
        .tenant
        .map(|one_or_many| one_or_many.into_items(&path.field("tenant")))
        .unwrap_or_default();
    let endpoint = written
        .endpoint
        .map(written::OneOrMany::into_vec)
        .unwrap_or_default();
    RouteMatch {
        models: globs(model, models, report),
        endpoints: endpoint.into_iter().map(self::endpoint).collect(),
        path: written
            .path
            .map(|rule| path_rule(rule, &path.field("path"), report)),
        headers: headers(written.headers, &path.field("headers"), report),
        tenants: tenant
            .into_iter()
            .map(|(path, name)| {
                tenants.find(&name.0, &path, report);
                name.0
            })
            .collect(),
        prompt_tokens: written.prompt_tokens.map(|range| {
            let range = TokenRange {
                min: range.min.unwrap_or(0),
                max: range.max.unwrap_or(u64::MAX),
            };
            if range.min > range.max {
                report.error(&path.field("prompt_tokens"), "min must be at most max");
            }
            range
        }),
    }
}

/// Patterns for models. A pattern without a star is a reference, so there must be such a model.
pub(crate) fn globs(
    written: Vec<(Path, Lit<GlobText>)>,
    models: &Names<Model>,
    report: &mut Report,
) -> Vec<Glob> {
    let mut globs = Vec::new();
    for (path, Lit(glob)) in written {
        if glob.is_literal() {
            models.find(glob.as_str(), &path, report);
        } else if models.is_whole() && !models.names().any(|name| glob.matches(name)) {
            report.warn(&path, "matches none of the models");
        }
        globs.push(glob);
    }
    globs
}

fn endpoint(written: written::EndpointName) -> Endpoint {
    match written {
        written::EndpointName::ChatCompletions => Endpoint::ChatCompletions,
        written::EndpointName::Completions => Endpoint::Completions,
        written::EndpointName::Embeddings => Endpoint::Embeddings,
        written::EndpointName::Responses => Endpoint::Responses,
        written::EndpointName::Messages => Endpoint::Messages,
    }
}

fn path_rule(written: written::PathValue, path: &Path, report: &mut Report) -> PathRule {
    let known = || Endpoint::ALL.into_iter().map(Endpoint::path);
    match written {
        written::PathValue::Exact(text) => {
            if Endpoint::from_path(&text.0).is_none() || text.0.contains(['?', '#']) {
                let guess = did_you_mean(&text.0, known());
                report.error(path, format!("no endpoint has this path{guess}"));
            }
            PathRule::Exact(text.0)
        }
        written::PathValue::Rule(written::PathOp::Prefix(text)) => {
            if !known().any(|known| known.starts_with(&text.0)) {
                report.error(path, "the path of no endpoint begins with this");
            }
            PathRule::Prefix(text.0)
        }
    }
}

fn headers(
    written: BTreeMap<String, written::HeaderValue>,
    path: &Path,
    report: &mut Report,
) -> Vec<HeaderRule> {
    let mut rules: Vec<HeaderRule> = Vec::new();
    for (name, value) in written {
        let path = path.field(&name);
        let name = name.to_ascii_lowercase();
        // RFC 9110, 5.6.2: a field name is a token.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            report.error(&path, "this is no header's name");
        } else if name.starts_with("x-tollgate-") {
            report.error(
                &path,
                "the gateway removes x-tollgate-* headers from requests before it looks",
            );
        } else if rules.iter().any(|rule| rule.name == name) {
            report.error(&path, "given twice; case does not matter in the names of headers");
        }
        let value = match value {
            written::HeaderValue::Exact(text) => TextRule::Exact(text.0),
            written::HeaderValue::Rule(written::HeaderOp::Prefix(text)) => TextRule::Prefix(text.0),
            written::HeaderValue::Rule(written::HeaderOp::Regex(text)) => TextRule::Regex(text.0),
            written::HeaderValue::Rule(written::HeaderOp::Present(present)) => TextRule::Present(present),
        };
        rules.push(HeaderRule { name, value });
    }
    rules
}
