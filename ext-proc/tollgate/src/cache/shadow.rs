//! What would have been served, beside what a provider answered: measured, and learned from.
//! Must not serve anything.

use std::time::Duration;

use tollgate_cache::Near;
use tollgate_llm::answer::{self, AnswerVisitor};
use tollgate_llm::json::Str;
use tollgate_llm::{Channel, Endpoint, TextKind};
use tracing::{info, warn};

use super::Cache;
use crate::serve::Metrics;

/// From this cosine on two answers say the same. Two runs of a model on one prompt are mostly above it, answers to different
/// questions of one kind below.
const AGREEMENT: f32 = 0.85;

/// Nobody waits for a comparison, but none may stay for ever.
const DEADLINE: Duration = Duration::from_secs(10);

/// An entry that would have been served.
pub(crate) struct Shadow {
    near: Near,
}

impl Shadow {
    pub(crate) fn new(near: Near) -> Self {
        Self { near }
    }

    /// Compares the entry's answer with the one that a provider gave, each as one body. Where they differ, the entry no longer
    /// stands for prompts that are no nearer than this one.
    pub(crate) async fn compare(self, cache: &Cache, metrics: &Metrics, stored: &str, given: &str) {
        let endpoint = self.near.hit.entry.answer.endpoint;
        let agreement = tokio::time::timeout(DEADLINE, agreement(cache, endpoint, stored, given)).await;
        let Ok(Some(cosine)) = agreement else {
            metrics.shadowed("unknown");
            warn!("cache: a would-be hit could not be compared");
            return;
        };
        let agrees = cosine >= AGREEMENT;
        metrics.shadowed(if agrees { "agree" } else { "differ" });
        if !agrees {
            let key = &self.near.hit.entry.key;
            cache.store.require_more_than(key, self.near.score);
        }
        info!(
            similarity = self.near.score,
            agreement = cosine,
            agrees,
            "cache: a would-be hit"
        );
    }
}

/// How alike two answers are: 1 for the same text.
async fn agreement(cache: &Cache, endpoint: Endpoint, stored: &str, given: &str) -> Option<f32> {
    let (stored, given) = (text(endpoint, stored)?, text(endpoint, given)?);
    if stored == given {
        return Some(1.0);
    }
    let embedder = cache.embedder.as_ref()?;
    let stored = embedder.embed_beginning(&stored).await.ok()?;
    let given = embedder.embed_beginning(&given).await.ok()?;
    Some(stored.iter().zip(&given).map(|(a, b)| a * b).sum())
}

/// All that an answer says.
fn text(endpoint: Endpoint, body: &str) -> Option<String> {
    struct Texts(String);
    impl AnswerVisitor for Texts {
        fn text(&mut self, _: Channel, str: &Str<'_>, kind: TextKind) {
            if kind != TextKind::Reasoning {
                self.0.push_str(str.decode().trim());
                self.0.push('\n');
            }
        }
        fn logprobs(&mut self, _: std::ops::Range<usize>, _: &str) {}
        fn unknown(&mut self, _: &str) {}
    }
    let mut texts = Texts(String::new());
    answer::walk(endpoint, body, &mut texts).ok()?;
    (!texts.0.is_empty()).then_some(texts.0)
}
