//! Sizes in bytes.
//!
//! Must not know what is measured.

use super::Kind;

/// A number of bytes with a unit. `MB` is a million and `MiB` is 1024 × 1024.
pub(crate) struct Size;

const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl Kind for Size {
    type Value = u64;
    const FORMAT: &'static str = "size";
    const EXAMPLE: &'static str = "32MiB";
    const EXPECTED: &'static str = "a size such as 32MiB";
    const NUMERIC: bool = true;

    fn read(text: &str) -> Result<u64, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim_start();
        if digits == 0 || unit.starts_with('.') {
            return Err("write a whole number and a unit".to_owned());
        }
        let factor = match UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
            Some((_, factor)) => *factor,
            None if unit.is_empty() => 1,
            None => {
                return Err(format!(
                    "{unit:?} is none of the units B, kB, MB, GB, KiB, MiB and GiB"
                ));
            }
        };
        number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(factor))
            .ok_or_else(|| "too large".to_owned())
    }

    fn write(value: &u64) -> String {
        UNITS
            .iter()
            .take(3)
            .find(|(_, factor)| *value > 0 && value.is_multiple_of(*factor))
            .map_or_else(
                || format!("{value}B"),
                |(unit, factor)| format!("{}{unit}", value / factor),
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("32MiB", Some(32 << 20)),
            ("32 MiB", Some(32 << 20)),
            ("1mib", Some(1 << 20)),
            ("2MB", Some(2_000_000)),
            ("512", Some(512)),
            ("0B", Some(0)),
            ("1.5MiB", None),
            ("MiB", None),
            ("", None),
            ("5 apples", None),
            ("99999999999GiB", None),
            ("-1", None),
        ] {
            assert_eq!(Size::read(text).ok(), expected, "{text}");
        }
        for bytes in [0, 1, 1023, 1024, 3 << 20, 256 << 20, 1 << 30, (1 << 30) + 1] {
            assert_eq!(Size::read(&Size::write(&bytes)), Ok(bytes));
        }
    }
}
