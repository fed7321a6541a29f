//! Whether an answer cites its sources. Must not know which sources there are.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// `[1]`, `[2, 3]`, `[^1]`, `[doc 4]`, `[Source: …]`, `【4†source】`, URLs. `a[1]` is an index, not a citation.
const USUAL: &str = r"(?i)\B\[\^?\d{1,4}(?:\s?[,;–-]\s?\d{1,4}){0,20}\]|\B\[\^?(?:doc|document|source|src|ref|cite|citation|chunk)\b[^\]\n]{0,60}\]|【[^】\n]{1,60}】|\bhttps?://[^\s<>()\[\]{}\x22'`]{4,}";

/// What citations look like.
#[derive(Debug)]
pub(crate) struct Citations {
    pattern: Option<Regex>,
}

impl Citations {
    pub(crate) fn new(pattern: Option<&str>) -> Result<Self, String> {
        let build = |pattern| {
            RegexBuilder::new(pattern)
                .size_limit(1 << 20)
                .build()
                .map_err(|error| error.to_string())
        };
        let pattern = pattern.map(build).transpose()?;
        if pattern.as_ref().is_some_and(|pattern| pattern.is_match("")) {
            return Err("matches nothing at all, so everything".to_owned());
        }
        Ok(Self { pattern })
    }

    /// How many different citations a text has, counted up to `enough`.
    pub(crate) fn count(&self, text: &str, enough: usize) -> usize {
        static USUAL_FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(USUAL).ok());
        let Some(pattern) = self.pattern.as_ref().or(USUAL_FORMS.as_ref()) else {
            return 0;
        };
        let mut seen = HashSet::new();
        for found in pattern.find_iter(text) {
            seen.insert(found.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?']));
            if seen.len() >= enough {
                break;
            }
        }
        seen.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_counted() {
        let usual = Citations::new(None).unwrap();
        for (text, count) in [
            ("Water boils at 100 °C [1].", 1),
            ("So say two [1][2], and again [1].", 2),
            ("All of them [1, 3–5].", 1),
            ("A footnote.[^7]", 1),
            ("See 【3†manual.pdf】 and [doc 4] and [Source: handbook].", 3),
            ("See https://example.com/a, and (https://example.com/b).", 2),
            ("[the manual](https://example.com/manual)", 1),
            ("a[1] = b[2]", 0),
            ("[ ] to do, [x] done, [note]", 0),
            ("", 0),
        ] {
            assert_eq!(usual.count(text, usize::MAX), count, "{text}");
        }
        let own = Citations::new(Some(r"§\s?\d+")).unwrap();
        assert_eq!(own.count("§ 3, §4, § 3 [1]", usize::MAX), 2);
        assert!(Citations::new(Some("(")).is_err());
        assert!(Citations::new(Some("x*")).is_err());
    }
}
