//! A prompt as words, numbers and symbols, folded to one spelling.
//! Must not know what the words mean, or that there is another prompt.

mod number;
mod tokens;

pub(crate) use number::{Number, NumberKind, hash, number_word};
pub(crate) use tokens::{Shape, Text, Token};
