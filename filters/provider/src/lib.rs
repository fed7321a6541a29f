//! `provider.wasm`: first in a provider's lane. Translates the client's dialect into the provider's and back, and writes the
//! provider's name for the model; what needs neither passes untouched.
//!
//! Only callbacks: conversion is `tollgate-translate`. Must not know policy or credentials (Envoy's `credential_injector`).
#![allow(
    unsafe_code,
    missing_docs,
    reason = "proxy_wasm::main! exports the module's entry point"
)]

mod exchange;

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{ContextType, LogLevel};
use tollgate_routing::plan::LanePlan;

use crate::exchange::Exchange;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Warn);
    proxy_wasm::set_root_context(|_| Box::new(Root { plan: None }));
}}

struct Root {
    plan: Option<Rc<LanePlan>>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        self.plan = tollgate_host::configuration(self, "provider.wasm", LanePlan::from_json).map(Rc::new);
        self.plan.is_some()
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange::new(Rc::clone(self.plan.as_ref()?))))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
