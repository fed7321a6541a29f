//! One spelling for each JSON number that every reader takes for the same.
//! Must not know where the number stands.

/// A number in canonical form.
///
/// Integers stay as they are: JSON has one spelling for each, and a reader may tell `1` from `1.0`. Numbers with a
/// fraction or an exponent are floats to every reader, so `0.70`, `0.7` and `7e-1` are one: digits without zeros at
/// either end, and a power of ten. No digit is lost, so different numbers stay different, however long they are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Number<'a> {
    /// The text, or a number whose exponent is beyond any use.
    AsWritten(&'a str),
    /// `0.digits × 10^exponent`: the digits may stand in two parts of the text, with the point between them.
    Float {
        negative: bool,
        head: &'a str,
        tail: &'a str,
        exponent: i64,
    },
}

impl<'a> Number<'a> {
    /// Reads a number that the scanner has accepted.
    pub(super) fn read(text: &'a str) -> Self {
        if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Self::AsWritten(text);
        }
        Self::float(text).unwrap_or(Self::AsWritten(text))
    }

    fn float(text: &'a str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, written) = match unsigned.split_once(['e', 'E']) {
            // `+5` parses; beyond an i32 nobody reads it as anything but zero or infinity, and we do not decide which.
            Some((mantissa, exponent)) => (mantissa, i64::from(exponent.parse::<i32>().ok()?)),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut exponent = written + i64::try_from(whole.len()).ok()?;
        // Zeros before the first digit move the point; zeros behind the last mean nothing.
        let mut head = whole.trim_start_matches('0');
        let mut tail = fraction;
        exponent -= i64::try_from(whole.len() - head.len()).ok()?;
        if head.is_empty() {
            tail = fraction.trim_start_matches('0');
            exponent -= i64::try_from(fraction.len() - tail.len()).ok()?;
        }
        tail = tail.trim_end_matches('0');
        if tail.is_empty() {
            head = head.trim_end_matches('0');
        }
        if head.is_empty() && tail.is_empty() {
            exponent = 0;
        }
        Some(Self::Float {
            negative,
            head,
            tail,
            exponent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The encoding's view: where the point stood in the text does not matter.
    fn canonical(text: &str) -> String {
        match Number::read(text) {
            Number::AsWritten(text) => text.to_owned(),
            Number::Float {
                negative,
                head,
                tail,
                exponent,
            } => {
                format!("{}0.{head}{tail}e{exponent}", if negative { "-" } else { "" })
            }
        }
    }

    #[test]
    fn spellings_of_one_float_are_one() {
        for (spellings, expected) in [
            (
                &["0.7", "0.70", "7e-1", "7E-1", "0.07e1", "70.0e-2", "700e-3"][..],
                "0.7e0",
            ),
            (&["1.0", "1.00", "1e0", "10e-1", "1E+0", "0.1e1"][..], "0.1e1"),
            (&["100.0", "1e2", "1.0e2", "1e+02"][..], "0.1e3"),
            (&["0.0", "0e5", "0.00e-9"][..], "0.e0"),
            (&["-0.0", "-0e1"][..], "-0.e0"),
            (&["-0.5", "-5e-1"][..], "-0.5e0"),
            (&["1.05", "105e-2"][..], "0.105e1"),
            (&["10.5", "1.05e1"][..], "0.105e2"),
            (&["0.0010", "1e-3"][..], "0.1e-2"),
            (&["1e2147483647"][..], "0.1e2147483648"),
        ] {
            for spelling in spellings {
                assert_eq!(canonical(spelling), expected, "{spelling}");
            }
        }
    }

    #[test]
    fn what_a_reader_may_tell_apart_stays_apart() {
        let different = [
            "1",
            "1.0",
            "-1",
            "0",
            "-0",
            "0.0",
            "-0.0",
            "10",
            "1e1",
            "100",
            "0.1",
            "0.10000000000000001",
            "1e400",
            "1e401",
            "1e99999999999",
            "1e99999999998",
            "9007199254740993",
            "9007199254740992",
        ];
        for (i, a) in different.iter().enumerate() {
            for b in different.iter().skip(i + 1) {
                assert_ne!(canonical(a), canonical(b), "{a} {b}");
            }
        }
    }
}
