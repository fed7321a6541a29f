//! What reserving and settling cost an exchange, alone and with threads that share a tenant: `cargo bench -p tollgate-budget`.
//! Must not know more of the store than its callers do.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first thing that is not as it should be"
)]

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, UNIX_EPOCH};

use tollgate_budget::{
    Budget, BudgetStore, Charge, MemoryStore, NanoUsd, PerMinute, Quota, Quotas, Rule, Scope, Tokens, Window,
};

const ROUNDS: u32 = 50_000;

/// Budget, requests and tokens per minute, on the key and on its tenant.
fn quotas(tenant: &str, key: &str) -> Quotas {
    let day = Window::every(Duration::from_secs(86_400)).unwrap();
    let rules = [
        Rule::Budget(Budget::new(NanoUsd::MAX, day).unwrap()),
        Rule::Requests(PerMinute::new(u64::MAX).unwrap()),
        Rule::Tokens(PerMinute::new(u64::MAX).unwrap()),
    ];
    let scopes = [Scope::tenant(tenant), Scope::key(tenant, key)];
    Quotas::new(
        scopes
            .iter()
            .flat_map(|scope| rules.map(|rule| Quota::new(scope.clone(), rule))),
    )
}

/// The store in memory never waits, so one poll is all it takes.
fn now_or_never<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the store in memory never waits"),
    }
}

fn exchanges(store: &MemoryStore, quotas: &Quotas) {
    let most = Charge {
        cost: NanoUsd(1_000_000),
        tokens: Tokens(1_000),
    };
    let actual = Charge {
        cost: NanoUsd(400_000),
        tokens: Tokens(400),
    };
    for round in 0..ROUNDS {
        let now = UNIX_EPOCH + Duration::from_millis(1_767_225_600_000 + u64::from(round / 100));
        let reservation = now_or_never(store.reserve(quotas, most, Duration::from_secs(600), now)).unwrap();
        now_or_never(store.settle(reservation, actual, now)).unwrap();
    }
}

fn main() {
    println!("reserve + settle on six accounts, wall clock over all exchanges, fastest of five:");
    for (threads, shared) in [(1, false), (2, false), (2, true), (8, false), (8, true)] {
        let fastest = (0..5).map(|_| run(threads, shared)).min().unwrap();
        let tenants = if shared { "one tenant" } else { "a tenant each" };
        println!("{threads} threads, {tenants}: {fastest:?}");
    }
}

fn run(threads: u32, shared: bool) -> Duration {
    let store = Arc::new(MemoryStore::new());
    let started = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let tenant = if shared {
                "shared".to_owned()
            } else {
                format!("tenant-{thread}")
            };
            let quotas = quotas(&tenant, &format!("key-{thread}"));
            let store = &store;
            scope.spawn(move || exchanges(store, &quotas));
        }
    });
    started.elapsed() / (ROUNDS * threads)
}
