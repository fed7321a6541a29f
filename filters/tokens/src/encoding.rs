//! The encodings by name, and which of them this build carries.
//!
//! Must not know which model uses which encoding: that is configuration.

use core::fmt;

use crate::memo::Memo;

#[allow(unused_imports, reason = "each is used where its feature is on")]
use crate::{
    count::{count, settled},
    scan::{Cl100k, Gpt2, O200k},
    vocabulary,
};

/// A public byte-pair encoding, named as OpenAI names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Encoding {
    /// GPT-4o, GPT-4.1, GPT-5 and the o series.
    #[cfg_attr(feature = "serde", serde(rename = "o200k_base"))]
    O200kBase,
    /// gpt-oss: `o200k_base` with more special tokens, which are counted as text here, so its counts are the same.
    #[cfg_attr(feature = "serde", serde(rename = "o200k_harmony"))]
    O200kHarmony,
    /// GPT-4, GPT-3.5 and the `text-embedding-3` models.
    #[cfg_attr(feature = "serde", serde(rename = "cl100k_base"))]
    Cl100kBase,
    /// Codex and `text-davinci-003`.
    #[cfg_attr(feature = "serde", serde(rename = "p50k_base"))]
    P50kBase,
    /// GPT-2 and GPT-3.
    #[cfg_attr(feature = "serde", serde(rename = "r50k_base"))]
    R50kBase,
}

impl Encoding {
    /// Every encoding that has a name here, compiled in or not.
    pub const ALL: [Self; 5] = [
        Self::O200kBase,
        Self::O200kHarmony,
        Self::Cl100kBase,
        Self::P50kBase,
        Self::R50kBase,
    ];

    /// The name that OpenAI and configuration use, such as `o200k_base`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::O200kBase => "o200k_base",
            Self::O200kHarmony => "o200k_harmony",
            Self::Cl100kBase => "cl100k_base",
            Self::P50kBase => "p50k_base",
            Self::R50kBase => "r50k_base",
        }
    }

    /// The encoding of that exact name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.name() == name)
    }

    /// Whether this build carries the vocabulary (a Cargo feature per vocabulary).
    pub const fn is_available(self) -> bool {
        match self {
            Self::O200kBase | Self::O200kHarmony => cfg!(feature = "o200k"),
            Self::Cl100kBase => cfg!(feature = "cl100k"),
            Self::P50kBase => cfg!(feature = "p50k"),
            Self::R50kBase => cfg!(feature = "r50k"),
        }
    }

    /// How many tokens `text` has; text that looks like a special token is counted as text.
    ///
    /// `None` if and only if this build does not carry the vocabulary ([`Encoding::is_available`]).
    pub fn count(self, text: &str) -> Option<usize> {
        self.count_part(text, &mut Memo::default())
    }

    /// The same for one of several texts, with what the counts of the others left in `memo`.
    pub(crate) fn count_part(self, text: &str, memo: &mut Memo) -> Option<usize> {
        match self {
            #[cfg(feature = "o200k")]
            Self::O200kBase | Self::O200kHarmony => Some(count::<O200k>(&vocabulary::O200K, memo, text)),
            #[cfg(feature = "cl100k")]
            Self::Cl100kBase => Some(count::<Cl100k>(&vocabulary::CL100K, memo, text)),
            #[cfg(feature = "p50k")]
            Self::P50kBase => Some(count::<Gpt2>(&vocabulary::P50K, memo, text)),
            #[cfg(feature = "r50k")]
            Self::R50kBase => Some(count::<Gpt2>(&vocabulary::R50K, memo, text)),
            #[allow(
                unreachable_patterns,
                reason = "a build with every vocabulary leaves nothing here"
            )]
            _ => None,
        }
    }

    /// The tokens of the pieces that `text` begins with whatever follows it, and where they end; as [`Encoding::count_part`].
    pub(crate) fn count_settled(self, text: &str, memo: &mut Memo) -> Option<(usize, usize)> {
        match self {
            #[cfg(feature = "o200k")]
            Self::O200kBase | Self::O200kHarmony => Some(settled::<O200k>(&vocabulary::O200K, memo, text)),
            #[cfg(feature = "cl100k")]
            Self::Cl100kBase => Some(settled::<Cl100k>(&vocabulary::CL100K, memo, text)),
            #[cfg(feature = "p50k")]
            Self::P50kBase => Some(settled::<Gpt2>(&vocabulary::P50K, memo, text)),
            #[cfg(feature = "r50k")]
            Self::R50kBase => Some(settled::<Gpt2>(&vocabulary::R50K, memo, text)),
            #[allow(
                unreachable_patterns,
                reason = "a build with every vocabulary leaves nothing here"
            )]
            _ => None,
        }
    }

    /// Counts text that comes in parts; `None` as with [`Encoding::count`].
    pub fn counter(self) -> Option<crate::Counter> {
        self.is_available().then(|| crate::Counter::new(self))
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
