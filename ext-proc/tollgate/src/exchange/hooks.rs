//! What hooks are asked about an exchange's texts, and what follows from their answers or their silence.
//! Must not know HTTP. Neither texts nor what was found in them reach a log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tollgate_config::{ModerationAction, OnFailure};
use tollgate_hooks::{Error, Thresholds, Verdict};
use tollgate_llm::{ApiError, ErrorKind};
use tollgate_routing::decision;
use tollgate_routing::facts::Facts;
use tollgate_wire::{AnswerVerdict, Attributes};
use tracing::{info, warn};

use super::Direction;
use super::answer::{Answer, Gathered};
use super::finds::{Finds, Texts};
use crate::serve::{Caller, Metrics, Moderator, Names, PolicyHooks};

/// Categories that are named at most; those with the highest scores.
const MOST_NAMED: usize = 8;

/// Whose texts they are, for logs and metrics.
pub(super) struct Asker<'a> {
    pub(super) metrics: &'a Metrics,
    pub(super) request_id: &'a str,
    pub(super) tenant: &'a str,
}

impl Asker<'_> {
    /// What is named in texts; `None` if that is not known and they may pass all the same.
    pub(super) async fn names(
        &self,
        names: &Names,
        direction: Direction,
        texts: &Texts,
    ) -> Result<Option<Finds>, ApiError> {
        let shown = texts.shown();
        if shown.is_empty() {
            return Ok(None);
        }
        let began = Instant::now();
        let answer = names.recognizer.analyze(&shown).await;
        let result = answer.as_ref().map_or_else(failure, |_| "ok");
        self.metrics.hook_called(&names.hook, result, began.elapsed());
        match answer {
            Ok(mut spans) => {
                for spans in &mut spans {
                    spans.retain(|span| span.score >= names.threshold);
                    for span in spans {
                        span.score = names.score(&span.entity, span.score);
                    }
                }
                Ok(Some(texts.found(spans)))
            }
            Err(error) => {
                self.failed(&names.hook, result, error);
                match names.on_failure {
                    OnFailure::Open => Ok(None),
                    OnFailure::Closed => Err(unavailable(direction)),
                }
            }
        }
    }

    /// What texts are annotated with, or why they must not pass.
    pub(super) async fn judge(
        &self,
        moderator: &Moderator,
        direction: Direction,
        texts: &[String],
    ) -> Result<Option<String>, ApiError> {
        let texts: Vec<&str> = texts
            .iter()
            .map(String::as_str)
            .filter(|text| says_something(text))
            .collect();
        if texts.is_empty() {
            return Ok(None);
        }
        let rules = &moderator.rules;
        let began = Instant::now();
        let answer = moderator.moderation.moderate(&texts, &moderator.thresholds).await;
        let categories = answer.map(|verdicts| categories(&verdicts, &moderator.thresholds).join(","));
        let result = match &categories {
            Ok(categories) if categories.is_empty() => "ok",
            Ok(_) => "flagged",
            Err(error) => failure(error),
        };
        self.metrics
            .hook_called(&rules.hook.name, result, began.elapsed());
        let categories = match categories {
            Ok(categories) if categories.is_empty() => return Ok(None),
            Ok(categories) => categories,
            Err(error) => {
                self.failed(&rules.hook.name, result, error);
                let passes = rules.on_failure == OnFailure::Open || rules.dry_run;
                return if passes {
                    Ok(None)
                } else {
                    Err(unavailable(direction))
                };
            }
        };
        info!(
            request_id = self.request_id,
            tenant = self.tenant,
            hook = rules.hook.name,
            direction = direction.name(),
            categories,
            action = action(rules.action),
            dry_run = rules.dry_run,
            "moderation",
        );
        match rules.action {
            _ if rules.dry_run => Ok(None),
            ModerationAction::Block => Err(blocked(direction, &categories)),
            ModerationAction::Annotate => Ok(Some(format!("{}={categories}", direction.name()))),
            ModerationAction::Log => Ok(None),
        }
    }

    fn failed(&self, hook: &str, result: &'static str, error: Error) {
        // Neither the error nor what caused it holds anything of a text or an answer.
        let error = anyhow::Error::from(error);
        warn!(
            request_id = self.request_id,
            tenant = self.tenant,
            hook,
            result,
            "a hook failed: {error:#}"
        );
    }
}

