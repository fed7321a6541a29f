//! What the filters share of Envoy's host functions: configuration, refusals, properties.
//!
//! Thin wrappers that never panic: a trap takes the whole VM and every request in it. Must not decide anything.

use std::fmt::Display;

use log::error;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{HttpContext, RootContext};
use proxy_wasm::types::BufferType;
use tollgate_llm::{ApiError, Dialect};

/// Reads the plugin's configuration; says in Envoy's log what is wrong with it.
pub fn configuration<T, E: Display>(
    root: &impl RootContext,
    filter: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    let bytes = root.get_plugin_configuration().unwrap_or_default();
    match read(&String::from_utf8_lossy(&bytes)) {
        Ok(plan) => Some(plan),
        Err(cause) => {
            error!("{filter}: plugin configuration: {cause}; render it with `tollgate render envoy`");
            None
        }
    }
}

/// Answers the request with an error in the client's dialect. A refusal by policy would be refused again, so SDKs are told
/// not to retry it; what may pass at the next try (503, 504) is left to them.
pub fn refuse(http: &impl HttpContext, dialect: Dialect, error: &ApiError) {
    let mut headers = vec![("content-type", "application/json")];
    if error.status < 500 {
        headers.push(("x-should-retry", "false"));
    }
    http.send_http_response(u32::from(error.status), headers, Some(&error.to_json(dialect)));
}

/// A property as text; `None` when it is absent or not UTF-8.
pub fn text_property(path: &[&str]) -> Option<String> {
    let bytes = hostcalls::get_property(path.to_vec()).ok().flatten()?;
    String::from_utf8(bytes).ok()
}

/// A namespace of dynamic metadata as Envoy encodes maps, fetched in one call; empty where nothing was written.
pub fn metadata(namespace: &str) -> Vec<u8> {
    let path = vec!["metadata", "filter_metadata", namespace];
    hostcalls::get_property(path).ok().flatten().unwrap_or_default()
}

/// Makes a value readable for access logs as `%FILTER_STATE(wasm.<name>:PLAIN)%`.
pub fn set_state(name: &str, value: &str) {
    // Fails only when the name is taken by something read-only; nothing depends on it but logs.
    if let Err(status) = hostcalls::set_property(vec![name], Some(value.as_bytes())) {
        error!("filter state {name}: {status:?}");
    }
}

/// The bytes of a body that Envoy holds, or `None` if it gives none.
pub fn body(kind: BufferType, size: usize) -> Option<Vec<u8>> {
    hostcalls::get_buffer(kind, 0, size).ok().flatten()
}
