//! Reads cargo's own metadata and checks who depends on whom. A new wall is a new line in a table.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop with what it found"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Whoever stands left must not reach any of those right, through no matter whom.
const WALLS: &[(&[&str], &[&str])] = &[
    // What a body says, what it is in another dialect, how many tokens it has, what in it is personal: pure.
    (
        &[
            "tollgate-llm",
            "tollgate-translate",
            "tollgate-tokens",
            "tollgate-routing",
            "tollgate-redact",
        ],
        &[
            "tokio",
            "hyper",
            "tonic",
            "prost",
            "envoy-types",
            "proxy-wasm",
            "tollgate-config",
            "tollgate-budget",
            "tollgate-cache",
        ],
    ),
    // Counting knows text and nothing else; nor does anything that reads bodies know counting.
    (&["tollgate-tokens"], &["tollgate-llm", "serde_json"]),
    (
        &["tollgate-llm"],
        &["tollgate-tokens", "tollgate-translate", "tollgate-redact"],
    ),
    // Redaction knows text, not dialects.
    (&["tollgate-redact"], &["tollgate-llm", "tollgate-routing"]),
    // Guardrails judge texts: bodies, tenants and what follows are for others.
    (
        &["tollgate-guardrails"],
        &[
            "tokio",
            "hyper",
            "tonic",
            "envoy-types",
            "proxy-wasm",
            "tollgate-llm",
            "tollgate-config",
        ],
    ),
    // The configuration does not know how anything is found.
    (&["tollgate-config"], &["tollgate-guardrails"]),
    // The filters know no policy.
    (
        &["tollgate-router-wasm", "tollgate-provider-wasm"],
        &[
            "tollgate-config",
            "tollgate-redact",
            "tollgate-budget",
            "tollgate-cache",
            "tokio",
        ],
    ),
    // Money and cache know neither sockets nor Envoy nor each other.
    (
        &["tollgate-budget"],
        &[
            "hyper",
            "tonic",
            "envoy-types",
            "tollgate-cache",
            "tollgate-config",
            "tollgate-redact",
        ],
    ),
    (
        &["tollgate-cache"],
        &[
            "hyper",
            "tonic",
            "envoy-types",
            "tollgate-budget",
            "tollgate-config",
            "tollgate-redact",
        ],
    ),
    // Similarity is computed, not fetched: whoever caches brings threads, stores and tenants.
    (
        &["tollgate-embed", "tollgate-similar"],
        &[
            "tokio",
            "hyper",
            "tonic",
            "envoy-types",
            "tollgate-cache",
            "tollgate-config",
            "tollgate-llm",
            "tollgate-redact",
        ],
    ),
    // Services of others are asked for anybody's sake, and only the service itself asks them.
    (
        &["tollgate-hooks"],
        &[
            "tonic",
            "envoy-types",
            "tollgate-llm",
            "tollgate-routing",
            "tollgate-config",
            "tollgate-budget",
            "tollgate-cache",
            "tollgate-embed",
            "tollgate-similar",
            "tollgate-redact",
            "tollgate-guardrails",
            "tollgate-wire",
        ],
    ),
    (
        &[
            "tollgate-redact",
            "tollgate-guardrails",
            "tollgate-cache",
            "tollgate-embed",
            "tollgate-similar",
            "tollgate-budget",
            "tollgate-config",
            "tollgate-wire",
        ],
        &["tollgate-hooks"],
    ),
    // Journals know what they carry, not what it is for.
    (
        &["tollgate-journal"],
        &[
            "tonic",
            "envoy-types",
            "tollgate-budget",
            "tollgate-config",
            "tollgate-redact",
            "tollgate-hooks",
        ],
    ),
    // The configuration is read without a network, and the renderer does no I/O.
    (
        &["tollgate-config", "tollgate-render"],
        &["tokio", "hyper", "tonic", "envoy-types", "proxy-wasm"],
    ),
    // Envoy's messages carry no policy.
    (
        &["tollgate-wire"],
        &[
            "tollgate-llm",
            "tollgate-config",
            "tollgate-budget",
            "tollgate-cache",
            "tollgate-redact",
        ],
    ),
];

/// Who alone may depend directly on what stands left.
const GATES: &[(&str, &[&str])] = &[
    ("envoy-types", &["tollgate-wire"]),
    ("diskann", &["tollgate-cache"]),
    ("redis", &["tollgate-journal"]),
    ("tokio-postgres", &["tokio-postgres-rustls", "tollgate-journal"]),
    (
        "proxy-wasm",
        &["tollgate-host", "tollgate-router-wasm", "tollgate-provider-wasm"],
    ),
];

/// All that the top level may hold, beside dotfiles.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "filters",
    "ext-proc",
    "envoy",
    "examples",
    "tests",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
    "target",
];

struct Graph {
    names: BTreeMap<String, String>,
    /// By package id; normal dependencies only: what tests and build scripts use is not in the product.
    uses: BTreeMap<String, Vec<String>>,
}

impl Graph {
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let names = metadata["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])));
        let uses = metadata["resolve"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| {
                let normal = |dep: &&Value| {
                    dep["dep_kinds"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .any(|kind| kind["kind"].is_null())
                };
                let used = node["deps"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(normal)
                    .map(|dep| text(&dep["pkg"]))
                    .collect();
                (text(&node["id"]), used)
            });
        Self {
            names: names.collect(),
            uses: uses.collect(),
        }
    }

    fn id(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(_, known)| *known == name);
        found
            .map(|(id, _)| id.as_str())
            .unwrap_or_else(|| panic!("there is no package {name}: mend the table"))
    }

    fn reach(&self, name: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![self.id(name)];
        while let Some(id) = open.pop() {
            for used in &self.uses[id] {
                if reached.insert(self.names[used].as_str()) {
                    open.push(used);
                }
            }
        }
        reached
    }
}

#[test]
fn nobody_reaches_through_a_wall() {
    let graph = Graph::read();
    for (parts, forbidden) in WALLS {
        for part in *parts {
            let reached = graph.reach(part);
            let through: Vec<_> = forbidden.iter().filter(|name| reached.contains(**name)).collect();
            assert!(
                through.is_empty(),
                "{part} must not know {through:?}; `cargo tree -p {part} -i NAME` shows how it does"
            );
        }
    }
}

#[test]
fn gates_have_their_keepers() {
    let graph = Graph::read();
    for (what, keepers) in GATES {
        let id = graph.id(what);
        let users: BTreeSet<&str> = graph
            .uses
            .iter()
            .filter(|(_, uses)| uses.iter().any(|used| used == id))
            .map(|(user, _)| graph.names[user].as_str())
            .collect();
        assert_eq!(users, keepers.iter().copied().collect(), "who depends on {what}");
    }
}

#[test]
fn the_top_level_is_what_it_was_meant_to_be() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    for entry in std::fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with('.') || TOP_LEVEL.contains(&name.as_str()),
            "{name} does not belong at the top level"
        );
    }
}
