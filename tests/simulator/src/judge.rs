//! What a moderator and a recognizer find in a text: what a test put there for them to find.
//! Must not know formats.

use std::collections::BTreeMap;

/// A word that begins so is flagged: `sim-flag:violence`, or with a score `sim-flag:violence=0.4`.
const MARKER: &str = "sim-flag:";

/// The categories of `omni-moderation-latest`.
pub(crate) const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "sexual",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/intent",
    "self-harm/instructions",
    "self-harm",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

/// What the recognizer knows if the script names nothing else.
const KNOWN: [(&str, &[&str]); 3] = [
    ("PERSON", &["Ada Lovelace", "Zoë Ørsted", "李小龍"]),
    ("LOCATION", &["Timbuktu", "Reykjavík"]),
    ("ORGANIZATION", &["Initech", "Globex"]),
];

/// The score of each category, the usual ones first.
pub(crate) fn scores(text: &str) -> Vec<(String, f64)> {
    let mut scores: Vec<(String, f64)> = CATEGORIES.iter().map(|name| ((*name).to_owned(), 1e-5)).collect();
    for word in text.split_whitespace() {
        let Some((_, marked)) = word.split_once(MARKER) else {
            continue;
        };
        let marked = marked.trim_end_matches(|last: char| !last.is_alphanumeric());
        let (name, score) = marked.split_once('=').unwrap_or((marked, "0.9"));
        let score = score.parse().unwrap_or(0.9);
        match scores.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = score,
            None => scores.push((name.to_owned(), score)),
        }
    }
    scores
}

/// A name in a text; Unicode scalars, end exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) entity: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Every place where a name stands, by its start; by default those that it knows.
pub(crate) fn names(text: &str, names: &BTreeMap<String, Vec<String>>) -> Vec<Found> {
    let known = KNOWN.iter().filter(|_| names.is_empty());
    let known = known.flat_map(|(entity, names)| names.iter().map(move |name| (*entity, *name)));
    let told = names
        .iter()
        .flat_map(|(entity, names)| names.iter().map(move |name| (&**entity, &**name)));
    let mut found: Vec<Found> = known
        .chain(told)
        .filter(|(_, name)| !name.is_empty())
        .flat_map(|(entity, name)| {
            text.match_indices(name).map(move |(byte, name)| {
                let start = text[..byte].chars().count();
                Found {
                    entity: entity.to_owned(),
                    start,
                    end: start + name.chars().count(),
                }
            })
        })
        .collect();
    found.sort_by_key(|found| (found.start, usize::MAX - found.end));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_words_are_scored() {
        let above = |text: &str| -> Vec<(String, f64)> {
            scores(text)
                .into_iter()
                .filter(|(_, score)| *score > 1e-5)
                .collect()
        };
        for (text, expected) in [
            ("all is well", &[][..]),
            ("(sim-flag:hate/threatening).", &[("hate/threatening", 0.9)]),
            (
                "a sim-flag:violence=0.4, sim-flag:rudeness=1",
                &[("violence", 0.4), ("rudeness", 1.0)],
            ),
        ] {
            let found = above(text);
            assert_eq!(
                found
                    .iter()
                    .map(|(name, score)| (&**name, *score))
                    .collect::<Vec<_>>(),
                expected
            );
        }
    }

    #[test]
    fn names_stand_in_scalars() {
        let found = |text, told: &BTreeMap<String, Vec<String>>| -> Vec<(String, usize, usize)> {
            names(text, told)
                .into_iter()
                .map(|found| (found.entity, found.start, found.end))
                .collect()
        };
        let default = BTreeMap::new();
        assert_eq!(
            found("😀 Zoë Ørsted of Initech", &default),
            [("PERSON".to_owned(), 2, 12), ("ORGANIZATION".to_owned(), 16, 23),]
        );
        let told = BTreeMap::from([("PERSON".to_owned(), vec!["Bo".to_owned()])]);
        assert_eq!(found("Bo and Bo, not Ada Lovelace", &told).len(), 2);
    }
}
