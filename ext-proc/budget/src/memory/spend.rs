//! The account of a budget: what is spent in its window, what is held, and whether more fits.
//! Must not know locks, scopes or other accounts.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use crate::{Budget, NanoUsd, Shortage, Standing, Window};

/// What to tell a client that fails only because running exchanges hold the rest: they end within seconds.
const WHILE_HELD: Duration = Duration::from_secs(1);

/// Money is summed up in 128 bits, where a sum of 64-bit amounts cannot overflow.
#[derive(Debug)]
pub(super) struct Spend {
    window: Window,
    /// Start of the window that the figures belong to, in milliseconds since the Unix epoch.
    started: u64,
    /// The highest limit that was in force in this window: only what exceeds it is overspend.
    ceiling: i128,
    /// Settled in this window, and what earlier windows overspent.
    spent: i128,
    /// Sum of `holds`.
    held: i128,
    /// By expiry, then by reservation.
    holds: BTreeMap<(u64, u64), i64>,
}

impl Spend {
    pub(super) fn new(budget: &Budget, now: u64) -> Self {
        Self {
            window: budget.window(),
            started: start_of(budget.window(), now),
            ceiling: budget.limit().0.into(),
            spent: 0,
            held: 0,
            holds: BTreeMap::new(),
        }
    }

    /// Brings the account to `now` under today's limit. Returns how many holds expired.
    pub(super) fn advance(&mut self, budget: &Budget, now: u64) -> u64 {
        let limit = i128::from(budget.limit().0);
        self.turn_window(limit, now);
        self.ceiling = self.ceiling.max(limit);
        self.expire(now)
    }

    /// Whether `amount` still fits; otherwise what is missing and how long that lasts.
    pub(super) fn check(
        &self,
        budget: &Budget,
        amount: NanoUsd,
        now: u64,
    ) -> Result<(), (Shortage, Option<Duration>)> {
        let limit = i128::from(budget.limit().0);
        let needed = i128::from(amount.0);
        let remaining = limit - self.spent - self.held;
        if needed <= remaining {
            return Ok(());
        }
        let shortage = Shortage::Budget {
            limit: budget.limit(),
            remaining: NanoUsd::from_i128(remaining),
            needed: amount,
        };
        let retry_after = if self.spent + needed <= limit {
            Some(WHILE_HELD)
        } else {
            self.wait(limit, needed, now)
        };
        Err((shortage, retry_after))
    }

    pub(super) fn hold(&mut self, id: u64, expires_at: u64, amount: NanoUsd) {
        self.holds.insert((expires_at, id), amount.0);
        self.held += i128::from(amount.0);
    }

    /// Ends a hold, if it has not expired, and books `actual`. The budget's figures of today are not needed, and
    /// those that the reservation was made under may be outdated: a window that turned is charged to the new one.
    pub(super) fn settle(&mut self, id: u64, expires_at: u64, actual: NanoUsd, now: u64) {
        if let Some(amount) = self.holds.remove(&(expires_at, id)) {
            self.held -= i128::from(amount);
        }
        self.turn_window(self.ceiling, now);
        self.spent += i128::from(actual.0);
    }

