//! The pieces of filter chains that the policy chain and the lanes share.
//! Must not know in which order they stand.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tollgate_config::{Config, Provider};

use crate::Files;

/// Envoy's JSON form of a duration.
pub(crate) fn duration(duration: Duration) -> String {
    format!("{}.{:09}s", duration.as_secs(), duration.subsec_nanos())
}

/// One of our filters. Filters of the same name share a VM per worker, whatever their plans.
pub(crate) fn wasm(config: &Config, name: &str, file: &str, plan: &impl Serialize) -> Value {
    let plan = serde_json::to_string(plan).unwrap_or_default();
    json!({
        "name": format!("tollgate.{name}"),
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": name,
                "root_id": name,
                // A trap ends one VM: the next request starts a new one instead of failing until a restart.
                "failure_policy": "FAIL_RELOAD",
                "allow_on_headers_stop_iteration": true,
                "vm_config": {
                    "vm_id": format!("tollgate-{name}"),
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": { "local": { "filename": config.envoy.filters.join(file) } },
                },
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": plan,
                },
            },
        },
    })
}

/// The last filter of every chain.
pub(crate) fn router() -> Value {
    json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
            "suppress_envoy_headers": true,
        },
    })
}

/// Which way a decompressor works.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    /// Clients that compress what they send.
    Request,
    /// Providers that compress although they were not asked to.
    Response,
}

const DECOMPRESSORS: [(&str, &str, &str); 3] = [
    ("decompress.gzip", "gzip", "gzip.decompressor.v3.Gzip"),
    ("decompress.brotli", "brotli", "brotli.decompressor.v3.Brotli"),
    ("decompress.zstd", "zstd", "zstd.decompressor.v3.Zstd"),
];

/// What a route says to have [`decompressors`] that are off made for its requests.
pub(crate) fn with_decompressors() -> Value {
    let on = json!({ "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "config": {} });
    DECOMPRESSORS
        .iter()
        .map(|(name, ..)| ((*name).to_owned(), on.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Decoders for everything that a body may be compressed with: what policy cannot read, it cannot pass. Those for requests are
/// off until a route switches them on: three that have nothing to do cost a quarter of what bare Envoy takes for a request.
pub(crate) fn decompressors(direction: Direction) -> Vec<Value> {
    let off = json!({ "common_config": { "enabled": { "default_value": false, "runtime_key": "tollgate.decompress" } } });
    let (key, disabled) = match direction {
        Direction::Request => ("response_direction_config", true),
        Direction::Response => ("request_direction_config", false),
    };
    DECOMPRESSORS
        .iter()
        .map(|(filter, name, kind)| {
        let mut config = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.http.decompressor.v3.Decompressor",
            "decompressor_library": {
                "name": name,
                "typed_config": { "@type": format!("type.googleapis.com/envoy.extensions.compression.{kind}") },
            },
        });
        config[key] = off.clone();
        // A provider that is not asked to compress mostly doesn't, and its stream arrives without a compressor's delay.
        config["request_direction_config"]["advertise_accept_encoding"] = false.into();
        json!({ "name": filter, "typed_config": config, "disabled": disabled })
    })
    .collect()
}

/// Signs requests in with the provider's credential, over whatever the client sent. `None` if it has none.
pub(crate) fn credential(provider: &Provider, files: &Files<'_>) -> Option<Value> {
    provider.credential.as_ref()?;
    Some(json!({
        "name": "envoy.filters.http.credential_injector",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.credential_injector.v3.CredentialInjector",
            "overwrite": true,
            "credential": {
                "name": "envoy.http.injected_credentials.generic",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.http.injected_credentials.generic.v3.Generic",
                    "header": provider.credential_header(),
                    "credential": {
                        "name": crate::secrets::name(provider),
                        "sds_config": {
                            "resource_api_version": "V3",
                            "path_config_source": { "path": absolute(&crate::secrets::path(files, provider)) },
                        },
                    },
                },
            },
        },
    }))
}

fn absolute(path: &Path) -> String {
    path.display().to_string()
}
