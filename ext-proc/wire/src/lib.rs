//! Envoy's `ext_proc` messages on one side, the events of an exchange on the other; the only crate that sees `envoy-types`.
//!
//! Must not know policy: what a request or an answer means is decided behind [`Exchange`].
//!
//! | module | what happens there |
//! |---|---|
//! | [`event`] | what an exchange is told and what it answers, in our own types |
//! | `codec` | those types to and from Envoy's protobuf |
//! | `conversation` | one gRPC stream: order of messages, first end of stream, the client that leaves |
//! | [`server`] | TCP or Unix socket, gRPC health, drain |
//! | `workers` | a thread per core, and which connection lives on which |

mod codec;
mod conversation;
pub mod event;
pub mod server;
mod workers;

pub use event::{AnswerVerdict, Asked, Attributes, Exchange, Metadata, Policy, Reply, RequestVerdict, Value};
pub use server::{Endpoint, Readiness, ServeError, Server};