    pub(super) fn standing(&self, budget: &Budget) -> Standing {
        let end = self
            .window
            .millis()
            .and_then(|length| self.started.checked_add(length.get()));
        Standing::Spend {
            limit: budget.limit(),
            spent: NanoUsd::from_i128(self.spent),
            held: NanoUsd::from_i128(self.held),
            resets_at: end.and_then(|millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis))),
        }
    }

    /// Starts the window of `now`, unless it has been started: each window that passed forgives one limit's worth.
    /// A clock that steps back changes nothing.
    fn turn_window(&mut self, limit: i128, now: u64) {
        let start = start_of(self.window, now);
        let Some(length) = self.window.millis().filter(|_| start > self.started) else {
            return;
        };
        let passed = i128::from((start - self.started) / length);
        let overspent = self.spent - self.ceiling - limit.saturating_mul(passed - 1);
        self.spent = overspent.max(0);
        self.ceiling = limit;
        self.started = start;
    }

    fn expire(&mut self, now: u64) -> u64 {
        let mut expired = 0;
        while let Some(first) = self.holds.first_entry().filter(|hold| hold.key().0 <= now) {
            self.held -= i128::from(first.remove());
            expired += 1;
        }
        expired
    }

    /// Until the first window in which `needed` fits beside the overspend that is left then; what is held now will
    /// have been settled.
    fn wait(&self, limit: i128, needed: i128, now: u64) -> Option<Duration> {
        let length = self.window.millis()?;
        if limit == 0 || needed > limit {
            return None;
        }
        // In the next window what exceeds the ceiling is left, and each one after it forgives one limit's worth.
        let too_much = u128::try_from(self.spent - self.ceiling + needed - limit).unwrap_or(0);
        let windows = 1 + u64::try_from(too_much.div_ceil(u128::try_from(limit).ok()?)).ok()?;
        let starts = self.started.checked_add(length.get().checked_mul(windows)?)?;
        Some(Duration::from_millis(starts.saturating_sub(now)))
    }
}