/// Takes a piece of an answer; asks when it is all here, if it is no stream. `note`: what was said of the request.
pub(super) async fn take(
    asker: &Asker<'_>,
    hooks: &PolicyHooks,
    answer: &mut Answer,
    note: Option<&str>,
    attributes: &Attributes,
    chunk: Vec<u8>,
    end: bool,
) -> AnswerVerdict {
    if let Gathered::Verdict(verdict) = answer.gather(attributes, chunk, end) {
        return verdict;
    }
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
    (!answer.is_stream()).then(|| hooks.patience.saturating_add(usual))
}

/// A request whose answer would not be checked.
pub(super) fn refuse_stream(caller: &Caller, facts: &Facts) -> Result<(), ApiError> {
    match &caller.hooks {
        Some(hooks) if facts.stream && hooks.refuse_streams() => Err(ApiError::new(
            ErrorKind::InvalidRequest,
            "answers are checked as a whole at this gateway: ask without `stream`",
        )
        .code("stream_not_checked")
        .param("stream")),
        _ => Ok(()),
    }
}

fn says_something(text: &str) -> bool {
    !text.trim().is_empty()
}

/// What texts fall into, highest score first, as a header can say it.
fn categories(verdicts: &[Verdict], thresholds: &Thresholds) -> Vec<String> {
    let mut found: Vec<(&str, f64)> = Vec::new();
    for verdict in verdicts {
        for category in &verdict.categories {
            found.push((&category.name, category.score.unwrap_or_default()));
        }
        // It does not say why, and no threshold says otherwise.
        if verdict.flagged && verdict.categories.is_empty() && thresholds.is_empty() {
            found.push(("flagged", 0.0));
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut names = Vec::new();
    for (name, _) in found {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
        let name: String = name
            .chars()
            .map(|c| if plain(c) { c } else { '_' })
            .take(64)
            .collect();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(MOST_NAMED);
    names
}

/// One lower-case word, for metrics.
fn failure(error: &Error) -> &'static str {
    match error {
        Error::Busy(_) => "busy",
        Error::Deadline(_) => "timeout",
        Error::Unreachable(_) | Error::Tls(_) => "unreachable",
        Error::Broken(_) => "broken",
        Error::Status { .. } => "status",
        _ => "unreadable",
    }
}

const fn action(action: ModerationAction) -> &'static str {
    match action {
        ModerationAction::Block => "block",
        ModerationAction::Annotate => "annotate",
        ModerationAction::Log => "log",
    }
}

fn blocked(direction: Direction, categories: &str) -> ApiError {
    let text = direction.name();
    ApiError::new(
        ErrorKind::Permission,
        format!("the {text} falls into categories that this gateway does not let pass: {categories}"),
    )
    .code("content_blocked")
}

fn unavailable(direction: Direction) -> ApiError {
    let text = direction.name();
    ApiError::new(
        ErrorKind::Unavailable,
        format!("the {text} cannot be checked now: a service that it must be shown to does not answer"),
    )
    .code("hook_unavailable")
}

#[cfg(test)]
mod tests {
    use tollgate_hooks::Category;

    use super::*;

    #[test]
    fn categories_are_named_once_highest_first_and_fit_into_a_header() {
        let said = |flagged: bool, categories: &[(&str, Option<f64>)]| Verdict {
            flagged,
            categories: categories
                .iter()
                .map(|(name, score)| Category {
                    name: (*name).to_owned(),
                    score: *score,
                })
                .collect(),
        };
        let many: Vec<String> = (0..20).map(|n| format!("c{n}")).collect();
        let many: Vec<(&str, Option<f64>)> = many.iter().map(|name| (name.as_str(), None)).collect();
        for (verdicts, thresholds, expected) in [
            (vec![said(false, &[])], &[][..], ""),
            (
                vec![
                    said(true, &[("hate", Some(0.6)), ("a;b=c, d\r\n", None)]),
                    said(true, &[("sexual/minors", Some(0.9)), ("hate", Some(0.2))]),
                ],
                &[],
                "sexual/minors,hate,a_b_c__d__",
            ),
            // It does not say what for.
            (vec![said(true, &[])], &[], "flagged"),
            (vec![said(true, &[])], &["hate"], ""),
            (vec![said(true, &many)], &[], "c0,c1,c2,c3,c4,c5,c6,c7"),
        ] {
            let thresholds = thresholds.iter().map(|name| ((*name).to_owned(), 0.5)).collect();
            assert_eq!(categories(&verdicts, &thresholds).join(","), expected);
        }
    }
}
