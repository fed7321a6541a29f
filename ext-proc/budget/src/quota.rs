//! What a virtual key may use: budgets in money and limits per minute, each on a scope, prepared for the hot path.
//! Must not know what has been used so far; that is the store's.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use crate::NanoUsd;

/// Whose account a quota is on. Several keys of a tenant share the tenant's account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everything that a tenant does.
    Tenant(Arc<str>),
    /// What a tenant does with one virtual key.
    Key {
        /// The tenant's name.
        tenant: Arc<str>,
        /// The key's name, unique within the tenant.
        key: Arc<str>,
    },
}

impl Scope {
    /// A tenant's scope.
    pub fn tenant(name: impl Into<Arc<str>>) -> Self {
        Self::Tenant(name.into())
    }

    /// A virtual key's scope.
    pub fn key(tenant: impl Into<Arc<str>>, key: impl Into<Arc<str>>) -> Self {
        Self::Key {
            tenant: tenant.into(),
            key: key.into(),
        }
    }
}

/// For messages: `tenant acme`, `key acme/ci`. Not unique when names contain a slash; accounts compare the parts.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(name) => write!(f, "tenant {name}"),
            Self::Key { tenant, key } => write!(f, "key {tenant}/{key}"),
        }
    }
}

/// A quota that cannot be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuota {
    /// A limit below zero.
    #[error("limit must not be negative")]
    NegativeLimit,
    /// A window too short to be a budget's: use a limit per minute.
    #[error("window must be at least one minute")]
    ShortWindow,
    /// A limit per minute of nothing.
    #[error("limit per minute must be positive")]
    ZeroPerMinute,
}

/// How long spending counts against a budget.
///
/// Windows are aligned to the Unix epoch, so that all replicas agree on them without talking: `1d` turns at 00:00 UTC,
/// `7d` on Thursdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window(Option<NonZeroU64>);

impl Window {
    /// For ever: the budget never resets.
    pub const LIFETIME: Self = Self(None);

    /// A window that starts anew every `length`, which is at least a minute and counted in whole milliseconds.
    pub fn every(length: Duration) -> Result<Self, InvalidQuota> {
        if length < Duration::from_secs(60) {
            return Err(InvalidQuota::ShortWindow);
        }
        let millis = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        Ok(Self(NonZeroU64::new(millis)))
    }

    /// The length, if the window ends at all.
    pub fn length(self) -> Option<Duration> {
        self.0.map(|millis| Duration::from_millis(millis.get()))
    }

    /// Length in milliseconds.
    pub(crate) const fn millis(self) -> Option<NonZeroU64> {
        self.0
    }
}

/// An amount of money that may be spent within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    limit: NanoUsd,
    window: Window,
}

impl Budget {
    /// A budget; zero is allowed and admits only what costs nothing.
    pub fn new(limit: NanoUsd, window: Window) -> Result<Self, InvalidQuota> {
        if limit < NanoUsd::ZERO {
            return Err(InvalidQuota::NegativeLimit);
        }
        Ok(Self { limit, window })
    }

    /// What may be spent within one window.
    pub const fn limit(&self) -> NanoUsd {
        self.limit
    }

    /// How long spending counts.
    pub const fn window(&self) -> Window {
        self.window
    }
}

/// A number of requests or tokens per minute.
///
/// It is a bucket that holds one minute's worth and refills evenly: after a pause a whole minute's worth may come at
/// once, and what is used comes back at `limit / 60` a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PerMinute(NonZeroU64);

impl PerMinute {
    /// A limit; it must be positive.
    pub fn new(limit: u64) -> Result<Self, InvalidQuota> {
        NonZeroU64::new(limit)
            .map(Self)
            .ok_or(InvalidQuota::ZeroPerMinute)
    }

    /// How many per minute.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

/// What a quota limits, and to how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Money within a window.
    Budget(Budget),
    /// Requests per minute.
    Requests(PerMinute),
    /// Tokens per minute, input and output together.
    Tokens(PerMinute),
}

/// What an account counts. A budget with another window is another account, so changing the window starts it empty;
/// changing a limit does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Money within a window.
    Spend(Window),
    /// Requests per minute.
    Requests,
    /// Tokens per minute.
    Tokens,
}

/// One rule on one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    account: Account,
    rule: Rule,
}

impl Quota {
    /// `rule` on `scope`.
    pub fn new(scope: Scope, rule: Rule) -> Self {
        let measure = match rule {
            Rule::Budget(budget) => Measure::Spend(budget.window),
            Rule::Requests(_) => Measure::Requests,
            Rule::Tokens(_) => Measure::Tokens,
        };
        Self {
            account: Account::new(scope, measure),
            rule,
        }
    }

    /// Whose account it is on.
    pub fn scope(&self) -> &Scope {
        &self.account.name.1
    }

    /// What its account counts.
    pub fn measure(&self) -> Measure {
        self.account.name.0
    }

