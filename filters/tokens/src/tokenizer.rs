//! How a model's tokens are counted: exactly, or by an estimate that says so.
//!
//! Must not know models: configuration gives each one a name of these.

use core::fmt;

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
        let family = match self {
            Self::Exact(encoding) => match encoding.count(text) {
                Some(tokens) => return Count { tokens, exact: true },
                None => Family::Other,
            },
            Self::Estimate(family) => family,
        };
        Count {
            tokens: family.estimate(&Profile::of(text)),
            exact: false,
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
