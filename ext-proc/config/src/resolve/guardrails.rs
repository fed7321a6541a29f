//! Resolves guardrails: one check each, that fits what the rule looks at.
//!
//! Must not compile them; [`Known::guardrails`] says what is wrong with words, patterns and schemas.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;

use super::Known;
use super::names::claim;
use crate::path::Path;
use crate::report::Report;
use crate::usable::{Guardrail, GuardrailAction, GuardrailCheck, GuardrailOn, GuardrailRole, SchemaSource};
use crate::written;

/// The fields of which a guardrail has one, but for `words` and `patterns`, which are one check.
const CHECKS: [&str; 8] = [
    "words",
    "patterns",
    "injection",
    "max_tokens",
    "citations",
    "json_schema",
    "json_schema_file",
    "language",
];

/// What is wrong with one rule of a list, found by whoever compiles it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardrailProblem {
    /// The rule's place in the list.
    pub rule: usize,
    /// The field of its check, such as `patterns[1]`.
    pub field: String,
    /// What is wrong.
    pub problem: String,
}

pub(crate) fn guardrails(
    written: Vec<written::Guardrail>,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> Vec<Guardrail> {
    let mut names = HashMap::new();
    let mut rules = Vec::new();
    // Where each rule stands in the file: one without a usable check is left out.
    let mut places = Vec::new();
    for (at, rule) in written.into_iter().enumerate() {
        let path = path.index(at);
        claim(&mut names, &rule.name.0, at, "guardrail", &path, report);
        if let Some(rule) = guardrail(rule, &path, report) {
            warn(&rule, &path, report);
            rules.push(rule);
            places.push(path);
        }
    }
    for GuardrailProblem { rule, field, problem } in
        known.guardrails.map_or_else(Vec::new, |check| check(&rules))
    {
        if let (Some(rule), Some(path)) = (rules.get(rule), places.get(rule)) {
            report.error(&field_of(&rule.check, &field, path), problem);
        }
    }
    rules
}

fn guardrail(written: written::Guardrail, path: &Path, report: &mut Report) -> Option<Guardrail> {
    let on = match written.on {
        written::GuardrailOn::Request => GuardrailOn::Request,
        written::GuardrailOn::Answer => GuardrailOn::Answer,
        written::GuardrailOn::Both => GuardrailOn::Both,
    };
    let roles = written.roles.map(|roles| roles.into_iter().map(role).collect());
    let action = match written.action {
        written::GuardrailAction::Block => GuardrailAction::Block,
        written::GuardrailAction::Annotate => GuardrailAction::Annotate,
        written::GuardrailAction::Log => GuardrailAction::Log,
    };
    let mut checks = Vec::new();
    if !written.words.is_empty() || !written.patterns.is_empty() {
        let (words, patterns) = (written.words, written.patterns);
        checks.push(("words", GuardrailCheck::Listed { words, patterns }));
    }
    checks.extend(
        written
            .injection
            .map(|it| ("injection", GuardrailCheck::Injection(it.threshold))),
    );
    checks.extend(
        written
            .max_tokens
            .map(|most| ("max_tokens", GuardrailCheck::MaxTokens(most))),
    );
    checks.extend(written.citations.map(|it| {
        let written::Citations { at_least, pattern } = it;
        ("citations", GuardrailCheck::Citations { at_least, pattern })
    }));
    let inline = written
        .json_schema
        .map(|schema| ("json_schema", SchemaSource::Inline(Value::Object(schema))));
    let file = written
        .json_schema_file
        .map(|file| ("json_schema_file", SchemaSource::File(PathBuf::from(file.0))));
    let schemas = inline.into_iter().chain(file);
    checks.extend(schemas.map(|(field, schema)| (field, GuardrailCheck::JsonSchema(schema))));
    checks.extend(written.language.map(|it| {
        let written::Languages {
            allow,
            deny,
            refuse_unknown,
        } = it;
        let check = GuardrailCheck::Language {
            allow,
            deny,
            refuse_unknown,
        };
        ("language", check)
    }));
    let mut checks = checks.into_iter();
    let Some((field, check)) = checks.next() else {
        if !CHECKS.iter().any(|name| report.is_stand_in(&path.field(name))) {
            report.error(
                path,
                format!("looks for nothing: give one of {}", CHECKS.join(", ")),
            );
        }
        return None;
    };
    for (other, _) in checks {
        let message = format!("a guardrail has one check, and this one has `{field}`: make two of it");
        report.error(&path.field(other), message);
    }
    let rule = Guardrail {
        name: written.name.0,
        on,
        roles,
        action,
        dry_run: written.dry_run,
        check,
    };
    check_direction(&rule, path, report);
    Some(rule)
}

fn role(written: written::GuardrailRole) -> GuardrailRole {
    match written {
        written::GuardrailRole::System => GuardrailRole::System,
        written::GuardrailRole::User => GuardrailRole::User,
        written::GuardrailRole::Assistant => GuardrailRole::Assistant,
        written::GuardrailRole::Tool => GuardrailRole::Tool,
    }
}

/// What has no meaning in a direction is an error: somebody expects it to protect them.
fn check_direction(rule: &Guardrail, path: &Path, report: &mut Report) {
    let of_answers = matches!(
        rule.check,
        GuardrailCheck::Citations { .. } | GuardrailCheck::JsonSchema(_)
    );
    if of_answers && rule.on != GuardrailOn::Answer {
        report.error(&path.field("on"), "this check is for answers: write `on: answer`");
    } else if rule.roles.is_some() && rule.on == GuardrailOn::Answer {
        report.error(
            &path.field("roles"),
            "has no meaning for answers, which the model gives",
        );
    } else if rule.roles.is_some() && matches!(rule.check, GuardrailCheck::MaxTokens(_)) {
        report.error(
            &path.field("roles"),
            "has no meaning for `max_tokens`, which counts the whole request",
        );
    }
}

fn warn(rule: &Guardrail, path: &Path, report: &mut Report) {
    let blocks = rule.action == GuardrailAction::Block && !rule.dry_run;
    if blocks && rule.on != GuardrailOn::Request && rule.check.needs_whole_text() {
        report.warn(
            &path.field("action"),
            "the text of a streamed answer has gone out when this can be judged: such a stream ends with an error, but is not \
             withheld",
        );
    }
}

/// Where the file has the field that the compiler calls `patterns[1]`, `threshold` or `schema`.
fn field_of(check: &GuardrailCheck, field: &str, path: &Path) -> Path {
    let path = match check {
        GuardrailCheck::Listed { .. } => path.clone(),
        GuardrailCheck::Injection(_) => path.field("injection"),
        GuardrailCheck::Citations { .. } => path.field("citations"),
        GuardrailCheck::Language { .. } => path.field("language"),
        GuardrailCheck::MaxTokens(_) => return path.field("max_tokens"),
        GuardrailCheck::JsonSchema(SchemaSource::Inline(_)) => return path.field("json_schema"),
        GuardrailCheck::JsonSchema(SchemaSource::File(_)) => return path.field("json_schema_file"),
    };
    let (name, index) = match field.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']').parse().ok()),
        None => (field, None),
    };
    let path = path.field(name);
    index.map_or(path.clone(), |at| path.index(at))
}
