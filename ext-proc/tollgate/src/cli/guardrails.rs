//! `tollgate inspect guardrails`: what a policy's rules find in single texts.
//! Must not act on it.

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use tollgate_guardrails::{Findings, Role};

use super::Source;
use super::inspect::each;
use crate::serve::PolicyGuardrails;

#[derive(Args)]
pub(crate) struct Guardrails {
    #[command(flatten)]
    source: Source,
    /// Name of the policy whose rules judge
    #[arg(long)]
    policy: String,
    /// A model of the configuration file, by whose encoding tokens are counted; without it `max_tokens` finds nothing
    #[arg(long)]
    model: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    id: serde_json::Value,
    text: String,
    #[serde(default)]
    role: Who,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Who {
    System,
    #[default]
    User,
    Assistant,
    Tool,
    Answer,
}

#[derive(Serialize)]
struct Judged {
    id: serde_json::Value,
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    rule: String,
    kind: &'static str,
    /// `null` where a finding is certain.
    score: Option<f32>,
}

pub(super) fn run(options: &Guardrails) -> anyhow::Result<()> {
    let config = super::load(&options.source.config)?;
    let file = options.source.config.display();
    let named = config
        .policies
        .iter()
        .find(|policy| policy.name == options.policy);
    let policy = named.with_context(|| format!("there is no policy `{}` in {file}", options.policy))?;
    let compiled = PolicyGuardrails::compile(policy)?;
    let tokenizer = match &options.model {
        None => None,
        Some(name) => {
            let model = config.model(name);
            Some(
                model
                    .with_context(|| format!("there is no model `{name}` in {file}"))?
                    .tokenizer,
            )
        }
    };
    each(|said: Said| {
        let tokens = || tokenizer.map_or(0, |tokenizer| tokenizer.count(&said.text).tokens as u64);
        let findings = match &compiled {
            None => Findings::default(),
            Some(policy) => match role(said.role) {
                Some(role) => policy.rules.request(&[(role, &said.text)], tokens),
                None => policy.rules.answer(&[&said.text], tokens),
            },
        };
        let findings = findings.0.iter().map(|finding| Found {
            rule: finding.name.to_string(),
            kind: finding.why.kind(),
            score: finding.why.score(),
        });
        Ok(Judged {
            id: said.id,
            findings: findings.collect(),
        })
    })
}

/// `None` for an answer.
const fn role(who: Who) -> Option<Role> {
    Some(match who {
        Who::System => Role::System,
        Who::User => Role::User,
        Who::Assistant => Role::Assistant,
        Who::Tool => Role::Tool,
        Who::Answer => return None,
    })
}
