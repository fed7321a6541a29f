//! The steps of a request, from who asks to where it goes: each asks one engine, and the first that says no ends it.
//! Must not know how an answer is read.

use std::sync::Arc;
use std::time::SystemTime;

use tollgate_cache::Hit;
use tollgate_guardrails::Findings;
use tollgate_llm::{ApiError, Endpoint, ErrorKind};
use tollgate_routing::decision;
use tollgate_wire::{Asked, Attributes, Reply, RequestVerdict};

use super::given::{Subject, facts, target};
use super::lookup::{Found, How, Lookup};
use super::{given, hit, identity, read};
use crate::exchange::account::{Account, Bill};
use crate::exchange::answer::Answer;
use crate::exchange::answer::restorer::Restorer;
use crate::exchange::hooks::asker::Asker;
use crate::exchange::hooks::asking::{self, Asking};
use crate::exchange::hooks::finds::{Finds, Texts};
use crate::exchange::{
    Admitted, Direction, Exchange, Forwarded, Held, Outcome, Received, Refusal, Stage, guard,
};
use crate::serve::Caller;

/// Reading a body of so many bytes takes about as long as ten exchanges: the others on its thread must not wait for it.
const LARGE_BODY: usize = 128 << 10;

impl Exchange {
    /// Who asks?
    pub(in crate::exchange) fn receive(&mut self, attributes: &Attributes) -> Result<Received, Refusal> {
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
        let model = self
            .active
            .config
            .model(&facts.model)
            .ok_or_else(given::unknown_model)?;
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

    pub(in crate::exchange) async fn decide_on(
        &mut self,
        received: Received,
        body: Vec<u8>,
    ) -> Result<Asked, Refusal> {
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
        let found = guard::report(&self.service, &caller, &facts, Direction::Answer, &findings);
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
        let asks = caller.hooks.as_ref().and_then(|hooks| asking::asks(hooks));
        let answer = Answer::new(restorer, lookup, &facts, routed, model.tokenizer).judged(is_judged, asks);
        let asking = asks.map(|_| Asking::new(&self.service.metrics, &caller, &facts.request_id));
        self.stage = Stage::Forwarded(Box::new(Forwarded {
            caller,
            facts,
            model,
            estimated,
            account,
            answer,
            note,
            notes,
            asking,
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
    ) -> Result<(Vec<u8>, read::Read), ApiError> {
        if body.len() < LARGE_BODY {
            let read = read::read(&self.service.engine, caller, endpoint, &body, found.as_ref())?;
            return Ok((body, read));
        }
        let (engine, caller) = (Arc::clone(&self.service.engine), Arc::clone(caller));
        let read = tokio::task::spawn_blocking(move || {
            read::read(&engine, &caller, endpoint, &body, found.as_ref()).map(|read| (body, read))
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
    pub(in crate::exchange) async fn wait(&mut self) -> RequestVerdict {
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
    pub(in crate::exchange) async fn hold(&mut self, held: Held) -> RequestVerdict {
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
