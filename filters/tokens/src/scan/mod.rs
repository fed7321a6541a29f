//! The pre-tokenisers: hand-written equals of the patterns by which each encoding cuts a text into pieces.
//!
//! Must not know vocabularies. Each pattern's text stands above its function; tests compare them with the pattern itself.

mod cl100k;
mod gpt2;
mod o200k;
mod runs;

pub(crate) use cl100k::Cl100k;
pub(crate) use gpt2::Gpt2;
pub(crate) use o200k::O200k;

/// Cuts the next piece off.
pub(crate) trait Pattern {
    /// The end of the piece that starts at `at`, which is inside `text` and at a character's start; always after `at`.
    fn piece(text: &[u8], at: usize) -> usize;
}