fn start_of(window: Window, now: u64) -> u64 {
    window.millis().map_or(0, |length| now - now % length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn budget(limit: i64) -> Budget {
        Budget::new(
            NanoUsd(limit),
            Window::every(Duration::from_millis(MINUTE)).unwrap(),
        )
        .unwrap()
    }

    /// An account of a minute's window with this much spent in its first window.
    fn spent(limit: i64, amount: i64) -> Spend {
        let mut spend = Spend::new(&budget(limit), 0);
        spend.settle(0, 0, NanoUsd(amount), 0);
        spend
    }

    #[test]
    fn overspend_is_carried_until_windows_have_paid_for_it() {
        // (limit, spent in window 0, minute, spent as seen then)
        for (limit, amount, minute, expected) in [
            (10, 10, 0, 10),
            (10, 10, 1, 0),
            (10, 4, 1, 0),
            (10, 15, 1, 5),
            (10, 35, 1, 25),
            (10, 35, 2, 15),
            (10, 35, 4, 0),
            (10, 35, 1_000, 0),
            (0, 3, 50, 3),
        ] {
            let mut spend = spent(limit, amount);
            spend.advance(&budget(limit), minute * MINUTE);
            assert_eq!(spend.spent, expected, "{limit} {amount} {minute}");
        }
    }

    #[test]
    fn windows_that_turn_one_by_one_forgive_as_much_as_all_at_once() {
        let mut spend = spent(10, 35);
        for minute in 1..=3 {
            spend.advance(&budget(10), minute * MINUTE);
        }
        assert_eq!(spend.spent, 5);
    }

    #[test]
    fn lowering_a_limit_makes_no_debt_of_what_was_allowed() {
        let mut spend = spent(100, 80);
        spend.advance(&budget(5), 1);
        assert!(spend.check(&budget(5), NanoUsd(1), 1).is_err());
        spend.advance(&budget(5), MINUTE);
        assert_eq!(spend.spent, 0);
        // In the next window it is the new limit that can be overspent.
        spend.settle(0, 0, NanoUsd(20), MINUTE);
        spend.advance(&budget(5), 2 * MINUTE);
        assert_eq!(spend.spent, 15);
    }

    #[test]
    fn a_refusal_says_when_the_same_request_will_pass() {
        // (limit, spent, needed, now, expected wait)
        for (limit, amount, needed, now, expected) in [
            (10, 10, 1, 0, Some(MINUTE)),
            (10, 10, 1, 59_000, Some(1_000)),
            (10, 10, 10, 0, Some(MINUTE)),
            (10, 15, 5, 0, Some(MINUTE)),
            (10, 15, 6, 0, Some(2 * MINUTE)),
            (10, 35, 5, 0, Some(3 * MINUTE)),
            (10, 35, 6, 0, Some(4 * MINUTE)),
            (10, 0, 11, 0, None),
            (0, 1, 0, 0, None),
        ] {
            let mut spend = spent(limit, amount);
            let (_, wait) = spend.check(&budget(limit), NanoUsd(needed), now).unwrap_err();
            assert_eq!(
                wait,
                expected.map(Duration::from_millis),
                "{limit} {amount} {needed}"
            );
            let Some(wait) = wait else { continue };
            let then = now + u64::try_from(wait.as_millis()).unwrap();
            spend.advance(&budget(limit), then - 1);
            assert!(spend.check(&budget(limit), NanoUsd(needed), then - 1).is_err());
            spend.advance(&budget(limit), then);
            assert_eq!(spend.check(&budget(limit), NanoUsd(needed), then), Ok(()));
        }
    }

    #[test]
    fn what_running_exchanges_hold_is_worth_a_short_wait() {
        let mut spend = Spend::new(&budget(10), 0);
        spend.hold(1, 5_000, NanoUsd(10));
        let (shortage, wait) = spend.check(&budget(10), NanoUsd(1), 0).unwrap_err();
        assert_eq!(wait, Some(WHILE_HELD));
        let (_, wait) = spend.check(&budget(10), NanoUsd(10), 0).unwrap_err();
        assert_eq!(wait, Some(WHILE_HELD));
        assert_eq!(
            shortage,
            Shortage::Budget {
                limit: NanoUsd(10),
                remaining: NanoUsd(0),
                needed: NanoUsd(1)
            }
        );
    }

    #[test]
    fn a_clock_that_steps_back_forgives_nothing() {
        let mut spend = Spend::new(&budget(10), MINUTE);
        spend.settle(0, 0, NanoUsd(10), MINUTE);
        spend.advance(&budget(10), 0);
        assert_eq!((spend.spent, spend.started), (10, MINUTE));
        spend.advance(&budget(10), MINUTE + 1);
        assert_eq!(spend.spent, 10);
    }

    proptest::proptest! {
        /// Whatever comes in whatever order: as long as nobody uses more than was held for it, what is spent and held
        /// stays within the limit, and what is held is the sum of what has neither ended nor expired.
        #[test]
        fn holding_keeps_spending_within_the_limit(
            steps in proptest::collection::vec((0_u64..20_000, 0_i64..40, 0_usize..6, 0_i64..40), 1..200)
        ) {
            let budget = budget(100);
            let mut spend = Spend::new(&budget, 0);
            let mut running: Vec<(u64, u64, i64)> = Vec::new();
            let mut now = 0;
            for (id, (pause, amount, pick, used)) in steps.into_iter().enumerate() {
                now += pause;
                let id = u64::try_from(id).unwrap();
                if pick < running.len() {
                    let (id, expires, held) = running.swap_remove(pick);
                    // One that has expired is settled for nothing: it would be overspend.
                    let used = if expires <= now { 0 } else { used.min(held) };
                    spend.settle(id, expires, NanoUsd(used), now);
                }
                spend.advance(&budget, now);
                if spend.check(&budget, NanoUsd(amount), now).is_ok() {
                    spend.hold(id, now + 30_000, NanoUsd(amount));
                    running.push((id, now + 30_000, amount));
                }
                let held: i64 = running.iter().filter(|(_, expires, _)| *expires > now).map(|hold| hold.2).sum();
                proptest::prop_assert_eq!(spend.held, i128::from(held));
                proptest::prop_assert!(spend.spent >= 0 && spend.spent + spend.held <= 100, "{:?}", spend);
            }
        }
    }

    #[test]
    fn extreme_amounts_neither_overflow_nor_wrap() {
        let huge = budget(i64::MAX);
        let mut spend = Spend::new(&huge, u64::MAX);
        for id in 0..3 {
            spend.hold(id, u64::MAX, NanoUsd::MAX);
            spend.settle(9, 0, NanoUsd::MAX, u64::MAX);
        }
        let (shortage, wait) = spend.check(&huge, NanoUsd::MAX, u64::MAX).unwrap_err();
        assert!(matches!(
            shortage,
            Shortage::Budget {
                remaining: NanoUsd(i64::MIN),
                ..
            }
        ));
        assert_eq!(wait, None);
        assert!(matches!(
            spend.standing(&huge),
            Standing::Spend { resets_at: None, .. }
        ));
    }
}
