//! Resolves policies.
//!
//! Must not know tenants.

use std::collections::BTreeMap;

use super::Known;
use super::cache;
use super::gateway::on_failure;
use super::guardrails::guardrails;
use super::hooks::{self, Direction};
use super::names::Names;
use crate::path::Path;
use crate::report::Report;
use crate::suggest::did_you_mean;
use crate::usable::{
    CustomEntity, EntityRules, Hook, Limits, OnUnknownShape, Operator, Policy, Redaction, RedactionRules,
};
use crate::written;

pub(crate) fn policies(
    written: Vec<written::Policy>,
    hooks: &Names<Hook>,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> Names<Policy> {
    let mut policies = Names::new("policy", path, report);
    for (at, policy) in written.into_iter().enumerate() {
        let path = path.index(at);
        let name = policy.name.0;
        let policy = Policy {
            name: name.clone(),
            redaction: redaction(policy.redaction, hooks, &path.field("redaction"), known, report),
            guardrails: guardrails(policy.guardrails, &path.field("guardrails"), known, report),
            cache: cache::rules(&policy.cache, &path.field("cache"), report),
            moderation: policy.moderation.and_then(|moderation| {
                hooks::moderation(moderation, hooks, &path.field("moderation"), report)
            }),
            on_store_failure: on_failure(policy.budget.on_store_failure),
            limits: Limits {
                requests_per_minute: policy.limits.requests_per_minute,
                tokens_per_minute: policy.limits.tokens_per_minute,
            },
        };
        policies.add(&name, &path, Some(policy), report);
    }
    policies
}

fn redaction(
    written: written::Redaction,
    hooks: &Names<Hook>,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> Redaction {
    let written::Redaction::On(rules) = written else {
        return Redaction::Off;
    };
    if rules.request.is_none() && rules.answer.is_none() {
        report.error(
            path,
            "give rules for `request` or `answer`, or write `redaction: off`",
        );
    }
    let request = rules.request.map(|rules| {
        entity_rules(
            rules,
            Direction::Request,
            hooks,
            &path.field("request"),
            known,
            report,
        )
    });
    let answer = rules.answer.map(|rules| {
        let path = path.field("answer");
        check_answer_operators(&rules, &path, report);
        entity_rules(rules, Direction::Answer, hooks, &path, known, report)
    });
    Redaction::On(RedactionRules {
        request,
        answer,
        on_unknown_shape: match rules.on_unknown_shape {
            written::OnUnknownShape::Block => OnUnknownShape::Block,
            written::OnUnknownShape::Forward => OnUnknownShape::Forward,
        },
    })
}

/// A reversible token is restored on the way back to the client, so what goes that way must not get one.
fn check_answer_operators(rules: &written::EntityRules, path: &Path, report: &mut Report) {
    let entities = rules
        .entities
        .iter()
        .map(|(name, operator)| (path.field("entities").field(name), *operator));
    let customs = rules.custom.iter().enumerate().filter_map(|(at, custom)| {
        let path = path.field("custom").index(at).field("operator");
        Some((path, custom.operator?))
    });
    let default = (path.field("default"), rules.default);
    for (path, operator) in entities.chain(customs).chain([default]) {
        if operator == written::Operator::Token {
            report.error(&path, "`token` is for requests; nobody restores it in an answer");
        }
    }
}

fn entity_rules(
    written: written::EntityRules,
    direction: Direction,
    hooks: &Names<Hook>,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> EntityRules {
    let mut entities = BTreeMap::new();
    for (name, operator) in written.entities {
        check_entity(&name, &path.field("entities").field(&name), known, report);
        entities.insert(name, self::operator(operator));
    }
    let default = operator(written.default);
    let mut customs = Vec::new();
    for (at, custom) in written.custom.into_iter().enumerate() {
        let path = path.field("custom").index(at);
        let custom = CustomEntity {
            name: custom.name,
            words: custom.words,
            patterns: custom.patterns,
            context: custom.context,
            score: custom.score,
            operator: custom.operator.map_or(default, operator),
        };
        if custom.operator == Operator::Off {
            report.error(&path.field("operator"), "`off` finds nothing: leave the kind out");
        } else if let Some(check) = known.custom
            && let Err(problem) = check(&custom)
        {
            report.error(&path, problem);
        }
        customs.push(custom);
    }
    let rules = EntityRules {
        default,
        entities,
        custom: customs,
        allow: written.allow.into_iter().map(|text| text.0).collect(),
        threshold: written.threshold,
        recognizer: None,
    };
    let recognizer = written.recognizer.and_then(|recognizer| {
        let path = path.field("recognizer");
        hooks::recognizer(*recognizer, &rules, direction, hooks, &path, report)
    });
    EntityRules {
        recognizer: recognizer.map(Box::new),
        ..rules
    }
}

fn check_entity(name: &str, path: &Path, known: &Known<'_>, report: &mut Report) {
    match known.entities {
        Some(names) if !names.contains(&name) => {
            let guess = did_you_mean(name, names.iter().copied());
            report.error(path, format!("no such entity{guess}"));
        }
        None if !is_entity_name(name) => {
            report.error(path, "names of entities are capitals, such as EMAIL_ADDRESS");
        }
        Some(_) | None => {}
    }
}

/// Whether tokens and placeholders can have it.
pub(super) fn is_entity_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_uppercase()) && name.bytes().all(fits)
}

pub(super) fn operator(written: written::Operator) -> Operator {
    match written {
        written::Operator::Token => Operator::Token,
        written::Operator::Placeholder => Operator::Placeholder,
        written::Operator::Mask(keep_last) => Operator::Mask { keep_last },
        written::Operator::Hash => Operator::Hash,
        written::Operator::Block => Operator::Block,
        written::Operator::Log => Operator::Log,
        written::Operator::Off => Operator::Off,
    }
}
