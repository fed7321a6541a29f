//! A hit: a stored answer as the reply to this request, in the form that it asks for.
//! Must not know how it was found.

use std::borrow::Cow;

use tollgate_cache::{Hit, StoredAnswer};
use tollgate_guardrails::Findings;
use tollgate_llm::replay::{Form, Wanted, replay};
use tollgate_routing::decision;
use tollgate_routing::facts::Facts;
use tollgate_wire::Reply;
use tracing::debug;

use super::lookup::How;
use crate::exchange::answer::restorer::Restorer;
use crate::exchange::answer::{plain, stream};
use crate::exchange::reply;
use crate::serve::Caller;

/// The stored answer goes the way of a provider's, so that this exchange's own values are put back. `None` if it cannot be
/// read or told in the form that is asked for, or breaks a rule by now, which is a miss. With it what guardrails found in it: they
/// may have changed since it was stored, and this exchange's values may be of those that they look for.
pub(super) fn body(facts: &Facts, restorer: &Restorer, stored: &StoredAnswer) -> Option<(Vec<u8>, Findings)> {
    let include_usage = facts.include_usage == Some(true);
    let wanted = if facts.stream {
        Wanted::Events { include_usage }
    } else {
        Wanted::Body
    };
    let told = told(stored, wanted)?;
    if facts.stream {
        let mut stream = stream::Stream::new(facts.endpoint, restorer.clone(), true, None);
        stream.assume(stored.usage);
        let body = stream.whole(&told)?;
        return Some((body, stream.findings()));
    }
    let text = tollgate_llm::body::text(&told).ok()?;
    let rewritten = plain::rewrite(facts.endpoint, text, restorer, None).ok()?;
    let mut findings = Findings::default();
    if let Some(mut watch) = rewritten.watch {
        watch.finish(|| stored.usage.output_tokens);
        if watch.refusal().is_some() {
            return None;
        }
        findings = watch.found().clone();
    }
    let body = rewritten.body.unwrap_or_else(|| told.into_owned());
    Some((body, findings))
}

/// An answer as one body, whatever it came as.
pub(super) fn as_body(stored: &StoredAnswer) -> Option<String> {
    String::from_utf8(told(stored, Wanted::Body)?.into_owned()).ok()
}

fn told(stored: &StoredAnswer, wanted: Wanted) -> Option<Cow<'_, [u8]>> {
    let form = if stored.stream {
        Form::Events(&stored.body)
    } else {
        Form::Body(&stored.body)
    };
    replay(stored.endpoint, form, &stored.usage, wanted)
        .inspect_err(|cause| debug!("cache: a stored answer stays where it is: {cause}"))
        .ok()
}

/// The whole reply; `cost` is what the hit costs, in USD, `note` what was said of the request.
pub(super) fn reply(
    caller: &Caller,
    facts: &Facts,
    hit: &Hit,
    how: How,
    body: Vec<u8>,
    cost: String,
    note: Option<&str>,
) -> Reply {
    let mut headers = vec![
        ("x-tollgate-cache", how.name().to_owned()),
        ("x-tollgate-cache-key", hit.entry.key.to_string()),
        ("x-tollgate-cost-usd", cost.clone()),
        ("age", hit.age.as_secs().to_string()),
    ];
    if let How::Semantic { similarity } = how {
        headers.push(("x-tollgate-cache-similarity", format!("{similarity:.3}")));
    }
    let mut metadata = vec![
        (decision::DECISION, decision::ALLOW.into()),
        (decision::TENANT, caller.tenant().into()),
        (decision::KEY, caller.key().into()),
        (decision::CACHE, how.name().into()),
        (decision::COST_USD, cost.into()),
    ];
    if let Some(note) = note {
        headers.push(("x-tollgate-moderation", note.to_owned()));
        metadata.push((decision::MODERATION, note.into()));
    }
    reply::answer(facts.stream, body, headers, metadata)
}
