//! A prompt as words, numbers and symbols, folded to one spelling.
//! Must not know what the words mean, or that there is another prompt.

mod number;
mod tokens;

pub(crate) use number::{Number, NumberKind, hash, number_word};
pub(crate) use tokens::{Shape, Text, Token};

/// The most words of a side that count as one place.
pub(crate) const MOST_SWAPPED: usize = 2;

/// How many words of each side are left when equal beginnings and equal ends are taken off.
pub(crate) fn differing(a: &[String], b: &[String]) -> (usize, usize) {
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let rest = |words: &[String]| words.len().saturating_sub(front);
    let ends = a.iter().skip(front).rev().zip(b.iter().skip(front).rev());
    let back = ends.take_while(|(x, y)| x == y).count();
    (rest(a).saturating_sub(back), rest(b).saturating_sub(back))
}
