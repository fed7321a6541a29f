//! What an exchange may cost and what it did cost: prices, budgets, rate limits, reservations, and the stores that keep them.
//!
//! Every exchange reserves the most it can cost before a provider sees it and settles what it did cost afterwards, so
//! that a hundred parallel calls cannot spend the same cent. Must not know protobuf, sockets, HTTP or configuration
//! files; time comes in as an argument.
//!
//! - [`Price`] turns token counts into [`NanoUsd`], exactly.
//! - [`Quotas`] are the budgets and rate limits that one virtual key is under, prepared once per configuration.
//! - [`BudgetStore`] is what a store can do, [`MemoryStore`] does it in this process, [`Stores`] is the one that runs.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod failing;
mod memory;
mod price;
mod quota;
mod store;
mod stores;
mod units;

pub use failing::FailingStore;
pub use memory::MemoryStore;
pub use price::{PerToken, Price};
pub use quota::{Budget, InvalidQuota, Measure, PerMinute, Quota, Quotas, Rule, Scope, Window};
pub use store::{
    Balance, BudgetStore, Charge, Refused, Reservation, ReserveError, SettleError, Shortage, Standing,
    StoreError,
};
pub use stores::Stores;
pub use units::{NanoUsd, Tokens};
