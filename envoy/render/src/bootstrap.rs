//! The frame of Envoy's configuration: node, admin, stats, listeners and clusters together.
//! Must not know what stands inside a listener or cluster.

use serde_json::{Value, json};
use tollgate_config::Config;

use crate::plan::Plan;
use crate::{Files, clusters, lanes, policy};

/// The bootstrap.
pub(crate) fn bootstrap(config: &Config, plan: &Plan, files: &Files<'_>) -> Value {
    let mut listeners: Vec<Value> = config
        .listeners
        .iter()
        .map(|listener| policy::listener(config, plan, listener))
        .collect();
    listeners.extend(
        plan.laned()
            .iter()
            .map(|provider| lanes::listener(config, provider, files)),
    );
    let mut bootstrap = json!({
        // SDS from files needs both, or Envoy does not start.
        "node": { "id": "tollgate", "cluster": "tollgate" },
        "bootstrap_extensions": [{
            "name": "envoy.bootstrap.internal_listener",
            "typed_config": { "@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener" },
        }],
        "stats_config": { "stats_tags": [
            { "tag_name": "model", "regex": "^wasmcustom\\.tollgate(\\.model\\.([^.]+))" },
            { "tag_name": "pool", "regex": "^wasmcustom\\.tollgate(?:\\.model\\.[^.]+)?(\\.pool\\.([^.]+))" },
            { "tag_name": "status", "regex": "^wasmcustom\\.tollgate\\.refused(\\.(\\d+))" },
        ] },
        "static_resources": { "listeners": listeners, "clusters": clusters::all(config, plan, files) },
    });
    if let Some(admin) = config.envoy.admin {
        bootstrap["admin"] = json!({ "address": clusters::socket_address(admin) });
    }
    bootstrap
}
