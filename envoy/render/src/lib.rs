//! From a validated configuration to what Envoy loads.
//!
//! Must not validate (a [`Config`] is right) and must not do I/O: it returns documents, the caller writes them.
//!
//! | module | renders |
//! |---|---|
//! | [`plan`] | which providers can serve what: targets, and the slices that the wasm filters get |
//! | `bootstrap` | node, admin, stats, internal listeners: the frame |
//! | `policy` | the listeners that clients reach, with the policy chain |
//! | `decision` | what stands behind the service: no request passes without its decision |
//! | `routes` | target → cluster, twice each: streamed and buffered answers |
//! | `lanes` | one internal listener per provider |
//! | `clusters` | providers, lanes, pools, the service |
//! | `buffers` | how much each of them holds |
//! | `filters` | the pieces of filter chains that several of them use |
//! | [`secrets`] | SDS files for `credential_injector` |

mod bootstrap;
mod buffers;
mod clusters;
mod decision;
mod filters;
mod lanes;
pub mod plan;
mod policy;
mod routes;
pub mod secrets;

use std::path::Path;

use serde_json::Value;
use tollgate_config::Config;

use crate::plan::Plan;

/// Where Envoy finds the files that go with its configuration, as Envoy sees them.
pub struct Files<'a> {
    /// Folder of the SDS files ([`secrets`]).
    pub secrets: &'a Path,
}

/// The complete bootstrap of an Envoy that is the gateway.
pub fn envoy(config: &Config, files: &Files<'_>) -> Value {
    bootstrap::bootstrap(config, &Plan::new(config), files)
}

/// A document as YAML, with a line that says where it came from.
pub fn to_yaml(document: &Value) -> Result<String, serde_saphyr::ser::Error> {
    let yaml = serde_saphyr::to_string(document)?;
    Ok(format!(
        "# Rendered by `tollgate render envoy`: change tollgate.yaml and render again.\n{yaml}"
    ))
}
