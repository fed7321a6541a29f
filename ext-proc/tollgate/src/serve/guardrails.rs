//! A policy's guardrails, compiled: the engine's rules, and what the policy makes of what they find.
//! Must not know exchanges or dialects.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tollgate_config::{
    Guardrail, GuardrailAction, GuardrailCheck, GuardrailOn, GuardrailProblem, GuardrailRole, OnUnknownShape,
    Policy, Redaction, SchemaSource,
};
use tollgate_guardrails::{Action, Check, Finding, Findings, Guardrails, Languages, On, Role, Roles, Rule};

/// The guardrails of a policy that has some.
pub(crate) struct PolicyGuardrails {
    pub(crate) rules: Arc<Guardrails>,
    /// By the rules' places: the actions as configured, and whether they are only reported. To the engine rules on trial only
    /// log, so that it holds nothing back because of them.
    shown: Vec<(GuardrailAction, bool)>,
    /// Whether what cannot be read could hide what would be refused, and the policy does not let it pass.
    strict_with_requests: bool,
    strict_with_answers: bool,
}

impl PolicyGuardrails {
    /// `None` where a policy has no guardrails.
    pub(crate) fn compile(policy: &Policy) -> anyhow::Result<Option<Arc<Self>>> {
        if policy.guardrails.is_empty() {
            return Ok(None);
        }
        let forwards = match &policy.redaction {
            Redaction::On(rules) => rules.on_unknown_shape == OnUnknownShape::Forward,
            Redaction::Off => false,
        };
        let compiled = Self::new(&policy.guardrails, forwards);
        let compiled = compiled.with_context(|| format!("policy `{}`, guardrails", policy.name))?;
        Ok(Some(Arc::new(compiled)))
    }

    /// `forwards`: what has an unknown shape passes, whatever it may hold.
    pub(crate) fn new(configured: &[Guardrail], forwards: bool) -> anyhow::Result<Self> {
        let rules = configured
            .iter()
            .map(|guardrail| rule(guardrail).map_err(anyhow::Error::msg));
        let rules: Vec<Rule> = rules.collect::<anyhow::Result<_>>()?;
        let compiled = Guardrails::compile(&rules).map_err(|errors| {
            let errors = errors.iter().map(|error| format!("[{}].{error}", error.rule));
            anyhow::Error::msg(errors.collect::<Vec<_>>().join("; "))
        })?;
        let strict = |other: GuardrailOn| {
            let blocks = |rule: &Guardrail| rule.action == GuardrailAction::Block && !rule.dry_run;
            !forwards && configured.iter().any(|rule| rule.on != other && blocks(rule))
        };
        Ok(Self {
            rules: Arc::new(compiled),
            shown: configured
                .iter()
                .map(|rule| (rule.action, rule.dry_run))
                .collect(),
            strict_with_requests: strict(GuardrailOn::Answer),
            strict_with_answers: strict(GuardrailOn::Request),
        })
    }

    /// Whether a request with a part of an unknown shape is refused.
    pub(crate) fn is_strict_with_requests(&self) -> bool {
        self.strict_with_requests
    }

    /// Whether an answer with a part of an unknown shape is refused.
    pub(crate) fn is_strict_with_answers(&self) -> bool {
        self.strict_with_answers
    }

    /// What the policy says of a finding: its action, and whether that is only reported.
    pub(crate) fn shown(&self, finding: &Finding) -> (GuardrailAction, bool) {
        let known = self.shown.get(finding.rule).copied();
        known.unwrap_or((GuardrailAction::Log, false))
    }

    /// The finding for which a request or an answer is refused.
    pub(crate) fn blocks<'f>(&self, findings: &'f Findings) -> Option<&'f Finding> {
        findings.0.iter().find(|finding| finding.action == Action::Block)
    }
}

