//! What stands behind the service in the policy chain, all of it Envoy's own: Envoy asks the service about bodies only, so the
//! head of a request would leave before the service has decided; here it waits, and the decision takes effect.
//! Must not know how a decision is made.

use serde_json::{Value, json};
use tollgate_config::{Config, OnFailure};
use tollgate_routing::{decision, names};

/// What the names of these filters begin with.
const PREFIX: &str = "tollgate.decision";

/// The filters, in their order. `buffer` is the most that is held of a request.
pub(crate) fn filters(config: &Config, buffer: u64) -> Vec<Value> {
    let mut filters = vec![hold(buffer)];
    if config.service.on_failure == OnFailure::Closed {
        filters.push(required());
    }
    if config.routes.iter().any(|route| !route.when.tenants.is_empty()) {
        filters.push(target());
        filters.push(if config.envoy.version.set_filter_state_clears_routes() {
            route_anew()
        } else {
            route_anew_by_script()
        });
    }
    filters
}

/// Holds the head until the body is whole, that is, until the service has answered; gives a body that the service replaced its
/// `content-length` back, since not every provider takes a chunked one.
fn hold(buffer: u64) -> Value {
    json!({
        "name": format!("{PREFIX}.hold"),
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
            "max_request_bytes": buffer,
        },
    })
}

/// Refuses what no decision allows. Only what `router.wasm` admitted can reach a provider; the route table answers the rest.
fn required() -> Value {
    json!({
        "name": format!("{PREFIX}.required"),
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": { "action": "ALLOW", "policies": { "decided": {
                "permissions": [{ "any": true }],
                "principals": [
                    { "sourced_metadata": {
                        "metadata_source": "DYNAMIC",
                        "metadata_matcher": {
                            "filter": decision::NAMESPACE,
                            "path": [{ "key": decision::DECISION }],
                            "value": { "string_match": { "exact": decision::ALLOW } },
                        },
                    } },
                    { "header": { "name": names::FACTS, "present_match": false } },
                ],
            } } },
        },
    })
}

/// Writes the service's choice over the router's, where they differ: only the service knows tenants.
fn target() -> Value {
    json!({
        "name": format!("{PREFIX}.target"),
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
            "mutations": { "request_mutations": [{ "append": {
                "header": { "key": names::POOL, "value": metadata(decision::TARGET) },
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            } }] },
        },
    })
}

/// Has the route chosen anew by the header that may have changed: Envoy keeps a route once it has one.
fn route_anew() -> Value {
    json!({
        "name": format!("{PREFIX}.route"),
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
            "clear_route_cache": true,
            "on_request_headers": [{
                "object_key": "tollgate.target",
                "factory_key": "envoy.string",
                "format_string": {
                    "text_format_source": { "inline_string": metadata(decision::TARGET) },
                    "omit_empty_values": true,
                },
                "skip_if_empty": true,
            }],
        },
    })
}

/// The same for an Envoy whose `set_filter_state` cannot: a script can.
fn route_anew_by_script() -> Value {
    json!({
        "name": format!("{PREFIX}.route"),
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "default_source_code": {
                "inline_string": "function envoy_on_request(handle) handle:clearRouteCache() end",
            },
        },
    })
}

fn metadata(key: &str) -> String {
    format!("%DYNAMIC_METADATA({}:{key})%", decision::NAMESPACE)
}
