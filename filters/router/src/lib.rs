//! `router.wasm`: first in the policy chain. Strips what clients may not say, reads the request, counts its prompt, names the
//! target, and on the way back shows usage and turns foreign error texts into the client's dialect.
//!
//! Only callbacks: every decision is a function of `tollgate-routing`. Must not know policy.
#![allow(
    unsafe_code,
    missing_docs,
    reason = "proxy_wasm::main! exports the module's entry point"
)]

mod metrics;
mod request;
mod response;

use std::rc::Rc;

use log::error;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{ContextType, LogLevel};
use tollgate_routing::admit::Router;
use tollgate_routing::plan::RouterPlan;

use crate::metrics::Metrics;
use crate::request::Exchange;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Warn);
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

#[derive(Default)]
struct Root {
    router: Option<Rc<Router>>,
    metrics: Rc<Metrics>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let plan = tollgate_host::configuration(self, "router.wasm", RouterPlan::from_json);
        let Some(plan) = plan else {
            return false;
        };
        match Router::new(plan) {
            Ok(router) => {
                self.router = Some(Rc::new(router));
                self.set_tick_period(metrics::FLUSH_EVERY);
                true
            }
            Err(cause) => {
                error!("router.wasm: {cause}");
                false
            }
        }
    }

    fn on_tick(&mut self) {
        self.metrics.flush();
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        let router = Rc::clone(self.router.as_ref()?);
        Some(Box::new(Exchange::new(router, Rc::clone(&self.metrics))))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
