//! One request and its answer, in the order in which policy acts.
//!
//! Must not know protobuf, sockets or how any engine works: each step is a file that asks one engine.
//!
//! | step | folder | file |
//! |---|---|---|
//! | what Envoy hands over, and what it is told | | [`phases`] |
//! | how far an exchange has come, how it ended | | [`stages`], [`outcome`] |
//! | a request, from who asks to where it goes | [`request`] | `decide` has the steps in their order |
//! | its answer, from the first byte to what is stored | [`answer`] | |
//! | texts of both, shown to services that somebody else runs | [`hooks`] | |
//! | the money of both | [`account`] | |
//! | what guardrails find in either, and what follows | | [`guard`] |
//! | what the service says by itself | | [`reply`], [`models`] |

mod account;
mod answer;
mod guard;
mod hooks;
mod models;
mod outcome;
mod phases;
mod reply;
mod request;
mod stages;

use std::sync::Arc;

pub(crate) use self::answer::inspect::{InspectedStream, StreamShape};
use self::outcome::{Direction, Outcome, Refusal};
use self::stages::{Admitted, Forwarded, Held, Received, Stage};
use crate::serve::{Active, Caller, Service};

/// See the module.
pub(crate) struct Exchange {
    service: Arc<Service>,
    /// In force when the exchange began; a reload does not change the rules in the middle.
    active: Arc<Active>,
    /// Who asks, as soon as that is known.
    caller: Option<Arc<Caller>>,
    stage: Stage,
}

impl Exchange {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        let active = service.active.load_full();
        service.metrics.began();
        Self {
            service,
            active,
            caller: None,
            stage: Stage::Idle,
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.service.metrics.ended();
    }
}
