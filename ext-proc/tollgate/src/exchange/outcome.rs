//! How an exchange ended, as clients, metrics and the log are told.
//! Must not know why: whoever refuses says so itself.

use std::time::Duration;

use tollgate_llm::ApiError;
use tollgate_routing::facts::Facts;
use tollgate_wire::Reply;
use tracing::info;

use super::account::Bill;
use super::answer::plain::Withheld;
use super::request::given::Subject;
use super::{Exchange, reply};
use crate::serve::Caller;

/// Which way a text goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Answer,
}

impl Direction {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Answer => "answer",
        }
    }
}

/// How an exchange ended, for metrics and the log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    Cached,
    Refused,
    /// The provider answered, and redaction lets no one have the answer.
    Blocked,
    ProviderError,
    ClientLeft,
}

impl Outcome {
    /// Of an answer that does not reach its client.
    pub(super) const fn of_withheld(why: Withheld) -> Self {
        match why {
            Withheld::Unreadable => Self::ProviderError,
            Withheld::Blocked => Self::Blocked,
            Withheld::Refused => Self::Refused,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Cached => "cached",
            Self::Refused => "refused",
            Self::Blocked => "blocked",
            Self::ProviderError => "provider_error",
            Self::ClientLeft => "client_left",
        }
    }
}

/// A refusal with what the client may do about it.
pub(super) struct Refusal {
    pub(super) error: ApiError,
    pub(super) retry_after: Option<Duration>,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self {
            error,
            retry_after: None,
        }
    }
}

impl Exchange {
    /// Refuses, in the client's dialect; what is known of the caller goes into the log, what was asked does not.
    pub(super) fn refuse(&self, subject: &Subject, refusal: &Refusal) -> Reply {
        let Refusal { error, retry_after } = refusal;
        let Subject {
            request_id,
            model,
            dialect,
        } = subject;
        let (tenant, key) = self
            .caller
            .as_ref()
            .map_or(("", ""), |caller| (caller.tenant(), caller.key()));
        self.service
            .metrics
            .finished(tenant, model, Outcome::Refused.name());
        info!(
            request_id,
            tenant,
            key,
            model,
            status = error.status,
            code = error.code.unwrap_or_default(),
            outcome = Outcome::Refused.name(),
            "exchange",
        );
        reply::refusal(error, *dialect, *retry_after)
    }

    pub(super) fn finished(
        &self,
        caller: &Caller,
        facts: &Facts,
        outcome: Outcome,
        cache: &str,
        bill: &Bill,
    ) {
        self.service
            .metrics
            .finished(caller.tenant(), &facts.model, outcome.name());
        let usage = &bill.usage;
        self.service
            .metrics
            .metered(caller.tenant(), &facts.model, usage, bill.cost);
        info!(
            request_id = facts.request_id,
            tenant = caller.tenant(),
            key = caller.key(),
            model = facts.model,
            stream = facts.stream,
            prompt_tokens = facts.prompt_tokens,
            input_tokens = usage.input_tokens,
            output_tokens = usage.output_tokens,
            cost_usd = bill.cost.to_string(),
            cache,
            outcome = outcome.name(),
            "exchange",
        );
    }
}
