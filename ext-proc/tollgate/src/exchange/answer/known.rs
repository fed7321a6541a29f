//! What is known of an answer at any moment: how it ended, what it used, what was found in it, and what the cache keeps of it.
//! Must not know how its bytes are read.

use std::time::SystemTime;

use tollgate_cache::StoredAnswer;
use tollgate_guardrails::Findings;
use tollgate_llm::Usage;
use tollgate_redact::Counts;

use super::plain::Withheld;
use super::stream::Stream;
use super::{Answer, State};
use crate::serve::Service;

impl Answer {
    /// Who answered, if Envoy says so.
    pub(in super::super) fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    pub(in super::super) fn counts(&self) -> Counts {
        let mut counts = self.counts.clone();
        if let State::Streaming { sent, .. } = &self.state {
            counts.add(&sent.counts());
        }
        counts
    }

    /// What guardrails found so far.
    pub(in super::super) fn findings(&self) -> Findings {
        match &self.state {
            State::Streaming { sent, .. } => sent.findings(),
            _ => self.findings.clone(),
        }
    }

    /// Why it does not reach its client, or not all of it, if that is so.
    pub(in super::super) fn withheld(&self) -> Option<Withheld> {
        match &self.state {
            State::Streaming { sent, .. } => sent.withheld(),
            State::Withheld { why, .. } => Some(*why),
            _ => None,
        }
    }

    /// Whether the provider gave none.
    pub(in super::super) fn is_error(&self) -> bool {
        matches!(self.state, State::Failed)
    }

    /// Whether a stream has had its last event. Clients don't wait for the end of its bytes.
    pub(in super::super) fn has_said_all(&self) -> bool {
        matches!(&self.state, State::Streaming { sent, .. } if sent.has_ended())
    }

    /// Tokens of the prompt as the provider counts them, if it said so.
    pub(in super::super) fn reported_input(&self) -> Option<u64> {
        let reported = match &self.state {
            State::Streaming { sent, .. } => sent.reported(),
            State::Whole { reported, .. } => *reported,
            _ => None,
        };
        reported
            .map(|usage| usage.input_tokens)
            .filter(|tokens| *tokens > 0)
    }

    /// What was used so far; `None` if nobody charges for it.
    pub(in super::super) fn usage(&self) -> Option<Usage> {
        let prompt = self.facts.prompt_tokens;
        match &self.state {
            // The provider has the prompt, and reads it whether or not anybody waits for the answer.
            State::Waiting => Some(Usage {
                input_tokens: prompt,
                ..Usage::default()
            }),
            State::Streaming { sent, .. } => Some(sent.usage(prompt)),
            State::Whole { usage, .. } => *usage,
            State::Withheld { usage, .. } => Some(*usage),
            // Its client left before it was looked at, or while others did.
            State::Gathering { status, body } if *status < 400 => Some(self.counted(body, None)),
            State::Gathering { .. } | State::Failed => None,
        }
    }

    /// For the log: what the cache had to do with it.
    pub(in super::super) fn cache(&self) -> &'static str {
        self.lookup.state()
    }

    /// Keeps a complete answer for the next one who asks.
    pub(in super::super) fn store(&mut self, service: &Service, now: SystemTime) {
        let (body, usage) = match &mut self.state {
            State::Whole {
                usage: Some(usage),
                stored,
                ..
            } => (stored.take(), *usage),
            State::Streaming { sent, kept }
                if sent.is_complete() && (self.lookup.keeps_tool_calls() || !sent.calls_tools()) =>
            {
                let body = kept.take().and_then(|kept| {
                    if self.restorer.vault.is_empty() || !sent.may_have_restored() {
                        return Some(kept.sent);
                    }
                    Stream::new(
                        self.endpoint,
                        self.restorer.without_values(),
                        kept.include_usage,
                        None,
                    )
                    .whole(&kept.received)
                });
                (body, sent.usage(self.facts.prompt_tokens))
            }
            _ => return,
        };
        if let Some(body) = body {
            let answer = StoredAnswer {
                endpoint: self.endpoint,
                stream: self.facts.stream,
                body: body.into(),
                usage,
                provider: self.provider.as_deref().unwrap_or_default().into(),
                created: now,
            };
            self.lookup.store(service, answer, now);
        }
    }
}
