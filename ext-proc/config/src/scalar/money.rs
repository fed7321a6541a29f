//! Amounts of money and prices, read from decimal text without a float in between.
//!
//! Must not know who pays.

use super::Kind;

/// Money in billionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NanoUsd(pub i64);

/// An amount in USD, exact to a billionth.
pub(crate) struct Usd;

impl Kind for Usd {
    type Value = NanoUsd;
    const FORMAT: &'static str = "usd";
    const EXAMPLE: &'static str = "12.50";
    const EXPECTED: &'static str = "an amount in USD such as 12.50";
    const NUMERIC: bool = true;

    fn read(text: &str) -> Result<NanoUsd, String> {
        decimal(text, 9).map(NanoUsd)
    }

    fn write(value: &NanoUsd) -> String {
        write_decimal(value.0, 9)
    }
}

/// USD per million tokens. One of them is a thousand nano-USD per token, so three decimals are exact.
pub(crate) struct PerMillion;

impl Kind for PerMillion {
    type Value = NanoUsd;
    const FORMAT: &'static str = "usd-per-million-tokens";
    const EXAMPLE: &'static str = "2.50";
    const EXPECTED: &'static str = "USD per million tokens such as 2.50";
    const NUMERIC: bool = true;

    fn read(text: &str) -> Result<NanoUsd, String> {
        decimal(text, 3).map(NanoUsd)
    }

    fn write(value: &NanoUsd) -> String {
        write_decimal(value.0, 3)
    }
}

/// A decimal of at most `places` places, as a whole number of its last place.
fn decimal(text: &str, places: usize) -> Result<i64, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if text.starts_with('-') {
        return Err("must not be negative".to_owned());
    }
    if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
        return Err("write digits and at most one point".to_owned());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > places {
        return Err(format!("at most {places} decimals are exact here"));
    }
    format!("{whole}{fraction:0<places$}")
        .parse()
        .map_err(|_| "too much".to_owned())
}

fn write_decimal(value: i64, places: usize) -> String {
    let digits = format!("{value:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        for (text, expected) in [
            ("0", Some(0)),
            ("100", Some(100_000_000_000)),
            ("2.50", Some(2_500_000_000)),
            ("0.1", Some(100_000_000)),
            ("0.000000001", Some(1)),
            ("0.0000000010", Some(1)),
            ("9223372036.854775807", Some(i64::MAX)),
            ("9223372036.854775808", None),
            ("0.0000000001", None),
            ("-1", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("1e3", None),
            ("1,000", None),
            ("+1", None),
            ("٣", None),
        ] {
            assert_eq!(Usd::read(text).ok().map(|amount| amount.0), expected, "{text}");
        }
        for (text, expected) in [
            ("2.50", Some(2_500)),
            ("0.075", Some(75)),
            ("0.0375", None),
            ("0", Some(0)),
            ("150", Some(150_000)),
        ] {
            assert_eq!(
                PerMillion::read(text).ok().map(|price| price.0),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for nanos in [0, 1, 10, 999_999_999, 1_000_000_000, 2_500_000_000, i64::MAX] {
            assert_eq!(Usd::read(&Usd::write(&NanoUsd(nanos))), Ok(NanoUsd(nanos)));
            assert_eq!(
                PerMillion::read(&PerMillion::write(&NanoUsd(nanos))),
                Ok(NanoUsd(nanos))
            );
        }
    }
}
