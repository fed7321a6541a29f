//! `enforce.wasm`: behind the service in the policy chain. Envoy asks the service about bodies only, so without this filter the
//! head of a request would leave before the service has decided; here it waits, and the decision takes effect.
//!
//! Must not look into bodies: it holds them, and reads what the service put into dynamic metadata.
#![allow(
    unsafe_code,
    missing_docs,
    reason = "proxy_wasm::main! exports the module's entry point"
)]

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use tollgate_llm::dialect::dialect_of_path;
use tollgate_llm::{ApiError, ErrorKind};
use tollgate_routing::decision::{self, Decision};
use tollgate_routing::names;
use tollgate_routing::plan::EnforcePlan;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Warn);
    proxy_wasm::set_root_context(|_| Box::new(Root { require_decision: true }));
}}

struct Root {
    require_decision: bool,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let Some(plan) = tollgate_host::configuration::<EnforcePlan>(self, "enforce.wasm") else {
            return false;
        };
        self.require_decision = plan.require_decision;
        true
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange {
            require_decision: self.require_decision,
            released: false,
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Exchange {
    require_decision: bool,
    released: bool,
}

impl Exchange {
    /// Applies the decision, or refuses for want of one.
    fn release(&mut self, body_size: Option<usize>) -> Action {
        let decision = Decision::from_pairs(&tollgate_host::metadata(decision::NAMESPACE));
        if !decision.allows() && self.require_decision {
            let path = self.get_http_request_header(":path").unwrap_or_default();
            let error = ApiError::new(
                ErrorKind::Unavailable,
                "this gateway's policy service has not decided over the request",
            )
            .code("policy_unavailable");
            tollgate_host::refuse(self, dialect_of_path(&path), &error);
            return Action::Pause;
        }
        if let Some(target) = decision.text(decision::TARGET) {
            self.set_http_request_header(names::POOL, Some(target));
        }
        if let Some(size) = body_size {
            // Envoy drops the length of a body that the service replaced, and not every provider takes a chunked one.
            self.set_http_request_header("content-length", Some(&size.to_string()));
        }
        self.released = true;
        Action::Continue
    }
}

impl Context for Exchange {}

impl HttpContext for Exchange {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        // Only what router.wasm admitted can reach a provider; the route table answers everything else.
        if self.get_http_request_header(names::FACTS).is_none() {
            self.released = true;
            return Action::Continue;
        }
        if end_of_stream {
            self.release(None)
        } else {
            Action::Pause
        }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        match (self.released, end_of_stream) {
            (true, _) => Action::Continue,
            (false, false) => Action::Pause,
            (false, true) => self.release(Some(size)),
        }
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        // With trailers the body's length cannot be announced: they need chunks.
        if self.released {
            Action::Continue
        } else {
            self.release(None)
        }
    }
}
