//! A connection that is made when it is needed, given up when something went wrong on it, and not tried for too often.
//! Must not know what is at its other end.

use std::hash::{BuildHasher, RandomState};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep_until, timeout};
use tollgate_cache::StoreError;

/// Between the first attempts to connect, and between those after many failures.
const FIRST: Duration = Duration::from_millis(100);
const LAST: Duration = Duration::from_secs(5);

/// A connection, or when to try for one again. Whoever uses it has it alone.
#[derive(Debug)]
pub(crate) struct Link<C> {
    slot: Mutex<Slot<C>>,
}

#[derive(Debug)]
struct Slot<C> {
    connection: Option<C>,
    failures: u32,
    not_before: Option<Instant>,
}

/// Why nothing was tried or nothing came.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("no answer within {0:?}")]
    Unanswered(Duration),
    #[error("not connected; the next attempt is in {0:?}")]
    Waiting(Duration),
}

impl<C> Link<C> {
    pub(crate) fn new() -> Self {
        let slot = Slot {
            connection: None,
            failures: 0,
            not_before: None,
        };
        Self {
            slot: Mutex::new(slot),
        }
    }

    /// The connection, made by `connect` if there is none. After a failure that is not tried at once; whoever has the
    /// `patience` waits for the next attempt.
    pub(crate) async fn hold(
        &self,
        patience: Duration,
        connect: impl Future<Output = Result<C, StoreError>> + Send,
    ) -> Result<Held<'_, C>, StoreError> {
        let mut slot = self.slot.lock().await;
        if let Some(connection) = slot.connection.take() {
            return Ok(Held { slot, connection });
        }
        if let Some(next) = slot.not_before {
            let left = next.saturating_duration_since(Instant::now());
            sleep_until(Instant::now() + left.min(patience)).await;
            if left > patience {
                return Err(StoreError::transient(Broken::Waiting(left - patience)));
            }
        }
        // Also if whoever waits for this attempt gives up in the middle of it.
        slot.not_before = Some(Instant::now() + pause(slot.failures));
        slot.failures = slot.failures.saturating_add(1);
        let connection = connect.await?;
        (slot.failures, slot.not_before) = (0, None);
        Ok(Held { slot, connection })
    }
}

/// The connection while it is used. It is closed unless [`keep`](Self::keep) says that nothing went wrong.
#[derive(Debug)]
pub(crate) struct Held<'a, C> {
    slot: MutexGuard<'a, Slot<C>>,
    connection: C,
}

impl<C> Held<'_, C> {
    pub(crate) fn keep(mut self) {
        self.slot.connection = Some(self.connection);
    }
}

impl<C> Deref for Held<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for Held<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

/// Gives up after `deadline`.
pub(crate) async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(deadline, work)
        .await
        .map_err(|_| StoreError::transient(Broken::Unanswered(deadline)))?
}

/// Twice as long after each failure, and not the same for all replicas of a store that comes back.
fn pause(failures: u32) -> Duration {
    let longest = FIRST.saturating_mul(1 << failures.min(10)).min(LAST);
    let percent = u32::try_from(RandomState::new().hash_one(failures) % 50).unwrap_or_default();
    longest * (50 + percent) / 100
}
