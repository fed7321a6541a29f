//! What the semantic cache decides without I/O: which prompts take part, what is embedded, and whether two prompts
//! that are near may share an answer. Must not know vectors, embedders, stores, tenants, HTTP or clocks.
//!
//! - [`eligible`] keeps prompts out whose answers depend on more than their words.
//! - [`normalize`] makes the text to embed.
//! - [`judge`] applies a [`Mode`]: its threshold, then the guard, [`check`].

mod eligible;
mod guard;
mod lexicon;
mod mode;
mod normalize;
mod text;

pub use eligible::{Ineligible, Limits, eligible};
pub use guard::{Mismatch, check};
pub use mode::{InvalidMode, Judgement, Mode, Threshold, Why, judge};
pub use normalize::{NORMAL_FORM, normalize};
