//! The store that configuration chose.
//! Must not know more of the stores than their trait.

use std::time::{Duration, SystemTime};

use crate::{
    Balance, BudgetStore, Charge, FailingStore, MemoryStore, Quotas, Reservation, ReserveError, SettleError,
    StoreError,
};

/// One of the stores, chosen at start.
///
/// An enum and not a boxed trait: an exchange makes two calls, and with the store in memory each is a few hundred
/// nanoseconds that neither allocates a future nor waits. Stores behind a network become further variants.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stores {
    /// In this process; forgotten when it ends.
    Memory(MemoryStore),
    /// Always out of order, for rehearsing that.
    Failing(FailingStore),
}

impl Stores {
    /// How many reservations expired without having been settled, since the start. Anything but zero is a fault of
    /// whoever made them, or a `hold_for` that is too short.
    pub fn expired_holds(&self) -> u64 {
        match self {
            Self::Memory(store) => store.expired_holds(),
            Self::Failing(_) => 0,
        }
    }
}

impl Default for Stores {
    fn default() -> Self {
        Self::Memory(MemoryStore::new())
    }
}

impl BudgetStore for Stores {
    async fn reserve(
        &self,
        quotas: &Quotas,
        most: Charge,
        hold_for: Duration,
        now: SystemTime,
    ) -> Result<Reservation, ReserveError> {
        match self {
            Self::Memory(store) => store.reserve(quotas, most, hold_for, now).await,
            Self::Failing(store) => store.reserve(quotas, most, hold_for, now).await,
        }
    }

    async fn settle(
        &self,
        reservation: Reservation,
        actual: Charge,
        now: SystemTime,
    ) -> Result<(), SettleError> {
        match self {
            Self::Memory(store) => store.settle(reservation, actual, now).await,
            Self::Failing(store) => store.settle(reservation, actual, now).await,
        }
    }

    async fn release(&self, reservation: Reservation, now: SystemTime) -> Result<(), SettleError> {
        match self {
            Self::Memory(store) => store.release(reservation, now).await,
            Self::Failing(store) => store.release(reservation, now).await,
        }
    }

    async fn balances(&self, quotas: &Quotas, now: SystemTime) -> Result<Vec<Balance>, StoreError> {
        match self {
            Self::Memory(store) => store.balances(quotas, now).await,
            Self::Failing(store) => store.balances(quotas, now).await,
        }
    }
}
