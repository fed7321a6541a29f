//! Clients of services that somebody else runs: sentence embeddings, moderation, and named entities in a text.
//!
//! Each call has a deadline, a bounded answer and one of few slots. Must not know policy: what counts as a hit, what is
//! refused, and whether a failure lets a request pass or stops it are the caller's; so are keys of configuration files.
//!
//! | module | what happens there |
//! |---|---|
//! | [`service`] | where a service is, how long it may take; connections, TLS, limits |
//! | [`embeddings`] | `POST {url}/embeddings`, OpenAI's shape: a text becomes a vector of length one |
//! | [`moderation`] | `POST {url}/moderations`, OpenAI's shape: which categories a text falls into |
//! | [`recognizer`] | `POST {url}/analyze`, Presidio Analyzer's shape: who and what a text names, and where |
//! | [`error`] | what went wrong, whose fault it is, and whether it passes |
//! | [`secret`] | a credential that no log prints |

pub mod embeddings;
pub mod error;
pub mod moderation;
pub mod recognizer;
pub mod secret;
pub mod service;
mod tls;

pub use embeddings::Embeddings;
pub use error::{Error, Fault};
pub use moderation::{Category, Moderation, Thresholds, Verdict};
pub use recognizer::{Recognizer, Span};
pub use secret::{Credential, Secret};
pub use service::{Options, Service};
