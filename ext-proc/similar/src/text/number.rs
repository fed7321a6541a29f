//! What a number says, whatever way it is written: `1,000`, `1k`, `one thousand`; `5pm`, `17:00`.
//! Must not know units beyond those that are written as part of a number.

/// A number's value in a form that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) kind: NumberKind,
    /// The value's bits, or a hash of what is no value.
    pub(crate) key: u64,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberKind {
    /// A count, a measure, a year.
    Cardinal,
    /// The third.
    Ordinal,
    /// Minutes since midnight.
    Time,
    /// 1990s.
    Decade,
    /// More than one dot, or digits with letters: a version, a model, a code.
    Label,
}

impl Number {
    pub(crate) fn cardinal(value: f64) -> Self {
        Self {
            kind: NumberKind::Cardinal,
            key: value.to_bits(),
        }
    }

    pub(crate) fn value(self) -> Option<f64> {
        matches!(self.kind, NumberKind::Cardinal | NumberKind::Ordinal).then(|| f64::from_bits(self.key))
    }

    /// Reads a token that begins with a digit; what follows the digits (`kg`, `pm`, `k`) is returned if it is not used up.
    pub(crate) fn parse(text: &str) -> (Self, &str) {
        let digits = text
            .find(|c: char| !matches!(c, '0'..='9' | '.' | ',' | ':'))
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at_checked(digits).unwrap_or((text, ""));
        let label = || Self {
            kind: NumberKind::Label,
            key: hash(text),
        };
        if let Some((hours, minutes)) = clock(number) {
            return match suffix {
                "" | "h" => (Self::time(hours, minutes), ""),
                "am" | "pm" => (Self::time(half_day(hours, suffix), minutes), ""),
                _ => (label(), ""),
            };
        }
        let Some(value) = decimal(number) else {
            return (label(), "");
        };
        let number = match suffix {
            "" => return (value, ""),
            "am" | "pm" => match value.value().map(|v| v as u32) {
                Some(hours @ 0..=12) => Self::time(half_day(hours, suffix), 0),
                _ => label(),
            },
            "k" => value.times(1e3),
            "bn" => value.times(1e9),
            "st" | "nd" | "rd" | "th" => Self {
                kind: NumberKind::Ordinal,
                ..value
            },
            "s" => Self {
                kind: NumberKind::Decade,
                ..value
            },
            _ if suffix.bytes().all(|b| b.is_ascii_alphabetic()) => return (value, suffix),
            _ => label(),
        };
        (number, "")
    }

    pub(crate) fn times(self, factor: f64) -> Self {
        self.value().map_or(self, |value| Self {
            key: (value * factor).to_bits(),
            ..self
        })
    }

    /// `17:30` or, with a suffix in a word of its own, `5 pm`.
    pub(crate) const fn time(hours: u32, minutes: u32) -> Self {
        Self {
            kind: NumberKind::Time,
            key: (hours * 60 + minutes) as u64,
        }
    }

    /// A cardinal hour that "am" or "pm" follows.
    pub(crate) fn with_half(self, half: &str) -> Option<Self> {
        match self.kind {
            NumberKind::Cardinal => {
                let hours = self
                    .value()
                    .filter(|v| (0.0..=12.0).contains(v) && v.fract() == 0.0)?;
                Some(Self::time(half_day(hours as u32, half), 0))
            }
            NumberKind::Time => {
                let (hours, minutes) = ((self.key / 60) as u32, (self.key % 60) as u32);
                (hours <= 12).then(|| Self::time(half_day(hours, half), minutes))
            }
            _ => None,
        }
    }
}

fn half_day(hours: u32, half: &str) -> u32 {
    match (hours, half) {
        (12, "am") => 0,
        (12, _) => 12,
        (hours, "pm") => hours + 12,
        (hours, _) => hours,
    }
}

fn clock(text: &str) -> Option<(u32, u32)> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u32, u32) = (
        hours.parse().ok()?,
        (minutes.len() == 2).then(|| minutes.parse().ok())??,
    );
    (hours < 25 && minutes < 60).then_some((hours, minutes))
}

