//! What every store must do, as one suite that runs against a store of any kind.
//! Must not know which store it is: all it has is the trait, and time that it makes up.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test suite: it panics with what is wrong"
)]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    Balance, Budget, BudgetStore, Charge, NanoUsd, PerMinute, Quota, Quotas, Refused, Reservation,
    ReserveError, Rule, Scope, Shortage, Standing, Tokens, Window,
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
    async fn parallel_calls_pass_as_often_as_there_is_room(&self) {
        for (name, rule, most, room) in [
            ("one-budget", lifetime(10), cost(10), 1),
            ("budget", lifetime(70), cost(10), 7),
            ("requests", requests(9), cost(0), 9),
            ("tokens", tokens_per_minute(55), tokens(10), 5),
        ] {
            let quotas = self.quotas(name, [rule]);
            let passed = self.in_parallel(100, |_| (quotas.clone(), most)).await;
            assert_eq!(passed, room, "{name}: calls that passed");
        }
    }

    /// Keys of one tenant in both orders of their hashes: a store that locks per account must not deadlock here, nor
    /// refuse because of a hold that is about to be undone.
    async fn parallel_calls_on_many_accounts_pass_as_often_as_there_is_room(&self) {
        let tenant = self.name("many");
        let tenant_quota = Quota::new(Scope::tenant(tenant.clone()), lifetime(30));
        let sets: Vec<Quotas> = (0..20)
            .map(|key| {
                let scope = Scope::key(tenant.clone(), format!("key-{key}"));
                Quotas::new([tenant_quota.clone(), Quota::new(scope, lifetime(1))])
            })
            .collect();
        let passed = self
            .in_parallel(100, |call| (sets[call % sets.len()].clone(), cost(1)))
            .await;
        assert_eq!(
            passed, 20,
            "each key's budget pays for one, and the tenant's for all"
        );
        let spend = self.spend(&Quotas::new([tenant_quota]), at(0)).await;
        assert_eq!(spend, (0, 20));
    }

    async fn parallel_exchanges_add_up(&self) {
        let tenant = self.name("add-up");
        let tenant_quota = Quota::new(Scope::tenant(tenant.clone()), lifetime(1_000_000));
        let tasks: Vec<_> = (0..40_i64)
            .map(|number| {
                let store = Arc::clone(&self.store);
                let scope = Scope::key(tenant.clone(), format!("key-{}", number % 4));
                let quotas = Quotas::new([tenant_quota.clone(), Quota::new(scope, lifetime(1_000_000))]);
                tokio::spawn(async move {
                    for round in 0..25 {
                        let reservation = store.reserve(&quotas, cost(100), HOLD, at(0)).await.unwrap();
                        tokio::task::yield_now().await;
                        if round % 5 == 0 {
                            store.release(reservation, at(0)).await.unwrap();
                        } else {
                            store.settle(reservation, cost(number), at(0)).await.unwrap();
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let spent = (0..40).sum::<i64>() * 20;
        assert_eq!(self.spend(&Quotas::new([tenant_quota]), at(0)).await, (spent, 0));
    }

    async fn all_accounts_or_none(&self) {
        let tenant = self.name("all-or-none");
        let roomy = Quota::new(Scope::tenant(tenant.clone()), lifetime(100));
        for (key, tight) in [("budget", lifetime(1)), ("tokens", tokens_per_minute(1))] {
            let key = Quota::new(Scope::key(tenant.clone(), key), tight);
            let request_count = Quota::new(key.scope().clone(), requests(1));
            let quotas = Quotas::new([roomy.clone(), key, request_count.clone()]);
            let most = Charge {
                cost: NanoUsd(5),
                tokens: Tokens(5),
            };
            for _ in 0..3 {
                let refused = self.refused(&quotas, most, at(0)).await;
                assert!(
                    !matches!(refused.shortage, Shortage::Requests { .. }),
                    "a refused call counted as a request"
                );
            }
            assert_eq!(self.spend(&Quotas::new([roomy.clone()]), at(0)).await, (0, 0));
            assert_eq!(self.rate(&Quotas::new([request_count]), at(0)).await, 1);
        }
    }

    async fn settling_charges_what_was_used(&self) {
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

    async fn releasing_undoes_everything(&self) {
        let rules = [lifetime(10), requests(1), tokens_per_minute(10)];
        let most = Charge {
            cost: NanoUsd(10),
            tokens: Tokens(10),
        };
        let quotas = self.quotas("release", rules);
        for _ in 0..3 {
            let reservation = self.reserve(&quotas, most, at(0)).await;
            self.store.release(reservation, at(0)).await.unwrap();
        }
        let reservation = self.reserve(&quotas, most, at(0)).await;
        self.settle(reservation, Charge::NOTHING, at(0)).await;
        let refused = self.refused(&quotas, most, at(0)).await;
        assert_eq!(
            refused.shortage,
            Shortage::Requests { limit: 1 },
            "settling for nothing keeps the request counted"
        );
    }

    async fn overspend_shows_refuses_and_is_carried(&self) {
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

    async fn holds_expire_and_late_settlements_count(&self) {
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

    async fn windows_turn(&self) {
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

    async fn settling_in_the_next_window_counts_there(&self) {
        let quotas = self.quotas("across", [daily(10)]);
        let reservation = self.reserve(&quotas, cost(10), at(86_399)).await;
        assert_eq!(
            self.spend(&quotas, at(86_400)).await,
            (0, 10),
            "a running exchange is held in the new window too"
        );
        self.settle(reservation, cost(7), at(86_401)).await;
        assert_eq!(self.spend(&quotas, at(86_401)).await, (7, 0));
    }

    async fn limits_per_minute(&self) {
        let quotas = self.quotas("requests-per-minute", [requests(60)]);
        for _ in 0..60 {
            let reservation = self.reserve(&quotas, Charge::NOTHING, at(0)).await;
            self.settle(reservation, Charge::NOTHING, at(0)).await;
        }
        let refused = self.refused(&quotas, Charge::NOTHING, at(0)).await;
        assert_eq!(refused.shortage, Shortage::Requests { limit: 60 });
        assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
        assert_eq!(self.rate(&quotas, at(30)).await, 30, "it refills evenly");
        assert_eq!(self.rate(&quotas, at(3_600)).await, 60, "and not above the limit");

        let quotas = self.quotas("tokens-per-minute", [tokens_per_minute(600)]);
        let reservation = self.reserve(&quotas, tokens(600), at(0)).await;
        let refused = self.refused(&quotas, tokens(100), at(1)).await;
        let expected = Shortage::Tokens {
            limit: 600,
            remaining: Tokens(10),
            needed: Tokens(100),
        };
        assert_eq!(
            (refused.shortage, refused.retry_after),
            (expected, Some(Duration::from_secs(9)))
        );
        self.settle(reservation, tokens(200), at(1)).await;
        assert_eq!(
            self.rate(&quotas, at(1)).await,
            410,
            "what was not used comes back"
        );
        let reservation = self.reserve(&quotas, tokens(10), at(1)).await;
        self.settle(reservation, tokens(1_010), at(1)).await;
        assert_eq!(self.rate(&quotas, at(1)).await, 0);
        let refused = self.refused(&quotas, tokens(1), at(1)).await;
        assert_eq!(
            refused.retry_after,
            Some(Duration::from_millis(60_100)),
            "what was used too much is paid back"
        );
        assert_eq!(
            self.refused(&quotas, tokens(601), at(99_999)).await.retry_after,
            None
        );
    }

    async fn the_refusal_that_lasts_longest_is_told(&self) {
        let quotas = self.quotas("longest", [requests(1), daily(10), tokens_per_minute(100)]);
        let most = Charge {
            cost: NanoUsd(10),
            tokens: Tokens(100),
        };
        let reservation = self.reserve(&quotas, most, at(0)).await;
        self.settle(reservation, most, at(0)).await;
        let refused = self.refused(&quotas, most, at(1)).await;
        assert!(matches!(refused.shortage, Shortage::Budget { .. }), "{refused:?}");
        let refused = self
            .refused(
                &quotas,
                Charge {
                    tokens: Tokens(101),
                    ..most
                },
                at(1),
            )
            .await;
        assert!(
            matches!(refused.shortage, Shortage::Tokens { .. }),
            "never beats a day: {refused:?}"
        );
    }

    async fn negative_amounts_are_nothing(&self) {
        let quotas = self.quotas("negative", [lifetime(10)]);
        let reservation = self.reserve(&quotas, cost(-1_000), at(0)).await;
        assert_eq!(self.spend(&quotas, at(0)).await, (0, 0));
        self.settle(reservation, cost(-1_000), at(0)).await;
        assert_eq!(self.spend(&quotas, at(0)).await, (0, 0));
    }

    async fn no_quotas_no_limits(&self) {
        let most = Charge {
            cost: NanoUsd::MAX,
            tokens: Tokens(u64::MAX),
        };
        let reservation = self.reserve(&Quotas::none(), most, at(0)).await;
        self.settle(reservation, most, at(0)).await;
    }

    async fn changed_limits_keep_what_was_spent(&self) {
        let before = self.quotas("changed", [lifetime(10), tokens_per_minute(10)]);
        let reservation = self
            .reserve(
                &before,
                Charge {
                    cost: NanoUsd(9),
                    tokens: Tokens(9),
                },
                at(0),
            )
            .await;
        let raised = self.quotas("changed", [lifetime(20), tokens_per_minute(20)]);
        let most = Charge {
            cost: NanoUsd(11),
            tokens: Tokens(11),
        };
        let second = self.reserve(&raised, most, at(0)).await;
        self.settle(
            reservation,
            Charge {
                cost: NanoUsd(9),
                tokens: Tokens(9),
            },
            at(0),
        )
        .await;
        self.settle(second, most, at(0)).await;
        self.refused(&raised, cost(1), at(0)).await;
        self.refused(&before, cost(0), at(0)).await;
    }

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
