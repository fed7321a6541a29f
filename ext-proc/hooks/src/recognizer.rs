//! Named entities found by Presidio Analyzer, or by what speaks its HTTP API:
//! <https://microsoft.github.io/presidio/api-docs/api-docs.html>. Must not know what is done with what is found.

use std::collections::BTreeMap;
use std::ops::Range;

use hyper::Uri;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::service::Service;

/// Recognizers for one language behind `POST {url}/analyze`.
#[derive(Debug)]
pub struct Recognizer {
    service: Service,
    uri: Uri,
    language: String,
    entities: Vec<String>,
    threshold: f32,
}

/// Something found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Bytes of the text, not empty, on the boundaries of characters.
    pub range: Range<usize>,
    /// As the service calls it: `PERSON`, `LOCATION`, `ORGANIZATION`, …
    pub entity: String,
    /// How sure it is, 0 to 1.
    pub score: f32,
}

#[derive(Serialize)]
struct Question<'a, T> {
    text: T,
    language: &'a str,
    score_threshold: f32,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    entities: &'a [String],
}

/// Offsets are Unicode scalars (Python's), the end is exclusive.
#[derive(Debug, Clone, Deserialize)]
struct Found {
    entity_type: String,
    start: usize,
    end: usize,
    score: f32,
}

impl Recognizer {
    /// `language` as the service names it (`en`); `entities` are asked for alone, or all of them if there are none; what
    /// scores less than `threshold` (0 to 1) is not reported.
    pub fn new(
        service: Service,
        language: impl Into<String>,
        entities: Vec<String>,
        threshold: f32,
    ) -> Result<Self, Error> {
        Ok(Self {
            uri: service.at("/analyze")?,
            service,
            language: language.into(),
            entities,
            threshold,
        })
    }

    /// What is found in each text, in the same order, in one call. Texts may be empty (the service is not asked about them);
    /// what is found in one may overlap.
    pub async fn analyze(&self, texts: &[&str]) -> Result<Vec<Vec<Span>>, Error> {
        let asked: Vec<&str> = texts.iter().copied().filter(|text| !text.is_empty()).collect();
        let found: Vec<Vec<Found>> = match asked.as_slice() {
            [] => Vec::new(),
            // Older versions take one text only.
            [text] => vec![self.service.post(&self.uri, &self.question(*text)).await?],
            several => self.service.post(&self.uri, &self.question(several)).await?,
        };
        if found.len() != asked.len() {
            return Err(Error::Senseless("there are not as many results as texts"));
        }
        let mut found = found.into_iter();
        let spans = texts.iter().map(|text| match text.is_empty() {
            true => Ok(Vec::new()),
            false => spans(text, found.next().unwrap_or_default()),
        });
        spans.collect()
    }

    fn question<T: Serialize>(&self, text: T) -> Question<'_, T> {
        Question {
            text,
            language: &self.language,
            score_threshold: self.threshold,
            entities: &self.entities,
        }
    }
}

/// From scalars to bytes, in one walk over the text.
fn spans(text: &str, found: Vec<Found>) -> Result<Vec<Span>, Error> {
    let mut bytes: BTreeMap<usize, Option<usize>> = found
        .iter()
        .flat_map(|found| [(found.start, None), (found.end, None)])
        .collect();
    let mut boundaries = text.char_indices().map(|(byte, _)| byte).chain([text.len()]);
    let mut next = 0;
    for (scalar, byte) in &mut bytes {
        *byte = boundaries.nth(scalar - next);
        next = scalar.saturating_add(1);
    }
    let byte = |scalar: usize| bytes.get(&scalar).copied().flatten();
    let spans = found
        .into_iter()
        .map(|found| match (byte(found.start), byte(found.end)) {
            (Some(start), Some(end)) if start < end && (0.0..=1.0).contains(&found.score) => Ok(Span {
                range: start..end,
                entity: found.entity_type,
                score: found.score,
            }),
            _ => Err(Error::Senseless(
                "a span is empty, or not within its text, or its score not between 0 and 1",
            )),
        });
    spans.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, spans_of: &[(usize, usize)]) -> Result<Vec<String>, Error> {
        let found = spans_of.iter().map(|&(start, end)| Found {
            entity_type: "PERSON".to_owned(),
            start,
            end,
            score: 0.85,
        });
        let spans = spans(text, found.collect())?;
        Ok(spans
            .into_iter()
            .map(|span| text[span.range].to_owned())
            .collect())
    }

    #[test]
    fn scalars_become_bytes() {
        let text = "Zoë 😀 Ørsted";
        for (spans, expected) in [
            (&[(0, 3)][..], &["Zoë"][..]),
            (&[(6, 12)], &["Ørsted"]),
            (
                &[(6, 12), (0, 3), (4, 5), (0, 12)],
                &["Ørsted", "Zoë", "😀", text],
            ),
            (&[(2, 4), (3, 5)], &["ë ", " 😀"]),
            (&[], &[]),
        ] {
            assert_eq!(check(text, spans).unwrap(), expected, "{spans:?}");
        }
    }

    #[test]
    fn spans_that_cannot_be_are_refused() {
        for span in [
            (0, 0),
            (3, 2),
            (0, 13),
            (12, 13),
            (13, 14),
            (0, usize::MAX),
            (usize::MAX, usize::MAX),
        ] {
            assert!(check("Zoë 😀 Ørsted", &[(0, 3), span]).is_err(), "{span:?}");
        }
        for score in ["-0.1", "1.1"] {
            let found = format!(r#"[{{"entity_type":"X","start":0,"end":1,"score":{score}}}]"#);
            assert!(spans("ab", serde_json::from_str(&found).unwrap()).is_err());
        }
    }
}
