//! Was this answered before, in the same words or in others? What a request wants of the cache, the look-up, and what is kept.
//! Must not know how answers are made clean; what it stores is already redacted and complete.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tollgate_cache::{
    BodyDigest, CacheKey, Entry, Hit, Meaning, MeaningKey, Near, Partition, Scope, StoredAnswer,
};
use tollgate_config::{Cache as Configured, CacheMode, CacheRules, CacheScope};
use tollgate_routing::cache_control::{CacheControl, CacheMode as Wish};
use tollgate_routing::facts::Facts;
use tollgate_similar::{Limits, Mode, Threshold, Why, eligible, judge};
use tracing::warn;

use super::hit;
use super::last_text::Words;
use crate::cache::{Follow, Lead, Shadow, Turn};
use crate::serve::{Caller, Service};

/// The cache's part in one exchange.
pub(in crate::exchange) struct Lookup {
    /// `None` if the policy caches nothing, the client wants nothing of it, or this request cannot be cached.
    wanted: Option<Wanted>,
}

/// What a request wants of the cache: what its policy allows, less what its client does not want.
struct Wanted {
    key: CacheKey,
    partition: Partition,
    rules: CacheRules,
    /// How near another request's words must be.
    mode: Mode,
    /// Serve stored answers.
    serve: bool,
    /// Keep the new one.
    keep: bool,
    /// The oldest that may be served.
    max_age: Duration,
    words: Option<Words>,
    /// The words' vector, once it is known.
    meaning: Option<Meaning>,
    /// This exchange is the one that is sent; others may wait for it.
    lead: Option<Lead>,
    /// What would have been served.
    shadow: Option<Near>,
}

/// What a look-up found.
pub(in crate::exchange) enum Found {
    /// An answer.
    Hit(Hit, How),
    /// The same request is under way.
    UnderWay(Follow),
    /// Nothing.
    Nothing,
}

/// How an answer was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::exchange) enum How {
    /// The same request.
    Exact,
    /// Other words, so near.
    Semantic { similarity: f32 },
}

impl How {
    /// For headers, logs and metrics.
    pub(in crate::exchange) const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Semantic { .. } => "semantic",
        }
    }
}

impl Lookup {
    /// Who shares the answer to this request, and under which key.
    pub(in crate::exchange) fn new(
        caller: &Caller,
        facts: &Facts,
        digest: Option<BodyDigest>,
        words: Option<Words>,
    ) -> Self {
        let off = Self { wanted: None };
        let (Configured::On(rules), Some(digest)) = (caller.policy().cache, digest) else {
            return off;
        };
        let wishes = &facts.cache;
        let Some(mode) = mode(rules.mode, wishes) else {
            return off;
        };
        let partition = partition(caller, facts, &rules);
        let stays_out = facts.stream
            && caller
                .hooks
                .as_ref()
                .is_some_and(|hooks| hooks.keep_streams_out());
        let ttl = rules
            .ttl
            .min(wishes.ttl.map_or(Duration::MAX, Duration::from_secs));
        let lookup = Wanted {
            key: CacheKey::new(&partition, &digest),
            partition,
            mode,
            serve: !wishes.no_cache,
            keep: !wishes.no_store && !ttl.is_zero() && !stays_out,
            max_age: wishes.max_age.map_or(Duration::MAX, Duration::from_secs),
            rules: CacheRules { ttl, ..rules },
            words: words.filter(|_| mode != Mode::Off),
            meaning: None,
            lead: None,
            shadow: None,
        };
        Self { wanted: Some(lookup) }
    }

    #[cfg(test)]
    pub(in crate::exchange) fn off() -> Self {
        Self { wanted: None }
    }

    /// Whether an answer is of use to anybody: to be stored, or to be compared with what would have been served.
    pub(in crate::exchange) fn keeps(&self) -> bool {
        self.wanted
            .as_ref()
            .is_some_and(|wanted| wanted.keep || wanted.shadow.is_some())
    }

