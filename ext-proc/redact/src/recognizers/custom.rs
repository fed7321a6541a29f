//! What a user defines: lists of words, and patterns, with a name of their own.
//! Must not know operators; it is given checked rules and sees a segment, which is a sentence or a line if they need that much.

use regex::bytes::{Regex, RegexBuilder};

use super::literals::Literals;
use super::{Field, Hit, is_word};
use crate::candidates::What;
use crate::fold::{Folded, Folder, Mode};
use crate::segment::{CLASS, DELIMITER, SPACE, UNSPACED};

/// How large a pattern may become when compiled, in bytes.
const PATTERN_SIZE: usize = 1 << 20;
/// How far before and after a match its context words may stand.
const BEFORE: usize = 48;
const AFTER: usize = 24;

/// All lists and patterns of some rules, in the order of their definition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Customs {
    kinds: Vec<Kind>,
    /// Whether words of several parts, or patterns, must see more than a word.
    wide: bool,
}

#[derive(Debug, Clone)]
struct Kind {
    words: Option<Box<Words>>,
    patterns: Vec<Regex>,
    context: Option<Box<Words>>,
    score: f32,
}

/// Words, and phrases over any white space.
#[derive(Debug, Clone)]
struct Words {
    /// With one blank between the parts of a phrase.
    literals: Literals,
    /// Bytes of the longest literal with a blank.
    longest_phrase: usize,
}

