//! What the semantic cache decides without I/O: which prompts take part, what is embedded, which stored prompts are near,
//! and whether two prompts that are near may share an answer.
//! Must not know embedders, stores, tenants, HTTP or clocks.
//!
//! - [`eligible`] keeps prompts out whose answers depend on more than their words.
//! - [`normalize`] makes the text to embed.
//! - [`Index`] finds the nearest vectors of a partition.
//! - [`judge`] applies a [`Mode`]: its threshold, then the guard, [`check`].

mod eligible;
mod guard;
mod index;
mod lexicon;
mod mode;
mod normalize;
mod text;

pub use eligible::{Ineligible, Limits, eligible};
pub use guard::{Mismatch, check};
pub use index::{Index, InvalidVector, Neighbour, Search};
pub use mode::{InvalidMode, Judgement, Mode, Threshold, Why, judge};
pub use normalize::{NORMAL_FORM, normalize};
