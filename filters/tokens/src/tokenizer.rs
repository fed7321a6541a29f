//! How a model's tokens are counted: exactly, or by an estimate that says so.
//!
//! Must not know models: configuration gives each one a name of these.

use core::fmt;

use crate::counter::Counter;
use crate::encoding::Encoding;
use crate::estimate::{Family, Profile};

/// A way to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tokenizer {
    /// By a public encoding.
    Exact(Encoding),
    /// By the kinds of characters, for a family of models.
    Estimate(Family),
}

/// A number of tokens, and whether it is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub tokens: usize,
    /// Counted by the encoding itself, not estimated.
    pub exact: bool,
}

impl Tokenizer {
    /// An encoding's name, `estimate`, or `estimate:` and a family's name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.strip_prefix("estimate") {
            Some("") => Some(Self::Estimate(Family::Other)),
            Some(rest) => rest
                .strip_prefix(':')
                .and_then(Family::from_name)
                .map(Self::Estimate),
            None => Encoding::from_name(name).map(Self::Exact),
        }
    }

    /// Counts `text`; where this build does not carry the encoding, by the estimate of [`Family::Other`].
    pub fn count(self, text: &str) -> Count {
        let (tokens, exact) = match self {
            Self::Exact(encoding) => (encoding.count(text), true),
            Self::Estimate(_) => (None, false),
        };
        match tokens {
            Some(tokens) => Count { tokens, exact },
            None => Count {
                tokens: self.family().estimate(&Profile::of(text)),
                exact: false,
            },
        }
    }

    /// Whether this build counts exactly: an encoding, and one that it carries.
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::Exact(encoding) if encoding.is_available())
    }

    /// Whose estimate is used where there is no exact count.
    pub const fn family(self) -> Family {
        match self {
            Self::Exact(_) => Family::Other,
            Self::Estimate(family) => family,
        }
    }

    /// Counts text that comes in parts.
    pub fn tally(self) -> Tally {
        let counter = match self {
            Self::Exact(encoding) => encoding.counter(),
            Self::Estimate(_) => None,
        };
        Tally(match counter {
            Some(counter) => Inner::Exact(counter),
            None => Inner::Estimate(self.family(), Profile::default()),
        })
    }
}

/// A running count, exact or not. Made by [`Tokenizer::tally`]; equals [`Tokenizer::count`] of the whole however it was cut.
#[derive(Clone, Debug)]
pub struct Tally(Inner);

#[derive(Clone, Debug)]
enum Inner {
    Exact(Counter),
    Estimate(Family, Profile),
}

impl Tally {
    /// Adds the next part of the text.
    pub fn push(&mut self, part: &str) {
        match &mut self.0 {
            Inner::Exact(counter) => counter.push(part),
            Inner::Estimate(_, profile) => profile.push(part),
        }
    }

    /// The tokens of the text pushed since the tally was made or last finished. It starts anew.
    pub fn finish(&mut self) -> usize {
        match &mut self.0 {
            Inner::Exact(counter) => counter.finish(),
            Inner::Estimate(family, profile) => family.estimate(&core::mem::take(profile)),
        }
    }
}

impl fmt::Display for Tokenizer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(encoding) => encoding.fmt(out),
            Self::Estimate(Family::Other) => out.write_str("estimate"),
            Self::Estimate(family) => write!(out, "estimate:{}", family.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tokenizer;
    use crate::{Encoding, Family};

    #[test]
    fn names_lead_back() {
        let all = Encoding::ALL
            .map(Tokenizer::Exact)
            .into_iter()
            .chain(Family::ALL.map(Tokenizer::Estimate));
        for tokenizer in all {
            let name = alloc::format!("{tokenizer}");
            assert_eq!(Tokenizer::from_name(&name), Some(tokenizer), "{name}");
        }
        for name in [
            "",
            "gpt-4o",
            "estimate:",
            "estimate:gpt",
            "estimated",
            "O200K_BASE",
        ] {
            assert_eq!(Tokenizer::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn parts_count_as_the_whole() {
        let text = "It's 12:30 — 東京 へようこそ!\n\tlet x = \"ÿ\";  ====";
        let all = Encoding::ALL
            .map(Tokenizer::Exact)
            .into_iter()
            .chain(Family::ALL.map(Tokenizer::Estimate));
        for tokenizer in all {
            let mut tally = tokenizer.tally();
            for (at, _) in text.char_indices() {
                tally.push(&text[..at]);
                tally.push(&text[at..]);
                assert_eq!(tally.finish(), tokenizer.count(text).tokens, "{tokenizer} {at}");
            }
        }
    }

    #[test]
    fn a_count_says_what_it_is() {
        for encoding in Encoding::ALL {
            assert_eq!(
                Tokenizer::Exact(encoding).count("text").exact,
                encoding.is_available()
            );
        }
        assert!(
            !Tokenizer::from_name("estimate:claude")
                .expect("a name")
                .count("text")
                .exact
        );
    }
}
