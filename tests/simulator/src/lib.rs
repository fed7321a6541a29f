//! A provider that does what a test tells it: OpenAI's and Anthropic's wire formats (and Presidio Analyzer's, which names
//! what is personal), and everything that goes wrong with real ones (errors, resets, hangs, awkward splits, compressed and cut bodies).
//!
//! Must not know that a gateway exists: whatever reaches it is answered as the provider would, and can be read back at
//! `/sim/requests`. README.md lists what a script can say.

mod answer;
mod dialect;
mod http;
mod judge;
mod meaning;
mod plan;
mod record;
mod request;
mod script;
mod server;
mod validate;

pub use record::Outcome;
pub use script::{Script, ScriptError};
pub use server::{Mode, Simulator};