    /// What is limited, and to how much.
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The account that a store keeps for it.
    pub(crate) const fn account(&self) -> &Account {
        &self.account
    }

    /// For telling the stricter of two quotas on one account.
    fn strictness(&self) -> (i64, u64) {
        match self.rule {
            Rule::Budget(budget) => (budget.limit.0, 0),
            Rule::Requests(limit) | Rule::Tokens(limit) => (0, limit.get()),
        }
    }
}

/// Everything that one virtual key is under: its own quotas and its tenant's. Built once per configuration, cloned by
/// reference count on every exchange.
///
/// There is one quota per account, in the accounts' order, so that every store takes them in the same order and two
/// exchanges cannot wait for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotas(Arc<[Quota]>);

impl Quotas {
    /// All of `quotas`; where two are on one account, the stricter.
    pub fn new(quotas: impl IntoIterator<Item = Quota>) -> Self {
        let mut quotas: Vec<Quota> = quotas.into_iter().collect();
        quotas.sort_by(|a, b| {
            a.account
                .cmp(&b.account)
                .then_with(|| a.strictness().cmp(&b.strictness()))
        });
        quotas.dedup_by(|later, earlier| later.account == earlier.account);
        Self(quotas.into())
    }

    /// No limits at all.
    pub fn none() -> Self {
        Self(Arc::new([]))
    }

    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The quotas, in the accounts' order.
    pub fn iter(&self) -> std::slice::Iter<'_, Quota> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Quotas {
    type Item = &'a Quota;
    type IntoIter = std::slice::Iter<'a, Quota>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The name of an account with its hash, which is computed here once instead of on every request. The hash is not
/// stable between builds: it must not leave the process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Account {
    // First, so that derived comparisons decide on it and order accounts by it.
    hash: u64,
    // Shared, so that stores clone one counter per look-up; equal pointers are not compared further.
    name: Arc<(Measure, Scope)>,
}

impl Account {
    fn new(scope: Scope, measure: Measure) -> Self {
        let mut hasher = DefaultHasher::new();
        (measure, &scope).hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            name: Arc::new((measure, scope)),
        }
    }

    pub(crate) const fn stored_hash(&self) -> u64 {
        self.hash
    }
}

impl Hash for Account {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn per_minute(limit: u64) -> PerMinute {
        PerMinute::new(limit).unwrap()
    }

    fn budget(usd: i64, window: Window) -> Rule {
        Rule::Budget(Budget::new(NanoUsd(usd), window).unwrap())
    }

    #[test]
    fn what_cannot_be_meant_cannot_be_built() {
        assert_eq!(
            Budget::new(NanoUsd(-1), Window::LIFETIME),
            Err(InvalidQuota::NegativeLimit)
        );
        assert_eq!(
            Window::every(Duration::from_secs(59)),
            Err(InvalidQuota::ShortWindow)
        );
        assert_eq!(Window::every(Duration::ZERO), Err(InvalidQuota::ShortWindow));
        assert_eq!(PerMinute::new(0), Err(InvalidQuota::ZeroPerMinute));
        assert_eq!(
            Window::every(Duration::MAX).unwrap().length(),
            Some(Duration::from_millis(u64::MAX))
        );
    }

    #[test]
    fn accounts_differ_in_scope_and_measure_but_not_in_limit() {
        let day = Window::every(Duration::from_secs(86_400)).unwrap();
        let quotas = [
            Quota::new(Scope::tenant("a"), budget(1, day)),
            Quota::new(Scope::tenant("a"), budget(1, Window::LIFETIME)),
            Quota::new(Scope::tenant("a"), Rule::Requests(per_minute(1))),
            Quota::new(Scope::tenant("a"), Rule::Tokens(per_minute(1))),
            Quota::new(Scope::key("a", "b"), Rule::Tokens(per_minute(1))),
            // The same when written with a slash, but not the same key.
            Quota::new(Scope::key("a", "b/c"), Rule::Tokens(per_minute(1))),
            Quota::new(Scope::key("a/b", "c"), Rule::Tokens(per_minute(1))),
        ];
        for (i, a) in quotas.iter().enumerate() {
            for (j, b) in quotas.iter().enumerate() {
                assert_eq!(a.account == b.account, i == j, "{a:?} {b:?}");
            }
        }
        let raised = Quota::new(Scope::tenant("a"), budget(2, day));
        assert_eq!(raised.account, quotas[0].account);
    }

    #[test]
    fn of_two_quotas_on_one_account_the_stricter_counts_in_any_order() {
        let quota = |limit| Quota::new(Scope::tenant("a"), Rule::Requests(per_minute(limit)));
        for order in [[5, 3, 9], [3, 5, 9], [9, 5, 3]] {
            let quotas = Quotas::new(order.map(quota));
            assert_eq!(
                quotas.iter().map(Quota::rule).collect::<Vec<_>>(),
                [Rule::Requests(per_minute(3))]
            );
        }
    }
}
