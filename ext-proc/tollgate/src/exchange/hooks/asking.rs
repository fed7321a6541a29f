//! A stream that hooks must see before it goes out: what the gate asks is asked, and waited for no longer than Envoy waits.
//! Must not know what a question is about, nor what an answer of a hook means.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{Instant as Deadline, timeout_at};
use tollgate_llm::ApiError;
use tollgate_wire::AnswerVerdict;

use super::asker::Asker;
use super::finds::Finds;
use super::gate::{Asks, Gate, Question};
use crate::exchange::Direction;
use crate::exchange::answer::Answer;
use crate::serve::{Caller, Metrics, PolicyHooks};

/// What an exchange remembers between two pieces of such a stream.
pub(in crate::exchange) struct Asking {
    metrics: Arc<Metrics>,
    caller: Arc<Caller>,
    request_id: String,
    /// A question that has been asked.
    asked: Option<Asked>,
    /// Bytes that wait, as the metrics know it.
    waits: usize,
}

struct Asked {
    began: Instant,
    names: bool,
    /// Of one task, which goes on between messages and ends with the exchange.
    word: JoinSet<Word>,
}

/// What is said to a question; `Ok(None)`: nothing, and texts may pass all the same.
enum Word {
    Names(Result<Option<Finds>, ApiError>),
    Judged(Result<Option<Vec<Option<ApiError>>>, ApiError>),
}

/// Who must see the texts of a stream before they go out.
pub(in crate::exchange) fn asks(hooks: &PolicyHooks) -> Option<Asks> {
    let asks = Asks {
        names: hooks.answer.is_some(),
        judge: hooks
            .moderator(false)
            .is_some_and(|moderator| moderator.rules.holds_streams()),
    };
    (asks.names || asks.judge).then_some(asks)
}

impl Asking {
    pub(in crate::exchange) fn new(metrics: &Arc<Metrics>, caller: &Arc<Caller>, request_id: &str) -> Self {
        Self {
            metrics: Arc::clone(metrics),
            caller: Arc::clone(caller),
            request_id: request_id.to_owned(),
            asked: None,
            waits: 0,
        }
    }

    /// Asks what is to be asked of the bytes that came last and says what goes out now: nothing, if the answers take longer than
    /// half of what a message `usually` may. They are waited for with the next message then; at the `end` all are waited for.
    pub(in crate::exchange) async fn release(
        &mut self,
        hooks: &Arc<PolicyHooks>,
        answer: &mut Answer,
        usually: Duration,
        end: bool,
    ) -> AnswerVerdict {
        // Envoy's own time for a message begins anew when it sends another one, so it is not asked for more in the middle.
        let most = usually / 2;
        let most = if end {
            hooks.patience.saturating_add(most)
        } else {
            most
        };
        let until = Deadline::now() + most;
        while let Some(gate) = answer.gate() {
            if self.asked.is_none() {
                self.asked = gate.question().map(|question| self.ask(hooks, question));
            }
            let Some(asked) = &mut self.asked else { break };
            match timeout_at(until, asked.word.join_next()).await {
                Ok(Some(Ok(word))) => hear(gate, word),
                Err(_) if !end => {
                    self.count(answer);
                    return AnswerVerdict::Replace(Vec::new(), Vec::new());
                }
                Ok(_) | Err(_) => hear(gate, self.late(hooks)),
            }
            self.asked = None;
        }
        let verdict = answer.release();
        self.count(answer);
        verdict
    }

    fn ask(&self, hooks: &Arc<PolicyHooks>, question: Question) -> Asked {
        let (hooks, metrics) = (Arc::clone(hooks), Arc::clone(&self.metrics));
        let (caller, request_id) = (Arc::clone(&self.caller), self.request_id.clone());
        let names = matches!(question, Question::Names(_));
        let mut word = JoinSet::new();
        word.spawn(async move {
            let asker = Asker {
                metrics: &metrics,
                request_id: &request_id,
                tenant: caller.tenant(),
            };
            match question {
                Question::Names(texts) => Word::Names(match &hooks.answer {
                    Some(names) => asker.names(names, Direction::Answer, &texts).await,
                    None => Ok(None),
                }),
                Question::Judge(parts) => Word::Judged(match hooks.moderator(false) {
                    Some(moderator) => asker.judge_each(moderator, &parts).await,
                    None => Ok(None),
                }),
            }
        });
        Asked {
            began: Instant::now(),
            names,
            word,
        }
    }

    /// What follows from a question to which there was no answer in time.
    fn late(&self, hooks: &PolicyHooks) -> Word {
        let asker = Asker {
            metrics: &self.metrics,
            request_id: &self.request_id,
            tenant: self.caller.tenant(),
        };
        let (names, began) = match &self.asked {
            Some(asked) => (asked.names, asked.began),
            None => (false, Instant::now()),
        };
        match (&hooks.answer, hooks.moderator(false)) {
            (Some(recognizer), _) if names => {
                Word::Names(asker.names_are_late(recognizer, began).map(|()| None))
            }
            (_, Some(moderator)) => Word::Judged(asker.verdict_is_late(moderator, began).map(|()| None)),
            _ => Word::Judged(Ok(None)),
        }
    }

    fn count(&mut self, answer: &mut Answer) {
        let waits = answer.gate().map_or(0, |gate| gate.waits());
        self.metrics
            .stream_waits(std::mem::replace(&mut self.waits, waits), waits);
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.metrics.stream_waits(self.waits, 0);
    }
}

fn hear(gate: &mut Gate, word: Word) {
    match word {
        Word::Names(Ok(finds)) => gate.named(finds),
        Word::Judged(Ok(words)) => gate.judged(words),
        Word::Names(Err(error)) | Word::Judged(Err(error)) => gate.refuse(&error),
    }
}
