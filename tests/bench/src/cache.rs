//! What the cache costs and saves, beside bare Envoy: a hit in the same and in other words, a miss with and without comparing.
//! Must not know how the cache works: it asks questions and reads the headers of the answers.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::client::Client;
use crate::gateway::{self, Gateway};
use crate::load::next_number;
use crate::machine;
use crate::options::Options;
use crate::request::{KEY, MODEL, STREAM_HEADER};
use crate::statistics::{median, quantile};
use crate::variant::{FULL, Variant};

const QUESTION: &str = "How do I reset my password?";
const PARAPHRASE: &str = "how can I reset my password";

/// One kind of question.
struct Kind {
    what: &'static str,
    /// What the answer's `x-tollgate-cache` says; bare Envoy says nothing.
    found: Option<&'static str>,
    /// The mode that is asked for, and nothing of it is to stay.
    headers: &'static str,
    question: fn() -> String,
}

const KINDS: [Kind; 5] = [
    Kind {
        what: "bare Envoy",
        found: None,
        headers: "",
        question: new,
    },
    Kind {
        what: "miss, exact tier alone",
        found: Some("miss"),
        headers: "x-tollgate-cache-mode: exact\r\n",
        question: new,
    },
    Kind {
        what: "miss, compared by words",
        found: Some("miss"),
        headers: "",
        question: new,
    },
    Kind {
        what: "hit in the same words",
        found: Some("exact"),
        headers: "",
        question: || QUESTION.to_owned(),
    },
    Kind {
        what: "hit in other words",
        found: Some("semantic"),
        headers: "cache-control: no-store\r\n",
        question: || PARAPHRASE.to_owned(),
    },
];

/// A question that nobody asked before; 14 word pieces or so.
fn new() -> String {
    format!("How do I cancel the order with number {}?", next_number())
}

/// Asks each kind in turn, a hundred at a time, and prints medians over the rounds.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let paths = options.paths()?;
    let (simulator, provider) = gateway::provider(&paths)?;
    let mut started = Vec::new();
    for variant in Variant::all() {
        if variant.is_baseline() || variant.name == FULL {
            let mut gateway = Gateway::start(variant.comparing(), &paths, provider, options.concurrency())?;
            gateway.wait()?;
            started.push(gateway);
        }
    }
    let [bare, full] = &started[..] else {
        anyhow::bail!("there should be two variants");
    };
    let mut clients = (Client::connect(bare.address())?, Client::connect(full.address())?);
    let stored = ask(&mut clients.1, &request("", QUESTION), Some("miss"));
    stored.context("the first question: is cache.embedder there (TOLLGATE_EMBEDDER_DIR)?")?;
    let rounds = if options.quick { 2 } else { 30 };
    let mut figures: Vec<Vec<[f64; 2]>> = KINDS.iter().map(|_| Vec::new()).collect();
    for round in 0..=rounds {
        for (kind, figures) in KINDS.iter().zip(&mut figures) {
            let client = if kind.found.is_none() {
                &mut clients.0
            } else {
                &mut clients.1
            };
            let mut times = Vec::new();
            for _ in 0..100 {
                let request = request(kind.headers, &(kind.question)());
                times.push(ask(client, &request, kind.found).with_context(|| kind.what)?);
            }
            // The first round is for warming up.
            if round > 0 {
                figures.push([quantile(&mut times, 50), quantile(&mut times, 99)]);
            }
        }
    }
    println!(
        "One connection, questions of 30 to 50 bytes, plain answers; {rounds} rounds of 100, medians over the rounds"
    );
    println!(
        "{:<26} {:>8} {:>8} {:>9} {:>9}",
        "", "p50 ms", "p99 ms", "+ p50 ms", "+ p99 ms"
    );
    let mut baseline = None;
    for (kind, figures) in KINDS.iter().zip(&figures) {
        let [p50, p99] = [0, 1].map(|at| median(figures.iter().map(|round| round[at])));
        let [bare50, bare99] = *baseline.get_or_insert([p50, p99]);
        println!(
            "{:<26} {p50:>8.2} {p99:>8.2} {:>9.2} {:>9.2}",
            kind.what,
            p50 - bare50,
            p99 - bare99
        );
    }
    println!("{}", machine::processor());
    drop(simulator);
    Ok(())
}

fn request(headers: &str, question: &str) -> Vec<u8> {
    let body: Value = json!({
        "model": MODEL,
        "messages": [
            { "role": "system", "content": "You are a careful assistant. Answer in plain English." },
            { "role": "user", "content": question },
        ],
    });
    let body = body.to_string();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway.example\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\n{STREAM_HEADER}: false\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn ask(client: &mut Client, request: &[u8], found: Option<&str>) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let answer = client.exchange(request)?;
    let took = began.elapsed();
    let head = String::from_utf8_lossy(answer.head);
    let said = found.is_none_or(|found| head.contains(&format!("x-tollgate-cache: {found}\r\n")));
    ensure!(
        answer.status == 200 && said,
        "expected {found:?}:\n{head}{}",
        String::from_utf8_lossy(answer.body)
    );
    Ok(took)
}
