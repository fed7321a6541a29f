//! Puts one word in the place of all that mean the same.
//! Must not know frames or what is done with the text.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::lexicon::bases;

struct Term {
    rest: Vec<&'static str>,
    head: &'static str,
}

/// By first word, longest first.
static TERMS: LazyLock<FxHashMap<&'static str, Vec<Term>>> = LazyLock::new(|| {
    let mut terms: FxHashMap<&str, Vec<Term>> = FxHashMap::default();
    for (head, others) in include_str!("words.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
    {
        for term in others.split(", ").chain([head]) {
            let mut words = term.split(' ');
            if let Some(first) = words.next() {
                let rest = words.collect();
                terms.entry(first).or_default().push(Term { rest, head });
            }
        }
    }
    for list in terms.values_mut() {
        list.sort_by_key(|term| std::cmp::Reverse(term.rest.len()));
    }
    terms
});

/// The words as a text.
pub(super) fn join(words: &[&str], capacity: usize) -> String {
    let mut out = String::with_capacity(capacity);
    let mut left = words;
    while let Some((first, rest)) = left.split_first() {
        let (text, length) = match head(first, rest) {
            Some(term) => (term.head, term.rest.len()),
            None => (*first, 0),
        };
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(text);
        left = rest.get(length..).unwrap_or_default();
    }
    out
}

fn head(first: &str, rest: &[&str]) -> Option<&'static Term> {
    let find = |word: &str| TERMS.get(word)?.iter().find(|term| begins(rest, &term.rest));
    find(first).or_else(|| bases(first, find))
}

/// Whether the words are these, the last one perhaps in the plural.
fn begins(words: &[&str], term: &[&str]) -> bool {
    term.iter().enumerate().all(|(n, part)| {
        words
            .get(n)
            .is_some_and(|word| word == part || (n + 1 == term.len() && word.strip_suffix('s') == Some(part)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn words_are_replaced() {
        for (text, expected) in [
            ("reboot the pc", "restart the computer"),
            ("parcels and packages", "package and package"),
            ("turn on flight mode", "turn on airplane mode"),
            ("delivery addresses of kids", "shipping addresses of child"),
            ("", ""),
        ] {
            let words: Vec<_> = text.split_whitespace().collect();
            assert_eq!(join(&words, 0), expected);
        }
    }

    /// What is embedded as one word must be one to the guard too; otherwise it costs hits that the guard then refuses.
    #[test]
    fn the_guard_knows_these_synonyms() {
        let mut unknown = Vec::new();
        for (head, others) in include_str!("words.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(": "))
        {
            for term in others.split(", ") {
                let ask = |word: &str| format!("how do i order the {word} of the zarb");
                if check(&ask(head), &ask(term)) != Ok(()) {
                    unknown.push((head, term));
                }
            }
        }
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