    /// Whether answers that call tools may be stored.
    pub(in crate::exchange) fn keeps_tool_calls(&self) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| wanted.rules.tool_calls)
    }

    /// For logs: what a request that was not found is called.
    pub(in crate::exchange) fn state(&self) -> &'static str {
        match &self.wanted {
            None => "off",
            Some(Wanted { serve: false, .. }) => "bypass",
            Some(Wanted { .. }) => "miss",
        }
    }

    /// What a hit costs: this share of what its answer did cost.
    pub(in crate::exchange) fn hit_price(&self) -> f64 {
        self.wanted.as_ref().map_or(0.0, |wanted| wanted.rules.hit_price)
    }

    /// Looks for an answer. `may_wait`: the same request under way is something found. Whatever fails is a miss: nobody is
    /// refused because of the cache.
    pub(in crate::exchange) async fn find(
        &mut self,
        service: &Service,
        now: SystemTime,
        may_wait: bool,
    ) -> Found {
        let Some(wanted) = self.wanted.as_mut().filter(|wanted| wanted.serve) else {
            return Found::Nothing;
        };
        let cache = &service.cache;
        if let Some(hit) = cache.store.get(&wanted.key, now)
            && hit.age <= wanted.max_age
        {
            service.metrics.cached("exact");
            return Found::Hit(hit, How::Exact);
        }
        // Those who keep nothing have nothing to share.
        if wanted.keep && !cache.patience.is_zero() {
            match cache.under_way.join(wanted.key) {
                Turn::Lead(lead) => wanted.lead = Some(lead),
                Turn::Follow(follow) if may_wait => return Found::UnderWay(follow),
                Turn::Follow(_) => {}
            }
        }
        if let Some(near) = wanted.near(service, now).await {
            if wanted.rules.shadow {
                wanted.shadow = Some(near);
            } else {
                service.metrics.cached("semantic");
                cache.store.touch(&near.hit.entry.key);
                let similarity = near.score;
                return Found::Hit(near.hit, How::Semantic { similarity });
            }
        }
        service.metrics.cached("miss");
        Found::Nothing
    }

    /// Keeps a complete, redacted answer; those who wait for it wait no longer.
    pub(in crate::exchange) fn store(&mut self, service: &Service, answer: StoredAnswer, now: SystemTime) {
        let Some(wanted) = self.wanted.as_mut() else {
            return;
        };
        let entry = Arc::new(Entry {
            key: wanted.key,
            partition: wanted.partition.clone(),
            expires: now.checked_add(wanted.rules.ttl),
            answer,
        });
        if let Some(near) = wanted.shadow.take() {
            compare(service, near, Arc::clone(&entry));
        }
        if wanted.keep {
            service.cache.put(entry, wanted.meaning.take(), now);
        }
        wanted.lead = None;
    }
}

impl Wanted {
    /// The nearest entry in other words, if it is near enough and nothing speaks against it.
    async fn near(&mut self, service: &Service, now: SystemTime) -> Option<Near> {
        let words = self.words.take()?;
        let embedder = service.cache.embedder.as_ref()?;
        let limits = Limits {
            bytes: self.rules.max_prompt_bytes,
            ..Limits::default()
        };
        if let Err(why) = eligible(&words.prompt, limits) {
            service.metrics.compared(why.as_str());
            return None;
        }
        let deadline = service.cache.semantic_timeout;
        let vector = match tokio::time::timeout(deadline, embedder.embed_prompt(&words.prompt)).await {
            Ok(Ok(vector)) => vector,
            Ok(Err(failure)) => {
                service.metrics.compared(failure.name());
                if failure.name() == "error" {
                    warn!("cache: {failure}");
                }
                return None;
            }
            Err(_) => {
                service.metrics.compared("timeout");
                return None;
            }
        };
        let key = MeaningKey::new(&self.partition, &words.rest, embedder.id());
        let nearest = service.cache.nearest(key, &vector, now).await;
        let mut why = Why::Cosine.as_str();
        let mut found = None;
        for near in nearest {
            if near.hit.age > self.max_age || near.refused {
                continue;
            }
            let judgement = judge(self.mode, near.score, &words.prompt, &near.prompt);
            if judgement.hit {
                why = judgement.why.as_str();
                found = Some(near);
                break;
            }
            if judgement.why == Why::Cosine {
                break;
            }
            why = judgement.why.as_str();
        }
        service.metrics.compared(why);
        self.meaning = Some(Meaning {
            key,
            prompt: words.prompt.into(),
            vector,
        });
        found
    }
}

