//! What a body says: dialects and endpoints, requests, answers, streams, usage, and errors in the client's own shape.
//!
//! Pure functions over bytes. Must not know policy, prices, clocks, I/O or Envoy: everything here runs in a native unit
//! test, in `router.wasm` and in the service alike.

pub mod dialect;
pub mod error;

pub use dialect::{Dialect, Endpoint};
pub use error::{ApiError, ErrorKind};
