//! One request and its answer, in the order in which policy acts.
//!
//! Must not know protobuf, sockets or how any engine works: each step is a file that asks one engine.
//!
//! | step | file |
//! |---|---|
//! | the steps of a request, one after the other | [`decide`] |
//! | what `router.wasm` says of it | [`given`] |
//! | who asks, may they | [`identity`] |
//! | read once: redact, hash, ask for usage | [`request`] |
//! | what others find in its texts, and say of them | [`hooks`], [`asker`], [`finds`], [`said`] |
//! | the same before a stream goes out | [`asking`], [`gate`] |
//! | what guardrails find, and what follows | [`guard`], [`watch`] |
//! | answered before, in these words or others? | [`lookup`], [`last_text`] |
//! | if so, in the form that is asked for | [`hit`] |
//! | hold the most it can cost, settle what it did | [`account`] |
//! | the answer: redact, restore, meter | [`answer`], [`restorer`], [`plain`], [`stream`], [`events`] |
//! | a stream without an exchange | [`inspect`] |
//! | what the service says by itself | [`reply`], [`models`] |

mod account;
mod answer;
mod asker;
mod asking;
mod decide;
mod events;
mod finds;
mod gate;
mod given;
mod guard;
mod hit;
mod hooks;
mod identity;
mod inspect;
mod last_text;
mod lookup;
mod meter;
mod models;
mod plain;
mod reply;
mod request;
mod restorer;
mod said;
mod stream;
mod watch;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tollgate_config::Model;
use tollgate_llm::json::Splice;
use tollgate_llm::request::RequestFacts;
use tollgate_llm::{ApiError, Endpoint};
use tollgate_routing::facts::Facts;
use tollgate_wire::{AnswerVerdict, Asked, Attributes, Reply, RequestVerdict};
use tracing::info;

use self::account::{Account, Bill};
use self::answer::{Answer, Gathered};
use self::asker::Asker;
use self::asking::Asking;
use self::given::{Given, Subject};
use self::guard::Notes;
use self::restorer::Restorer;

pub(crate) use self::inspect::{InspectedStream, StreamShape};
use self::lookup::Lookup;
use crate::cache::Follow;
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

enum Stage {
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
struct Held {
    began: Instant,
    received: Received,
    body: Vec<u8>,
    /// What a refusal is about.
    subject: Subject,
}

/// What is known of a request without its body.
struct Received {
    given: Given,
    endpoint: Endpoint,
    caller: Arc<Caller>,
}

/// What is known of a request that policy lets pass.
struct Admitted {
    caller: Arc<Caller>,
    facts: Facts,
    model: Arc<Model>,
    /// Tokens of the prompt as `router.wasm` estimates them; `None` if it counted them.
    estimated: Option<u64>,
    target: Option<String>,
    body: Vec<u8>,
    edits: Splice,
    read: RequestFacts,
    lookup: Lookup,
    restorer: Restorer,
    /// What was said of it by whoever judges requests.
    note: Option<String>,
    notes: Notes,
}

/// What is known of a request that a provider has.
struct Forwarded {
    caller: Arc<Caller>,
    facts: Facts,
    model: Arc<Model>,
    estimated: Option<u64>,
    account: Account,
    answer: Answer,
    /// What a stream that hooks must see waits for.
    asking: Option<Asking>,
    /// What was said of the request.
    note: Option<String>,
    /// What was found in the request.
    notes: Notes,
    /// Once the answer is over: how it ended and what it cost.
    settled: Option<(Outcome, Bill)>,
}

impl Forwarded {
    /// Learns from what the provider says of a prompt that was estimated.
    fn calibrate(&self, service: &Service) {
        if let (Some(estimated), Some(reported)) = (self.estimated, self.answer.reported_input())
            && let Some(factor) = service.estimates.observe(&self.model, estimated, reported)
        {
            service.metrics.estimates(&self.model.name, factor);
        }
    }
}

/// Which way a text goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Answer,
}

impl Direction {
    const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Answer => "answer",
        }
    }
}

/// How an exchange ended, for metrics and the log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Answered,
    Cached,
    Refused,
    ProviderError,
    ClientLeft,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Cached => "cached",
            Self::Refused => "refused",
            Self::ProviderError => "provider_error",
            Self::ClientLeft => "client_left",
        }
    }
}

/// A refusal with what the client may do about it.
struct Refusal {
    error: ApiError,
    retry_after: Option<std::time::Duration>,
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

