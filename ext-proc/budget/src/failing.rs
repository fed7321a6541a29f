//! A store that always fails, to see what clients see when the real one is down.
//! Must not know what its callers make of the failure.

use std::time::{Duration, SystemTime};

use crate::{Balance, BudgetStore, Charge, Quotas, Reservation, ReserveError, SettleError, StoreError};

/// Fails every call with a transient error.
#[derive(Debug, Clone, Copy, Default)]
pub struct FailingStore;

fn failure() -> StoreError {
    StoreError::transient("out of order on purpose")
}

impl BudgetStore for FailingStore {
    async fn reserve(
        &self,
        _: &Quotas,
        _: Charge,
        _: Duration,
        _: SystemTime,
    ) -> Result<Reservation, ReserveError> {
        Err(failure().into())
    }

    async fn settle(&self, reservation: Reservation, _: Charge, _: SystemTime) -> Result<(), SettleError> {
        Err(SettleError {
            reservation,
            source: failure(),
        })
    }

    async fn release(&self, reservation: Reservation, _: SystemTime) -> Result<(), SettleError> {
        Err(SettleError {
            reservation,
            source: failure(),
        })
    }

    async fn balances(&self, _: &Quotas, _: SystemTime) -> Result<Vec<Balance>, StoreError> {
        Err(failure())
    }
}
