//! Moderation by an OpenAI-compatible endpoint: <https://platform.openai.com/docs/api-reference/moderations>.
//! Must not know what is done with a text that falls into a category.

use std::collections::BTreeMap;

use hyper::Uri;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::service::Service;

/// A model behind `POST {url}/moderations`.
#[derive(Debug)]
pub struct Moderation {
    service: Service,
    uri: Uri,
    model: Option<String>,
}

/// From which score on a category counts, by category (`hate/threatening`), whatever the service itself says of it.
/// Where there is none, the service's own word counts.
pub type Thresholds = BTreeMap<String, f64>;

/// What is said of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The service's own word on the whole, which knows no thresholds.
    pub flagged: bool,
    /// What the text falls into, highest score first.
    pub categories: Vec<Category>,
}

/// A category that a text falls into.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// As the service calls it.
    pub name: String,
    /// How sure it is, usually between 0 and 1; some services give none.
    pub score: Option<f64>,
}

#[derive(Serialize)]
struct Question<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    input: &'a [&'a str],
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    flagged: bool,
    /// Models before `omni-moderation` have `null` for categories that they do not know.
    categories: BTreeMap<String, Option<bool>>,
    #[serde(default)]
    category_scores: BTreeMap<String, Option<f64>>,
}

impl Moderation {
    /// Without a model, the service takes its own.
    pub fn new(service: Service, model: Option<String>) -> Result<Self, Error> {
        Ok(Self {
            uri: service.at("/moderations")?,
            service,
            model,
        })
    }

    /// A verdict on each text, in the same order, in one call.
    pub async fn moderate(&self, texts: &[&str], thresholds: &Thresholds) -> Result<Vec<Verdict>, Error> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let question = Question {
            model: self.model.as_deref(),
            input: texts,
        };
        let answer: Answer = self.service.post(&self.uri, &question).await?;
        if answer.results.len() != texts.len() {
            return Err(Error::Senseless("there are not as many results as texts"));
        }
        answer
            .results
            .into_iter()
            .map(|outcome| outcome.verdict(thresholds))
            .collect()
    }
}

impl Outcome {
    fn verdict(self, thresholds: &Thresholds) -> Result<Verdict, Error> {
        let score = |name: &str| self.category_scores.get(name).copied().flatten();
        let own = self
            .categories
            .iter()
            .filter(|(name, said)| **said == Some(true) && !thresholds.contains_key(name.as_str()));
        let mut names: Vec<&String> = own.map(|(name, _)| name).collect();
        for (name, threshold) in thresholds {
            // A name that the service does not know would never count: that is an error and not a clean text.
            let score = score(name).ok_or_else(|| Error::NoScore(name.clone()))?;
            if score >= *threshold {
                names.push(name);
            }
        }
        let mut categories: Vec<Category> = names
            .into_iter()
            .map(|name| Category {
                name: name.clone(),
                score: score(name),
            })
            .collect();
        categories.sort_by(|a, b| {
            b.score
                .unwrap_or_default()
                .total_cmp(&a.score.unwrap_or_default())
        });
        Ok(Verdict {
            flagged: self.flagged,
            categories,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HATE: &str = r#"{"flagged":true,"categories":{"hate":true,"violence":false,"illicit":null},
        "category_scores":{"hate":0.7,"violence":0.4,"illicit":null},"category_applied_input_types":{"hate":["text"]}}"#;

    fn check(body: &str, thresholds: &[(&str, f64)]) -> Result<Vec<String>, Error> {
        let thresholds = thresholds
            .iter()
            .map(|(name, score)| ((*name).to_owned(), *score))
            .collect();
        let outcome: Outcome = serde_json::from_str(body).unwrap();
        Ok(outcome
            .verdict(&thresholds)?
            .categories
            .into_iter()
            .map(|category| category.name)
            .collect())
    }

    #[test]
    fn a_threshold_outweighs_the_services_word_for_its_category_alone() {
        for (thresholds, expected) in [
            (&[][..], &["hate"][..]),
            (&[("violence", 0.4)], &["hate", "violence"]),
            (&[("violence", 0.41)], &["hate"]),
            (&[("hate", 0.71)], &[]),
            (&[("hate", 0.7), ("violence", 0.0)], &["hate", "violence"]),
        ] {
            assert_eq!(check(HATE, thresholds).unwrap(), expected, "{thresholds:?}");
        }
    }

    #[test]
    fn a_threshold_without_a_score_is_an_error() {
        for name in ["illicit", "misspelt"] {
            let error = check(HATE, &[(name, 0.5)]).unwrap_err();
            assert!(matches!(error, Error::NoScore(told) if told == name));
        }
    }

    #[test]
    fn scores_may_be_missing_where_no_threshold_needs_them() {
        assert_eq!(
            check(r#"{"flagged":true,"categories":{"hate":true}}"#, &[]).unwrap(),
            ["hate"]
        );
    }
}
