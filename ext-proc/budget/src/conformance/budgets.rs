//! Cases about one budget: what is held, what is charged, and when a window turns.
//! Must not know which store it is.

use std::time::Duration;

use super::{DAY, HOLD, Suite, at, cost, daily, lifetime};
use crate::{Balance, BudgetStore, Charge, NanoUsd, Shortage, Standing};

impl<S: BudgetStore + 'static> Suite<S> {
    pub(super) async fn settling_charges_what_was_used(&self) {
        let quotas = self.quotas("settle", [lifetime(100)]);
        let first = self.reserve(&quotas, cost(60), at(0)).await;
        assert_eq!(first.most(), cost(60));
        assert_eq!(self.spend(&quotas, at(0)).await, (0, 60));
        let refused = self.refused(&quotas, cost(41), at(0)).await;
        let expected = Shortage::Budget {
            limit: NanoUsd(100),
            remaining: NanoUsd(40),
            needed: NanoUsd(41),
        };
        assert_eq!(refused.shortage, expected);
        assert!(refused.retry_after.is_some(), "what is held may come back");
        self.settle(first, cost(25), at(1)).await;
        assert_eq!(self.spend(&quotas, at(1)).await, (25, 0));
        let second = self.reserve(&quotas, cost(75), at(1)).await;
        self.settle(second, Charge::NOTHING, at(1)).await;
        assert_eq!(self.spend(&quotas, at(1)).await, (25, 0));
    }

    pub(super) async fn overspend_shows_refuses_and_is_carried(&self) {
        let quotas = self.quotas("overspend", [daily(10)]);
        let reservation = self.reserve(&quotas, cost(1), at(0)).await;
        self.settle(reservation, cost(25), at(0)).await;
        assert_eq!(self.spend(&quotas, at(0)).await, (25, 0));
        let refused = self.refused(&quotas, cost(0), at(0)).await;
        let expected = Shortage::Budget {
            limit: NanoUsd(10),
            remaining: NanoUsd(-15),
            needed: NanoUsd(0),
        };
        assert_eq!(refused.shortage, expected);
        assert_eq!(
            refused.retry_after,
            Some(DAY * 2),
            "two windows pay for 25 of 10 and 10"
        );
        assert_eq!(self.spend(&quotas, at(86_400)).await, (15, 0));
        assert_eq!(self.spend(&quotas, at(86_400 * 2)).await, (5, 0));
        let refused = self.refused(&quotas, cost(6), at(86_400 * 2)).await;
        assert_eq!(refused.retry_after, Some(DAY));
        drop(self.reserve(&quotas, cost(5), at(86_400 * 2)).await);
    }

    pub(super) async fn holds_expire_and_late_settlements_count(&self) {
        let quotas = self.quotas("expiry", [lifetime(10)]);
        let late = self.reserve(&quotas, cost(10), at(0)).await;
        let just_before = at(0) + HOLD - Duration::from_millis(1);
        assert_eq!(
            self.refused(&quotas, cost(10), just_before).await.scope,
            self.scope("expiry")
        );
        let second = self.reserve(&quotas, cost(10), at(0) + HOLD).await;
        self.settle(late, cost(4), at(0) + HOLD).await;
        assert_eq!(
            self.spend(&quotas, at(0) + HOLD).await,
            (4, 10),
            "the other's hold is not touched"
        );
        self.settle(second, cost(8), at(0) + HOLD).await;
        assert_eq!(self.spend(&quotas, at(0) + HOLD).await, (12, 0));
        assert_eq!(
            self.refused(&quotas, cost(1), at(86_400 * 400)).await.retry_after,
            None
        );
    }

    pub(super) async fn windows_turn(&self) {
        let quotas = self.quotas("windows", [daily(10)]);
        let reservation = self.reserve(&quotas, cost(10), at(60)).await;
        self.settle(reservation, cost(10), at(60)).await;
        let refused = self.refused(&quotas, cost(1), at(86_000)).await;
        assert_eq!(refused.retry_after, Some(Duration::from_secs(400)));
        let balances = self.store.balances(&quotas, at(86_000)).await.unwrap();
        assert!(
            matches!(balances[..], [Balance { standing: Standing::Spend { resets_at: Some(end), .. }, .. }]
                if end == at(86_400)),
            "{balances:?}"
        );
        drop(self.reserve(&quotas, cost(10), at(86_400)).await);
    }

    pub(super) async fn settling_in_the_next_window_counts_there(&self) {
        let quotas = self.quotas("across", [daily(10)]);
        let reservation = self.reserve(&quotas, cost(10), at(86_399)).await;
        assert_eq!(
            self.spend(&quotas, at(86_400)).await,
            (0, 10),
            "a running exchange is held in the new window too"
        );
        self.settle(reservation, cost(7), at(86_401)).await;
        assert_eq!(self.spend(&quotas, at(86_401)).await, (7, 0));

        let quotas = self.quotas("across-unseen", [daily(10)]);
        let reservation = self.reserve(&quotas, cost(10), at(86_399)).await;
        self.settle(reservation, cost(7), at(86_401)).await;
        assert_eq!(
            self.spend(&quotas, at(86_401)).await,
            (7, 0),
            "nobody looked since the window turned"
        );
    }

    pub(super) async fn negative_amounts_are_nothing(&self) {
        let quotas = self.quotas("negative", [lifetime(10)]);
        let reservation = self.reserve(&quotas, cost(-1_000), at(0)).await;
        assert_eq!(self.spend(&quotas, at(0)).await, (0, 0));
        self.settle(reservation, cost(-1_000), at(0)).await;
        assert_eq!(self.spend(&quotas, at(0)).await, (0, 0));
    }
}
