//! What Envoy hands over, phase by phase, and what it is told.
//! Must not know how any step is done.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tollgate_wire::{AnswerVerdict, Asked, Attributes, Metadata, RequestVerdict};

use super::answer::Gathered;
use super::hooks::asker::Asker;
use super::request::given::Subject;
use super::request::identity;
use super::{Direction, Exchange, Forwarded, Held, Outcome, Stage, guard, hooks, models, reply};
use crate::serve::Service;

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

    fn patience(&self) -> Option<Duration> {
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
        verdict.with(forwarded.settle(&self.service).await)
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
                    // Whoever is told that an answer is withheld leaves before its end.
                    let outcome = answer.withheld().map(Outcome::of_withheld);
                    (outcome.unwrap_or(Outcome::ClientLeft), bill)
                }
            };
            for (entity, count) in answer.counts().iter() {
                self.service.metrics.redacted(entity.name(), "answer", count);
            }
            self.finished(&caller, &facts, outcome, answer.cache(), &bill);
        }
    }
}

impl Forwarded {
    /// The answer is over: it is paid for, stored if it may be, and what is known of it is said.
    async fn settle(&mut self, service: &Arc<Service>) -> Metadata {
        let now = SystemTime::now();
        let bill = self.account.bill(&self.answer);
        self.calibrate(service);
        self.account.settle(service, &bill, now).await;
        self.answer.store(service, now);
        let Forwarded {
            caller,
            facts,
            answer,
            notes,
            ..
        } = self;
        hooks::judge_later(&service.metrics, caller, facts, answer);
        let mut metadata = bill.metadata();
        let findings = answer.findings();
        let found = guard::report(service, caller, facts, Direction::Answer, &findings);
        notes.extend(found);
        metadata.extend(notes.metadata());
        let outcome = match self.answer.withheld() {
            Some(why) => Outcome::of_withheld(why),
            None if self.answer.is_error() => Outcome::ProviderError,
            None => Outcome::Answered,
        };
        self.settled = Some((outcome, bill));
        metadata
    }
}
