//! Whether a text breaks a rule: listed words and patterns, attempts to take over the model, length, citations, schema, language.
//! Must not know HTTP, Envoy, dialects, tenants, clocks or I/O; what follows from a finding is for others to do.
//!
//! Rules are compiled once ([`Guardrails::compile`]) and shared; [`Guardrails::request`] and [`Guardrails::answer`] judge whole
//! texts, an [`AnswerGuard`] those that come in pieces. Findings name rules and never hold text.

mod answer;
mod citation;
mod finding;
mod guardrails;
mod injection;
mod language;
mod lexicon;
mod lists;
mod patterns;
mod rule;
mod schema;
mod words;

pub use answer::AnswerGuard;
pub use finding::{Finding, Findings, Why};
pub use guardrails::Guardrails;
pub use injection::{Signal, Verdict, judge};
pub use lists::MOST_HELD;
pub use rule::{Action, Check, Languages, On, ParseActionError, Role, Roles, Rule, RuleError};
