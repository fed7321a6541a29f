//! When hooks are asked about an exchange, and how long everybody waits for them.
//!
//! Must not know HTTP, nor what becomes of a request or an answer beside.
//!
//! | step | file |
//! |---|---|
//! | the texts of a body for those who look at them, and what they found, put back to where it stands | [`finds`] |
//! | what is asked, and what follows from an answer or from silence | [`asker`] |
//! | a stream that must be shown before it goes out: what waits, what is asked, what may go | [`gate`] |
//! | who asks for it, and until when | [`asking`] |
//! | what a model said, for somebody who judges it when all is over | [`said`] |

pub(super) mod asker;
pub(super) mod asking;
pub(super) mod finds;
pub(super) mod gate;
pub(super) mod said;

use std::sync::Arc;
use std::time::Duration;

use tollgate_routing::decision;
use tollgate_routing::facts::Facts;
use tollgate_wire::AnswerVerdict;

use self::asker::Asker;
use crate::exchange::Direction;
use crate::exchange::answer::Answer;
use crate::serve::{Caller, Metrics, PolicyHooks};

/// Asks about an answer that has come as a whole. `note`: what was said of the request.
pub(super) async fn judge_whole(
    asker: &Asker<'_>,
    hooks: &PolicyHooks,
    answer: &mut Answer,
    note: Option<&str>,
) -> AnswerVerdict {
    let mut found = None;
    if let Some(names) = &hooks.answer
        && let Some(texts) = answer.texts()
    {
        match asker.names(names, Direction::Answer, &texts).await {
            Ok(names) => found = names,
            Err(error) => {
                // Read all the same, for what it costs.
                answer.whole(None);
                return answer.withhold(&error);
            }
        }
    }
    let verdict = answer.whole(found.as_ref());
    let (Some(moderator), Some(said)) = (hooks.moderator(false), answer.said()) else {
        return verdict;
    };
    match asker.judge(moderator, Direction::Answer, &said.texts()).await {
        Ok(None) => verdict,
        Ok(Some(said)) => {
            let note = note
                .into_iter()
                .chain([said.as_str()])
                .collect::<Vec<_>>()
                .join("; ");
            verdict.with(vec![(decision::MODERATION, note.into())])
        }
        Err(error) => answer.withhold(&error),
    }
}

/// Judges a stream that has left. Nobody waits for it.
pub(super) fn judge_later(metrics: &Arc<Metrics>, caller: &Arc<Caller>, facts: &Facts, answer: &mut Answer) {
    let Some(hooks) = caller.hooks.clone() else { return };
    let (Some(_), Some(said)) = (hooks.moderator(false), answer.said()) else {
        return;
    };
    let (metrics, caller, request_id) = (Arc::clone(metrics), Arc::clone(caller), facts.request_id.clone());
    tokio::spawn(async move {
        let Ok(texts) = tokio::task::spawn_blocking(move || said.texts()).await else {
            return;
        };
        let asker = Asker {
            metrics: &metrics,
            request_id: &request_id,
            tenant: caller.tenant(),
        };
        if let Some(moderator) = hooks.moderator(false) {
            // It has been logged; nothing else can be done.
            let _ = asker.judge(moderator, Direction::Answer, &texts).await;
        }
    });
}

/// How long hooks may take over a request, if any is asked.
pub(super) fn patience_for_request(caller: &Caller) -> Option<Duration> {
    let hooks = caller.hooks.as_ref().filter(|hooks| hooks.ask_about_requests())?;
    Some(hooks.patience)
}

/// How long Envoy is asked to wait for an answer to be shown to hooks.
pub(super) fn patience(caller: &Caller, answer: &Answer, usual: Duration) -> Option<Duration> {
    let hooks = caller.hooks.as_ref().filter(|hooks| hooks.ask_about_answers())?;
    (!answer.is_stream() || answer.is_held()).then(|| hooks.patience.saturating_add(usual))
}
