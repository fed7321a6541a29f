//! The configuration of the whole gateway: one file, read and validated in one place.
//!
//! There are two types of it: as written (`written`, what the file may say) and as usable ([`Config`], where
//! impossible states are gone). Must not know Envoy's own configuration, nor read a secret.

mod errors;
mod path;
mod report;
mod resolve;
mod scalar;
mod schema;
mod shape;
mod suggest;
mod usable;
mod written;
mod yaml;

pub use errors::{Errors, LoadError, Position, Problem};
pub use resolve::{CheckCustom, CheckGuardrails, GuardrailProblem, Known};
pub use scalar::{Glob, NanoUsd};
pub use schema::json_schema;
pub use usable::*;
