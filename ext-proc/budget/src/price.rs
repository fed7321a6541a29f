//! What tokens cost: a model's price list, and the arithmetic from usage to money.
//! Must not know models' names or where prices come from.

use tollgate_llm::usage::Usage;

use crate::{NanoUsd, Tokens};

/// Nano-USD for one token: `$2.50` per million tokens is `PerToken(2_500)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PerToken(pub u64);

/// What one provider asks for one model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Price {
    /// Input that the provider read afresh.
    pub input: PerToken,
    /// Input that it found in its prompt cache.
    pub cached_input: PerToken,
    /// Input that it wrote into its prompt cache.
    pub cache_write: PerToken,
    /// Output, reasoning included.
    pub output: PerToken,
}

impl Price {
    /// What this usage costs.
    ///
    /// Prices are whole nano-USD per token, so nothing is rounded: the result is the exact sum, or [`NanoUsd::MAX`] if
    /// that does not fit. Cached and written tokens are part of `input_tokens` ([`Usage`] says so) and are charged at
    /// their own price in place of the input price. A provider that reports more of them than it reports input is
    /// charged for what it reports. Reasoning tokens are part of the output.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> NanoUsd {
        sum([
            (usage.fresh_input_tokens(), self.input),
            (usage.cached_input_tokens, self.cached_input),
            (usage.cache_write_tokens, self.cache_write),
            (usage.output_tokens, self.output),
        ])
    }

    /// The most that an exchange of `input` tokens with at most `output` tokens of answer can cost: what to reserve.
    /// Input is taken at its dearest price, since nobody knows beforehand what the provider finds in its cache.
    #[must_use]
    pub fn at_most(&self, input: Tokens, output: Tokens) -> NanoUsd {
        let dearest = self.input.max(self.cached_input).max(self.cache_write);
        sum([(input.0, dearest), (output.0, self.output)])
    }

    /// Each item at the higher of the two prices: what to reserve with when either provider may end up answering.
    #[must_use]
    pub fn highest(self, other: Self) -> Self {
        Self {
            input: self.input.max(other.input),
            cached_input: self.cached_input.max(other.cached_input),
            cache_write: self.cache_write.max(other.cache_write),
            output: self.output.max(other.output),
        }
    }
}

fn sum<const N: usize>(items: [(u64, PerToken); N]) -> NanoUsd {
    let total = items
        .into_iter()
        .map(|(tokens, price)| u128::from(tokens) * u128::from(price.0))
        .fold(0_u128, u128::saturating_add);
    NanoUsd(i64::try_from(total).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// USD 2.50 / 1.25 / 3.125 / 10 per million.
    const PRICE: Price = Price {
        input: PerToken(2_500),
        cached_input: PerToken(1_250),
        cache_write: PerToken(3_125),
        output: PerToken(10_000),
    };

    fn usage(input: u64, cached: u64, written: u64, output: u64) -> Usage {
        Usage {
            input_tokens: input,
            cached_input_tokens: cached,
            cache_write_tokens: written,
            output_tokens: output,
            ..Usage::default()
        }
    }

    #[test]
    fn every_kind_of_token_is_charged_once_at_its_own_price() {
        for (usage, expected) in [
            (usage(0, 0, 0, 0), 0),
            (usage(1, 0, 0, 0), 2_500),
            (usage(1_000_000, 0, 0, 0), 2_500_000_000),
            (usage(1_000, 400, 0, 0), 600 * 2_500 + 400 * 1_250),
            (
                usage(1_000, 400, 100, 10),
                500 * 2_500 + 400 * 1_250 + 100 * 3_125 + 10 * 10_000,
            ),
            // More cached than there was input: charged as reported, never negative.
            (usage(100, 400, 0, 0), 400 * 1_250),
            (usage(u64::MAX, 0, 0, u64::MAX), i64::MAX),
            (usage(0, u64::MAX, u64::MAX, 0), i64::MAX),
        ] {
            assert_eq!(PRICE.cost(&usage), NanoUsd(expected), "{usage:?}");
        }
    }

    #[test]
    fn reasoning_is_part_of_the_output() {
        let usage = Usage {
            reasoning_tokens: 90,
            ..usage(0, 0, 0, 100)
        };
        assert_eq!(PRICE.cost(&usage), NanoUsd(1_000_000));
    }

    proptest::proptest! {
        #[test]
        fn what_is_reserved_covers_what_is_charged(
            fresh in 0_u64..1 << 40, cached in 0_u64..1 << 40, written in 0_u64..1 << 40, output in 0_u64..1 << 40,
            prices in proptest::array::uniform4(0_u64..1 << 20),
        ) {
            let [input, cached_input, cache_write, output_price] = prices.map(PerToken);
            let price = Price { input, cached_input, cache_write, output: output_price };
            let input = fresh + cached + written;
            let actual = price.cost(&usage(input, cached, written, output));
            proptest::prop_assert!(price.at_most(Tokens(input), Tokens(output)) >= actual);
            proptest::prop_assert!(price.highest(PRICE).at_most(Tokens(input), Tokens(output)) >= actual);
        }
    }
}
