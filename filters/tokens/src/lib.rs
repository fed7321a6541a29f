//! How many tokens a text has: exact counts for OpenAI's public encodings, and what else a prompt costs in tokens.
//!
//! Pure functions over text and numbers, for `router.wasm` and the service alike. Must not know JSON, models' names, or
//! what a count is used for.

extern crate alloc;

mod class;
mod count;
mod counter;
mod encoding;
pub mod estimate;
mod hash;
mod heap;
mod merge;
mod scan;
mod table;
mod vocabulary;

pub use counter::Counter;
pub use encoding::Encoding;
