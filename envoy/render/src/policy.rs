//! The listeners that clients reach: `router.wasm`, the service, what its decision does, the route table.
//! Must not know how a target is reached (`routes`, `clusters`).

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_config::{Config, Listener, OnFailure};
use tollgate_llm::{ApiError, Dialect, ErrorKind};

use crate::filters::{self, Direction, duration};
use crate::plan::{self, Plan};
use crate::{buffers, clusters, decision, routes};

/// What Envoy tells the service of a request; it evaluates each as an expression, so none is asked for that `router.wasm` has
/// in its facts.
const REQUEST_ATTRIBUTES: [&str; 3] = [
    "request.headers['authorization']",
    "request.headers['x-api-key']",
    "request.headers['x-tollgate-facts']",
];

/// What Envoy tells the service of an answer; the lane's address says whose price holds.
const RESPONSE_ATTRIBUTES: [&str; 2] = ["response.code", "upstream.address"];

/// One listener.
pub(crate) fn listener(config: &Config, plan: &Plan, listener: &Listener) -> Value {
    let mut http_filters = filters::decompressors(Direction::Request);
    http_filters.push(filters::wasm(
        config,
        "router",
        plan::router_module(config),
        &plan.router(config, listener.max_body),
    ));
    http_filters.push(ext_proc(config));
    http_filters.extend(decision::filters(config, buffers::limit(listener.max_body)));
    http_filters.push(filters::router());
    json!({
        "name": listener.name,
        "address": clusters::socket_address(listener.address),
        "per_connection_buffer_limit_bytes": buffers::limit(listener.max_body),
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": format!("policy_{}", listener.name),
                "use_remote_address": true,
                // Providers learn nothing of who asked.
                "skip_xff_append": true,
                "normalize_path": true,
                "merge_slashes": true,
                "always_set_request_id_in_response": true,
                "common_http_protocol_options": { "idle_timeout": duration(listener.idle_timeout) },
                "stream_idle_timeout": duration(listener.idle_timeout),
                "http2_protocol_options": buffers::http2_options(listener.max_body),
                "local_reply_config": { "mappers": [late_failure(Dialect::Anthropic), late_failure(Dialect::OpenAi)] },
                "access_log": [access_log()],
                "http_filters": http_filters,
                "route_config": routes::policy(plan),
            },
        }] }],
    })
}

/// A timeout while `router.wasm` holds the answer's head passes by the filters, so Envoy itself must speak the dialect.
fn late_failure(dialect: Dialect) -> Value {
    const TIMEOUTS: [&str; 3] = ["SI", "DT", "UT"];
    let path = json!({ "name": ":path", "string_match": { "prefix": "/v1/messages" }, "invert_match": dialect != Dialect::Anthropic });
    let error = ApiError::new(ErrorKind::Timeout, "no provider answered in time").code("provider_timeout");
    let body: Value = serde_json::from_slice(&error.to_json(dialect)).unwrap_or_default();
    json!({
        "filter": { "and_filter": { "filters": [
            { "response_flag_filter": { "flags": TIMEOUTS } },
            { "header_filter": { "header": path } },
        ] } },
        "body_format_override": { "json_format": body, "content_type": "application/json" },
    })
}

/// One JSON line for each request: what happened, never content.
fn access_log() -> Value {
    json!({
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": { "formatters": [{
                "name": "envoy.formatter.req_without_query",
                "typed_config": { "@type": "type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery" },
            }], "json_format": {
                "time": "%START_TIME%",
                "request_id": "%REQ(X-REQUEST-ID)%",
                "method": "%REQ(:METHOD)%",
                "path": "%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH)%",
                "status": "%RESPONSE_CODE%",
                "details": "%RESPONSE_CODE_DETAILS%",
                "flags": "%RESPONSE_FLAGS%",
                "duration_ms": "%DURATION%",
                "first_byte_ms": "%RESPONSE_DURATION%",
                "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
                "upstream": "%UPSTREAM_CLUSTER%",
                "model": "%FILTER_STATE(wasm.tollgate_model:PLAIN)%",
                "pool": "%FILTER_STATE(wasm.tollgate_pool:PLAIN)%",
                "route": "%FILTER_STATE(wasm.tollgate_route:PLAIN)%",
                "prompt_tokens": "%FILTER_STATE(wasm.tollgate_prompt_tokens:PLAIN)%",
                "input_tokens": "%FILTER_STATE(wasm.tollgate_input_tokens:PLAIN)%",
                "output_tokens": "%FILTER_STATE(wasm.tollgate_output_tokens:PLAIN)%",
                "tenant": "%DYNAMIC_METADATA(tollgate:tenant)%",
                "key": "%DYNAMIC_METADATA(tollgate:key)%",
                "cache": "%DYNAMIC_METADATA(tollgate:cache)%",
                "cost_usd": "%DYNAMIC_METADATA(tollgate:cost_usd)%",
            } },
        },
    })
}

/// What the service may ask for: a request waits for hooks, then for the answer to the same one under way.
fn longest(config: &Config) -> Duration {
    let hooks = config.policies.iter().map(|policy| policy.patience()).max();
    let waits = config.cache.coalesce.saturating_add(hooks.unwrap_or_default());
    waits.saturating_add(config.service.timeout)
}

/// Bodies only: a header phase would cost a round trip each way. What stands behind holds the head in the meantime.
fn ext_proc(config: &Config) -> Value {
    json!({
        "name": routes::EXT_PROC,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
            "grpc_service": { "envoy_grpc": { "cluster_name": clusters::SERVICE } },
            "failure_mode_allow": config.service.on_failure == OnFailure::Open,
            "status_on_error": { "code": "ServiceUnavailable" },
            "message_timeout": duration(config.service.timeout),
            "max_message_timeout": duration(longest(config)),
            "processing_mode": routes::processing_mode("SKIP", "BUFFERED"),
            "request_attributes": REQUEST_ATTRIBUTES,
            "response_attributes": RESPONSE_ATTRIBUTES,
            "metadata_options": { "receiving_namespaces": { "untyped": ["tollgate"] } },
        },
    })
}
