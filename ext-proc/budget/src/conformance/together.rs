//! Cases about many calls at once, several accounts, and limits per minute.
//! Must not know which store it is.

use std::sync::Arc;
use std::time::Duration;

use super::{HOLD, Suite, at, cost, daily, lifetime, requests, tokens, tokens_per_minute};
use crate::{BudgetStore, Charge, NanoUsd, Quota, Quotas, Scope, Shortage, Tokens};

impl<S: BudgetStore + 'static> Suite<S> {
    pub(super) async fn parallel_calls_pass_as_often_as_there_is_room(&self) {
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
    pub(super) async fn parallel_calls_on_many_accounts_pass_as_often_as_there_is_room(&self) {
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

    pub(super) async fn parallel_exchanges_add_up(&self) {
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

    pub(super) async fn all_accounts_or_none(&self) {
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

    pub(super) async fn releasing_undoes_everything(&self) {
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

    pub(super) async fn the_refusal_that_lasts_longest_is_told(&self) {
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

    pub(super) async fn no_quotas_no_limits(&self) {
        let most = Charge {
            cost: NanoUsd::MAX,
            tokens: Tokens(u64::MAX),
        };
        let reservation = self.reserve(&Quotas::none(), most, at(0)).await;
        self.settle(reservation, most, at(0)).await;
    }

    pub(super) async fn changed_limits_keep_what_was_spent(&self) {
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

    pub(super) async fn limits_per_minute(&self) {
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
}
