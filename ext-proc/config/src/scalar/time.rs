//! Durations and points in time.
//!
//! Must not know what time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Kind;

/// A duration: one or more whole numbers with units, the largest first (`1h30m`).
pub(crate) struct Span;

const UNITS: [(&str, u64); 7] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    // Looked for by its whole name, so its place after "m" and "s" does no harm.
    ("ms", 1),
    ("min", 60_000),
];

impl Kind for Span {
    type Value = Duration;
    const FORMAT: &'static str = "timespan"; // `duration` is ISO 8601 to JSON Schema
    const EXAMPLE: &'static str = "30s";
    const EXPECTED: &'static str = "a duration such as 30s, 5m or 1d";

    fn read(text: &str) -> Result<Duration, String> {
        let mut rest = text.trim();
        let mut total: u64 = 0;
        let mut smallest = u64::MAX;
        if rest.is_empty() {
            return Err("write a whole number and a unit".to_owned());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, behind) = rest.split_at(digits);
            let behind = behind.trim_start();
            let letters = behind.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, behind) = behind.split_at(letters);
            if digits == 0 || (letters == 0 && !behind.is_empty()) {
                return Err("write a whole number and a unit".to_owned());
            }
            let factor = UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .map(|(_, factor)| *factor);
            let factor = match factor {
                Some(factor) if factor < smallest => factor,
                Some(_) => return Err("units must come from large to small, each once".to_owned()),
                None if unit.is_empty() => return Err("the unit is missing (ms, s, m, h, d or w)".to_owned()),
                None => return Err(format!("{unit:?} is none of the units ms, s, m, h, d and w")),
            };
            smallest = factor;
            total = number
                .parse::<u64>()
                .ok()
                .and_then(|number| number.checked_mul(factor))
                .and_then(|part| total.checked_add(part))
                .ok_or_else(|| "too long".to_owned())?;
            rest = behind.trim_start();
        }
        Ok(Duration::from_millis(total))
    }

    fn write(value: &Duration) -> String {
        let millis = u64::try_from(value.as_millis()).unwrap_or(u64::MAX);
        UNITS[1..5]
            .iter()
            .find(|(_, factor)| millis > 0 && millis % factor == 0)
            .map_or_else(
                || format!("{millis}ms"),
                |(unit, factor)| format!("{}{unit}", millis / factor),
            )
    }
}

/// A point in time by RFC 3339, from 1970 on, to the second.
pub(crate) struct Timestamp;

impl Kind for Timestamp {
    type Value = SystemTime;
    const FORMAT: &'static str = "date-time";
    const EXAMPLE: &'static str = "2027-01-01T00:00:00Z";
    const EXPECTED: &'static str = "a time such as 2027-01-01T00:00:00Z";

    fn read(text: &str) -> Result<SystemTime, String> {
        let seconds = rfc3339(text).ok_or_else(|| "write date, time and zone by RFC 3339".to_owned())?;
        let seconds = u64::try_from(seconds).map_err(|_| "must be after 1970".to_owned())?;
        Ok(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn write(value: &SystemTime) -> String {
        let seconds = value.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(i64::try_from(days).unwrap_or(i64::MAX / 2));
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            rest / 3600,
            rest / 60 % 60,
            rest % 60
        )
    }
}

/// Seconds since 1970 of an RFC 3339 timestamp.
fn rfc3339(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        part.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| part.parse().ok())
            .flatten()
    };
    let is = |at: usize, expected: &[u8]| bytes.get(at).is_some_and(|byte| expected.contains(byte));
    let separators = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let days = days(year, month, day);
    if !separators || civil(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut zone = 19;
    if is(zone, b".") {
        let digits = bytes[20..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        zone += 1 + digits;
        if digits == 0 {
            return None;
        }
    }
    let offset = match bytes.get(zone)? {
        b'Z' | b'z' if bytes.len() == zone + 1 => 0,
        sign @ (b'+' | b'-') if bytes.len() == zone + 6 && is(zone + 3, b":") => {
            let (hours, minutes) = (number(zone + 1, zone + 3)?, number(zone + 4, zone + 6)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * 3600 + minutes * 60;
            if *sign == b'+' { offset } else { -offset }
        }
        _ => return None,
    };
    Some(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// Days since 1970-01-01 (`days_from_civil` of <https://howardhinnant.github.io/date_algorithms.html>).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day (`civil_from_days`, same source).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("30s", Some(30_000)),
            ("250ms", Some(250)),
            ("1h30m", Some(5_400_000)),
            ("1h 30m", Some(5_400_000)),
            ("30 s", Some(30_000)),
            ("30d", Some(2_592_000_000)),
            ("2w", Some(1_209_600_000)),
            ("5min", Some(300_000)),
            ("0s", Some(0)),
            ("30", None),
            ("", None),
            ("s", None),
            ("1.5s", None),
            ("30m1h", None),
            ("1m1m", None),
            ("5 years", None),
            ("-5s", None),
            ("1µs", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(
                Span::read(text).ok(),
                expected.map(Duration::from_millis),
                "{text}"
            );
        }
        for millis in [0, 1, 999, 1000, 90_000, 3_600_000, 86_400_000, 2_592_000_000] {
            let duration = Duration::from_millis(millis);
            assert_eq!(Span::read(&Span::write(&duration)), Ok(duration));
        }
    }

    #[test]
    fn timestamps() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:30:15Z", Some(951_827_415)),
            ("2027-01-01T00:00:00Z", Some(1_798_761_600)),
            ("2027-01-01T02:00:00+02:00", Some(1_798_761_600)),
            ("2026-12-31T19:00:00.250-05:00", Some(1_798_761_600)),
            ("2100-12-31T23:59:59Z", Some(4_133_980_799)),
            ("2027-02-29T00:00:00Z", None),
            ("2027-13-01T00:00:00Z", None),
            ("2027-01-01T24:00:00Z", None),
            ("2027-01-01T00:00:00", None),
            ("2027-01-01", None),
            ("1969-12-31T23:59:59Z", None),
            ("tomorrow", None),
            ("2027-01-01T00:00:00.Z", None),
            ("2027-01-01T00:00:00Zé", None),
            ("20é7-01-01T00:00:00Z", None),
        ] {
            let seconds = Timestamp::read(text)
                .ok()
                .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            assert_eq!(seconds.map(|time| time.as_secs()), expected, "{text}");
        }
        for seconds in [0, 951_827_415, 1_798_761_600, 4_133_980_799] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(Timestamp::read(&Timestamp::write(&time)), Ok(time));
        }
    }
}
