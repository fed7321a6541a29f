//! What every store must do, as one suite that runs against a store of any kind.
//! Must not know which store it is: all it has is the trait, and time that it makes up.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test suite: it panics with what is wrong"
)]

mod budgets;
mod together;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    Balance, Budget, BudgetStore, Charge, NanoUsd, PerMinute, Quota, Quotas, Refused, Reservation,
    ReserveError, Rule, Scope, Standing, Tokens, Window,
};

/// Runs every case against `store` and panics with the first that fails.
///
/// Accounts are named after `prefix`, so that runs on one database do not meet. Needs a tokio runtime, better one with
/// several threads. The made-up time starts at a day's beginning in 2026.
pub async fn run<S: BudgetStore + 'static>(store: Arc<S>, prefix: &str) {
    let suite = Suite {
        store,
        prefix: prefix.to_owned(),
    };
    suite.parallel_calls_pass_as_often_as_there_is_room().await;
    suite
        .parallel_calls_on_many_accounts_pass_as_often_as_there_is_room()
        .await;
    suite.parallel_exchanges_add_up().await;
    suite.all_accounts_or_none().await;
    suite.settling_charges_what_was_used().await;
    suite.releasing_undoes_everything().await;
    suite.overspend_shows_refuses_and_is_carried().await;
    suite.holds_expire_and_late_settlements_count().await;
    suite.windows_turn().await;
    suite.settling_in_the_next_window_counts_there().await;
    suite.limits_per_minute().await;
    suite.the_refusal_that_lasts_longest_is_told().await;
    suite.negative_amounts_are_nothing().await;
    suite.no_quotas_no_limits().await;
    suite.changed_limits_keep_what_was_spent().await;
}

struct Suite<S> {
    store: Arc<S>,
    prefix: String,
}

const DAY: Duration = Duration::from_secs(86_400);
const HOLD: Duration = Duration::from_secs(600);

/// 2026-01-01T00:00:00Z and so many seconds.
fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_225_600 + seconds)
}

fn cost(nanos: i64) -> Charge {
    Charge {
        cost: NanoUsd(nanos),
        tokens: Tokens::ZERO,
    }
}

fn tokens(count: u64) -> Charge {
    Charge {
        cost: NanoUsd::ZERO,
        tokens: Tokens(count),
    }
}

fn budget(limit: i64, window: Window) -> Rule {
    Rule::Budget(Budget::new(NanoUsd(limit), window).unwrap())
}

fn lifetime(limit: i64) -> Rule {
    budget(limit, Window::LIFETIME)
}

fn daily(limit: i64) -> Rule {
    budget(limit, Window::every(DAY).unwrap())
}

fn requests(limit: u64) -> Rule {
    Rule::Requests(PerMinute::new(limit).unwrap())
}

fn tokens_per_minute(limit: u64) -> Rule {
    Rule::Tokens(PerMinute::new(limit).unwrap())
}

impl<S: BudgetStore + 'static> Suite<S> {
    fn name(&self, case: &str) -> String {
        format!("{}/{case}", self.prefix)
    }

    fn scope(&self, case: &str) -> Scope {
        Scope::tenant(self.name(case))
    }

    fn quotas<const N: usize>(&self, case: &str, rules: [Rule; N]) -> Quotas {
        Quotas::new(rules.map(|rule| Quota::new(self.scope(case), rule)))
    }

    async fn reserve(&self, quotas: &Quotas, most: Charge, now: SystemTime) -> Reservation {
        match self.store.reserve(quotas, most, HOLD, now).await {
            Ok(reservation) => reservation,
            Err(error) => panic!("{most:?} should fit {quotas:?}: {error}"),
        }
    }

    async fn refused(&self, quotas: &Quotas, most: Charge, now: SystemTime) -> Refused {
        match self.store.reserve(quotas, most, HOLD, now).await {
            Ok(_) => panic!("{most:?} should not fit {quotas:?}"),
            Err(ReserveError::Refused(refused)) => refused,
            Err(ReserveError::Store(error)) => panic!("{error}"),
        }
    }

    async fn settle(&self, reservation: Reservation, actual: Charge, now: SystemTime) {
        self.store.settle(reservation, actual, now).await.unwrap();
    }

    /// What is spent and what is held on the one budget in `quotas`.
    async fn spend(&self, quotas: &Quotas, now: SystemTime) -> (i64, i64) {
        let balances = self.store.balances(quotas, now).await.unwrap();
        match balances[..] {
            [
                Balance {
                    standing: Standing::Spend { spent, held, .. },
                    ..
                },
            ] => (spent.0, held.0),
            _ => panic!("{balances:?}"),
        }
    }

    /// What remains of the one limit per minute in `quotas`.
    async fn rate(&self, quotas: &Quotas, now: SystemTime) -> u64 {
        let balances = self.store.balances(quotas, now).await.unwrap();
        match balances[..] {
            [
                Balance {
                    standing: Standing::Rate { remaining, .. },
                    ..
                },
            ] => remaining,
            _ => panic!("{balances:?}"),
        }
    }

    /// How many of `calls` calls at once got a reservation. They keep it.
    async fn in_parallel(&self, calls: usize, call: impl Fn(usize) -> (Quotas, Charge)) -> usize {
        let tasks: Vec<_> = (0..calls)
            .map(|number| {
                let store = Arc::clone(&self.store);
                let (quotas, most) = call(number);
                tokio::spawn(async move { store.reserve(&quotas, most, HOLD, at(0)).await.is_ok() })
            })
            .collect();
        let mut passed = 0;
        for task in tasks {
            passed += usize::from(task.await.unwrap());
        }
        passed
    }
}
