//! Envoy's configuration of a variant: written here for those without Tollgate, cut out of what was rendered for the others.
//! Must not know what is measured.

use std::net::SocketAddr;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::gateway::Ports;
use crate::request::STREAM_HEADER;
use crate::variant::{Kind, Part, Rendered, Service, Variant};

/// As much as the rendered configuration buffers for the same largest body: 32 MiB and some room.
const BUFFER: u64 = (32 << 20) + (256 << 10);
const EXT_PROC: &str = "envoy.filters.http.ext_proc";
const SERVICE: &str = "service";
/// Where the connection manager that clients reach stands in either configuration.
const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

/// One listener, one cluster; with a service if the variant has one.
pub(crate) fn written(variant: &Variant, ports: &Ports, provider: SocketAddr) -> Value {
    let mut filters = Vec::new();
    let mut clusters = vec![cluster("provider", provider, json!({}))];
    if let Kind::Noop { headers } = variant.kind {
        filters.push(ext_proc(headers));
        // The rendered windows, so that a large body does not wait for round trips here and not there.
        let windows =
            json!({ "initial_stream_window_size": 4 << 20, "initial_connection_window_size": 32 << 20 });
        clusters.push(cluster(
            SERVICE,
            ports.service,
            json!({ "http2_protocol_options": windows }),
        ));
    }
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
    }));
    json!({
        "admin": { "address": socket_address(ports.envoy_admin) },
        "static_resources": { "clusters": clusters, "listeners": [{
            "name": "gateway",
            "address": socket_address(ports.gateway),
            "per_connection_buffer_limit_bytes": BUFFER,
            "filter_chains": [{ "filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                    "stat_prefix": "gateway",
                    "http_filters": filters,
                    "route_config": { "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": routes(variant) }] },
                },
            }] }],
        }] },
    })
}

/// Bare Envoy with the rendered chain's `router.wasm` in it.
pub(crate) fn with_filter(
    yaml: &str,
    variant: &Variant,
    ports: &Ports,
    provider: SocketAddr,
) -> anyhow::Result<Value> {
    let rendered: Value = serde_saphyr::from_str(yaml).context("the rendered configuration is no YAML")?;
    let filters = rendered
        .pointer(&format!("{MANAGER}/http_filters"))
        .and_then(Value::as_array)
        .context("the rendered policy chain has no filters")?;
    let filter = filters
        .iter()
        .find(|filter| filter["name"] == "tollgate.router")
        .context("the rendered policy chain has no router.wasm")?;
    let mut envoy = written(variant, ports, provider);
    envoy
        .pointer_mut(&format!("{MANAGER}/http_filters"))
        .and_then(Value::as_array_mut)
        .context("the written configuration has no filters")?
        .insert(0, filter.clone());
    Ok(envoy)
}

/// The rendered configuration without what the variant does not have.
pub(crate) fn rendered(yaml: &str, variant: &Variant, rendered: &Rendered) -> anyhow::Result<Value> {
    let mut envoy: Value = serde_saphyr::from_str(yaml).context("the rendered configuration is no YAML")?;
    let manager = envoy
        .pointer_mut(MANAGER)
        .context("the rendered configuration has no policy chain")?;
    if !variant.has(Part::AccessLog) {
        manager["access_log"] = json!([]);
    }
    let filters = manager["http_filters"]
        .as_array_mut()
        .context("the policy chain has no filters")?;
    let before = filters.len();
    filters.retain(|filter| {
        let name = filter["name"].as_str().unwrap_or_default();
        let of_the_service = name == EXT_PROC || name.starts_with("tollgate.decision.");
        rendered.service != Service::None || !of_the_service
    });
    let expected = if rendered.service == Service::None { 3 } else { 0 };
    anyhow::ensure!(
        before - filters.len() == expected,
        "the rendered policy chain is not as this benchmark knows it"
    );
    if rendered.service == Service::None {
        let routes = manager
            .pointer_mut("/route_config/virtual_hosts/0/routes")
            .and_then(Value::as_array_mut);
        for route in routes.into_iter().flatten() {
            if let Some(settings) = route
                .pointer_mut("/typed_per_filter_config")
                .and_then(Value::as_object_mut)
            {
                settings.remove(EXT_PROC);
            }
        }
    }
    Ok(envoy)
}

/// Streams are passed on chunk by chunk and other answers whole, as in the rendered routes.
fn routes(variant: &Variant) -> Value {
    let action = json!({ "cluster": "provider", "timeout": "0s" });
    let plain = json!({ "match": { "prefix": "/" }, "route": action });
    let Kind::Noop { headers } = variant.kind else {
        return json!([plain]);
    };
    json!([
        {
            "match": {
                "prefix": "/",
                "headers": [{ "name": STREAM_HEADER, "string_match": { "exact": "true" } }],
            },
            "route": action,
            "typed_per_filter_config": { EXT_PROC: {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute",
                "overrides": { "processing_mode": processing_mode(headers, "STREAMED") },
            } },
        },
        plain,
    ])
}

fn ext_proc(headers: bool) -> Value {
    json!({
        "name": EXT_PROC,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
            "grpc_service": { "envoy_grpc": { "cluster_name": SERVICE } },
            "message_timeout": "30s",
            "processing_mode": processing_mode(headers, "BUFFERED"),
        },
    })
}

fn processing_mode(headers: bool, answers: &str) -> Value {
    let headers = if headers { "SEND" } else { "SKIP" };
    json!({
        "request_header_mode": headers,
        "request_body_mode": "BUFFERED",
        "request_trailer_mode": "SKIP",
        "response_header_mode": headers,
        "response_body_mode": answers,
        "response_trailer_mode": "SKIP",
    })
}

fn cluster(name: &str, address: SocketAddr, protocol: Value) -> Value {
    let protocol = if protocol == json!({}) {
        json!({ "http_protocol_options": {} })
    } else {
        protocol
    };
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": BUFFER,
        "typed_extension_protocol_options": { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": protocol,
        } },
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": socket_address(address) } }] }],
        },
    })
}

fn socket_address(address: SocketAddr) -> Value {
    json!({ "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } })
}
