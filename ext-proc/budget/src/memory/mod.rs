//! The accounts of one process, in memory: forgotten when it ends, not shared between replicas.
//! Must not know clocks; the arithmetic is in `spend` and `bucket`.

mod bucket;
mod shard;
mod spend;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use self::shard::{Shard, Short, Used};
use crate::{
    Balance, BudgetStore, Charge, Quota, Quotas, Refused, Reservation, ReserveError, SettleError, StoreError,
};

/// Enough that eight busy workers rarely meet on one lock.
const SHARDS: usize = 16;

/// Keeps accounts in this process. Memory grows with the number of configured scopes and running exchanges only.
///
/// Accounts are spread over sixteen locks. A call takes the locks of its accounts in ascending order, works for some
/// hundred nanoseconds, and waits for nothing else while it holds them.
#[derive(Debug, Default)]
pub struct MemoryStore {
    // Boxed, so that the store itself is small to move around.
    shards: Box<[Mutex<Shard>; SHARDS]>,
    last_id: AtomicU64,
    expired: AtomicU64,
}

impl MemoryStore {
    /// A store without accounts: each begins when it is first used.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many reservations' holds expired without having been settled, counted per budget.
    pub fn expired_holds(&self) -> u64 {
        self.expired.load(Ordering::Relaxed)
    }

    const fn locked(&self) -> Locked<'_> {
        Locked {
            store: self,
            guards: [const { None }; SHARDS],
            expired: 0,
        }
    }

    fn close(&self, reservation: &Reservation, used: Used, now: SystemTime) {
        let now = millis(now);
        let mut locked = self.locked();
        for quota in &reservation.quotas {
            locked.shard(quota).0.settle(quota, reservation, used, now);
        }
    }
}

impl BudgetStore for MemoryStore {
    async fn reserve(
        &self,
        quotas: &Quotas,
        most: Charge,
        hold_for: Duration,
        now: SystemTime,
    ) -> Result<Reservation, ReserveError> {
        let now = millis(now);
        let mut locked = self.locked();
        let mut worst: Option<(&Quota, Short)> = None;
        for quota in quotas {
            let (shard, expired) = locked.shard(quota);
            let Err(short) = shard.check(quota, most, now, expired) else {
                continue;
            };
            if worst
                .as_ref()
                .is_none_or(|(_, longest)| lasts_longer(&short, longest))
            {
                worst = Some((quota, short));
            }
        }
        if let Some((quota, (shortage, retry_after))) = worst {
            return Err(Refused {
                scope: quota.scope().clone(),
                shortage,
                retry_after,
            }
            .into());
        }
        let reservation = Reservation {
            id: self.last_id.fetch_add(1, Ordering::Relaxed),
            quotas: quotas.clone(),
            most,
            made_at: now,
            expires_at: now.saturating_add(whole_millis(hold_for)),
        };
        for quota in quotas {
            locked.shard(quota).0.take(quota, &reservation);
        }
        Ok(reservation)
    }

    async fn settle(
        &self,
        reservation: Reservation,
        actual: Charge,
        now: SystemTime,
    ) -> Result<(), SettleError> {
        self.close(
            &reservation,
            Used {
                charge: actual,
                requests: 1,
            },
            now,
        );
        Ok(())
    }

    async fn release(&self, reservation: Reservation, now: SystemTime) -> Result<(), SettleError> {
        self.close(
            &reservation,
            Used {
                charge: Charge::NOTHING,
                requests: 0,
            },
            now,
        );
        Ok(())
    }

    async fn balances(&self, quotas: &Quotas, now: SystemTime) -> Result<Vec<Balance>, StoreError> {
        let now = millis(now);
        let mut locked = self.locked();
        let standing = |quota: &Quota| {
            let (shard, expired) = locked.shard(quota);
            Balance::of(quota, shard.standing(quota, now, expired))
        };
        Ok(quotas.iter().map(standing).collect())
    }
}

/// The locks that one call holds, all of them until it ends.
struct Locked<'a> {
    store: &'a MemoryStore,
    guards: [Option<MutexGuard<'a, Shard>>; SHARDS],
    expired: u64,
}

impl Locked<'_> {
    /// The quota's shard, locked from its first use on, and the counter of expired holds.
    ///
    /// The shard is the top of the account's hash and [`Quotas`] are in the order of hashes, so going through them
    /// takes locks in ascending order: two calls cannot wait for each other.
    fn shard(&mut self, quota: &Quota) -> (&mut Shard, &mut u64) {
        let top = quota.account().stored_hash() >> (u64::BITS - SHARDS.ilog2());
        let at = usize::try_from(top).unwrap_or_default() % SHARDS;
        // A panic under the lock leaves numbers behind that are as good as before it.
        let lock = || {
            self.store.shards[at]
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        (self.guards[at].get_or_insert_with(lock), &mut self.expired)
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if self.expired > 0 {
            self.store.expired.fetch_add(self.expired, Ordering::Relaxed);
        }
    }
}

/// Waiting that does not help lasts longest.
fn lasts_longer((_, wait): &Short, (_, than): &Short) -> bool {
    match (wait, than) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(wait), Some(than)) => wait > than,
    }
}

/// Since the Unix epoch; zero for a clock that is set before it.
fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, whole_millis)
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Budget, NanoUsd, Rule, Scope, Window, conformance};

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn passes_the_suite_of_all_stores() {
        conformance::run(Arc::new(MemoryStore::new()), "memory").await;
    }

    #[tokio::test]
    async fn expired_holds_are_counted() {
        let store = MemoryStore::new();
        let budget = Budget::new(NanoUsd(10), Window::LIFETIME).unwrap();
        let quotas = Quotas::new([Quota::new(Scope::tenant("a"), Rule::Budget(budget))]);
        let most = Charge {
            cost: NanoUsd(10),
            ..Charge::NOTHING
        };
        let lost = store
            .reserve(&quotas, most, Duration::from_secs(1), UNIX_EPOCH)
            .await
            .unwrap();
        drop(lost);
        assert_eq!(store.expired_holds(), 0);
        store
            .balances(&quotas, UNIX_EPOCH + Duration::from_secs(1))
            .await
            .unwrap();
        assert_eq!(store.expired_holds(), 1);
    }
}
