//! How much Envoy buffers: by default a megabyte, which a prompt with images exceeds, and what is more is a bare 413.
//! Must not know what is buffered where.

use serde_json::{Value, json};
use tollgate_config::Config;

/// Room beside a body of the largest size, so that `router.wasm` answers a 413 in the client's dialect before Envoy does in
/// its own.
const SLACK: u64 = 256 * 1024;

/// How much is buffered for a connection that carries bodies of up to `max_body` bytes.
pub(crate) fn limit(max_body: u64) -> u64 {
    max_body.saturating_add(SLACK).min(u64::from(u32::MAX))
}

/// The same behind the listeners, whichever the request came by.
pub(crate) fn behind_listeners(config: &Config) -> u64 {
    let bodies = config.listeners.iter().map(|listener| listener.max_body);
    limit(bodies.max().unwrap_or_default())
}

/// Of a stream Envoy buffers as much as its window, whatever the connection's limit is.
pub(crate) fn http2_options(max_body: u64) -> Value {
    const LEAST_FOR_ALL: u64 = 16 << 20;
    const MOST: u64 = (1 << 31) - 1;
    let stream = limit(max_body).clamp(65_535, MOST);
    json!({
        "initial_stream_window_size": stream,
        "initial_connection_window_size": stream.max(LEAST_FOR_ALL),
    })
}