impl Customs {
    /// Adds a kind: its number is how many there were before. The error is that of the pattern with this index.
    pub(crate) fn push(
        &mut self,
        words: &[String],
        patterns: &[String],
        context: &[String],
        score: f32,
    ) -> Result<(), (usize, String)> {
        let patterns = patterns
            .iter()
            .enumerate()
            .map(|(i, pattern)| compile(pattern).map_err(|error| (i, error)))
            .collect::<Result<Vec<_>, _>>()?;
        let words = Words::new(words);
        self.wide |= !patterns.is_empty() || words.as_ref().is_some_and(|(_, wide)| *wide);
        self.kinds.push(Kind {
            words: words.map(|(words, _)| words),
            patterns,
            context: Words::new(context).map(|(words, _)| words),
            score,
        });
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Whether segments must be sentences.
    pub(crate) fn is_wide(&self) -> bool {
        self.wide
    }

    pub(crate) fn find(&self, field: &Field<'_>, hits: &mut Vec<Hit>) {
        for (number, kind) in (0..).zip(&self.kinds) {
            let mut hit = |from: usize, to: usize| {
                if kind
                    .context
                    .as_ref()
                    .is_none_or(|words| words.near(field, from, to))
                {
                    hits.push(Hit {
                        from,
                        to,
                        what: What::Custom(number),
                        score: kind.score,
                    });
                }
            };
            if let Some(words) = &kind.words {
                let mut at = field.from;
                while at < field.text.len() {
                    match words.at(field, at) {
                        Some(len) => {
                            hit(at, at + len);
                            at += len;
                        }
                        None => at += 1,
                    }
                }
            }
            for pattern in &kind.patterns {
                let mut at = field.from;
                while let Some(found) = pattern.find_at(field.text, at) {
                    at = found.end().max(found.start() + 1);
                    if !found.is_empty() {
                        hit(found.start(), found.end());
                    }
                    if at > field.text.len() {
                        break;
                    }
                }
            }
        }
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let regex = RegexBuilder::new(pattern)
        .size_limit(PATTERN_SIZE)
        .dfa_size_limit(PATTERN_SIZE)
        .build()
        .map_err(|error| error.to_string())?;
    if regex.is_match(b"") {
        return Err("must not match the empty text".to_owned());
    }
    Ok(regex)
}

/// A word as recognizers see text.
pub(crate) fn folded(word: &str) -> Vec<u8> {
    let mut folded = Folded::default();
    Folder::new(Mode::Text).fold(word.trim(), 0, true, &mut folded);
    folded.bytes().to_ascii_lowercase()
}

impl Words {
    /// Nothing if there are none. Also whether any has more than one part.
    fn new(words: &[String]) -> Option<(Box<Self>, bool)> {
        // ASCII letters are compared without regard to case; others need both of their forms.
        let mut forms: Vec<Vec<u8>> = words
            .iter()
            .flat_map(|word| {
                [
                    folded(word),
                    folded(&word.to_lowercase()),
                    folded(&word.to_uppercase()),
                ]
            })
            .map(|form| narrow(&form, form.len()).map_or(form, |(narrow, _)| narrow))
            .filter(|form| form.len() >= 2)
            .collect();
        forms.sort();
        forms.dedup();
        let parts = |form: &Vec<u8>| {
            form.iter()
                .any(|&b| CLASS[b as usize] & (SPACE | DELIMITER | UNSPACED) != 0)
        };
        let wide = forms.iter().any(parts);
        let spaced = forms.iter().filter(|form| form.contains(&b' '));
        let longest_phrase = spaced.map(Vec::len).max().unwrap_or_default();
        let literals = Literals::new(forms, true);
        let words = Self {
            literals,
            longest_phrase,
        };
        (words.literals.len() > 0).then(|| (Box::new(words), wide))
    }

    /// The length of the word or phrase at `at`.
    fn at(&self, field: &Field<'_>, at: usize) -> Option<usize> {
        let text = field.text;
        if !self.literals.begin_with(text[at]) || (is_word(text[at]) && field.before(at).is_some_and(is_word))
        {
            return None;
        }
        let whole = |len: usize| !(is_word(text[at + len - 1]) && field.at(at + len).is_some_and(is_word));
        let mut as_it_is = self.literals.at(&text[at..]).map(|(_, len)| len);
        as_it_is.find(|&len| whole(len)).or_else(|| {
            let (narrow, ends) = narrow(&text[at..], self.longest_phrase)?;
            let mut lens = self
                .literals
                .at(&narrow)
                .filter_map(|(_, len)| ends.get(len - 1).copied());
            lens.find(|&len| whole(len))
        })
    }

    fn near(&self, field: &Field<'_>, from: usize, to: usize) -> bool {
        let end = field.text.len().min(to + AFTER);
        (from.saturating_sub(BEFORE)..from)
            .filter(|&at| self.at(field, at).is_some_and(|len| at + len <= from))
            .chain((to..end).filter(|&at| self.at(field, at).is_some_and(|len| at + len <= end)))
            .next()
            .is_some()
    }
}

/// The first `most` bytes of a text with one blank for each gap, and where each of them ends in the text. Nothing if these bytes
/// are so already, as they nearly always are.
fn narrow(text: &[u8], most: usize) -> Option<(Vec<u8>, Vec<usize>)> {
    let head = &text[..text.len().min(most)];
    let gap = |b: u8| CLASS[b as usize] & SPACE != 0;
    let is_odd = |pair: &[u8]| gap(pair[0]) && (pair[0] != b' ' || gap(pair[1]));
    if !head.windows(2).any(is_odd) {
        return None;
    }
    let (mut narrow, mut ends) = (Vec::with_capacity(most), Vec::with_capacity(most));
    for (&b, end) in text.iter().zip(1..) {
        match (gap(b), narrow.last(), ends.last_mut()) {
            (true, Some(b' '), Some(last)) => *last = end,
            _ if narrow.len() == most => break,
            (gap, ..) => {
                narrow.push(if gap { b' ' } else { b });
                ends.push(end);
            }
        }
    }
    Some((narrow, ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_one_blank() {
        for (text, most, expected) in [
            ("employee number 1", 15, None),
            ("employee  number 1", 15, Some(("employee number", 16))),
            ("employee\n\t number", 99, Some(("employee number", 17))),
            ("a \r\n bc", 3, Some(("a b", 6))),
            ("a", 0, None),
        ] {
            let found = narrow(text.as_bytes(), most);
            let found = found.map(|(narrow, ends)| (narrow, ends.last().copied()));
            let expected = expected.map(|(text, end): (&str, usize)| (text.as_bytes().to_vec(), Some(end)));
            assert_eq!(found, expected, "{text}");
        }
    }
}