/// Measures what would have been served; nobody waits for it.
fn compare(service: &Service, near: Near, given: Arc<Entry>) {
    let (cache, metrics) = (Arc::clone(&service.cache), service.metrics.clone());
    tokio::spawn(async move {
        let stored = hit::as_body(&near.hit.entry.answer);
        let given = hit::as_body(&given.answer);
        if let (Some(stored), Some(given)) = (stored, given) {
            Shadow::new(near).compare(&cache, &metrics, &stored, &given).await;
        }
    });
}

fn partition(caller: &Caller, facts: &Facts, rules: &CacheRules) -> Partition {
    let pool = facts
        .choice_for(caller.tenant())
        .map_or("", |choice| choice.pool.as_str());
    Partition {
        scope: match rules.scope {
            CacheScope::Tenant => Scope::Tenant(caller.tenant().into()),
            CacheScope::Everyone => Scope::Everyone,
        },
        namespace: facts.cache.namespace.as_deref().unwrap_or_default().into(),
        endpoint: facts.endpoint,
        model: facts.model.as_str().into(),
        // Another policy redacts answers in another way, another pool answers in other words.
        variant: format!("{}\n{pool}", caller.policy().name).into(),
    }
}

/// The policy's mode, or less if the client wants less; `None`: no cache at all.
fn mode(policy: CacheMode, wishes: &CacheControl) -> Option<Mode> {
    let allowed = match policy {
        CacheMode::Exact => Mode::Off,
        CacheMode::Safe => Mode::Safe,
        CacheMode::Faq => Mode::Faq,
        CacheMode::Cosine(cosine) => Threshold::new(cosine).map_or(Mode::Off, Mode::Custom),
    };
    let wanted = match wishes.mode {
        None => return Some(allowed),
        Some(Wish::Off) => return None,
        Some(Wish::Exact) => Mode::Off,
        Some(Wish::Safe) => Mode::Safe,
        Some(Wish::Faq) => Mode::Faq,
    };
    // Nothing is the strictest, then the highest threshold.
    let strictness = |mode: Mode| mode.threshold().map_or(f32::MAX, Threshold::get);
    Some(if strictness(wanted) > strictness(allowed) {
        wanted
    } else {
        allowed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_can_only_want_less() {
        let custom = |cosine| Mode::Custom(Threshold::new(cosine).unwrap());
        for (policy, wish, expected) in [
            (CacheMode::Exact, None, Some(Mode::Off)),
            (CacheMode::Exact, Some(Wish::Faq), Some(Mode::Off)),
            (CacheMode::Exact, Some(Wish::Off), None),
            (CacheMode::Safe, Some(Wish::Faq), Some(Mode::Safe)),
            (CacheMode::Faq, Some(Wish::Safe), Some(Mode::Safe)),
            (CacheMode::Faq, Some(Wish::Exact), Some(Mode::Off)),
            (CacheMode::Cosine(0.8), None, Some(custom(0.8))),
            (CacheMode::Cosine(0.8), Some(Wish::Faq), Some(Mode::Faq)),
            (CacheMode::Cosine(0.97), Some(Wish::Safe), Some(custom(0.97))),
        ] {
            let wishes = CacheControl {
                mode: wish,
                ..CacheControl::default()
            };
            assert_eq!(mode(policy, &wishes), expected, "{policy:?} {wish:?}");
        }
    }
}