/// A plain number. A comma before three digits is no decimal point; the zeros at the end of `3.10` tell it from `3.1`.
fn decimal(text: &str) -> Option<Number> {
    let mut buffer = [0; 24];
    let mut length = 0;
    let mut since_dot = None;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b',' => {
                let group = bytes.get(at + 1..)?;
                let digits = group.iter().take_while(|b| b.is_ascii_digit()).count();
                if digits != 3 || since_dot.is_some() {
                    return None;
                }
                continue;
            }
            b'.' if since_dot.is_some() => return None,
            b'.' => since_dot = Some(at),
            b':' => return None,
            _ => {}
        }
        *buffer.get_mut(length)? = *byte;
        length += 1;
    }
    let digits = std::str::from_utf8(buffer.get(..length)?).ok()?;
    let value: f64 = digits.parse().ok()?;
    // "3.0" and "5.00" are 3 and 5, but 3.10 is not 3.1; a leading zero is a code's, not a count's.
    if since_dot.is_some() && value.fract() != 0.0 && digits.ends_with('0')
        || since_dot.is_none() && digits.len() > 1 && digits.starts_with('0')
        || digits.len() > 15
    {
        return Some(Number {
            kind: NumberKind::Label,
            key: hash(digits),
        });
    }
    Some(Number::cardinal(value))
}

/// FNV-1a.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A number word: its value, whether it is an ordinal, and whether it multiplies what stands before it.
pub(crate) fn number_word(word: &str) -> Option<(f64, bool, bool)> {
    let cardinal = |value: u32| Some((f64::from(value), false, false));
    let ordinal = |value: u32| Some((f64::from(value), true, false));
    match word {
        "zero" => cardinal(0),
        "one" => cardinal(1),
        "two" => cardinal(2),
        "three" => cardinal(3),
        "four" => cardinal(4),
        "five" => cardinal(5),
        "six" => cardinal(6),
        "seven" => cardinal(7),
        "eight" => cardinal(8),
        "nine" => cardinal(9),
        "ten" => cardinal(10),
        "eleven" => cardinal(11),
        "twelve" => cardinal(12),
        "thirteen" => cardinal(13),
        "fourteen" => cardinal(14),
        "fifteen" => cardinal(15),
        "sixteen" => cardinal(16),
        "seventeen" => cardinal(17),
        "eighteen" => cardinal(18),
        "nineteen" => cardinal(19),
        "twenty" => cardinal(20),
        "thirty" => cardinal(30),
        "forty" | "fourty" => cardinal(40),
        "fifty" => cardinal(50),
        "sixty" => cardinal(60),
        "seventy" => cardinal(70),
        "eighty" => cardinal(80),
        "ninety" => cardinal(90),
        "hundred" => Some((1e2, false, true)),
        "thousand" => Some((1e3, false, true)),
        "million" => Some((1e6, false, true)),
        "billion" => Some((1e9, false, true)),
        "trillion" => Some((1e12, false, true)),
        "first" => ordinal(1),
        "second" => ordinal(2),
        "third" => ordinal(3),
        "fourth" => ordinal(4),
        "fifth" => ordinal(5),
        "sixth" => ordinal(6),
        "seventh" => ordinal(7),
        "eighth" => ordinal(8),
        "ninth" => ordinal(9),
        "tenth" => ordinal(10),
        "eleventh" => ordinal(11),
        "twelfth" => ordinal(12),
        "thirteenth" => ordinal(13),
        "fifteenth" => ordinal(15),
        "twentieth" => ordinal(20),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_number_are_equal() {
        for (a, b) in [
            ("1,000", "1000"),
            ("1k", "1000"),
            ("5.00", "5"),
            ("3.0", "3"),
            ("0.5", "0.5"),
            ("5pm", "17:00"),
            ("12am", "0:00"),
            ("5:30pm", "17:30"),
            ("1,234,567.5", "1234567.5"),
        ] {
            assert_eq!(Number::parse(a), Number::parse(b), "{a}, {b}");
        }
    }

    #[test]
    fn different_numbers_differ() {
        for (a, b) in [
            ("3.1", "3.10"),
            ("1.2.3", "1.2.4"),
            ("007", "7"),
            ("1920s", "1920"),
            ("3rd", "3"),
            ("5pm", "5am"),
            ("1,5", "15"),
            ("16:9", "16:90"),
            ("4471234567890123456", "4471234567890123457"),
        ] {
            assert_ne!(Number::parse(a), Number::parse(b), "{a}, {b}");
        }
        assert_eq!(Number::parse("20kg"), (Number::cardinal(20.0), "kg"));
    }
}
