//! Envoy's stats: counters by model and pool, with tags that the rendered bootstrap extracts.
//! Must not know where the numbers come from.

use std::cell::RefCell;

use proxy_wasm::hostcalls;
use proxy_wasm::types::MetricType;
use tollgate_llm::usage::Usage;

/// Counters of one VM, defined at first use. Envoy adds the VMs' values up.
#[derive(Default)]
pub(crate) struct Metrics {
    models: RefCell<Vec<Model>>,
    refused: RefCell<Vec<(u16, u32)>>,
}

/// The counters of a model in a pool: `tollgate.model.<model>.pool.<pool>.<what>`. Both are configured names, so there are few.
struct Model {
    model: String,
    pool: String,
    requests: u32,
    prompt_tokens: u32,
    input_tokens: u32,
    output_tokens: u32,
}

impl Model {
    fn define(model: &str, pool: &str) -> Option<Self> {
        let counter = |what| {
            counter(&format!(
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

impl Metrics {
    /// A request was routed.
    pub(crate) fn requested(&self, model: &str, pool: &str, prompt_tokens: u64) {
        self.of(model, pool, |counters| {
            add(counters.requests, 1);
            add(counters.prompt_tokens, prompt_tokens);
        });
    }

    /// An answer said what was used.
    pub(crate) fn answered(&self, model: &str, pool: &str, usage: &Usage) {
        self.of(model, pool, |counters| {
            add(counters.input_tokens, usage.input_tokens);
            add(counters.output_tokens, usage.output_tokens);
        });
    }

    /// `tollgate.refused.<status>`.
    pub(crate) fn refused(&self, status: u16) {
        let mut known = self.refused.borrow_mut();
        let id = known.iter().find(|(of, _)| *of == status).map(|(_, id)| *id);
        let id = id.or_else(|| {
            let id = counter(&format!("tollgate.refused.{status}"))?;
            known.push((status, id));
            Some(id)
        });
        if let Some(id) = id {
            add(id, 1);
        }
    }

    fn of(&self, model: &str, pool: &str, count: impl FnOnce(&Model)) {
        let mut models = self.models.borrow_mut();
        if let Some(known) = models
            .iter()
            .find(|known| known.model == model && known.pool == pool)
        {
            count(known);
        } else if let Some(counters) = Model::define(model, pool) {
            count(&counters);
            models.push(counters);
        }
    }
}

fn counter(name: &str) -> Option<u32> {
    hostcalls::define_metric(MetricType::Counter, name).ok()
}

fn add(id: u32, amount: u64) {
    // A lost count must not cost a request.
    let _ = hostcalls::increment_metric(id, i64::try_from(amount).unwrap_or(i64::MAX));
}

/// Dots separate the parts of a stat's name, so those within a name (`gpt-4.1`) are written as `_`.
fn flat(name: &str) -> String {
    name.replace('.', "_")
}
