//! Weights at places of a text, and the score that they make together.
//! Must not know what the weights are for.

use super::phrases::Class;
use super::reading::Reading;
use super::{Signal, Verdict};

/// Words of a block: what stands in two neighbouring blocks counts together.
const BLOCK: usize = 128;
/// Kinds of signals.
const KINDS: usize = 8;

/// What was found, on its way to a score.
#[derive(Debug, Default)]
pub(super) struct Scales {
    weights: Vec<Weight>,
}

#[derive(Debug, Clone, Copy)]
struct Weight {
    signal: Signal,
    weight: f32,
    word: usize,
    /// Whether it stands between quotes or in code.
    quoted: bool,
}

impl Scales {
    pub(super) fn add(&mut self, signal: Signal, weight: f32, word: usize, quoted: bool) {
        self.weights.push(Weight {
            signal,
            weight,
            word,
            quoted,
        });
    }

    /// Makes the last signal's weight another one, if it is of this kind and began at or after `word`.
    pub(super) fn amend(&mut self, signal: Signal, word: usize, change: impl Fn(f32) -> f32) {
        if let Some(last) = self.weights.last_mut()
            && last.signal == signal
            && last.word >= word
        {
            last.weight = change(last.weight);
        }
    }

    /// The score of the stretch that has the highest.
    pub(super) fn verdict(&self, read: &Reading) -> Verdict {
        let mut best = Verdict {
            score: 0.0,
            signal: Signal::None,
        };
        if self.weights.is_empty() {
            return best;
        }
        let blocks = read.words / BLOCK + 1;
        let mut about = vec![(0_u16, 0_u16); blocks];
        for hit in &read.hits {
            if let Some((attacks, templates)) = about.get_mut(hit.first / BLOCK) {
                *attacks += u16::from(hit.class == Class::Meta && *attacks < 99);
                *templates += u16::from(hit.class == Class::Dev && *templates < 99);
            }
        }
        let near = |block: usize, which: fn(&(u16, u16)) -> u16| {
            let from = block.saturating_sub(1);
            about
                .iter()
                .skip(from)
                .take(block + 2 - from)
                .map(which)
                .sum::<u16>()
        };
        let mut sums = vec![[0.0_f32; KINDS]; blocks];
        for weight in &self.weights {
            let block = (weight.word / BLOCK).min(blocks - 1);
            let attacks = near(block, |about| about.0);
            let mut value = weight.weight
                * match (weight.quoted, attacks) {
                    (true, 0) => 0.85,
                    (true, _) => 0.45,
                    (false, 0) => 1.0,
                    (false, 1) => 0.8,
                    (false, 2..=3) => 0.65,
                    (false, _) => 0.5,
                };
            if weight.signal == Signal::FakeTurn && near(block, |about| about.1) > 0 {
                value *= 0.55;
            }
            if let Some(kind) = sums
                .get_mut(block)
                .and_then(|kinds| kinds.get_mut(weight.signal as usize))
            {
                *kind = kind.max(value.min(0.99));
            }
        }
        for (block, kinds) in sums.iter().enumerate() {
            let after = sums.get(block + 1).copied().unwrap_or_default();
            let mut top = (0.0_f32, 0);
            let mut second = 0.0_f32;
            for (kind, (one, other)) in kinds.iter().zip(after).enumerate() {
                let value = one.max(other);
                if value > top.0 {
                    second = top.0;
                    top = (value, kind);
                } else {
                    second = second.max(value);
                }
            }
            let score = top.0 + 0.4 * (1.0 - top.0) * second;
            if score > best.score {
                best = Verdict {
                    score,
                    signal: SIGNALS.get(top.1).copied().unwrap_or(Signal::None),
                };
            }
        }
        best
    }
}

const SIGNALS: [Signal; KINDS] = [
    Signal::None,
    Signal::Override,
    Signal::Leak,
    Signal::Persona,
    Signal::FakeTurn,
    Signal::Encoded,
    Signal::Planted,
    Signal::Image,
];
