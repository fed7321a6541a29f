//! An exchange's money: the most it can cost is held before a provider sees it, what it did cost is settled at the end.
//! Must not know why an exchange ended. [`meter`] counts what a provider does not report.

pub(super) mod meter;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tollgate_budget::{
    BudgetStore as _, Charge, NanoUsd, Price, Reservation, ReserveError, SettleError, Shortage, Tokens,
};
use tollgate_cache::StoredAnswer;
use tollgate_config::{Model, OnFailure};
use tollgate_llm::request::RequestFacts;
use tollgate_llm::{ApiError, ErrorKind, Usage};
use tollgate_routing::decision;
use tollgate_routing::facts::Facts;
use tollgate_wire::Metadata;
use tracing::{error, warn};

use crate::exchange::Refusal;
use crate::exchange::answer::Answer;
use crate::serve::{Caller, Service, price};

/// Longer than any exchange lasts: a reservation that nobody settles (a crash) is given back after this.
const HOLD: Duration = Duration::from_secs(3600);
/// The answer's length to reserve money for where neither the request nor the model says one.
const UNSTATED_OUTPUT: u64 = 4096;
/// The answer's length to count against a rate until it is known: few answers come near their limit, and a dozen requests
/// must not use up a minute's tokens by what they might say.
const USUAL_OUTPUT: u64 = 1024;

/// The money of one exchange.
pub(super) struct Account {
    model: Arc<Model>,
    reservation: Option<Reservation>,
}

/// What an exchange did cost.
pub(super) struct Bill {
    pub(super) usage: Usage,
    pub(super) cost: NanoUsd,
    /// Nothing was delivered that anybody charges for.
    void: bool,
}

impl Bill {
    /// For an answer that the cache had: `share` of what it would cost now, and no tokens, since nobody read or wrote any.
    pub(super) fn of_hit(model: &Model, answer: &StoredAnswer, share: f64) -> Self {
        let full = price_of(model, Some(&answer.provider)).cost(&answer.usage);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "a share of a price: nobody minds a nano-dollar"
        )]
        let cost = NanoUsd((full.0 as f64 * share).ceil() as i64);
        Self {
            usage: Usage::default(),
            cost,
            void: false,
        }
    }

    pub(super) fn metadata(&self) -> Metadata {
        vec![
            (decision::INPUT_TOKENS, self.usage.input_tokens.into()),
            (decision::OUTPUT_TOKENS, self.usage.output_tokens.into()),
            (decision::COST_USD, self.cost.to_string().into()),
        ]
    }
}

impl Account {
    /// Holds the most that the exchange can cost on every budget and limit of the caller.
    pub(super) async fn open(
        service: &Service,
        caller: &Caller,
        model: &Arc<Model>,
        facts: &Facts,
        read: &RequestFacts,
        now: SystemTime,
    ) -> Result<Self, Refusal> {
        let output = read
            .max_output_tokens
            .or(model.max_output_tokens)
            .unwrap_or(UNSTATED_OUTPUT)
            .saturating_mul(read.choices.max(1));
        let most = Charge {
            cost: price(model.highest_price()).at_most(Tokens(facts.prompt_tokens), Tokens(output)),
            tokens: Tokens(facts.prompt_tokens.saturating_add(output.min(USUAL_OUTPUT))),
        };
        let reservation = reserve(service, caller, most, now).await?;
        Ok(Self {
            model: Arc::clone(model),
            reservation,
        })
    }

    /// Charges a request that the cache answers: it uses no tokens and mostly no money, but it is one of so many per minute.
    pub(super) async fn cached(
        service: &Service,
        caller: &Caller,
        bill: &Bill,
        now: SystemTime,
    ) -> Result<(), Refusal> {
        let charge = Charge {
            cost: bill.cost,
            ..Charge::NOTHING
        };
        if let Some(reservation) = reserve(service, caller, charge, now).await? {
            done(service, service.budget.settle(reservation, charge, now).await);
        }
        Ok(())
    }

    /// What the exchange cost, as far as its answer is known.
    pub(super) fn bill(&self, answer: &Answer) -> Bill {
        let Some(usage) = answer.usage() else {
            return Bill {
                usage: Usage::default(),
                cost: NanoUsd::ZERO,
                void: true,
            };
        };
        Bill {
            usage,
            cost: price_of(&self.model, answer.provider()).cost(&usage),
            void: false,
        }
    }

    /// Puts what it did cost in the place of what was held.
    pub(super) async fn settle(&mut self, service: &Service, bill: &Bill, now: SystemTime) {
        let Some(reservation) = self.reservation.take() else {
            return;
        };
        let settled = if bill.void {
            service.budget.release(reservation, now).await
        } else {
            let tokens = Tokens(bill.usage.input_tokens.saturating_add(bill.usage.output_tokens));
            service
                .budget
                .settle(
                    reservation,
                    Charge {
                        cost: bill.cost,
                        tokens,
                    },
                    now,
                )
                .await
        };
        done(service, settled);
    }
}

/// The price of whoever answered; the highest if that is not known.
fn price_of(model: &Model, provider: Option<&str>) -> Price {
    let offer = provider.and_then(|provider| model.offer(provider));
    price(offer.map_or_else(|| model.highest_price(), |offer| offer.price))
}

/// `None` where nothing is limited, or where the store is down and the policy lets requests pass then.
async fn reserve(
    service: &Service,
    caller: &Caller,
    most: Charge,
    now: SystemTime,
) -> Result<Option<Reservation>, Refusal> {
    if caller.quotas.is_empty() {
        return Ok(None);
    }
    match service.budget.reserve(&caller.quotas, most, HOLD, now).await {
        Ok(reservation) => Ok(Some(reservation)),
        Err(ReserveError::Refused(refused)) => {
            let (kind, code) = match refused.shortage {
                Shortage::Budget { .. } => (ErrorKind::Budget, "insufficient_quota"),
                Shortage::Requests { .. } | Shortage::Tokens { .. } => {
                    (ErrorKind::RateLimit, "rate_limit_exceeded")
                }
            };
            let error = ApiError::new(kind, refused.to_string()).code(code);
            Err(Refusal {
                error,
                retry_after: refused.retry_after,
            })
        }
        Err(ReserveError::Store(cause)) => {
            service.metrics.store_failed();
            error!(tenant = caller.tenant(), "budget store: {cause}");
            match caller.policy().on_store_failure {
                OnFailure::Open => Ok(None),
                OnFailure::Closed => {
                    let message = "this gateway's budgets cannot be checked now; try again";
                    Err(ApiError::new(ErrorKind::Unavailable, message)
                        .code("budget_unavailable")
                        .into())
                }
            }
        }
    }
}

/// A settlement that fails is the store's to mend: the reservation expires there.
fn done(service: &Service, settled: Result<(), SettleError>) {
    if let Err(cause) = settled {
        service.metrics.store_failed();
        warn!("an exchange could not be settled: {cause}");
    }
}
