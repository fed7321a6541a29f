//! Clusters: providers, lanes, targets, the service.
//! Must not know which route leads to which cluster.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tollgate_config::{Address, Config, Provider};
use tollgate_routing::names;

use crate::filters::{self, duration};
use crate::plan::{Plan, Target};
use crate::{Files, buffers};

/// The cluster of `tollgate serve`.
pub(crate) const SERVICE: &str = "tollgate-service";

/// A breaker that never trips on concurrency by itself: every exchange holds a gRPC stream, and lanes are in-process.
const UNBOUNDED: u32 = 1_000_000;

pub(crate) fn provider_name(provider: &Provider) -> String {
    format!("provider-{}", provider.name)
}

pub(crate) fn direct_name(provider: &Provider) -> String {
    format!("direct-{}", provider.name)
}

pub(crate) fn lane_name(provider: &Provider) -> String {
    format!("{}{}", names::LANE, provider.name)
}

/// A target's cluster; of a weighted target, the one that begins with `first`.
pub(crate) fn target_name(target: &str, first: Option<&Provider>) -> String {
    match first {
        None => format!("pool-{target}"),
        Some(provider) => format!("pool-{target}-from-{}", provider.name),
    }
}

/// Aggregate clusters (before 1.37) know attempts only by the priorities that were tried; composite ones count them.
pub(crate) fn retry_priority() -> Value {
    json!({
        "name": "envoy.retry_priorities.previous_priorities",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
            "update_frequency": 1,
        },
    })
}

/// All clusters.
pub(crate) fn all(config: &Config, plan: &Plan, files: &Files<'_>) -> Vec<Value> {
    let mut clusters = vec![service(config)];
    for provider in plan.laned() {
        clusters.push(provider_cluster(
            config,
            plan,
            &provider,
            provider_name(&provider),
        ));
        clusters.push(lane(config, &provider));
    }
    for provider in plan.direct() {
        let mut cluster = provider_cluster(config, plan, &provider, direct_name(&provider));
        with_upstream_filters(&mut cluster, &provider, files);
        clusters.push(cluster);
    }
    for (name, target) in &plan.targets {
        match target {
            Target::Direct(_) => {}
            Target::Ordered(providers) => {
                let lanes = providers.iter().map(|provider| lane_name(provider)).collect();
                clusters.push(failover(config, target_name(name, None), lanes));
            }
            Target::Weighted(members) => {
                for (first, _) in members {
                    let rest = members.iter().filter(|(provider, _)| provider.name != first.name);
                    let lanes = std::iter::once(lane_name(first))
                        .chain(rest.map(|(provider, _)| lane_name(provider)))
                        .collect();
                    clusters.push(failover(config, target_name(name, Some(first)), lanes));
                }
            }
        }
    }
    clusters
}

/// Attempt by attempt through the lanes.
fn failover(config: &Config, name: String, lanes: Vec<String>) -> Value {
    let (kind, clusters) = if config.envoy.version.has_composite_clusters() {
        let entries = lanes.into_iter().map(|name| json!({ "name": name })).collect();
        ("composite", Value::Array(entries))
    } else {
        ("aggregate", json!(lanes))
    };
    json!({
        "name": name,
        "connect_timeout": "1s",
        "lb_policy": "CLUSTER_PROVIDED",
        "circuit_breakers": unbounded(),
        "per_connection_buffer_limit_bytes": buffers::behind_listeners(config),
        "cluster_type": {
            "name": format!("envoy.clusters.{kind}"),
            "typed_config": {
                "@type": format!("type.googleapis.com/envoy.extensions.clusters.{kind}.v3.ClusterConfig"),
                "clusters": clusters,
            },
        },
    })
}

fn lane(config: &Config, provider: &Provider) -> Value {
    let name = lane_name(provider);
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "circuit_breakers": unbounded(),
        "per_connection_buffer_limit_bytes": buffers::behind_listeners(config),
        "transport_socket": {
            "name": "envoy.transport_sockets.internal_upstream",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport",
                "transport_socket": {
                    "name": "envoy.transport_sockets.raw_buffer",
                    "typed_config": { "@type": "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer" },
                },
            },
        },
        "load_assignment": endpoint(&name, json!({
            "envoy_internal_address": { "server_listener_name": name },
        })),
    })
}

