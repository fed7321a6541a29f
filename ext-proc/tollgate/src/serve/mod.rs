//! The running service: start, readiness, reload, drain.
//! Must not know what happens inside an exchange.

mod active;
mod admin;
mod estimates;
mod guardrails;
mod hooks;
mod metrics;
mod reload;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use tokio::sync::{oneshot, watch};
use tollgate_budget::{FailingStore, Stores};
use tollgate_config::{Address, BudgetStore, Config, Journal};
use tollgate_wire::{Endpoint, Policy, Readiness, Server};
use tracing::info;

pub(crate) use self::active::{Active, Caller, known, price, read_secret};
use self::estimates::Estimates;
pub(crate) use self::guardrails::PolicyGuardrails;
pub(crate) use self::hooks::{Moderator, Names, PolicyHooks};
pub(crate) use self::metrics::Metrics;
use crate::cache::{self, Cache};
use crate::exchange::Exchange;

/// What all exchanges share.
pub(crate) struct Service {
    /// The configuration in force; an exchange keeps the one that it began with.
    pub(crate) active: ArcSwap<Active>,
    pub(crate) budget: Stores,
    pub(crate) cache: Arc<Cache>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) estimates: Estimates,
    pub(crate) engine: Arc<tollgate_redact::Engine>,
    /// Drawn at start: what tenants' redaction keys derive from where the configuration names no secret.
    pub(crate) fallback_secret: [u8; 32],
}

/// The handle that starts exchanges.
struct Exchanges(Arc<Service>);

impl Policy for Exchanges {
    type Exchange = Exchange;

    fn begin(&self) -> Exchange {
        Exchange::new(Arc::clone(&self.0))
    }
}

/// Runs until the process is told to stop.
pub(crate) fn run(path: &Path) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("TOLLGATE_LOG").unwrap_or_else(|_| "info".into()),
        )
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(path));
    // Whatever still runs on a thread of its own, the look-up of a name for example: nobody waits for it any more.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn serve(path: &Path) -> anyhow::Result<()> {
    let source = reload::Source::read(path)?;
    let config = source.parse()?;
    for warning in &config.warnings {
        tracing::warn!(config = %path.display(), "{warning}");
    }
    let addresses = Addresses::of(&config);
    let drain = config.service.drain;
    let (cache, appended) = Cache::open(&config)?;
    let journal = config.cache.journal.clone().zip(appended);
    let budget = match config.budget {
        BudgetStore::Memory => Stores::default(),
        BudgetStore::Failing => Stores::Failing(FailingStore),
    };
    let mut fallback_secret = [0; 32];
    getrandom::fill(&mut fallback_secret)
        .map_err(|error| anyhow::anyhow!("no random bytes from the system: {error}"))?;
    let service = Arc::new(Service {
        active: ArcSwap::from_pointee(Active::new(config, &fallback_secret)?),
        engine: Arc::new(tollgate_redact::Engine::new()),
        fallback_secret,
        budget,
        cache: Arc::new(cache),
        metrics: Arc::new(Metrics::new()),
        estimates: Estimates::default(),
    });

    let known = follow_journal(journal, &service);

    let server = Server::bind(&addresses.service, addresses.max_body)
        .await
        .with_context(|| format!("cannot listen on {:?} (service.address)", addresses.service))?;
    let (ready, is_ready) = watch::channel(false);
    let admin = admin::bind(addresses.admin)
        .await
        .with_context(|| format!("cannot listen on {} (service.admin)", addresses.admin))?;
    tokio::spawn(admin::serve(admin, Arc::clone(&service), is_ready));
    tokio::spawn(reload::watch(source, Arc::clone(&service)));

    let (started, readiness) = oneshot::channel::<Readiness>();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut server = tokio::spawn(server.serve(
        Arc::new(Exchanges(Arc::clone(&service))),
        move |readiness| drop(started.send(readiness)),
        async move { drop(stopped.await) },
    ));
    let readiness = readiness.await.context("the gRPC server did not start")?;
    known.await;
    readiness.ready().await;
    ready.send_replace(true);
    info!(service = ?addresses.service, admin = %addresses.admin, "serving");

    tokio::select! {
        signal = stop_signal() => info!(signal, seconds = drain.as_secs(), "draining"),
        ended = &mut server => return ended?.context("the gRPC server ended"),
    }
    readiness.not_ready().await;
    ready.send_replace(false);
    drop(stop);
    if tokio::time::timeout(drain, server).await.is_err() {
        tracing::warn!("exchanges were still running at the end of service.drain");
    }
    info!("stopped");
    Ok(())
}

/// Starts to follow the cache's journal. What comes back is ready when this process knows what others, or it before its
/// restart, have stored, or when that takes too long to wait for.
fn follow_journal(
    journal: Option<(Journal, cache::journal::Receiver)>,
    service: &Arc<Service>,
) -> impl Future<Output = ()> + use<> {
    /// A store that is down must not keep the gateway from starting.
    const LONGEST: Duration = Duration::from_secs(3);
    let (caught_up, mut known) = watch::channel(journal.is_none());
    if let Some((journal, appended)) = journal {
        let (cache, metrics) = (Arc::clone(&service.cache), Arc::clone(&service.metrics));
        tokio::spawn(cache::journal::run(journal, appended, cache, metrics, caught_up));
    }
    async move {
        let _ = tokio::time::timeout(LONGEST, known.wait_for(|known| *known)).await;
    }
}

/// What a reload cannot change.
struct Addresses {
    service: Endpoint,
    admin: std::net::SocketAddr,
    max_body: usize,
}

impl Addresses {
    fn of(config: &Config) -> Self {
        let service = match &config.service.address {
            Address::Tcp(address) => Endpoint::Tcp(*address),
            Address::Unix(path) => Endpoint::Unix(path.clone()),
        };
        let largest = config
            .listeners
            .iter()
            .map(|listener| listener.max_body)
            .max()
            .unwrap_or_default();
        Self {
            service,
            admin: config.service.admin,
            max_body: usize::try_from(largest).unwrap_or(usize::MAX),
        }
    }
}

async fn stop_signal() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        drop(tokio::signal::ctrl_c().await);
        return "SIGINT";
    };
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = tokio::signal::ctrl_c() => "SIGINT",
    }
}
