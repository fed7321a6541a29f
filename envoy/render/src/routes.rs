//! The route table: target → cluster, twice each, because Envoy asks the service about streams chunk by chunk and about other
//! answers whole.
//! Must not know what a cluster consists of.

use serde_json::{Value, json};
use tollgate_routing::names;

use crate::clusters;
use crate::filters::{self, duration};
use crate::plan::{Plan, Target};

/// The name of the `ext_proc` filter, by which routes override it.
pub(crate) const EXT_PROC: &str = "envoy.filters.http.ext_proc";

/// Statuses that the next provider may do better with; 5xx are retried anyway.
const RETRIABLE: [u16; 2] = [408, 429];

/// `ext_proc`'s phases; bodies of requests always come whole.
pub(crate) fn processing_mode(request_headers: &str, response_body: &str) -> Value {
    json!({
        "request_header_mode": request_headers,
        "request_body_mode": "BUFFERED",
        "request_trailer_mode": "SKIP",
        "response_header_mode": "SKIP",
        "response_body_mode": response_body,
        // Where trailers end a stream, only they tell the service that it is over.
        "response_trailer_mode": if response_body == "STREAMED" { "SEND" } else { "SKIP" },
    })
}

/// The policy chain's routes.
pub(crate) fn policy(plan: &Plan) -> Value {
    let mut routes = Vec::new();
    for (name, target) in &plan.targets {
        for stream in [true, false] {
            routes.push(target_route(name, target, stream));
        }
    }
    routes.extend([undecided(true), undecided(false)]);
    routes.push(models());
    routes.extend([compressed(), not_found()]);
    json!({
        "name": "policy",
        "virtual_hosts": [{
            "name": "policy",
            "domains": ["*"],
            // The client's key is ours to know; a compressed answer could not be read by policy.
            "request_headers_to_remove": ["authorization", "x-api-key", "accept-encoding"],
            "routes": routes,
        }],
    })
}

fn target_route(name: &str, target: &Target, stream: bool) -> Value {
    let mut action = json!({
        // An answer may take as long as it sends something; `first_byte_timeout` and `idle_timeout` end what does not.
        "timeout": "0s",
        "retry_policy": {
            "retry_on": "5xx,connect-failure,refused-stream,reset,retriable-status-codes",
            "retriable_status_codes": RETRIABLE,
            "num_retries": target.providers().len() - 1,
            "retry_back_off": { "base_interval": "0.025s", "max_interval": "0.250s" },
        },
    });
    let mut route = json!({
        "name": format!("{name}{}", if stream { " (stream)" } else { "" }),
        "match": matching(name, stream),
        "typed_per_filter_config": overrides(stream),
    });
    match target {
        Target::Direct(provider) => {
            action["cluster"] = clusters::direct_name(provider).into();
            action["host_rewrite_literal"] = provider.url.authority().into();
            action["retry_policy"]["per_try_timeout"] = duration(provider.first_byte_timeout).into();
            action["idle_timeout"] = duration(provider.idle_timeout).into();
            if provider.url.base_path != "/v1" {
                action["prefix_rewrite"] = provider.url.base_path.clone().into();
                route["match"]["prefix"] = "/v1".into();
            }
            route["request_headers_to_remove"] = json!(private_headers());
            route["response_headers_to_add"] = json!([provider_header(&provider.name)]);
        }
        Target::Ordered(_) => {
            action["cluster"] = clusters::target_name(name, None).into();
            action["retry_policy"]["retry_priority"] = clusters::retry_priority();
        }
        Target::Weighted(members) => {
            let clusters: Vec<Value> = members
                .iter()
                .map(|(provider, weight)| {
                    json!({ "name": clusters::target_name(name, Some(provider)), "weight": weight })
                })
                .collect();
            action["weighted_clusters"] = json!({ "clusters": clusters });
            action["retry_policy"]["retry_priority"] = clusters::retry_priority();
        }
    }
    route["route"] = action;
    route
}

/// Request headers that no provider may see: the gateway's own, and what tells of the client.
pub(crate) fn private_headers() -> Vec<&'static str> {
    const OF_THE_CLIENT: [&str; 6] = [
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-envoy-external-address",
        "x-envoy-internal",
        "forwarded",
        "cookie",
    ];
    names::INTERNAL.into_iter().chain(OF_THE_CLIENT).collect()
}

/// Says in the answer who gave it.
pub(crate) fn provider_header(name: &str) -> Value {
    json!({
        "header": { "key": "x-tollgate-provider", "value": name },
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    })
}

/// `GET /v1/models` has no body: the service is asked by headers, and answers by itself.
fn models() -> Value {
    json!({
        "name": "models",
        "match": {
            "safe_regex": { "regex": "/v1/models(/.*)?" },
            "headers": [{ "name": ":method", "string_match": { "exact": "GET" } }],
        },
        "direct_response": { "status": 503 },
        "typed_per_filter_config": { EXT_PROC: {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute",
            "overrides": { "processing_mode": processing_mode("SEND", "BUFFERED") },
        } },
    })
}

/// Requests that only tenants' routes match: the service names the target, which chooses another route, or refuses.
fn undecided(stream: bool) -> Value {
    json!({
        "name": format!("undecided{}", if stream { " (stream)" } else { "" }),
        "match": matching(names::UNDECIDED, stream),
        "direct_response": { "status": 404 },
        "typed_per_filter_config": overrides(stream),
    })
}

fn matching(target: &str, stream: bool) -> Value {
    json!({
        "prefix": "/",
        "headers": [
            { "name": names::POOL, "string_match": { "exact": target } },
            { "name": names::STREAM, "string_match": { "exact": stream.to_string() } },
        ],
    })
}

fn overrides(stream: bool) -> Value {
    json!({ EXT_PROC: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute",
        "overrides": { "processing_mode": processing_mode("SKIP", if stream { "STREAMED" } else { "BUFFERED" }) },
    } })
}

/// What a compressed request matches when it arrives, before `router.wasm` gives it a target: Envoy looks at this first route
/// only to see which filters the request needs.
fn compressed() -> Value {
    let mut route = not_found();
    route["name"] = "compressed".into();
    route["match"]["headers"] = json!([{ "name": "content-encoding", "present_match": true }]);
    if let (Some(settings), Value::Object(on)) = (
        route["typed_per_filter_config"].as_object_mut(),
        filters::with_decompressors(),
    ) {
        settings.extend(on);
    }
    route
}

fn not_found() -> Value {
    json!({
        "name": "not found",
        "match": { "prefix": "/" },
        "direct_response": { "status": 404 },
        "typed_per_filter_config": { EXT_PROC: {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute",
            "disabled": true,
        } },
    })
}
