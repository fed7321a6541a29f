//! Estimates for models whose tokenizer is not public or not carried: how many tokens of a model family each kind of
//! character usually takes, corrected by what providers report.
//!
//! Must not know model names, texts, or where reports come from. An estimate is marked as one wherever it goes.

use crate::profile::KINDS;
pub use crate::profile::Profile;

/// Families of models that share a tokenizer or nearly so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Family {
    /// Anthropic's Claude, as far as its one public tokenizer (Claude 2) tells.
    Claude,
    /// Google's Gemini and Gemma.
    Gemini,
    /// Meta's Llama 3 and later.
    Llama,
    /// Alibaba's Qwen.
    Qwen,
    /// Any other: between the known ones.
    Other,
}

/// Tokens per 256 of each kind, in the order of `Kind`: fitted (non-negative least squares of the relative error) to the
/// public tokenizers of each family over text in 18 languages, source code, JSON, base64, records and emoji; README.md
/// says how.
type Weights = [u32; KINDS];
const CLAUDE: Weights = [
    264, 547, 25, 50, 207, 36, 71, 456, 0, 67, 170, 328, 137, 259, 277, 397, 449, 478, 127, 229, 314, 669,
];
const GEMINI: Weights = [
    221, 205, 51, 58, 375, 259, 85, 385, 66, 66, 0, 103, 62, 132, 89, 81, 76, 99, 115, 84, 151, 415,
];
const LLAMA: Weights = [
    235, 200, 61, 61, 251, 141, 128, 321, 100, 37, 0, 105, 78, 292, 98, 192, 120, 450, 114, 138, 177, 714,
];
const QWEN: Weights = [
    235, 201, 58, 49, 399, 143, 120, 379, 42, 20, 0, 253, 83, 107, 123, 285, 143, 312, 118, 138, 182, 307,
];
/// Latin text as fitted to the mean of the four. For characters of other scripts, of which one family takes up to six times
/// as many tokens as another, what is as much too high for the lowest as it is too low for the highest of them.
const OTHER: Weights = [
    247, 349, 42, 52, 308, 106, 101, 391, 87, 46, 0, 157, 85, 157, 135, 135, 130, 164, 120, 123, 204, 429,
];

/// How far off estimates were on text that the weights were not fitted to, in pieces of 800 characters; as parts of the
/// true count, without calibration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorBound {
    /// The mean over kinds of text.
    pub mean: f64,
    /// What 95 of 100 pieces stayed below.
    pub p95: f64,
}

impl Family {
    /// Every family, `Other` last.
    pub const ALL: [Self; 5] = [Self::Claude, Self::Gemini, Self::Llama, Self::Qwen, Self::Other];

    /// The name that configuration uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Gemini => "gemini",
            Self::Llama => "llama",
            Self::Qwen => "qwen",
            Self::Other => "other",
        }
    }

    /// The family of that exact name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    /// About how many tokens a text of that profile has.
    pub fn estimate(self, profile: &Profile) -> usize {
        let weights = match self {
            Self::Claude => &CLAUDE,
            Self::Gemini => &GEMINI,
            Self::Llama => &LLAMA,
            Self::Qwen => &QWEN,
            Self::Other => &OTHER,
        };
        let sum: u64 = profile
            .counts()
            .iter()
            .zip(weights)
            .map(|(&count, &weight)| u64::from(count) * u64::from(weight))
            .sum();
        sum.div_ceil(256) as usize
    }

    /// The measured error of [`Family::estimate`].
    pub const fn error(self) -> ErrorBound {
        let (mean, p95) = match self {
            Self::Claude => (0.10, 0.26),
            Self::Gemini => (0.07, 0.29),
            Self::Llama => (0.11, 0.42),
            Self::Qwen => (0.08, 0.34),
            // The mean on the families above, and on the one that it was the farthest off.
            Self::Other => (0.27, 0.57),
        };
        ErrorBound { mean, p95 }
    }
}

/// What providers reported beside what was estimated, for one model: a factor for its estimates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    estimated: f64,
    reported: f64,
    error: f64,
}

/// Where a calibration starts, in tokens: so much text says that the weights are right.
const PRIOR: f64 = 2000.0;
/// What older reports keep of their weight with each new one.
const KEPT: f64 = 0.99;

impl Calibration {
    /// Nothing reported yet.
    pub const fn new(family: Family) -> Self {
        Self {
            estimated: PRIOR,
            reported: PRIOR,
            error: family.error().mean,
        }
    }

    /// Takes in one report: the uncalibrated estimate of a text and the tokens that the provider counted for it. Reports
    /// that are off by more than four times say something else than the tokenizer (images, hidden prompts): left out.
    pub fn observe(&mut self, estimated: usize, reported: usize) {
        let (estimated, reported) = (estimated as f64, reported as f64);
        if estimated < 1.0 || !(0.25..=4.0).contains(&(reported / estimated)) {
            return;
        }
        let off = (estimated * self.factor() - reported).abs() / reported;
        self.error = self.error * KEPT + off * (1.0 - KEPT);
        self.estimated = self.estimated * KEPT + estimated;
        self.reported = self.reported * KEPT + reported;
    }

    /// What estimates are multiplied with.
    pub fn factor(&self) -> f64 {
        self.reported / self.estimated
    }

    /// An estimate, corrected and rounded up.
    pub fn apply(&self, estimated: usize) -> usize {
        let corrected = estimated as f64 * self.factor();
        let whole = corrected as usize;
        whole + usize::from(corrected > whole as f64)
    }

    /// The running mean of how far calibrated estimates were off, as parts of the true count.
    pub const fn error(&self) -> f64 {
        self.error
    }
}

#[cfg(test)]
mod tests {
    use super::{Calibration, Family, Profile};

    #[test]
    fn an_empty_text_has_no_tokens_and_a_longer_one_never_fewer() {
        for family in Family::ALL {
            assert_eq!(family.estimate(&Profile::of("")), 0);
            let text = "It's 12:30 — 東京 へようこそ! Привет, שלום 👋\n\tlet x = \"ÿ\";\n====";
            let mut before = 0;
            for (at, _) in text.char_indices() {
                let estimate = family.estimate(&Profile::of(&text[..at]));
                assert!(estimate >= before, "{family:?} {at}");
                before = estimate;
                let mut parts = Profile::of(&text[..at]);
                parts.push(&text[at..]);
                assert_eq!(parts, Profile::of(text), "{at}");
            }
        }
    }

    #[cfg(feature = "o200k")]
    #[test]
    fn the_families_are_near_an_exact_count_of_english() {
        let text = "The proxy counts the tokens of a prompt before it costs money, and says how it counted."
            .repeat(20);
        let exact = crate::Encoding::O200kBase
            .count(&text)
            .expect("the feature is on");
        for family in Family::ALL {
            let estimate = family.estimate(&Profile::of(&text));
            assert!(
                exact * 8 / 10 < estimate && estimate < exact * 13 / 10,
                "{family:?} {estimate} {exact}"
            );
        }
    }

    #[test]
    fn reports_pull_the_estimates_towards_them() {
        let mut calibration = Calibration::new(Family::Claude);
        assert_eq!(calibration.apply(1000), 1000);
        for _ in 0..500 {
            calibration.observe(1000, 1300);
        }
        let corrected = calibration.apply(1000);
        assert!((1290..=1310).contains(&corrected), "{corrected}");
        assert!(calibration.error() < 0.03);
        calibration.observe(10, 100_000);
        assert_eq!(
            calibration.apply(1000),
            corrected,
            "a report of something else is left out"
        );
    }
}
