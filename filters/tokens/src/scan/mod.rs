//! The pre-tokenisers: hand-written equals of the patterns by which each encoding cuts a text into pieces.
//!
//! Must not know vocabularies. Each pattern's text stands above its function; tests compare them with the pattern itself.

mod cl100k;
mod gpt2;
mod o200k;
mod runs;
mod two_bytes;
mod window;

pub(crate) use cl100k::Cl100k;
pub(crate) use gpt2::Gpt2;
pub(crate) use o200k::O200k;
pub(crate) use window::Window;

/// Cuts the next piece off.
pub(crate) trait Pattern {
    /// The end of the piece that starts at `at`, which is inside `text` and at a character's start; always after `at`.
    fn piece(text: &[u8], at: usize) -> usize;

    /// The next pieces, as many as can be cut at once; `None` leaves it to [`Pattern::piece`].
    #[inline(always)]
    fn window(_text: &[u8], _at: usize) -> Option<Window> {
        None
    }
}
