//! The closed loop: each connection sends its next request when it has the answer to the last one.
//! Must not know what is behind the address.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::client::Client;
use crate::machine;
use crate::request::Request;

/// Requests of the whole run are numbered, so that no two have the same prompt.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// The number of the next request.
pub(crate) fn next_number() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// What one slice of load gave.
pub(crate) struct Slice {
    /// Answers per second, over all connections.
    pub(crate) rate: f64,
    /// Of every request.
    pub(crate) latencies: Vec<Duration>,
    /// From each streamed request to the first text of its answer.
    pub(crate) first_texts: Vec<Duration>,
    /// CPU time of the connections' threads in seconds, warm-up included.
    pub(crate) cpu: f64,
}

/// Sends requests for `warm_up`, then for `time`, which alone counts. `counting` is called between the two.
/// Plain threads that block: nothing on this machine is cheaper for a request, and the load shares its cores with Envoy.
pub(crate) fn run(
    address: SocketAddr,
    request: &Request,
    connections: usize,
    [warm_up, time]: [Duration; 2],
    counting: impl FnOnce(),
) -> anyhow::Result<Slice> {
    let start = Barrier::new(connections + 1);
    let outcomes: Vec<anyhow::Result<Slice>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| one_connection(address, request.clone(), [warm_up, time], &start)))
            .collect();
        start.wait();
        counting();
        start.wait();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("a thread of the load panicked")))
            })
            .collect()
    });
    let mut all = Slice {
        rate: 0.0,
        latencies: Vec::new(),
        first_texts: Vec::new(),
        cpu: 0.0,
    };
    for outcome in outcomes {
        let slice = outcome?;
        all.rate += slice.rate;
        all.latencies.extend(slice.latencies);
        all.first_texts.extend(slice.first_texts);
        all.cpu += slice.cpu;
    }
    Ok(all)
}

fn one_connection(
    address: SocketAddr,
    mut request: Request,
    [warm_up, time]: [Duration; 2],
    start: &Barrier,
) -> anyhow::Result<Slice> {
    // Whatever happens before the barrier must not keep the others waiting at it.
    let warm = Client::connect(address)
        .context("cannot connect")
        .and_then(|mut client| {
            repeat(&mut client, &mut request, warm_up)?;
            Ok(client)
        });
    start.wait();
    start.wait();
    let (latencies, first_texts) = repeat(&mut warm?, &mut request, time)?;
    // A request that began in time is waited for, so each connection's rate is over its own time.
    let busy: Duration = latencies.iter().sum();
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let rate = latencies.len() as f64 / busy.as_secs_f64();
    Ok(Slice {
        rate,
        latencies,
        first_texts,
        cpu: machine::own_thread_cpu_time().as_secs_f64(),
    })
}

/// At least one request, then more until the time is over. How long each took, and until its first text came.
fn repeat(
    client: &mut Client,
    request: &mut Request,
    time: Duration,
) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
    let mut latencies = Vec::with_capacity(4096);
    let mut first_texts = Vec::with_capacity(4096);
    let began = Instant::now();
    let mut sent = began;
    loop {
        let answer = client
            .exchange(request.numbered(next_number()))
            .context("no answer")?;
        let received = Instant::now();
        if answer.status != 200 {
            bail!(
                "status {}: {}",
                answer.status,
                String::from_utf8_lossy(answer.body)
            );
        }
        latencies.push(received - sent);
        first_texts.extend(answer.first_text.map(|came| came - sent));
        if received - began >= time {
            return Ok((latencies, first_texts));
        }
        sent = received;
    }
}