    /// Refuses, in the client's dialect; what is known of the caller goes into the log, what was asked does not.
    fn refuse(&self, subject: &Subject, refusal: &Refusal) -> Reply {
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

    fn finished(&self, caller: &Caller, facts: &Facts, outcome: Outcome, cache: &str, bill: &Bill) {
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

impl tollgate_wire::Exchange for Exchange {
    async fn bodiless(&mut self, attributes: &Attributes) -> RequestVerdict {
        let path = attributes.text("request.path").unwrap_or_default();
        let dialect = models::dialect(attributes);
        let listed = identity::identify(&self.active, attributes, SystemTime::now())
            .and_then(|caller| models::answer(&self.active, &caller, dialect, path));
        RequestVerdict::Reply(match listed {
            Ok(body) => reply::answer(false, body, Vec::new(), Vec::new()),
            Err(error) => {
                let subject = Subject {
                    dialect,
                    ..Subject::given(attributes)
                };
                self.refuse(&subject, &error.into())
            }
        })
    }

    async fn request(&mut self, attributes: &Attributes, body: Vec<u8>) -> Asked {
        let began = Instant::now();
        let decided = match self.receive(attributes) {
            Ok(received) => {
                if let Some(most) = hooks::patience_for_request(&received.caller) {
                    self.stage = Stage::Held(Box::new(Held {
                        began,
                        received,
                        body,
                        subject: Subject::given(attributes),
                    }));
                    let usual = self.active.config.service.timeout;
                    return Asked::Later(
                        most.saturating_add(self.service.cache.patience)
                            .saturating_add(usual),
                    );
                }
                self.decide_on(received, body).await
            }
            Err(refusal) => Err(refusal),
        };
        self.service.metrics.decided(began.elapsed());
        decided.unwrap_or_else(|refusal| {
            let reply = self.refuse(&Subject::given(attributes), &refusal);
            Asked::Now(RequestVerdict::Reply(reply))
        })
    }

    async fn resume(&mut self) -> RequestVerdict {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Held(held) => self.hold(*held).await,
            stage => {
                self.stage = stage;
                self.wait().await
            }
        }
    }

    fn patience(&self) -> Option<std::time::Duration> {
        let Stage::Forwarded(forwarded) = &self.stage else {
            return None;
        };
        let usual = self.active.config.service.timeout;
        hooks::patience(&forwarded.caller, &forwarded.answer, usual)
    }

    async fn answer(&mut self, attributes: &Attributes, chunk: Vec<u8>, end: bool) -> AnswerVerdict {
        let Stage::Forwarded(forwarded) = &mut self.stage else {
            // Envoy passes our own replies (refusals, hits) through the same filter.
            return AnswerVerdict::Keep(Vec::new());
        };
        let Forwarded {
            caller,
            facts,
            answer,
            note,
            asking,
            ..
        } = &mut **forwarded;
        let verdict = match (answer.gather(attributes, chunk, end), &caller.hooks, asking) {
            (Gathered::Verdict(verdict), ..) => verdict,
            (Gathered::Whole, Some(hooks), _) if hooks.ask_about_answers() => {
                let asker = Asker {
                    metrics: &self.service.metrics,
                    request_id: &facts.request_id,
                    tenant: caller.tenant(),
                };
                hooks::judge_whole(&asker, hooks, answer, note.as_deref()).await
            }
            (Gathered::Whole, ..) => answer.whole(None),
            (Gathered::Held, Some(hooks), Some(asking)) => {
                let usually = self.active.config.service.timeout;
                asking.release(hooks, answer, usually, end).await
            }
            // Without anybody to ask there is no word, and without a word nothing goes out.
            (Gathered::Held, ..) => AnswerVerdict::Replace(Vec::new(), Vec::new()),
        };
        if forwarded.settled.is_some() || !(end || forwarded.answer.has_said_all()) {
            return verdict;
        }
        // Before the client has its last byte, so that whatever it asks next is reserved against what this did cost.
        let now = SystemTime::now();
        let bill = forwarded.account.bill(&forwarded.answer);
        forwarded.calibrate(&self.service);
        forwarded.account.settle(&self.service, &bill, now).await;
        forwarded.answer.store(&self.service, now);
        let Forwarded {
            caller,
            facts,
            answer,
            notes,
            ..
        } = &mut **forwarded;
        hooks::judge_later(&self.service.metrics, caller, facts, answer);
        let mut metadata = bill.metadata();
        let findings = answer.findings();
        let found = guard::report(&self.service, caller, facts, Direction::Answer, &findings);
        notes.extend(found);
        metadata.extend(notes.metadata());
        let outcome = if forwarded.answer.is_refused() {
            Outcome::Refused
        } else if forwarded.answer.is_error() {
            Outcome::ProviderError
        } else {
            Outcome::Answered
        };
        forwarded.settled = Some((outcome, bill));
        verdict.with(metadata)
    }

    async fn close(mut self) {
        if let Stage::Forwarded(forwarded) = std::mem::replace(&mut self.stage, Stage::Idle) {
            let Forwarded {
                caller,
                facts,
                mut account,
                mut answer,
                settled,
                ..
            } = *forwarded;
            let (outcome, bill) = match settled {
                Some(settled) => settled,
                None => {
                    let bill = account.bill(&answer);
                    account.settle(&self.service, &bill, SystemTime::now()).await;
                    hooks::judge_later(&self.service.metrics, &caller, &facts, &mut answer);
                    let findings = answer.findings();
                    guard::report(&self.service, &caller, &facts, Direction::Answer, &findings);
                    // Whoever is told that an answer is refused leaves before its end.
                    let outcome = if answer.is_refused() {
                        Outcome::Refused
                    } else {
                        Outcome::ClientLeft
                    };
                    (outcome, bill)
                }
            };
            for (entity, count) in answer.counts().iter() {
                self.service.metrics.redacted(entity.name(), "answer", count);
            }
            self.finished(&caller, &facts, outcome, answer.cache(), &bill);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.service.metrics.ended();
    }
}
