//! "Did you mean …?": the known name that is nearest to an unknown one.
//!
//! Must not know what the names are for.

/// A clause to end a message with: `; did you mean "openai"?`, or nothing if no name is near.
pub(crate) fn did_you_mean<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(unknown, known).map_or_else(String::new, |name| format!("; did you mean {name:?}?"))
}

/// The nearest name, if at most a third of it (and at least one character) would have to change, or if it only goes on
/// where the unknown one ends (`EMAIL`, `EMAIL_ADDRESS`).
fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(unknown);
    known
        .into_iter()
        .map(|name| {
            let other = fold(name);
            let is_start = folded.len() >= 3 && other.starts_with(&folded);
            let third = (folded.len().max(other.len()) / 3).max(1);
            (
                distance(&folded, &other),
                if is_start { usize::MAX } else { third },
                name,
            )
        })
        .filter(|(distance, limit, _)| distance <= limit)
        .min_by_key(|(distance, _, _)| *distance)
        .map(|(_, _, name)| name)
}

/// Case and the choice between `-` and `_` are what people get wrong most: they cost nothing.
fn fold(name: &str) -> Vec<char> {
    name.chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == '-' { '_' } else { c })
        .collect()
}

/// Edits from one to the other: insert, delete, replace, or swap two neighbours (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, to) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(from != to))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *from == b[j - 1] && a[i - 1] == *to {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_or_none() {
        let known = ["openai", "anthropic", "requests_per_minute", "on_failure"];
        for (unknown, expected) in [
            ("opnai", Some("openai")),
            ("OpenAI", Some("openai")),
            ("poenai", Some("openai")),
            ("requests-per-minute", Some("requests_per_minute")),
            ("onfailure", Some("on_failure")),
            ("request", Some("requests_per_minute")),
            ("on", None),
            ("gemini", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(unknown, known), expected, "{unknown}");
        }
    }
}
