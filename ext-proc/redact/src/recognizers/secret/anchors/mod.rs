//! The literals that secrets begin with.
//! Must not know how they are searched. Sources: the providers' documentation of their key formats, and the prefixes that GitHub's
//! secret scanning and open scanners publish.

mod access;
mod platforms;
mod services;

use super::Alphabet;

/// A literal and what must follow it.
#[derive(Debug)]
pub(super) struct Anchor {
    pub(super) literal: &'static str,
    /// Characters after the literal.
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) alphabet: Alphabet,
    /// Whether the literal also begins ordinary names, so that what follows must look drawn at random.
    pub(super) strict: bool,
}

const fn anchor(literal: &'static str, least: usize, most: usize, alphabet: Alphabet) -> Anchor {
    Anchor {
        literal,
        least,
        most,
        alphabet,
        strict: false,
    }
}

const fn strict(literal: &'static str, least: usize, most: usize, alphabet: Alphabet) -> Anchor {
    Anchor {
        literal,
        least,
        most,
        alphabet,
        strict: true,
    }
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Anchor> {
    [
        platforms::AI,
        platforms::CLOUD,
        services::CODE,
        services::COMMUNICATION,
        access::PAYMENTS,
        access::DATA,
    ]
    .into_iter()
    .flatten()
}
