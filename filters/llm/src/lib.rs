//! What a body says: dialects and endpoints, requests, answers, streams, usage, and errors in the client's own shape.
//!
//! Pure functions over bytes. Must not know policy, prices, clocks, I/O or Envoy: everything here runs in a native unit
//! test, in `router.wasm` and in the service alike.

pub mod answer;
pub mod body;
pub mod dialect;
pub mod error;
pub mod image;
pub mod json;
pub mod replay;
pub mod request;
mod shape;
pub mod sse;
pub mod stream;
pub mod usage;

pub use answer::{Channel, Part};
pub use body::BodyError;
pub use dialect::{Dialect, Endpoint};
pub use error::{ApiError, ErrorKind};
pub use image::Image;
pub(crate) use image::ImageField;
pub use request::{Role, TextKind};
pub use usage::Usage;
