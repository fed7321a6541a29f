//! Reading JSON without building it, and writing it back with single values replaced; small texts as a tree.
//! Must not know what any field means.
//!
//! Bodies are tens of megabytes when they carry images, and `router.wasm` reads every one of them, so nothing here
//! allocates per token: tokens borrow from the body and know where in it they stand. Whoever edits collects a
//! [`Splice`], and every byte that nobody edited leaves as it came.

mod bytes;
mod escape;
mod scanner;
mod splice;
#[cfg(test)]
mod tests;
mod value;

pub use escape::{Str, TextSink, escape_into};
pub use scanner::{MAX_DEPTH, Scanner, SyntaxError, SyntaxErrorKind, Token};
pub use splice::Splice;
pub use value::{Member, ObjectWriter, Value, quote};
