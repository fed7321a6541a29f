//! What a call costs beside the service's own time: against the simulator on the same machine, one call after the other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark may stop with what it found"
)]

use std::time::{Duration, Instant};

use tollgate_hooks::{Embeddings, Moderation, Options, Recognizer, Service, Thresholds};
use tollgate_simulator::{Mode, Simulator};

const TEXT: &str =
    "Ada Lovelace asked the billing team of Initech in Timbuktu how to reset a password that expired.";
const CALLS: usize = 500;

fn main() {
    let begun = Instant::now();
    for _ in 0..20 {
        Service::new("https://localhost", Options::default()).expect("trusted roots");
    }
    println!(
        "a service with tls                {:>7.2} ms",
        begun.elapsed().as_secs_f64() * 1e3 / 20.0
    );
    // The simulator has a thread of its own, so that the client's is measured alone.
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            tell.send(
                Simulator::new("sim", Mode::Test)
                    .listen("127.0.0.1:0")
                    .await
                    .unwrap(),
            )
            .unwrap();
            std::future::pending::<()>().await;
        });
    });
    let service = Service::new(&format!("http://{}", told.recv().unwrap()), Options::default()).unwrap();
    runtime().block_on(async {
        let embeddings = Embeddings::new(service.clone(), "text-embedding-3-small", None).unwrap();
        let moderation = Moderation::new(service.clone(), None).unwrap();
        let recognizer = Recognizer::new(service, "en", Vec::new(), 0.5).unwrap();
        let thresholds = Thresholds::new();
        row("embed a text, 1536 dimensions", async || {
            drop(embeddings.embed(&[TEXT]).await.unwrap())
        })
        .await;
        row("moderate a text", async || {
            drop(moderation.moderate(&[TEXT], &thresholds).await.unwrap())
        })
        .await;
        row("find names in a text", async || {
            drop(recognizer.analyze(&[TEXT]).await.unwrap())
        })
        .await;
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The wall's time per call, and that of this thread's processor.
async fn row(name: &str, call: impl AsyncFn()) {
    call().await;
    let mut walls: Vec<Duration> = Vec::with_capacity(CALLS);
    let before = processor();
    for _ in 0..CALLS {
        let begun = Instant::now();
        call().await;
        walls.push(begun.elapsed());
    }
    let processor = (processor() - before) / CALLS as f64;
    walls.sort();
    let micros = |wall: Duration| wall.as_secs_f64() * 1e6;
    println!(
        "{name:<32} {:>6.0} µs p50 {:>6.0} µs p99, of the thread's processor {processor:>5.0} µs",
        micros(walls[CALLS / 2]),
        micros(walls[CALLS * 99 / 100]),
    );
}

/// Microseconds that this thread has run (Linux).
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ')
        .next()
        .and_then(|nanos| nanos.parse::<f64>().ok())
        .unwrap_or_default()
        / 1e3
}
