//! User patterns over folded text that comes in pieces: a fixed grid of windows, so that a cut changes nothing.
//! Must not know what a pattern stands for: each has a number.

use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::{Input, PatternSet, util::syntax};
use tollgate_redact::fold::{Folded, Folder, Mode};

/// Folded bytes of a match, at most; a longer one may be missed.
pub(crate) const REACH: usize = 128;
/// Folded bytes between two looks.
const STEP: usize = 32;
/// Of one pattern, compiled.
const SIZE: usize = 1 << 20;
/// Of all patterns together.
const ALL: usize = 16 << 20;

/// The compiled patterns.
#[derive(Debug)]
pub(crate) struct Patterns {
    regex: Regex,
    numbers: Vec<u32>,
    /// The longest match of any pattern, at most [`REACH`].
    reach: usize,
}

/// Why a pattern cannot be looked for, said for people.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    let regex = build(&[folded(pattern)], SIZE).map_err(|error| match error.syntax_error() {
        Some(syntax) => syntax.to_string(),
        None if error.size_limit().is_some() => "is too large when compiled".to_owned(),
        None => error.to_string(),
    })?;
    if regex.is_match("") {
        return Err("matches nothing at all, so everything".to_owned());
    }
    Ok(())
}

fn build(patterns: &[String], size: usize) -> Result<Regex, Box<BuildError>> {
    Regex::builder()
        .configure(Config::new().nfa_size_limit(Some(size)))
        .syntax(syntax::Config::new().case_insensitive(true).multi_line(true))
        .build_many(patterns)
        .map_err(Box::new)
}

/// A pattern is compared with folded text, so its letters are folded too. ASCII, and with it all that has a meaning in a
/// pattern, stays; so do escapes, which the folder would decode.
fn folded(pattern: &str) -> String {
    pattern
        .split_inclusive(char::is_whitespace)
        .flat_map(|part| part.split_inclusive(|c: char| c.is_ascii()))
        .map(|part| {
            let (text, sign) = match part.char_indices().next_back() {
                Some((at, last)) if last.is_ascii() => part.split_at(at),
                _ => (part, ""),
            };
            let mut out = Folded::default();
            Folder::new(Mode::Text).fold(text, 0, true, &mut out);
            String::from_utf8_lossy(out.bytes()).into_owned() + sign
        })
        .collect()
}

impl Patterns {
    /// Compiles patterns that passed [`check`]; none: nothing to do.
    pub(crate) fn new(patterns: &[(String, u32)]) -> Result<Option<Self>, String> {
        if patterns.is_empty() {
            return Ok(None);
        }
        let texts: Vec<String> = patterns.iter().map(|(text, _)| folded(text)).collect();
        let regex = build(&texts, ALL).map_err(|error| error.to_string())?;
        let longest = |text: &String| {
            let mut parser = regex_syntax::ParserBuilder::new()
                .case_insensitive(true)
                .multi_line(true)
                .build();
            parser
                .parse(text)
                .ok()
                .and_then(|hir| hir.properties().maximum_len())
        };
        let reach = texts
            .iter()
            .map(|text| longest(text).map_or(REACH, |most| most.min(REACH)))
            .max();
        Ok(Some(Self {
            regex,
            numbers: patterns.iter().map(|&(_, number)| number).collect(),
            reach: reach.unwrap_or(REACH),
        }))
    }
}

/// How far a text was looked at.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// All matches that end up to here are known: a multiple of [`STEP`].
    to: usize,
}

impl Looked {
    /// Looks at what was newly folded; `each` gets a pattern's number and a place before its match.
    pub(crate) fn look(
        &mut self,
        patterns: &Patterns,
        folded: &Folded,
        complete: bool,
        mut each: impl FnMut(u32, usize),
    ) {
        let unseen = folded.end() > self.to + STEP || (complete && folded.end() > self.to);
        if !unseen {
            return;
        }
        // Most texts match nothing, and one look at all that is new shows it.
        let origin = folded.origin();
        let from = self.from(patterns).max(origin);
        let all = Input::new(folded.bytes()).span(from - origin..folded.end() - origin);
        let quiet = !patterns.regex.is_match(all);
        let mut set = PatternSet::new(patterns.regex.pattern_len());
        loop {
            let last = folded.end() <= self.to + STEP;
            if last && !complete {
                return;
            }
            let to = (self.to + STEP).min(folded.end());
            if !quiet {
                let from = self.from(patterns).max(origin);
                let window = Input::new(folded.bytes()).span(from - origin..to - origin);
                set.clear();
                patterns.regex.which_overlapping_matches(&window, &mut set);
                for found in set.iter() {
                    each(patterns.numbers.get(found.as_usize()).copied().unwrap_or(0), from);
                }
            }
            self.to = to;
            if last {
                return;
            }
        }
    }

    /// Where a match that is not known yet can begin.
    pub(crate) fn from(&self, patterns: &Patterns) -> usize {
        self.to.saturating_sub(patterns.reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> bool {
        let patterns = Patterns::new(&[(pattern.to_owned(), 0)]).unwrap().unwrap();
        let mut found = false;
        Looked::default().look(&patterns, &crate::words::fold(text), true, |_, _| found = true);
        found
    }

    #[test]
    fn patterns_are_found_in_folded_text() {
        for (pattern, text, expected) in [
            (r"\bacme-\d{4}\b", "ACME-1234", true),
            (r"\bacme-\d{4}\b", "acme-12345", false),
            (r"\bacme-\d{4}\b", "ａcmе\u{200b}-１２３４.", true),
            (r"секрет\w*", "это СЕКРЕТНО", true),
            (r"^titan", "a\ntitan", true),
            (r"titan$", "titan\nb", true),
            (r"titan$", "titanic", false),
        ] {
            assert_eq!(found(pattern, text), expected, "{pattern} {text}");
            let far = format!("{}\n{text}", "word ".repeat(40));
            assert_eq!(found(pattern, &far), expected, "{pattern} far in {text}");
        }
    }

    #[test]
    fn bad_patterns_are_refused() {
        for pattern in ["(", "a*", r"\w{1000}{1000}", "", r"(?-u)\xFF"] {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }
}
