//! What hooks are asked about texts, and what follows from their answers or their silence.
//! Must not know HTTP, nor where a text stands. Neither texts nor what was found in them reach a log.

use std::time::Instant;

use tollgate_config::{ModerationAction, OnFailure};
use tollgate_hooks::{Error, Thresholds, Verdict};
use tollgate_llm::{ApiError, ErrorKind};
use tracing::{info, warn};

use super::finds::{Finds, Texts};
use crate::exchange::Direction;
use crate::serve::{Metrics, Moderator, Names};

/// Categories that are named at most; those with the highest scores.
const MOST_NAMED: usize = 8;

/// Whose texts they are, for logs and metrics.
pub(in crate::exchange) struct Asker<'a> {
    pub(in crate::exchange) metrics: &'a Metrics,
    pub(in crate::exchange) request_id: &'a str,
    pub(in crate::exchange) tenant: &'a str,
}

impl Asker<'_> {
    /// What is named in texts; `None` if that is not known and they may pass all the same.
    pub(in crate::exchange) async fn names(
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
                without_names(names, direction).map(|()| None)
            }
        }
    }

    /// What texts are annotated with, or why they must not pass.
    pub(in crate::exchange) async fn judge(
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
        let verdicts = self.verdicts(moderator, direction, &texts).await?;
        let categories = categories(&verdicts.unwrap_or_default(), &moderator.thresholds).join(",");
        match rules.action {
            _ if rules.dry_run || categories.is_empty() => Ok(None),
            ModerationAction::Block => Err(blocked(direction, &categories)),
            ModerationAction::Annotate => Ok(Some(format!("{}={categories}", direction.name()))),
            ModerationAction::Log => Ok(None),
        }
    }

    /// Why each of these parts of an answer must not pass, if it must not; `None` if that is not known and they may.
    pub(in crate::exchange) async fn judge_each(
        &self,
        moderator: &Moderator,
        parts: &[String],
    ) -> Result<Option<Vec<Option<ApiError>>>, ApiError> {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let verdicts = self.verdicts(moderator, Direction::Answer, &parts).await?;
        let refusal = |verdict: &Verdict| {
            let categories = categories(std::slice::from_ref(verdict), &moderator.thresholds).join(",");
            (!categories.is_empty()).then(|| blocked(Direction::Answer, &categories))
        };
        Ok(verdicts.map(|verdicts| verdicts.iter().map(refusal).collect()))
    }

    /// What the moderator says of each text; `None` if that is not known and they may pass all the same.
    async fn verdicts(
        &self,
        moderator: &Moderator,
        direction: Direction,
        texts: &[&str],
    ) -> Result<Option<Vec<Verdict>>, ApiError> {
        let rules = &moderator.rules;
        let began = Instant::now();
        let answer = moderator.moderation.moderate(texts, &moderator.thresholds).await;
        let categories = answer
            .as_ref()
            .map(|verdicts| categories(verdicts, &moderator.thresholds).join(","));
        let result = match &categories {
            Ok(categories) if categories.is_empty() => "ok",
            Ok(_) => "flagged",
            Err(error) => failure(error),
        };
        self.metrics
            .hook_called(&rules.hook.name, result, began.elapsed());
        if let Ok(categories) = categories
            && !categories.is_empty()
        {
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
        }
        match answer {
            Ok(verdicts) => Ok(Some(verdicts)),
            Err(error) => {
                self.failed(&rules.hook.name, result, error);
                without_verdict(moderator, direction).map(|()| None)
            }
        }
    }

    /// What follows if the recognizer does not answer in time.
    pub(in crate::exchange) fn names_are_late(&self, names: &Names, began: Instant) -> Result<(), ApiError> {
        self.late(&names.hook, began);
        without_names(names, Direction::Answer)
    }

    /// What follows if the moderator does not.
    pub(in crate::exchange) fn verdict_is_late(
        &self,
        moderator: &Moderator,
        began: Instant,
    ) -> Result<(), ApiError> {
        self.late(&moderator.rules.hook.name, began);
        without_verdict(moderator, Direction::Answer)
    }

    fn late(&self, hook: &str, began: Instant) {
        self.metrics.hook_called(hook, "timeout", began.elapsed());
        let (request_id, tenant) = (self.request_id, self.tenant);
        warn!(
            request_id,
            tenant,
            hook,
            result = "timeout",
            "a hook failed: the stream has ended before its answer"
        );
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

fn without_names(names: &Names, direction: Direction) -> Result<(), ApiError> {
    match names.on_failure {
        OnFailure::Open => Ok(()),
        OnFailure::Closed => Err(unavailable(direction)),
    }
}

fn without_verdict(moderator: &Moderator, direction: Direction) -> Result<(), ApiError> {
    let rules = &moderator.rules;
    if rules.on_failure == OnFailure::Open || rules.dry_run {
        Ok(())
    } else {
        Err(unavailable(direction))
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
