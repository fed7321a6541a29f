//! A token bucket: how much of a minute's worth is used, refilling evenly.
//! Must not know what is counted, nor locks, scopes or other accounts.

use std::time::Duration;

use crate::PerMinute;

/// Units per counted thing, so that a limit of `n` per minute refills `n` units every millisecond.
const SCALE: u128 = 60_000;

/// Kept as what is missing from a full bucket, so that a changed limit needs no conversion and a bucket that nobody
/// used is all zeros. In 128 bits, where no 64-bit limit or amount can overflow.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    missing: u128,
    /// When `missing` was right, in milliseconds since the Unix epoch.
    updated: u64,
    /// The last time that the bucket was seen full: what was taken before has come back already.
    full_at: u64,
}

impl Bucket {
    /// Refills to `now`. A clock that steps back refills nothing.
    pub(super) fn advance(&mut self, limit: PerMinute, now: u64) {
        let elapsed = u128::from(now.saturating_sub(self.updated));
        self.missing = self.missing.saturating_sub(elapsed * u128::from(limit.get()));
        self.updated = self.updated.max(now);
        if self.missing == 0 {
            self.full_at = self.updated;
        }
    }

    /// Whether `amount` can be taken; otherwise how long until it can, or `None` if the bucket is too small for it.
    pub(super) fn check(&self, limit: PerMinute, amount: u64) -> Result<(), Option<Duration>> {
        let capacity = u128::from(limit.get()) * SCALE;
        let needed = u128::from(amount) * SCALE;
        let short = (self.missing + needed).saturating_sub(capacity);
        if short == 0 {
            return Ok(());
        }
        if needed > capacity {
            return Err(None);
        }
        let millis = short.div_ceil(u128::from(limit.get()));
        Err(Some(Duration::from_millis(
            u64::try_from(millis).unwrap_or(u64::MAX),
        )))
    }

    /// Takes `amount`, whether or not it is there: what was used was used.
    pub(super) fn take(&mut self, amount: u64) {
        self.missing = self.missing.saturating_add(u128::from(amount) * SCALE);
    }

    /// Gives back what was taken at `taken_at` and not used after all. Had it not been taken, the bucket would have
    /// been fuller ever since, but never more than full: if it has been full in between, there is nothing to give.
    pub(super) fn give_back(&mut self, amount: u64, taken_at: u64) {
        if self.full_at <= taken_at {
            self.missing = self.missing.saturating_sub(u128::from(amount) * SCALE);
        }
    }

    /// What can be taken now.
    pub(super) fn remaining(&self, limit: PerMinute) -> u64 {
        let capacity = u128::from(limit.get()) * SCALE;
        u64::try_from(capacity.saturating_sub(self.missing) / SCALE).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(n: u64) -> PerMinute {
        PerMinute::new(n).unwrap()
    }

    #[test]
    fn a_minutes_worth_at_once_then_evenly() {
        let mut bucket = Bucket::default();
        bucket.advance(limit(60), 1_000_000);
        bucket.take(60);
        for (after, remaining, wait) in [
            (0, 0, Some(1_000)),
            (999, 0, Some(1)),
            (1_000, 1, None),
            (2_500, 2, None),
        ] {
            bucket.advance(limit(60), 1_000_000 + after);
            assert_eq!(bucket.remaining(limit(60)), remaining, "{after}");
            assert_eq!(
                bucket.check(limit(60), 1).err().flatten(),
                wait.map(Duration::from_millis),
                "{after}"
            );
        }
        bucket.advance(limit(60), 1_000_000 + 3_600_000);
        assert_eq!(bucket.remaining(limit(60)), 60);

        // The last unit of a thousandth of a second counts.
        let mut bucket = Bucket::default();
        bucket.advance(limit(1), 0);
        bucket.take(1);
        bucket.advance(limit(1), 59_999);
        assert_eq!(bucket.check(limit(1), 1), Err(Some(Duration::from_millis(1))));
    }

    #[test]
    fn what_never_fits_has_no_wait() {
        assert_eq!(Bucket::default().check(limit(10), 10), Ok(()));
        assert_eq!(Bucket::default().check(limit(10), 11), Err(None));
        assert_eq!(Bucket::default().check(limit(u64::MAX), u64::MAX), Ok(()));
    }

    #[test]
    fn overdraft_is_paid_back_before_anything_passes() {
        let mut bucket = Bucket::default();
        bucket.advance(limit(60), 0);
        bucket.take(180);
        assert_eq!(bucket.check(limit(60), 1), Err(Some(Duration::from_secs(121))));
        bucket.advance(limit(60), 121_000);
        assert_eq!(bucket.check(limit(60), 1), Ok(()));
    }

    #[test]
    fn unused_tokens_come_back_unless_they_already_have() {
        // (settled after, remaining then): 60 of 60 were taken at 0, 50 of them are given back.
        for (after, expected) in [(0, 50), (5_000, 55), (20_000, 60), (60_000, 60)] {
            let mut bucket = Bucket::default();
            bucket.advance(limit(60), 0);
            bucket.take(60);
            bucket.advance(limit(60), after);
            bucket.give_back(50, 0);
            assert_eq!(bucket.remaining(limit(60)), expected, "{after}");
        }
        // Full again after a minute, then used by somebody else: the first one's tokens must not come twice.
        let mut bucket = Bucket::default();
        bucket.advance(limit(60), 0);
        bucket.take(60);
        bucket.advance(limit(60), 60_000);
        bucket.take(60);
        bucket.give_back(50, 0);
        assert_eq!(bucket.remaining(limit(60)), 0);
        bucket.give_back(50, 60_000);
        assert_eq!(bucket.remaining(limit(60)), 50);
    }

    proptest::proptest! {
        /// Over any time from the start, what is used is at most one bucket and its refill, estimates or not.
        #[test]
        fn use_stays_within_the_limit(
            steps in proptest::collection::vec((0_u64..30_000, 0_u64..100, 0_usize..6, 0_u64..100), 1..200)
        ) {
            let limit = limit(100);
            let mut bucket = Bucket::default();
            let (mut now, mut used) = (0, 0);
            let mut running: Vec<(u64, u64)> = Vec::new();
            for (pause, amount, pick, actual) in steps {
                now += pause;
                bucket.advance(limit, now);
                if pick < running.len() {
                    let (taken_at, counted) = running.swap_remove(pick);
                    let actual = actual.min(counted);
                    bucket.give_back(counted - actual, taken_at);
                    used += actual;
                }
                if bucket.check(limit, amount).is_ok() {
                    bucket.take(amount);
                    running.push((now, amount));
                }
                proptest::prop_assert!(bucket.missing <= 100 * SCALE);
                let counted: u64 = running.iter().map(|(_, counted)| counted).sum();
                proptest::prop_assert!((used + counted) * 60_000 <= 100 * (60_000 + now));
            }
        }
    }

    #[test]
    fn a_raised_limit_gives_room_at_once() {
        let mut bucket = Bucket::default();
        bucket.take(60);
        assert_eq!(bucket.remaining(limit(60)), 0);
        assert_eq!(bucket.remaining(limit(100)), 40);
    }

    #[test]
    fn a_clock_that_steps_back_refills_nothing() {
        let mut bucket = Bucket::default();
        bucket.advance(limit(60), 100_000);
        bucket.take(60);
        bucket.advance(limit(60), 0);
        bucket.advance(limit(60), 100_000);
        assert_eq!(bucket.remaining(limit(60)), 0);
    }
}
