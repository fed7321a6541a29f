//! Envoy's stats: counters by model and pool, with tags that the rendered bootstrap extracts.
//! Must not know where the numbers come from.

use std::cell::RefCell;
use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::types::MetricType;
use tollgate_llm::usage::Usage;

/// How often what was counted is handed to Envoy: often enough for whoever scrapes it, and no call for each request.
pub(crate) const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// Counters of one VM, defined at first use. Envoy adds the VMs' values up.
#[derive(Default)]
pub(crate) struct Metrics {
    models: RefCell<Vec<Model>>,
    refused: RefCell<Vec<(u16, Counter)>>,
}

/// The counters of a model in a pool: `tollgate.model.<model>.pool.<pool>.<what>`. Both are configured names, so there are few.
struct Model {
    model: String,
    pool: String,
    requests: Counter,
    prompt_tokens: Counter,
    input_tokens: Counter,
    output_tokens: Counter,
}

/// One of Envoy's counters, and what it does not know yet.
struct Counter {
    /// Envoy's name for it.
    id: u32,
    pending: u64,
}

impl Model {
    fn define(model: &str, pool: &str) -> Option<Self> {
        let counter = |what| {
            Counter::define(&format!(
                "tollgate.model.{}.pool.{}.{what}",
                flat(model),
                flat(pool)
            ))
        };
        Some(Self {
            model: model.to_owned(),
            pool: pool.to_owned(),
            requests: counter("requests")?,
            prompt_tokens: counter("prompt_tokens")?,
            input_tokens: counter("input_tokens")?,
            output_tokens: counter("output_tokens")?,
        })
    }
}

impl Counter {
    fn define(name: &str) -> Option<Self> {
        let id = hostcalls::define_metric(MetricType::Counter, name).ok()?;
        Some(Self { id, pending: 0 })
    }

    fn add(&mut self, amount: u64) {
        self.pending = self.pending.saturating_add(amount);
    }

    fn flush(&mut self) {
        let amount = i64::try_from(std::mem::take(&mut self.pending)).unwrap_or(i64::MAX);
        if amount > 0 {
            // A lost count must not cost a request.
            let _ = hostcalls::increment_metric(self.id, amount);
        }
    }
}

impl Metrics {
    /// A request was routed.
    pub(crate) fn requested(&self, model: &str, pool: &str, prompt_tokens: u64) {
        self.of(model, pool, |counters| {
            counters.requests.add(1);
            counters.prompt_tokens.add(prompt_tokens);
        });
    }

    /// An answer said what was used.
    pub(crate) fn answered(&self, model: &str, pool: &str, usage: &Usage) {
        self.of(model, pool, |counters| {
            counters.input_tokens.add(usage.input_tokens);
            counters.output_tokens.add(usage.output_tokens);
        });
    }

    /// `tollgate.refused.<status>`.
    pub(crate) fn refused(&self, status: u16) {
        let mut known = self.refused.borrow_mut();
        if let Some((_, counter)) = known.iter_mut().find(|(of, _)| *of == status) {
            counter.add(1);
        } else if let Some(mut counter) = Counter::define(&format!("tollgate.refused.{status}")) {
            counter.add(1);
            known.push((status, counter));
        }
    }

    /// Hands everything to Envoy.
    pub(crate) fn flush(&self) {
        for model in self.models.borrow_mut().iter_mut() {
            model.requests.flush();
            model.prompt_tokens.flush();
            model.input_tokens.flush();
            model.output_tokens.flush();
        }
        for (_, counter) in self.refused.borrow_mut().iter_mut() {
            counter.flush();
        }
    }

    fn of(&self, model: &str, pool: &str, count: impl FnOnce(&mut Model)) {
        let mut models = self.models.borrow_mut();
        let known = models
            .iter_mut()
            .find(|known| known.model == model && known.pool == pool);
        if let Some(known) = known {
            count(known);
        } else if let Some(mut counters) = Model::define(model, pool) {
            count(&mut counters);
            models.push(counters);
        }
    }
}

/// Dots separate the parts of a stat's name, so those within a name (`gpt-4.1`) are written as `_`.
fn flat(name: &str) -> String {
    name.replace('.', "_")
}
