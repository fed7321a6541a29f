//! SDS files for Envoy's `credential_injector`: provider credentials reach Envoy this way and never its configuration.
//! Must not read a credential by itself: the caller passes it in.

use std::path::PathBuf;

use serde_json::json;
use tollgate_config::Provider;

use crate::Files;

/// The secret's name in SDS.
pub(crate) fn name(provider: &Provider) -> String {
    format!("credential-{}", provider.name)
}

/// Where a provider's SDS file stands.
pub fn path(files: &Files<'_>, provider: &Provider) -> PathBuf {
    files.secrets.join(format!("{}.yaml", provider.name))
}

/// The SDS file that hands `credential` to Envoy, in the form of the provider's dialect (`Bearer …` for OpenAI). JSON, which
/// is YAML too. Write it readable for Envoy's user only, under a temporary name, then rename it: Envoy watches for that.
pub fn document(provider: &Provider, credential: &str) -> String {
    let value = format!("{}{}", provider.credential_prefix(), credential.trim_end());
    json!({
        "resources": [{
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
            "name": name(provider),
            "generic_secret": { "secret": { "inline_string": value } },
        }],
    })
    .to_string()
}
