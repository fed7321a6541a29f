//! How many tokens a text has: exact counts for OpenAI's public encodings, estimates for other models, and what else a
//! prompt costs in tokens.
//!
//! Pure functions over text and numbers, for `router.wasm` and the service alike. Must not know JSON, models' names, or
//! what a count is used for. README.md beside `src` tells how it works and what was measured.

#![no_std]
#![cfg_attr(
    not(all(feature = "o200k", feature = "cl100k", feature = "p50k", feature = "r50k")),
    allow(
        dead_code,
        unused_macros,
        unused_variables,
        reason = "each vocabulary uses a part; a build with all of them shows what none does"
    )
)]

extern crate alloc;

mod class;
mod count;
mod counter;
mod encoding;
pub mod estimate;
mod hash;
mod heap;
mod lanes;
mod lines;
mod memo;
mod merge;
pub mod overhead;
mod profile;
mod repeat;
mod scan;
mod table;
mod tokenizer;
mod vocabulary;

pub use counter::Counter;
pub use encoding::Encoding;
pub use estimate::Family;
pub use tokenizer::{Count, Tally, Tokenizer};