/// Everything that is wrong with a policy's guardrails, for `tollgate check` and for every load.
pub(crate) fn check(configured: &[Guardrail]) -> Vec<GuardrailProblem> {
    let mut problems = Vec::new();
    let mut rules = Vec::new();
    let mut places = Vec::new();
    for (place, guardrail) in configured.iter().enumerate() {
        match rule(guardrail) {
            Ok(rule) => {
                rules.push(rule);
                places.push(place);
            }
            Err(problem) => problems.push(GuardrailProblem {
                rule: place,
                field: "schema".to_owned(),
                problem,
            }),
        }
    }
    if let Err(errors) = Guardrails::compile(&rules) {
        problems.extend(errors.into_iter().filter_map(|error| {
            Some(GuardrailProblem {
                rule: *places.get(error.rule)?,
                field: error.field,
                problem: error.problem,
            })
        }));
    }
    problems
}

/// A rule in the engine's terms; fails if its schema cannot be read.
fn rule(configured: &Guardrail) -> Result<Rule, String> {
    let check = match &configured.check {
        GuardrailCheck::Listed { words, patterns } => Check::Listed {
            words: words.clone(),
            patterns: patterns.clone(),
        },
        GuardrailCheck::Injection(threshold) => Check::Injection {
            threshold: *threshold,
        },
        GuardrailCheck::MaxTokens(most) => Check::MostTokens(*most),
        GuardrailCheck::Citations { at_least, pattern } => Check::Citations {
            at_least: *at_least as usize,
            pattern: pattern.clone(),
        },
        GuardrailCheck::JsonSchema(SchemaSource::Inline(schema)) => Check::Schema(schema.clone()),
        GuardrailCheck::JsonSchema(SchemaSource::File(path)) => Check::Schema(read(path)?),
        GuardrailCheck::Language {
            allow,
            deny,
            refuse_unknown,
        } => Check::Language(Languages {
            allow: allow.clone(),
            deny: deny.clone(),
            refuse_unknown: *refuse_unknown,
        }),
    };
    Ok(Rule {
        name: configured.name.clone(),
        on: match configured.on {
            GuardrailOn::Request => On::Request,
            GuardrailOn::Answer => On::Answer,
            GuardrailOn::Both => On::Both,
        },
        roles: match &configured.roles {
            Some(named) => named
                .iter()
                .fold(Roles::NONE, |roles, named| roles.with(role(*named))),
            // The application may well speak of instructions and roles.
            None if matches!(check, Check::Injection { .. }) => Roles::OUTSIDE,
            None => Roles::ALL,
        },
        action: match configured.action {
            _ if configured.dry_run => Action::Log,
            GuardrailAction::Block => Action::Block,
            GuardrailAction::Annotate => Action::Annotate,
            GuardrailAction::Log => Action::Log,
        },
        check,
    })
}

fn read(path: &Path) -> Result<serde_json::Value, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is not JSON: {error}", path.display()))
}

fn role(configured: GuardrailRole) -> Role {
    match configured {
        GuardrailRole::System => Role::System,
        GuardrailRole::User => Role::User,
        GuardrailRole::Assistant => Role::Assistant,
        GuardrailRole::Tool => Role::Tool,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn guardrail(name: &str, check: GuardrailCheck) -> Guardrail {
        Guardrail {
            name: name.to_owned(),
            on: GuardrailOn::Answer,
            roles: None,
            action: GuardrailAction::Block,
            dry_run: false,
            check,
        }
    }

    #[test]
    fn everything_wrong_is_said_under_the_place_of_its_rule() {
        let missing = SchemaSource::File("/nowhere/schema.json".into());
        let found = check(&[
            guardrail("file", GuardrailCheck::JsonSchema(missing)),
            guardrail(
                "listed",
                GuardrailCheck::Listed {
                    words: vec!["fine".into(), "?".into()],
                    patterns: vec!["(".into()],
                },
            ),
            guardrail("zero", GuardrailCheck::Injection(0.0)),
            guardrail(
                "schema",
                GuardrailCheck::JsonSchema(SchemaSource::Inline(json!({"type": "nothing"}))),
            ),
            guardrail("fine", GuardrailCheck::MaxTokens(1)),
        ]);
        let mut places: Vec<(usize, &str)> = found.iter().map(|it| (it.rule, it.field.as_str())).collect();
        places.sort_unstable();
        assert_eq!(
            places,
            [
                (0, "schema"),
                (1, "patterns[0]"),
                (1, "words[1]"),
                (2, "threshold"),
                (3, "schema")
            ]
        );
    }
}
