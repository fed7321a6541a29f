//! The accounts behind one lock: which arithmetic a quota's rule calls for, and finding its account.
//! Must not know other shards.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use super::bucket::Bucket;
use super::spend::Spend;
use crate::quota::Account;
use crate::{Charge, Quota, Reservation, Rule, Shortage, Standing, Tokens};

type Accounts<V> = HashMap<Account, V, BuildHasherDefault<StoredHash>>;

#[derive(Debug, Default)]
pub(super) struct Shard {
    spends: Accounts<Spend>,
    buckets: Accounts<Bucket>,
}

/// What is missing, and how long.
pub(super) type Short = (Shortage, Option<Duration>);

impl Shard {
    /// Brings the account to `now` and says whether `most` fits. Adds to `expired` how many holds were overdue.
    pub(super) fn check(
        &mut self,
        quota: &Quota,
        most: Charge,
        now: u64,
        expired: &mut u64,
    ) -> Result<(), Short> {
        match quota.rule() {
            Rule::Budget(budget) => {
                let spend = account(&mut self.spends, quota, || Spend::new(&budget, now));
                *expired += spend.advance(&budget, now);
                spend.check(&budget, most.cost(), now)
            }
            Rule::Requests(limit) => {
                let bucket = account(&mut self.buckets, quota, Bucket::default);
                bucket.advance(limit, now);
                let short = |wait| (Shortage::Requests { limit: limit.get() }, wait);
                bucket.check(limit, 1).map_err(short)
            }
            Rule::Tokens(limit) => {
                let bucket = account(&mut self.buckets, quota, Bucket::default);
                bucket.advance(limit, now);
                bucket.check(limit, most.tokens.0).map_err(|wait| {
                    let remaining = Tokens(bucket.remaining(limit));
                    (
                        Shortage::Tokens {
                            limit: limit.get(),
                            remaining,
                            needed: most.tokens,
                        },
                        wait,
                    )
                })
            }
        }
    }

    /// Holds the reservation's money, and counts its tokens and its request. Only after every account was checked.
    pub(super) fn take(&mut self, quota: &Quota, reservation: &Reservation) {
        match quota.rule() {
            Rule::Budget(budget) => {
                account(&mut self.spends, quota, || {
                    Spend::new(&budget, reservation.made_at)
                })
                .hold(reservation.id, reservation.expires_at, reservation.most.cost());
            }
            Rule::Requests(_) => account(&mut self.buckets, quota, Bucket::default).take(1),
            Rule::Tokens(_) => {
                account(&mut self.buckets, quota, Bucket::default).take(reservation.most.tokens.0)
            }
        }
    }

    /// Replaces what was held and counted by what was used.
    pub(super) fn settle(&mut self, quota: &Quota, reservation: &Reservation, used: Used, now: u64) {
        match quota.rule() {
            Rule::Budget(budget) => {
                account(&mut self.spends, quota, || Spend::new(&budget, now)).settle(
                    reservation.id,
                    reservation.expires_at,
                    used.charge.cost(),
                    now,
                );
            }
            Rule::Requests(limit) => {
                let bucket = account(&mut self.buckets, quota, Bucket::default);
                bucket.advance(limit, now);
                bucket.give_back(1_u64.saturating_sub(used.requests), reservation.made_at);
            }
            Rule::Tokens(limit) => {
                let (counted, actual) = (reservation.most.tokens.0, used.charge.tokens.0);
                let bucket = account(&mut self.buckets, quota, Bucket::default);
                bucket.advance(limit, now);
                bucket.take(actual.saturating_sub(counted));
                bucket.give_back(counted.saturating_sub(actual), reservation.made_at);
            }
        }
    }

    /// The account's figures at `now`.
    pub(super) fn standing(&mut self, quota: &Quota, now: u64, expired: &mut u64) -> Standing {
        match quota.rule() {
            Rule::Budget(budget) => {
                let spend = account(&mut self.spends, quota, || Spend::new(&budget, now));
                *expired += spend.advance(&budget, now);
                spend.standing(&budget)
            }
            Rule::Requests(limit) | Rule::Tokens(limit) => {
                let bucket = account(&mut self.buckets, quota, Bucket::default);
                bucket.advance(limit, now);
                Standing::Rate {
                    limit: limit.get(),
                    remaining: bucket.remaining(limit),
                }
            }
        }
    }
}

/// What an exchange used in the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    pub(super) charge: Charge,
    /// One, or none if the exchange is taken back.
    pub(super) requests: u64,
}

/// The quota's account; a new one if this is the first time. The name's clone is a reference count.
fn account<'a, V>(accounts: &'a mut Accounts<V>, quota: &Quota, new: impl FnOnce() -> V) -> &'a mut V {
    accounts.entry(quota.account().clone()).or_insert_with(new)
}

/// Accounts carry their hash; this passes it on.
#[derive(Debug, Default)]
struct StoredHash(u64);

impl Hasher for StoredHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Not reached: accounts hash as one u64. Still a hash, if a poor one.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
