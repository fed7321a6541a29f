//! The `tollgate.yaml` of a variant: one provider, one model, one key, and limits that nobody reaches.
//! Must not know what is rendered from it.

use std::path::Path;

use serde_json::{Value, json};

use crate::gateway::Ports;
use crate::request::MODEL;
use crate::variant::{Extra, Part, Rendered, Variant};

/// Of [`crate::request::KEY`].
const KEY_HASH: &str = "sha256:f0f1b22701c170f39805bbae360bda515aaa11bdb4c64d08d13fa4e0e54761d1";
/// More than any run uses.
const PLENTY: u64 = 1_000_000_000;
/// What no prompt of the load says and the guardrails refuse.
pub(crate) const REFUSED: &str = "project titan";

/// Variables that the configuration refers to.
pub(crate) const ENVIRONMENT: [(&str, &str); 2] = [
    ("BENCH_PROVIDER_KEY", "sk-bench"),
    ("TOLLGATE_SECRET", "a-secret-for-benchmarks-only-0123"),
];

/// The configuration, as JSON, which is YAML too.
pub(crate) fn tollgate(
    variant: &Variant,
    rendered: &Rendered,
    ports: &Ports,
    provider: &str,
    filters: &Path,
) -> Value {
    // A provider that has the model under its own name needs no lane.
    let provider_model = if rendered.lane { "gpt-4o-2024-11-20" } else { MODEL };
    let redaction = json!({
        "request": { "default": "token", "entities": { "US_SSN": "block", "CREDIT_CARD": { "mask": 4 } } },
        "answer": { "default": "placeholder" },
        "on_unknown_shape": "block",
    });
    let mode = if variant.compares { "safe" } else { "exact" };
    let mut policy = json!({
        "name": "bench",
        "redaction": if variant.has(Part::Redaction) { redaction } else { json!("off") },
        "cache": if variant.has(Part::Cache) { json!({ "mode": mode, "ttl": "10m", "scope": "tenant" }) } else { json!("off") },
    });
    let mut tenant =
        json!({ "name": "acme", "policy": "bench", "keys": [{ "name": "app", "hash": KEY_HASH }] });
    if variant.has(Part::Quotas) {
        policy["limits"] = json!({ "requests_per_minute": PLENTY, "tokens_per_minute": PLENTY * 1000 });
        tenant["budget"] = json!({ "usd": PLENTY, "window": "30d" });
    }
    match variant.extra() {
        Some(Extra::Guardrails) => policy["guardrails"] = guardrails(),
        Some(Extra::Hooks { .. }) => {
            let names =
                json!({ "hook": "recognizer", "entities": { "PERSON": "token", "LOCATION": "placeholder" } });
            policy["redaction"]["request"]["recognizer"] = names.clone();
            policy["redaction"]["answer"]["recognizer"] =
                json!({ "hook": "recognizer", "entities": { "PERSON": "placeholder" } });
            policy["moderation"] =
                json!({ "hook": "moderator", "request": true, "answer": true, "action": "block" });
        }
        None => {}
    }
    let hook =
        |name: &str| json!({ "name": name, "url": format!("http://{}", ports.hook), "timeout": "10s" });
    let hooks = match variant.extra() {
        Some(Extra::Hooks { .. }) => json!([hook("recognizer"), hook("moderator")]),
        Some(Extra::Guardrails) | None => json!([]),
    };
    json!({
        "version": 1,
        "envoy": { "version": "1.40", "admin": ports.envoy_admin.to_string(), "filters": filters },
        "listeners": [{ "name": "gateway", "address": ports.gateway.to_string(), "max_body": "32MiB" }],
        "service": {
            "address": ports.service.to_string(),
            "admin": ports.service_admin.to_string(),
            "on_failure": "closed",
            "timeout": "30s",
            "secret": { "env": "TOLLGATE_SECRET" },
        },
        "providers": [{
            "name": "simulator",
            "dialect": "openai",
            "url": format!("http://{provider}"),
            "credential": { "env": "BENCH_PROVIDER_KEY" },
        }],
        "models": [{
            "name": MODEL,
            "encoding": if variant.has(Part::Counting) { "o200k_base" } else { "estimate" },
            "context_window": 10_000_000,
            "max_output_tokens": 16384,
            "price": { "input": 2.5, "cached_input": 1.25, "output": 10 },
            "providers": { "simulator": provider_model },
        }],
        "pools": [{ "name": "default", "providers": ["simulator"] }],
        "routes": [{ "name": "default", "pool": "default" }],
        "policies": [policy],
        "hooks": hooks,
        "tenants": [tenant],
        // However busy the machine is: what is measured is the whole comparison.
        "cache": { "max_bytes": "64MiB", "semantic_timeout": "10s" },
        "budget": { "store": "memory" },
    })
}

/// Rules as a company would write them. No prompt and no answer of the load breaks one.
fn guardrails() -> Value {
    let rivals = [
        "Globex",
        "Initech",
        "Umbrella Corp",
        "Hooli",
        "Vehement Capital",
        REFUSED,
    ];
    let topics = [
        "insider trading",
        "price fixing",
        "weapons grade",
        "nerve agent",
        "pipe bomb",
        "credit card dump",
        "launder money",
        "fake passport",
        "ransomware builder",
        "keylogger",
        "untraceable gun",
        "money mule",
    ];
    json!([
        { "name": "rivals", "on": "both", "action": "block", "words": rivals, "patterns": ["\\bGX-\\d{4}\\b"] },
        { "name": "topics", "on": "both", "action": "block", "words": topics },
        { "name": "takeover", "on": "request", "action": "block", "injection": { "threshold": 0.7 } },
        { "name": "long", "on": "request", "action": "block", "max_tokens": PLENTY },
        { "name": "longwinded", "on": "answer", "action": "block", "max_tokens": PLENTY },
        { "name": "tongue", "on": "both", "action": "block", "language": { "allow": ["en", "de"] } },
        // The provider's answer has no other.
        { "name": "sourced", "on": "answer", "action": "annotate", "citations": { "pattern": "the gateway" } },
    ])
}
