//! What follows from what guardrails find: it is counted and logged, the client is told, or the exchange is refused.
//! Must not know how anything is found, and must not have the text.

use std::sync::Arc;

use tollgate_config::GuardrailAction;
use tollgate_guardrails::{Finding, Findings, Role, Why};
use tollgate_llm::{ApiError, ErrorKind};
use tollgate_routing::decision;
use tollgate_routing::facts::Facts;
use tollgate_wire::{Metadata, Reply};
use tracing::info;

use super::Direction;
use crate::serve::{Caller, Service};

/// The names of rules that found something of which the client is told.
#[derive(Default)]
pub(super) struct Notes(Vec<Arc<str>>);

impl Notes {
    /// These and more; each name once.
    pub(super) fn extend(&mut self, more: Self) {
        for name in more.0 {
            if !self.0.contains(&name) {
                self.0.push(name);
            }
        }
    }

    fn header(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join(", "))
    }

    /// Adds them to an answer of ours.
    pub(super) fn tell(&self, reply: &mut Reply) {
        let header = self.header().map(|names| ("x-tollgate-guardrail", names));
        reply.headers.extend(header);
        reply.metadata.extend(self.metadata());
    }

    /// For the filters and access logs.
    pub(super) fn metadata(&self) -> Metadata {
        let names = self.header().map(|names| (decision::GUARDRAIL, names.into()));
        names.into_iter().collect()
    }
}

/// What a request breaks in all: to what its texts broke comes its length. An error if it is refused.
pub(super) fn judge_request(
    service: &Service,
    caller: &Caller,
    facts: &Facts,
    mut findings: Findings,
) -> Result<Notes, ApiError> {
    let Some(policy) = &caller.guardrails else {
        return Ok(Notes::default());
    };
    policy.rules.request_tokens(|| facts.prompt_tokens, &mut findings);
    let notes = report(service, caller, facts, Direction::Request, &findings);
    match policy.blocks(&findings) {
        Some(finding) => Err(refusal(finding, Direction::Request)),
        None => Ok(notes),
    }
}

/// Counts and logs findings; says which of them the client is told.
pub(super) fn report(
    service: &Service,
    caller: &Caller,
    facts: &Facts,
    direction: Direction,
    findings: &Findings,
) -> Notes {
    let mut notes = Notes::default();
    let Some(policy) = &caller.guardrails else {
        return notes;
    };
    for finding in &findings.0 {
        let (action, dry_run) = policy.shown(finding);
        let (kind, direction) = (finding.why.kind(), direction.name());
        let named = name(action);
        service
            .metrics
            .guarded(&finding.name, kind, named, direction, dry_run);
        info!(
            request_id = facts.request_id,
            tenant = caller.tenant(),
            key = caller.key(),
            model = facts.model,
            rule = &*finding.name,
            kind,
            action = named,
            direction,
            dry_run,
            role = finding.role.map(role),
            score = finding.why.score(),
            "guardrail",
        );
        if action == GuardrailAction::Annotate && !dry_run {
            notes.extend(Notes(vec![Arc::clone(&finding.name)]));
        }
    }
    notes
}

/// The refusal of a request or an answer. It names the rule, and for a length the numbers, which the client can act on.
pub(super) fn refusal(finding: &Finding, direction: Direction) -> ApiError {
    let (kind, what) = match direction {
        Direction::Request => (ErrorKind::InvalidRequest, "request"),
        Direction::Answer => (ErrorKind::Permission, "answer"),
    };
    let name = &finding.name;
    let message = match finding.why {
        Why::Tokens { counted, most } => {
            format!("the {what} has {counted} tokens, and the rule `{name}` allows {most}")
        }
        _ => format!("the {what} breaks the rule `{name}` of this gateway"),
    };
    ApiError::new(kind, message).code("guardrail_violation")
}

const fn name(action: GuardrailAction) -> &'static str {
    match action {
        GuardrailAction::Block => "block",
        GuardrailAction::Annotate => "annotate",
        GuardrailAction::Log => "log",
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}
