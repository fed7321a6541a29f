//! One request and its answer, in the order in which policy acts.
//!
//! Must not know protobuf, sockets or how any engine works: each step is a file that asks one engine.
//!
//! | step | file |
//! |---|---|
//! | who asks, may they | [`identity`] |
//! | read once: redact, hash, ask for usage | [`request`] |
//! | what others find in its texts, and say of them | [`hooks`], [`finds`], [`said`] |
//! | what guardrails find, and what follows | [`guard`], [`watch`] |
//! | answered before, in these words or others? | [`lookup`], [`last_text`] |
//! | if so, in the form that is asked for | [`hit`] |
//! | hold the most it can cost, settle what it did | [`account`] |
//! | the answer: redact, restore, meter | [`answer`], [`plain`], [`stream`] |
//! | a stream without an exchange | [`inspect`] |
//! | what the service says by itself | [`reply`], [`models`] |

mod account;
mod answer;
mod finds;
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
mod said;
mod stream;
mod watch;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tollgate_cache::Hit;
use tollgate_config::Model;
use tollgate_guardrails::Findings;
use tollgate_llm::json::Splice;
use tollgate_llm::request::RequestFacts;
use tollgate_llm::{ApiError, Dialect, Endpoint, ErrorKind, dialect};
use tollgate_routing::cache_control::CacheControl;
use tollgate_routing::decision;
use tollgate_routing::facts::Facts;
use tollgate_wire::{AnswerVerdict, Asked, Attributes, Reply, RequestVerdict};
use tracing::info;

use self::account::{Account, Bill};
use self::answer::{Answer, Restorer};
use self::finds::{Finds, Texts};
use self::guard::Notes;
use self::hooks::{Asker, Direction};
pub(crate) use self::inspect::{InspectedStream, StreamShape};
use self::lookup::{Found, How, Lookup};
use crate::cache::Follow;
use crate::serve::{Active, Caller, Service};

