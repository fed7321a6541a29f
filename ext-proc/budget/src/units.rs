//! The two things that are counted here: tokens and money.
//! Must not know what they are counted for.

use std::fmt;

/// A number of tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tokens(pub u64);

/// An amount of money in billionths of a US dollar: a token costs a whole number of them at every published price.
/// Negative only as a difference. The largest is 9.2 billion dollars; sums saturate there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoUsd(pub i64);

impl Tokens {
    /// No tokens.
    pub const ZERO: Self = Self(0);

    /// The sum, or the largest number if it does not fit.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl NanoUsd {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// As much as can be expressed.
    pub const MAX: Self = Self(i64::MAX);
    /// One US dollar.
    pub const USD: Self = Self(1_000_000_000);

    /// The sum, or the nearest amount that fits.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or the nearest amount that fits.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The amount, or the nearest one that fits.
    pub(crate) fn from_i128(amount: i128) -> Self {
        let clamped = amount.clamp(i64::MIN.into(), i64::MAX.into());
        Self(i64::try_from(clamped).unwrap_or(i64::MAX))
    }

    /// For gauges and reports only: 53 bits are exact up to nine million dollars.
    #[must_use]
    pub const fn as_usd_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

/// Dollars with as many decimals as the amount needs, at least two: `12.50`, `0.000025`, `-0.01`.
impl fmt::Display for NanoUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let (whole, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        let digits = format!("{fraction:09}");
        let needed = digits.trim_end_matches('0').len().max(2);
        write!(f, "{sign}{whole}.{}", digits.get(..needed).unwrap_or(&digits))
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_in_dollars_without_loss() {
        for (nanos, expected) in [
            (0, "0.00"),
            (1, "0.000000001"),
            (25_000, "0.000025"),
            (500_000_000, "0.50"),
            (12_500_000_000, "12.50"),
            (100_000_000_000, "100.00"),
            (-10_000_000, "-0.01"),
            (i64::MAX, "9223372036.854775807"),
            (i64::MIN, "-9223372036.854775808"),
        ] {
            assert_eq!(NanoUsd(nanos).to_string(), expected);
        }
    }
}
