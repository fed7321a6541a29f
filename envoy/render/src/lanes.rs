//! One internal listener per provider: every attempt gets its own translation, credential, timeouts and breaker.
//! Must not know pools: which lane is tried when is decided in front.

use serde_json::{Value, json};
use tollgate_config::{Config, Provider};

use crate::filters::{self, Direction, duration};
use crate::plan;
use crate::{Files, buffers, clusters, routes};

/// A provider's lane.
pub(crate) fn listener(config: &Config, provider: &Provider, files: &Files<'_>) -> Value {
    let mut http_filters = vec![filters::wasm(
        config,
        "provider",
        "provider.wasm",
        &plan::lane(config, provider),
    )];
    http_filters.extend(filters::credential(provider, files));
    http_filters.extend(filters::decompressors(Direction::Response));
    http_filters.push(filters::router());
    json!({
        "name": clusters::lane_name(provider),
        "internal_listener": {},
        "per_connection_buffer_limit_bytes": buffers::behind_listeners(config),
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": format!("lane_{}", provider.name),
                // The policy chain gave the request its id.
                "generate_request_id": false,
                "skip_xff_append": true,
                "stream_idle_timeout": "0s",
                "http_filters": http_filters,
                "route_config": route_config(provider),
            },
        }] }],
    })
}

fn route_config(provider: &Provider) -> Value {
    let mut action = json!({
        "cluster": clusters::provider_name(provider),
        "timeout": "0s",
        "idle_timeout": duration(provider.idle_timeout),
        "host_rewrite_literal": provider.url.authority(),
        // No retry here: the next attempt is the next lane's. The timeout of a try ends with the answer's first byte.
        "retry_policy": { "num_retries": 0, "per_try_timeout": duration(provider.first_byte_timeout) },
    });
    if provider.url.base_path != "/v1" {
        action["prefix_rewrite"] = provider.url.base_path.clone().into();
    }
    json!({
        "name": clusters::lane_name(provider),
        "virtual_hosts": [{
            "name": provider.name,
            "domains": ["*"],
            "request_headers_to_remove": routes::private_headers(),
            "response_headers_to_add": [routes::provider_header(&provider.name)],
            "routes": [{ "match": { "prefix": "/v1" }, "route": action }],
        }],
    })
}
