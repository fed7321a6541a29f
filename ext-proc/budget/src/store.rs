//! What a store of accounts can do, and what goes in and comes out.
//! Must not know how an account is kept, or what a refusal looks like to a client.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::{Measure, NanoUsd, Quota, Quotas, Scope, Tokens};

/// Keeps the accounts that quotas are on.
///
/// The life of an exchange's charge: [`reserve`](Self::reserve) before a provider sees the request, then exactly one of
/// [`settle`](Self::settle) (the answer ended, or the client left, or it came from the cache: charge what it did cost)
/// and [`release`](Self::release) (it reached no provider). **Whoever handles the exchange settles**, also when its
/// stream is cut; a reservation that is dropped instead (a crash, a bug) holds its money until `hold_for` is over and
/// is then given back unspent.
///
/// Methods return futures without boxing them, so the trait is not object safe; [`Stores`](crate::Stores) is the type
/// for a store that is chosen at start.
pub trait BudgetStore: Send + Sync {
    /// Holds `most`, the most that one exchange can cost, on every account of `quotas`, and counts one request.
    ///
    /// Checking and holding is one step on all accounts together: either all have room or none is changed, and of
    /// parallel calls as many pass as there is room for. Tokens and the request count at once; money is held for
    /// `hold_for`, which should be longer than any exchange may last.
    fn reserve(
        &self,
        quotas: &Quotas,
        most: Charge,
        hold_for: Duration,
        now: SystemTime,
    ) -> impl Future<Output = Result<Reservation, ReserveError>> + Send;

    /// Puts what the exchange did cost in the place of what was held for it.
    ///
    /// It may be more than was held: the account then shows the overspend, refuses, and carries it into its next
    /// windows. What is settled counts in the window of `now`, also when the hold has expired.
    fn settle(
        &self,
        reservation: Reservation,
        actual: Charge,
        now: SystemTime,
    ) -> impl Future<Output = Result<(), SettleError>> + Send;

    /// Takes the reservation back as if the exchange had not been, its request included.
    fn release(
        &self,
        reservation: Reservation,
        now: SystemTime,
    ) -> impl Future<Output = Result<(), SettleError>> + Send;

    /// How the accounts stand, in the order of `quotas`.
    fn balances(
        &self,
        quotas: &Quotas,
        now: SystemTime,
    ) -> impl Future<Output = Result<Vec<Balance>, StoreError>> + Send;
}

/// What an exchange uses: the most it can be when reserving, what it was when settling. Money below zero counts as zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Charge {
    /// Counts against budgets.
    pub cost: NanoUsd,
    /// Input and output; counts against tokens per minute.
    pub tokens: Tokens,
}

impl Charge {
    /// What a cache hit uses.
    pub const NOTHING: Self = Self {
        cost: NanoUsd::ZERO,
        tokens: Tokens::ZERO,
    };

    /// The cost, never negative.
    pub(crate) fn cost(self) -> NanoUsd {
        self.cost.max(NanoUsd::ZERO)
    }
}

/// What is held for one exchange. It cannot be cloned, so it is settled or released at most once.
#[must_use = "settle or release it, or its money stays held until it expires"]
#[derive(Debug)]
pub struct Reservation {
    pub(crate) id: u64,
    pub(crate) quotas: Quotas,
    pub(crate) most: Charge,
    /// Milliseconds since the Unix epoch.
    pub(crate) made_at: u64,
    /// Milliseconds since the Unix epoch.
    pub(crate) expires_at: u64,
}

impl Reservation {
    /// What was held.
    pub const fn most(&self) -> Charge {
        self.most
    }
}

/// Why nothing was reserved.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// The client has no room left: an answer for the client.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store could not tell: configuration says whether the exchange goes on.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A quota without room for this exchange. Where several have none, it is the one that lasts longest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whose quota.
    pub scope: Scope,
    /// What is missing.
    pub shortage: Shortage,
    /// When the same exchange may pass: `None` if waiting does not help.
    pub retry_after: Option<Duration>,
}

/// What is missing for an exchange to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// The budget is used up, or what is left of it may not be enough.
    Budget {
        /// Of the window.
        limit: NanoUsd,
        /// Neither spent nor held for running exchanges; below zero when overspent.
        remaining: NanoUsd,
        /// The most that the exchange can cost.
        needed: NanoUsd,
    },
    /// Too many requests.
    Requests {
        /// Per minute.
        limit: u64,
    },
    /// Too many tokens.
    Tokens {
        /// Per minute.
        limit: u64,
        /// What may be used at once now.
        remaining: Tokens,
        /// What the exchange may use.
        needed: Tokens,
    },
}

impl std::error::Error for Refused {}

/// A sentence for the client: names of scopes and figures, nothing of the request.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = &self.scope;
        match self.shortage {
            Shortage::Budget {
                limit,
                remaining,
                needed,
            } => write!(
                f,
                "not enough left in the budget of {scope}: {remaining} of {limit} USD, and this request may cost {needed}"
            ),
            Shortage::Requests { limit } => write!(f, "{scope} is limited to {limit} requests per minute"),
            Shortage::Tokens {
                limit,
                remaining,
                needed,
            } => write!(
                f,
                "{scope} is limited to {limit} tokens per minute: {remaining} left, and this request may use {needed}"
            ),
        }
    }
}

/// The store failed. Not the client's fault.
#[derive(Debug, thiserror::Error)]
#[error("budget store: {source}")]
pub struct StoreError {
    transient: bool,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// A failure that may be gone on the next try: a lost connection, a timeout.
    pub fn transient(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            transient: true,
            source: source.into(),
        }
    }

    /// A failure that stays until somebody acts: a wrong password, a missing script.
    pub fn permanent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            transient: false,
            source: source.into(),
        }
    }

    /// Whether trying again may help.
    pub const fn is_transient(&self) -> bool {
        self.transient
    }
}

/// A settlement that the store did not take. The reservation comes back, so that it can be tried again.
#[derive(Debug, thiserror::Error)]
#[error("not settled: {source}")]
pub struct SettleError {
    /// What is still to be settled.
    pub reservation: Reservation,
    /// Why.
    pub source: StoreError,
}

/// How one account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Whose account.
    pub scope: Scope,
    /// What it counts.
    pub measure: Measure,
    /// Its figures.
    pub standing: Standing,
}

impl Balance {
    pub(crate) fn of(quota: &Quota, standing: Standing) -> Self {
        Self {
            scope: quota.scope().clone(),
            measure: quota.measure(),
            standing,
        }
    }
}

/// The figures of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Of a budget.
    Spend {
        /// Of the window.
        limit: NanoUsd,
        /// Settled in this window, with what earlier windows overspent.
        spent: NanoUsd,
        /// For running exchanges.
        held: NanoUsd,
        /// When the window ends, if it does.
        resets_at: Option<SystemTime>,
    },
    /// Of a limit per minute.
    Rate {
        /// Per minute.
        limit: u64,
        /// What may be used at once now; zero too when overdrawn.
        remaining: u64,
    },
}
