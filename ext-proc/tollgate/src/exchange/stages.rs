//! How far an exchange has come, and what is known of it there.
//! Must not know what leads from one stage to the next.

use std::sync::Arc;
use std::time::Instant;

use tollgate_config::Model;
use tollgate_llm::Endpoint;
use tollgate_llm::json::Splice;
use tollgate_llm::request::RequestFacts;
use tollgate_routing::facts::Facts;

use super::Outcome;
use super::account::{Account, Bill};
use super::answer::Answer;
use super::answer::restorer::Restorer;
use super::guard::Notes;
use super::hooks::asking::Asking;
use super::request::given::{Given, Subject};
use super::request::lookup::Lookup;
use crate::cache::Follow;
use crate::serve::{Caller, Service};

pub(super) enum Stage {
    /// Nothing is known yet, or everything is said.
    Idle,
    /// Hooks are asked about it before anything else.
    Held(Box<Held>),
    /// The same request is under way, and this one waits for its answer.
    Waiting(Box<Admitted>, Follow),
    /// A provider has the request.
    Forwarded(Box<Forwarded>),
}

/// A request whose caller is known and that nobody has read.
pub(super) struct Held {
    pub(super) began: Instant,
    pub(super) received: Received,
    pub(super) body: Vec<u8>,
    /// What a refusal is about.
    pub(super) subject: Subject,
}

/// What is known of a request without its body.
pub(super) struct Received {
    pub(super) given: Given,
    pub(super) endpoint: Endpoint,
    pub(super) caller: Arc<Caller>,
}

/// What is known of a request that policy lets pass.
pub(super) struct Admitted {
    pub(super) caller: Arc<Caller>,
    pub(super) facts: Facts,
    pub(super) model: Arc<Model>,
    /// Tokens of the prompt as `router.wasm` estimates them; `None` if it counted them.
    pub(super) estimated: Option<u64>,
    pub(super) target: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) edits: Splice,
    pub(super) read: RequestFacts,
    pub(super) lookup: Lookup,
    pub(super) restorer: Restorer,
    /// What was said of it by whoever judges requests.
    pub(super) note: Option<String>,
    pub(super) notes: Notes,
}

/// What is known of a request that a provider has.
pub(super) struct Forwarded {
    pub(super) caller: Arc<Caller>,
    pub(super) facts: Facts,
    pub(super) model: Arc<Model>,
    pub(super) estimated: Option<u64>,
    pub(super) account: Account,
    pub(super) answer: Answer,
    /// What a stream that hooks must see waits for.
    pub(super) asking: Option<Asking>,
    /// What was said of the request.
    pub(super) note: Option<String>,
    /// What was found in the request.
    pub(super) notes: Notes,
    /// Once the answer is over: how it ended and what it cost.
    pub(super) settled: Option<(Outcome, Bill)>,
}

impl Forwarded {
    /// Learns from what the provider says of a prompt that was estimated.
    pub(super) fn calibrate(&self, service: &Service) {
        if let (Some(estimated), Some(reported)) = (self.estimated, self.answer.reported_input())
            && let Some(factor) = service.estimates.observe(&self.model, estimated, reported)
        {
            service.metrics.estimates(&self.model.name, factor);
        }
    }
}
