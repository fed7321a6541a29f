//! Was this answered before? The partition of a request in the cache, the look-up, and what a hit says.
//! Must not know how answers are made clean; what it stores is already redacted and complete.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tollgate_cache::{BodyDigest, CacheKey, Delivery, ExactStore as _, Hit, Partition, Scope, StoredAnswer};
use tollgate_config::{Cache, CacheScope};
use tollgate_llm::Usage;
use tollgate_routing::decision;
use tollgate_routing::facts::Facts;
use tollgate_wire::Reply;
use tracing::warn;

use super::answer::Restorer;
use super::{plain, reply, stream};
use crate::serve::{Caller, Service};

/// The cache's part in one exchange.
pub(super) struct Lookup {
    /// `None` if the policy caches nothing, or this request cannot be cached.
    entry: Option<Entry>,
}

struct Entry {
    key: CacheKey,
    partition: Partition,
    ttl: Duration,
}

impl Lookup {
    /// Who shares the answer to this request, and under which key.
    pub(super) fn new(caller: &Caller, facts: &Facts, digest: Option<BodyDigest>) -> Self {
        let (Cache::Exact { ttl, scope }, Some(digest)) = (caller.policy().cache, digest) else {
            return Self { entry: None };
        };
        let partition = Partition {
            scope: match scope {
                CacheScope::Tenant => Scope::Tenant(caller.tenant().into()),
                CacheScope::Everyone => Scope::Everyone,
            },
            namespace: "".into(),
            endpoint: facts.endpoint,
            model: facts.model.as_str().into(),
            // Another policy redacts answers in another way, another pool answers in other words.
            variant: format!(
                "{}\n{}",
                caller.policy().name,
                facts
                    .choice_for(caller.tenant())
                    .map_or("", |choice| choice.pool.as_str())
            )
            .into(),
            delivery: if facts.stream {
                Delivery::Stream {
                    include_usage: facts.include_usage == Some(true),
                }
            } else {
                Delivery::Plain
            },
        };
        Self {
            entry: Some(Entry {
                key: CacheKey::new(&partition, &digest),
                partition,
                ttl,
            }),
        }
    }

    #[cfg(test)]
    pub(super) fn off() -> Self {
        Self { entry: None }
    }

    /// Whether an answer would be stored.
    pub(super) fn is_on(&self) -> bool {
        self.entry.is_some()
    }

    /// For logs: what a request that was not found is called.
    pub(super) fn state(&self) -> &'static str {
        if self.is_on() { "miss" } else { "off" }
    }

    /// The stored answer. A store that fails is a miss: nobody is refused because of the cache.
    pub(super) async fn find(&self, service: &Service, now: SystemTime) -> Option<Hit> {
        let entry = self.entry.as_ref()?;
        match service.cache.get(&entry.key, now).await {
            Ok(Some(hit)) => {
                service.metrics.cached("exact");
                Some(hit)
            }
            Ok(None) => {
                service.metrics.cached("miss");
                None
            }
            Err(cause) => {
                service.metrics.cached("error");
                warn!("cache: {cause}");
                None
            }
        }
    }

    /// Keeps a complete, redacted answer.
    pub(super) async fn store(
        &self,
        service: &Service,
        facts: &Facts,
        body: Vec<u8>,
        usage: Usage,
        now: SystemTime,
    ) {
        let Some(entry) = &self.entry else { return };
        let answer = StoredAnswer {
            endpoint: facts.endpoint,
            stream: facts.stream,
            body: body.into(),
            usage,
            model: Arc::clone(&entry.partition.model),
            created: now,
        };
        if let Err(cause) = service
            .cache
            .put(&entry.key, &entry.partition, answer, entry.ttl, now)
            .await
        {
            warn!("cache: {cause}");
        }
    }
}

/// The reply of a hit: the stored answer goes the way of a provider's, so that this exchange's own values are put back.
/// `None` if it cannot be read, which is a miss.
pub(super) fn reply(caller: &Caller, facts: &Facts, restorer: &Restorer, hit: &Hit) -> Option<Reply> {
    let stored = &hit.answer;
    let body = if stored.stream {
        stream::Stream::new(facts.endpoint, restorer.clone(), true, None).whole(&stored.body)?
    } else {
        let text = tollgate_llm::body::text(&stored.body).ok()?;
        plain::rewrite(facts.endpoint, text, restorer)
            .ok()?
            .body
            .unwrap_or_else(|| stored.body.to_vec())
    };
    let headers = vec![
        ("x-tollgate-cache", "exact".to_owned()),
        ("x-tollgate-cost-usd", "0.00".to_owned()),
        ("age", hit.age.as_secs().to_string()),
    ];
    let metadata = vec![
        (decision::DECISION, decision::ALLOW.into()),
        (decision::TENANT, caller.tenant().into()),
        (decision::KEY, caller.key().into()),
        (decision::CACHE, "exact".into()),
        (decision::COST_USD, "0.00".into()),
    ];
    Some(reply::answer(stored.stream, body, headers, metadata))
}
