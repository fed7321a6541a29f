//! Envoy's stats: counters by model and pool, with tags that the rendered bootstrap extracts.
//! Must not know where the numbers come from.

use std::cell::RefCell;
use std::collections::HashMap;

use proxy_wasm::hostcalls;
use proxy_wasm::types::MetricType;

/// Counters of one VM, defined at first use. Envoy adds the VMs' values up.
#[derive(Default)]
pub(crate) struct Metrics(RefCell<HashMap<String, u32>>);

impl Metrics {
    /// `tollgate.model.<model>.pool.<pool>.<what>`; models and pools are configured names, so the set is bounded.
    pub(crate) fn add(&self, model: &str, pool: &str, what: &str, amount: u64) {
        self.increment(
            &format!("tollgate.model.{}.pool.{}.{what}", flat(model), flat(pool)),
            amount,
        );
    }

    /// `tollgate.refused.<status>`.
    pub(crate) fn refused(&self, status: u16) {
        self.increment(&format!("tollgate.refused.{status}"), 1);
    }

    fn increment(&self, name: &str, amount: u64) {
        let mut ids = self.0.borrow_mut();
        let id = match ids.get(name) {
            Some(id) => *id,
            None => {
                let Ok(id) = hostcalls::define_metric(MetricType::Counter, name) else {
                    return;
                };
                ids.insert(name.to_owned(), id);
                id
            }
        };
        // A lost count must not cost a request.
        let _ = hostcalls::increment_metric(id, i64::try_from(amount).unwrap_or(i64::MAX));
    }
}

/// Dots separate the parts of a stat's name, so those within a name (`gpt-4.1`) are written as `_`.
fn flat(name: &str) -> String {
    name.replace('.', "_")
}