fn provider_cluster(config: &Config, plan: &Plan, provider: &Provider, name: String) -> Value {
    let url = &provider.url;
    let mut cluster = json!({
        "name": name,
        // A provider's name stands for one service whose addresses turn over; both families are tried (happy eyeballs).
        "type": if url.is_ip() { "STATIC" } else { "LOGICAL_DNS" },
        "dns_lookup_family": "ALL",
        "connect_timeout": duration(provider.connect_timeout),
        "per_connection_buffer_limit_bytes": buffers::behind_listeners(config),
        "circuit_breakers": unbounded(),
        "outlier_detection": {
            "consecutive_5xx": 10,
            "consecutive_local_origin_failure": 5,
            "split_external_local_origin_errors": true,
            "interval": "1s",
            "base_ejection_time": "5s",
            "max_ejection_percent": 100,
        },
        "load_assignment": endpoint(&name, json!({
            "socket_address": { "address": url.host, "port_value": url.port },
        })),
        "typed_extension_protocol_options": { HTTP_OPTIONS: http_options(url.tls) },
    });
    // An ejected provider is skipped only where somebody else can answer; alone, it is asked all the same.
    if has_stand_in(plan, provider) {
        cluster["common_lb_config"] = json!({ "healthy_panic_threshold": { "value": 0 } });
    }
    if url.tls {
        cluster["transport_socket"] = tls(provider);
    }
    cluster
}

fn has_stand_in(plan: &Plan, provider: &Provider) -> bool {
    let mut targets = plan
        .targets
        .values()
        .map(Target::providers)
        .filter(|providers| providers.iter().any(|other| other.name == provider.name));
    targets.all(|providers| providers.len() > 1)
}

const HTTP_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

fn http_options(tls: bool) -> Value {
    let mut options = json!({
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    });
    if tls {
        // HTTP/2 where the provider offers it.
        options["auto_config"] = json!({});
    } else {
        options["explicit_http_config"] = json!({ "http_protocol_options": {} });
    }
    options
}

/// A provider without a lane signs in by an upstream filter of its own cluster.
fn with_upstream_filters(cluster: &mut Value, provider: &Provider, files: &Files<'_>) {
    if let Some(credential) = filters::credential(provider, files) {
        cluster["typed_extension_protocol_options"][HTTP_OPTIONS]["http_filters"] = json!([
            credential,
            {
                "name": "envoy.filters.http.upstream_codec",
                "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec" },
            },
        ]);
    }
}

fn tls(provider: &Provider) -> Value {
    let ca = provider.ca_file.as_ref().map_or_else(
        || "/etc/ssl/certs/ca-certificates.crt".to_owned(),
        |path| path.display().to_string(),
    );
    let mut context = json!({
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "common_tls_context": {
            "alpn_protocols": ["h2", "http/1.1"],
            "validation_context": { "trusted_ca": { "filename": ca } },
        },
    });
    if provider.url.is_ip() {
        context["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"] =
            json!([{ "san_type": "IP_ADDRESS", "matcher": { "exact": provider.url.host } }]);
    } else {
        context["sni"] = provider.url.host.clone().into();
        context["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"] =
            json!([{ "san_type": "DNS", "matcher": { "exact": provider.url.host } }]);
    }
    json!({ "name": "envoy.transport_sockets.tls", "typed_config": context })
}

fn service(config: &Config) -> Value {
    let address = match &config.service.address {
        Address::Tcp(address) => socket_address(*address),
        Address::Unix(path) => json!({ "pipe": { "path": path } }),
    };
    let mut options = json!({
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    });
    options["explicit_http_config"] = json!({ "http2_protocol_options": {
        "initial_stream_window_size": 4 << 20,
        "initial_connection_window_size": 32 << 20,
    } });
    json!({
        "name": SERVICE,
        "type": "STATIC",
        "connect_timeout": "1s",
        "circuit_breakers": unbounded(),
        "per_connection_buffer_limit_bytes": buffers::behind_listeners(config),
        "typed_extension_protocol_options": { HTTP_OPTIONS: options },
        "load_assignment": {
            "cluster_name": SERVICE,
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }],
        },
    })
}

/// One endpoint.
fn endpoint(cluster: &str, address: Value) -> Value {
    json!({
        "cluster_name": cluster,
        "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }],
    })
}

pub(crate) fn socket_address(address: SocketAddr) -> Value {
    json!({ "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } })
}

fn unbounded() -> Value {
    json!({ "thresholds": [{
        "max_connections": UNBOUNDED,
        "max_pending_requests": UNBOUNDED,
        "max_requests": UNBOUNDED,
        "max_retries": UNBOUNDED,
    }] })
}
