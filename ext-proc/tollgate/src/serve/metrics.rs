//! What the service counts, for Prometheus. Labels are configured names, so their number is bounded.
//! Must not know content, keys or addresses.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tollgate_budget::NanoUsd;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByOutcome {
    tenant: String,
    model: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByDirection {
    tenant: String,
    model: String,
    direction: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByModel {
    tenant: String,
    model: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfModel {
    model: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByEntity {
    entity: String,
    direction: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByRule {
    rule: String,
    kind: &'static str,
    action: &'static str,
    direction: &'static str,
    dry_run: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByResult {
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByHook {
    hook: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByCall {
    hook: String,
    result: &'static str,
}

/// All counters of the service.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<ByOutcome, Counter>,
    tokens: Family<ByDirection, Counter>,
    cost: Family<ByModel, Counter<f64, AtomicU64>>,
    estimate_factor: Family<OfModel, Gauge<f64, AtomicU64>>,
    entities: Family<ByEntity, Counter>,
    guardrails: Family<ByRule, Counter>,
    cache: Family<ByResult, Counter>,
    compared: Family<ByResult, Counter>,
    shadow: Family<ByResult, Counter>,
    journal_errors: Counter,
    cache_entries: Gauge,
    cache_bytes: Gauge,
    hook_calls: Family<ByCall, Counter>,
    hook_seconds: Family<ByHook, Histogram, fn() -> Histogram>,
    stream_waits: Gauge,
    store_errors: Counter,
    reloads: Family<ByResult, Counter>,
    reloaded_at: Gauge,
    open: Gauge,
    policy_seconds: Histogram,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("tollgate"),
            requests: Family::default(),
            tokens: Family::default(),
            cost: Family::default(),
            estimate_factor: Family::default(),
            entities: Family::default(),
            guardrails: Family::default(),
            cache: Family::default(),
            compared: Family::default(),
            shadow: Family::default(),
            journal_errors: Counter::default(),
            cache_entries: Gauge::default(),
            cache_bytes: Gauge::default(),
            hook_calls: Family::default(),
            hook_seconds: Family::new_with_constructor(|| {
                Histogram::new([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5])
            }),
            stream_waits: Gauge::default(),
            store_errors: Counter::default(),
            reloads: Family::default(),
            reloaded_at: Gauge::default(),
            open: Gauge::default(),
            policy_seconds: Histogram::new([
                0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0,
            ]),
        };
        // Both are there from the start, so that an alert can be written before the first failure.
        for result in ["applied", "kept_last_good"] {
            metrics.reloads.get_or_create(&ByResult { result }).inc_by(0);
        }
        metrics.mark_reload();
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("requests", "Exchanges by how they ended", self.requests.clone());
        registry.register(
            "tokens",
            "Tokens by direction (input, cached_input, output)",
            self.tokens.clone(),
        );
        registry.register_with_unit(
            "cost",
            "What answers cost",
            Unit::Other("usd".into()),
            self.cost.clone(),
        );
        registry.register(
            "estimate_factor",
            "What estimates of prompts are multiplied with, by what providers report, for models whose tokenizer is not public",
            self.estimate_factor.clone(),
        );
        registry.register(
            "redacted_entities",
            "Entities found, by kind and direction",
            self.entities.clone(),
        );
        registry.register(
            "guardrail_findings",
            "What guardrails found, by rule",
            self.guardrails.clone(),
        );
        registry.register(
            "cache_lookups",
            "Look-ups in the cache by result",
            self.cache.clone(),
        );
        registry.register(
            "cache_comparisons",
            "Prompts compared by their words, by what decided: same (a hit), cosine, what the guard found, or why none was made",
            self.compared.clone(),
        );
        registry.register(
            "cache_shadow",
            "Would-be hits of shadow mode, by whether the stored answer agreed with the provider's",
            self.shadow.clone(),
        );
        registry.register(
            "cache_journal_errors",
            "Times that the store of the cache's journal failed",
            self.journal_errors.clone(),
        );
        registry.register(
            "cache_entries",
            "Entries in the cache",
            self.cache_entries.clone(),
        );
        registry.register_with_unit(
            "cache_size",
            "What the entries of the cache take",
            Unit::Bytes,
            self.cache_bytes.clone(),
        );
        registry.register(
            "hook_calls",
            "Calls of hooks by result: ok, flagged, or why there is none",
            self.hook_calls.clone(),
        );
        registry.register_with_unit(
            "hook_duration",
            "Time that calls of hooks took, failures included",
            Unit::Seconds,
            self.hook_seconds.clone(),
        );
        registry.register(
            "stream_waiting_bytes",
            "Bytes of streamed answers that wait until hooks have seen them",
            self.stream_waits.clone(),
        );
        registry.register(
            "budget_store_errors",
            "Times that the store of budgets and limits failed",
            self.store_errors.clone(),
        );
        registry.register(
            "config_reloads",
            "Changes of the configuration file by result",
            self.reloads.clone(),
        );
        registry.register_with_unit(
            "config_applied_timestamp",
            "When the configuration in force was read",
            Unit::Seconds,
            self.reloaded_at.clone(),
        );
        registry.register("open_exchanges", "Exchanges under way", self.open.clone());
        registry.register_with_unit(
            "policy_duration",
            "Time that policy took for a request, from its body to the decision",
            Unit::Seconds,
            self.policy_seconds.clone(),
        );
        self
    }

    /// The exposition text.
    pub(crate) fn encode(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            text.clear();
            let _ = writeln!(text, "# the metrics could not be written");
        }
        text
    }

    pub(crate) fn began(&self) {
        self.open.inc();
    }

    pub(crate) fn ended(&self) {
        self.open.dec();
    }

    pub(crate) fn decided(&self, took: Duration) {
        self.policy_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn finished(&self, tenant: &str, model: &str, outcome: &'static str) {
        let labels = ByOutcome {
            tenant: tenant.to_owned(),
            model: model.to_owned(),
            outcome,
        };
        self.requests.get_or_create(&labels).inc();
    }

    pub(crate) fn metered(
        &self,
        tenant: &str,
        model: &str,
        usage: &tollgate_llm::usage::Usage,
        cost: NanoUsd,
    ) {
        for (direction, tokens) in [
            ("input", usage.input_tokens),
            ("cached_input", usage.cached_input_tokens),
            ("output", usage.output_tokens),
        ] {
            if tokens > 0 {
                let labels = ByDirection {
                    tenant: tenant.to_owned(),
                    model: model.to_owned(),
                    direction,
                };
                self.tokens.get_or_create(&labels).inc_by(tokens);
            }
        }
        #[allow(
            clippy::cast_precision_loss,
            reason = "a metric; the ledger keeps whole nano-dollars"
        )]
        let usd = cost.0 as f64 / 1e9;
        let labels = ByModel {
            tenant: tenant.to_owned(),
            model: model.to_owned(),
        };
        self.cost.get_or_create(&labels).inc_by(usd);
    }

    pub(crate) fn estimates(&self, model: &str, factor: f64) {
        let labels = OfModel {
            model: model.to_owned(),
        };
        self.estimate_factor.get_or_create(&labels).set(factor);
    }

    pub(crate) fn redacted(&self, entity: &str, direction: &'static str, count: u64) {
        self.entities
            .get_or_create(&ByEntity {
                entity: entity.to_owned(),
                direction,
            })
            .inc_by(count);
    }

    pub(crate) fn guarded(
        &self,
        rule: &str,
        kind: &'static str,
        action: &'static str,
        direction: &'static str,
        dry_run: bool,
    ) {
        let labels = ByRule {
            rule: rule.to_owned(),
            kind,
            action,
            direction,
            dry_run: if dry_run { "true" } else { "false" },
        };
        self.guardrails.get_or_create(&labels).inc();
    }

    pub(crate) fn cached(&self, result: &'static str) {
        self.cache.get_or_create(&ByResult { result }).inc();
    }

    pub(crate) fn compared(&self, result: &'static str) {
        self.compared.get_or_create(&ByResult { result }).inc();
    }

    pub(crate) fn journal_failed(&self) {
        self.journal_errors.inc();
    }

    pub(crate) fn shadowed(&self, result: &'static str) {
        self.shadow.get_or_create(&ByResult { result }).inc();
    }

    /// Set when somebody looks.
    pub(crate) fn cache_holds(&self, size: tollgate_cache::Size) {
        let gauge = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.cache_entries.set(gauge(size.entries));
        self.cache_bytes.set(gauge(size.bytes));
    }

    pub(crate) fn hook_called(&self, hook: &str, result: &'static str, took: Duration) {
        let hook = hook.to_owned();
        self.hook_seconds
            .get_or_create(&ByHook { hook: hook.clone() })
            .observe(took.as_secs_f64());
        self.hook_calls.get_or_create(&ByCall { hook, result }).inc();
    }

    /// So much of a stream waits for hooks now, after so much before.
    pub(crate) fn stream_waits(&self, before: usize, now: usize) {
        let number = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
        self.stream_waits.inc_by(number(now) - number(before));
    }

    pub(crate) fn store_failed(&self) {
        self.store_errors.inc();
    }

    pub(crate) fn reloaded(&self, applied: bool) {
        let result = if applied { "applied" } else { "kept_last_good" };
        self.reloads.get_or_create(&ByResult { result }).inc();
        if applied {
            self.mark_reload();
        }
    }

    fn mark_reload(&self) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        self.reloaded_at.set(i64::try_from(now).unwrap_or(i64::MAX));
    }
}