/// Reading a body of so many bytes takes about as long as ten exchanges: the others on its thread must not wait for it.
const LARGE_BODY: usize = 128 << 10;

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

    /// Who asks?
    fn receive(&mut self, attributes: &Attributes) -> Result<Received, Refusal> {
        let given = facts(attributes)?;
        let endpoint = given.endpoint(attributes)?;
        let caller = identity::identify(&self.active, attributes, SystemTime::now())?;
        self.caller = Some(Arc::clone(&caller));
        Ok(Received {
            given,
            endpoint,
            caller,
        })
    }

    /// Asks what, and may they?
    async fn admit(&self, received: Received, body: Vec<u8>) -> Result<Admitted, Refusal> {
        let Received {
            given,
            endpoint,
            caller,
        } = received;
        let (body, found) = match caller.hooks.as_ref().and_then(|hooks| hooks.request.as_ref()) {
            Some(names) => {
                let (body, texts) = texts(endpoint, body).await?;
                let asker = self.asker(&caller, given.request_id());
                (body, asker.names(names, Direction::Request, &texts).await?)
            }
            None => (body, None),
        };
        let (body, read) = self.read(&caller, endpoint, body, found).await?;
        for (entity, count) in read.counts.iter() {
            self.service.metrics.redacted(entity.name(), "request", count);
        }
        if let Some(refusal) = read.refusal {
            return Err(refusal.into());
        }
        let mut facts = given.complete(&self.active, endpoint, &read.facts, &body)?;
        identity::authorise(&caller, &facts.model)?;
        hooks::refuse_stream(&caller, &facts)?;
        let model = self
            .active
            .config
            .model(&facts.model)
            .ok_or_else(request::unknown_model)?;
        let estimated = (!facts.exact).then_some(facts.prompt_tokens);
        if let Some(estimated) = estimated {
            facts.prompt_tokens = self.service.estimates.correct(model, estimated);
        }
        let target = target(&caller, &facts)?;
        let notes = guard::judge_request(&self.service, &caller, &facts, read.findings)?;
        let note = match (
            caller.hooks.as_ref().and_then(|hooks| hooks.moderator(true)),
            read.said,
        ) {
            (Some(moderator), Some(said)) => {
                let asker = self.asker(&caller, &facts.request_id);
                asker.judge(moderator, Direction::Request, &said).await?
            }
            _ => None,
        };
        Ok(Admitted {
            model: Arc::clone(model),
            estimated,
            target,
            note,
            body,
            edits: read.edits,
            lookup: Lookup::new(&caller, &facts, read.digest, read.words),
            restorer: Restorer::new(&self.service, &caller, read.vault),
            read: read.facts,
            notes,
            caller,
            facts,
        })
    }

    async fn decide_on(&mut self, received: Received, body: Vec<u8>) -> Result<Asked, Refusal> {
        let admitted = self.admit(received, body).await?;
        self.look_up(Box::new(admitted)).await
    }

    /// Looks into the cache; what is not there goes on to a provider. Where the same request is under way already, keeps what
    /// is known and asks for patience.
    async fn look_up(&mut self, mut admitted: Box<Admitted>) -> Result<Asked, Refusal> {
        let now = SystemTime::now();
        match admitted.lookup.find(&self.service, now, true).await {
            Found::UnderWay(follow) => {
                // And as much as for any other message, for what comes after the wait.
                let most = self.service.cache.patience + self.active.config.service.timeout;
                self.stage = Stage::Waiting(admitted, follow);
                Ok(Asked::Later(most))
            }
            found => self.decide(*admitted, found, now).await.map(Asked::Now),
        }
    }

    async fn look_again(&mut self, mut admitted: Box<Admitted>) -> Result<RequestVerdict, Refusal> {
        let now = SystemTime::now();
        let found = admitted.lookup.find(&self.service, now, false).await;
        self.decide(*admitted, found, now).await
    }

    async fn decide(
        &mut self,
        admitted: Admitted,
        found: Found,
        now: SystemTime,
    ) -> Result<RequestVerdict, Refusal> {
        if let Found::Hit(hit, how) = found
            && let Some((body, findings)) = hit::body(&admitted.facts, &admitted.restorer, &hit.entry.answer)
        {
            let reply = self.serve(admitted, &hit, how, (body, findings), now).await?;
            return Ok(RequestVerdict::Reply(reply));
        }
        self.forward(admitted, now).await
    }

    /// The reply of a hit, which may cost something.
    async fn serve(
        &self,
        admitted: Admitted,
        hit: &Hit,
        how: How,
        (body, findings): (Vec<u8>, Findings),
        now: SystemTime,
    ) -> Result<Reply, Refusal> {
        let Admitted {
            caller,
            facts,
            model,
            note,
            lookup,
            mut notes,
            ..
        } = admitted;
        let bill = Bill::of_hit(&model, &hit.entry.answer, lookup.hit_price());
        Account::cached(&self.service, &caller, &bill, now).await?;
        let found = guard::report(
            &self.service,
            &caller,
            &facts,
            guard::Direction::Answer,
            &findings,
        );
        notes.extend(found);
        self.finished(&caller, &facts, Outcome::Cached, how.name(), &bill);
        let cost = bill.cost.to_string();
        let note = note.as_deref();
        let mut reply = hit::reply(&caller, &facts, hit, how, body, cost, note);
        notes.tell(&mut reply);
        Ok(reply)
    }

    /// On to a provider, with money held.
    async fn forward(&mut self, admitted: Admitted, now: SystemTime) -> Result<RequestVerdict, Refusal> {
        let Admitted {
            caller,
            facts,
            model,
            estimated,
            target,
            body,
            edits,
            read,
            lookup,
            restorer,
            note,
            notes,
        } = admitted;
        let account = Account::open(&self.service, &caller, &model, &facts, &read, now).await?;
        let mut metadata = vec![
            (decision::DECISION, decision::ALLOW.into()),
            (decision::TENANT, caller.tenant().into()),
            (decision::KEY, caller.key().into()),
            (decision::CACHE, lookup.state().into()),
        ];
        metadata.extend(notes.metadata());
        metadata.extend(target.map(|target| (decision::TARGET, target.into())));
        metadata.extend(note.clone().map(|note| (decision::MODERATION, note.into())));
        let routed = facts
            .choice_for(caller.tenant())
            .map(|choice| choice.target.as_str());
        let body = (!edits.is_empty()).then(|| edits.apply(&body));
        let is_judged = caller
            .hooks
            .as_ref()
            .is_some_and(|hooks| hooks.moderator(false).is_some());
        let answer = Answer::new(restorer, lookup, &facts, routed, model.tokenizer).judged(is_judged);
        self.stage = Stage::Forwarded(Box::new(Forwarded {
            caller,
            facts,
            model,
            estimated,
            account,
            answer,
            note,
            notes,
            settled: None,
        }));
        Ok(RequestVerdict::Forward { body, metadata })
    }

    /// Reads a body; a large one on a thread where nobody else waits.
    async fn read(
        &self,
        caller: &Arc<Caller>,
        endpoint: Endpoint,
        body: Vec<u8>,
        found: Option<Finds>,
    ) -> Result<(Vec<u8>, request::Read), ApiError> {
        if body.len() < LARGE_BODY {
            let read = request::read(&self.service.engine, caller, endpoint, &body, found.as_ref())?;
            return Ok((body, read));
        }
        let (engine, caller) = (Arc::clone(&self.service.engine), Arc::clone(caller));
        let read = tokio::task::spawn_blocking(move || {
            request::read(&engine, &caller, endpoint, &body, found.as_ref()).map(|read| (body, read))
        });
        read.await.unwrap_or_else(|_| Err(unreadable()))
    }

    fn asker<'a>(&'a self, caller: &'a Caller, request_id: &'a str) -> Asker<'a> {
        Asker {
            metrics: &self.service.metrics,
            request_id,
            tenant: caller.tenant(),
        }
    }

    /// The request that waits for the answer to another, or else a fault of ours.
    async fn wait(&mut self) -> RequestVerdict {
        let Stage::Waiting(admitted, follow) = std::mem::replace(&mut self.stage, Stage::Idle) else {
            let refusal = ApiError::new(ErrorKind::Internal, "nothing was waited for").into();
            return RequestVerdict::Reply(self.refuse(&Subject::given(&Attributes::default()), &refusal));
        };
        follow.wait(self.service.cache.patience).await;
        let subject = Subject::of(&admitted.facts);
        match self.look_again(admitted).await {
            Ok(verdict) => verdict,
            Err(refusal) => RequestVerdict::Reply(self.refuse(&subject, &refusal)),
        }
    }

    /// The request whose texts are shown to hooks.
    async fn hold(&mut self, held: Held) -> RequestVerdict {
        let Held {
            began,
            received,
            body,
            subject,
        } = held;
        let decided = self.decide_on(received, body).await;
        self.service.metrics.decided(began.elapsed());
        match decided {
            Ok(Asked::Now(verdict)) => verdict,
            // Envoy has been asked for this patience too.
            Ok(Asked::Later(_)) => self.wait().await,
            Err(refusal) => RequestVerdict::Reply(self.refuse(&subject, &refusal)),
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
            ..
        } = &mut **forwarded;
        let verdict = match caller.hooks.as_ref().filter(|hooks| hooks.ask_about_answers()) {
            Some(hooks) => {
                let asker = Asker {
                    metrics: &self.service.metrics,
                    request_id: &facts.request_id,
                    tenant: caller.tenant(),
                };
                hooks::take(&asker, hooks, answer, note.as_deref(), attributes, chunk, end).await
            }
            None => answer.take(attributes, chunk, end),
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
        let found = guard::report(&self.service, caller, facts, guard::Direction::Answer, &findings);
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
                    guard::report(
                        &self.service,
                        &caller,
                        &facts,
                        guard::Direction::Answer,
                        &findings,
                    );
                    (Outcome::ClientLeft, bill)
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

/// Where the request goes if that differs from what `router.wasm` wrote: only the service knows tenants.
fn target(caller: &Caller, facts: &Facts) -> Result<Option<String>, ApiError> {
    // Without router.wasm there is no choice to correct: whoever routes does it by other means.
    if facts.choice.is_none() && facts.tenant_choices.is_empty() {
        return Ok(None);
    }
    let choice = facts.choice_for(caller.tenant()).ok_or_else(|| {
        ApiError::new(
            ErrorKind::NotFound,
            format!("no route for model `{}` and this virtual key", facts.model),
        )
        .code("no_route")
        .param("model")
    })?;
    let routed = facts
        .choice
        .as_ref()
        .is_some_and(|routed| routed.target == choice.target);
    Ok((!routed).then(|| choice.target.clone()))
}

/// The texts of a body; those of a large one are gathered on a thread where nobody else waits.
async fn texts(endpoint: Endpoint, body: Vec<u8>) -> Result<(Vec<u8>, Texts), ApiError> {
    let is_large = body.len() >= LARGE_BODY;
    let read = move || {
        let texts = Texts::of_request(endpoint, tollgate_llm::body::text(&body)?)?;
        Ok((body, texts))
    };
    if !is_large {
        return read();
    }
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|_| Err(unreadable()))
}

fn unreadable() -> ApiError {
    ApiError::new(
        ErrorKind::Internal,
        "the policy service failed to read this request",
    )
}

/// What a refusal is about: what `router.wasm` says, or what the path says where it is absent.
struct Subject {
    request_id: String,
    model: String,
    dialect: Dialect,
}

impl Subject {
    fn of(facts: &Facts) -> Self {
        Self {
            request_id: facts.request_id.clone(),
            model: facts.model.clone(),
            dialect: facts.endpoint.dialect(),
        }
    }

    fn given(attributes: &Attributes) -> Self {
        match facts(attributes) {
            Ok(Given(Some(facts))) => Self::of(&facts),
            Ok(Given(None)) | Err(_) => Self {
                request_id: String::new(),
                model: String::new(),
                dialect: dialect::dialect_of_path(attributes.text("request.path").unwrap_or_default()),
            },
        }
    }
}

/// What `router.wasm` said, if it is there.
struct Given(Option<Facts>);

fn facts(attributes: &Attributes) -> Result<Given, ApiError> {
    let header = attributes.text("request.headers['x-tollgate-facts']");
    let facts = header.map(Facts::from_header).transpose().map_err(|_| {
        ApiError::new(
            ErrorKind::Internal,
            "router.wasm and the policy service are of different versions",
        )
        .code("version_mismatch")
    })?;
    Ok(Given(facts))
}

impl Given {
    fn request_id(&self) -> &str {
        self.0.as_ref().map_or("", |facts| &facts.request_id)
    }

    fn endpoint(&self, attributes: &Attributes) -> Result<Endpoint, ApiError> {
        let path = attributes.text("request.path").unwrap_or_default();
        self.0
            .as_ref()
            .map(|facts| facts.endpoint)
            .or_else(|| Endpoint::from_path(path))
            .ok_or_else(|| {
                ApiError::new(ErrorKind::NotFound, "there is no such path at this gateway").code("not_found")
            })
    }

    /// The facts; where the filter is absent, the service counts by itself.
    fn complete(
        self,
        active: &Active,
        endpoint: Endpoint,
        read: &tollgate_llm::request::RequestFacts,
        body: &[u8],
    ) -> Result<Facts, ApiError> {
        if let Some(facts) = self.0 {
            return Ok(facts);
        }
        let model = active
            .config
            .model(&read.model)
            .ok_or_else(request::unknown_model)?;
        let count = request::count(endpoint, body, model)?;
        Ok(Facts {
            request_id: String::new(),
            endpoint,
            model: read.model.clone(),
            stream: read.stream,
            include_usage: read.include_usage,
            prompt_tokens: count.tokens,
            exact: count.exact,
            cache: CacheControl::default(),
            choice: None,
            tenant_choices: Vec::new(),
        })
    }
}
