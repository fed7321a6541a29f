//! What a journal costs: appending, following, reading it all, purging, and bytes per entry.
//!
//! cargo run --release -p tollgate-journal --example bench -- ENTRIES FILE | redis://… | postgres://…

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tollgate_cache::{
    CacheKey, Entry, Journal, Meaning, MeaningKey, Partition, Position, Purge, Record, Scope, StoredAnswer,
    hash_body,
};
use tollgate_journal::{
    FileJournal, FileOptions, Journals, PostgresJournal, PostgresOptions, RedisJournal, RedisOptions,
};
use tollgate_llm::{Endpoint, Usage};

/// So that a bench does not meet a cache.
const PREFIX: &str = "tollgate_bench";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [entries, address] = arguments.as_slice() else {
        return Err("ENTRIES and a file or an address are missing".into());
    };
    let entries: usize = entries.parse()?;
    let (writer, reader) = open(address).await?;
    writer.append(&Record::Purge(Purge::default()), now()).await?;
    read_all(&reader).await?;
    let before = bytes(address).await?;

    let records = (0..entries).map(record).collect::<Result<Vec<_>, _>>()?;
    let encoded: usize = records.iter().map(|record| record.encode().len()).sum();
    let mut times = Vec::with_capacity(entries);
    let began = Instant::now();
    for record in &records {
        let began = Instant::now();
        writer.append(record, now()).await?;
        times.push(began.elapsed());
    }
    println!(
        "append            {}, {:.0}/s",
        quantiles(times),
        per_second(entries, began)
    );
    let grown = bytes(address).await?.saturating_sub(before);
    println!(
        "bytes per entry   {} (record: {})",
        grown / entries,
        encoded / entries
    );

    let began = Instant::now();
    let (read, position) = read_all(&reader).await?;
    println!(
        "read all          {:?}, {:.0}/s, {read} records",
        began.elapsed(),
        per_second(read, began)
    );

    // From the start of an append to the moment in which a reader that waits has the record.
    let mut times = Vec::new();
    let mut position = position;
    for number in entries..entries + 300 {
        let record = record(number)?;
        let follow = reader.read(&position, Duration::from_secs(5), now());
        let append = async {
            tokio::time::sleep(Duration::from_millis(3)).await;
            let began = Instant::now();
            writer.append(&record, now()).await.map(|()| began)
        };
        let (batch, began) = futures_util::join!(async { (follow.await, Instant::now()) }, append);
        times.push(batch.1.duration_since(began?));
        position = batch.0?.next;
    }
    println!("append → follower {}", quantiles(times));

    if !address.contains("://") {
        drop((writer, reader));
        let began = Instant::now();
        let (writer, _) = open(address).await?;
        println!("open again        {:?}", began.elapsed());
        return purge(&writer).await;
    }
    purge(&writer).await
}

async fn purge(journal: &Journals) -> Result<(), Box<dyn Error>> {
    for (name, purge) in [
        (
            "purge a hundredth ",
            Purge {
                scope: Some(Scope::Tenant("tenant 7".into())),
                ..Purge::default()
            },
        ),
        ("purge everything  ", Purge::default()),
    ] {
        let began = Instant::now();
        journal.append(&Record::Purge(purge), now()).await?;
        println!("{name}{:?}", began.elapsed());
    }
    Ok(())
}

async fn open(address: &str) -> Result<(Journals, Journals), Box<dyn Error>> {
    let redis = || {
        let options = RedisOptions {
            prefix: PREFIX.into(),
            deadline: Duration::from_secs(10),
            ..RedisOptions::default()
        };
        RedisJournal::new(address, options).map(Journals::from)
    };
    let postgres = || {
        let options = PostgresOptions {
            prefix: PREFIX.into(),
            deadline: Duration::from_secs(10),
            ..PostgresOptions::default()
        };
        PostgresJournal::new(address, options).map(Journals::from)
    };
    Ok(match address.split_once("://") {
        Some(("postgres" | "postgresql", _)) => (postgres()?, postgres()?),
        Some(_) => (redis()?, redis()?),
        None => {
            let options = FileOptions { max_bytes: 4 << 30 };
            let journal = FileJournal::open(Path::new(address), options).await?;
            (journal.clone().into(), journal.into())
        }
    })
}

/// What the store takes.
async fn bytes(address: &str) -> Result<usize, Box<dyn Error>> {
    match address.split_once("://") {
        Some(("postgres" | "postgresql", _)) => {
            let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            let size = format!("SELECT pg_total_relation_size('{PREFIX}_cache')");
            let size: i64 = client.query_one(&size, &[]).await?.try_get(0)?;
            Ok(usize::try_from(size)?)
        }
        Some(_) => {
            let mut connection = redis::Client::open(address)?
                .get_multiplexed_async_connection()
                .await?;
            let info: String = redis::cmd("INFO")
                .arg("memory")
                .query_async(&mut connection)
                .await?;
            let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
            Ok(used
                .ok_or("the server does not say what it uses")?
                .trim()
                .parse()?)
        }
        None => Ok(usize::try_from(std::fs::metadata(address)?.len())?),
    }
}

async fn read_all(journal: &Journals) -> Result<(usize, Position), Box<dyn Error>> {
    let (mut read, mut position) = (0, Position::START);
    loop {
        let batch = journal.read(&position, Duration::ZERO, now()).await?;
        read += batch.records.len();
        position = batch.next;
        if batch.caught_up {
            return Ok((read, position));
        }
    }
}

/// An answer of about 2 KB that does not compress to nothing, and a vector of 384 dimensions.
fn record(number: usize) -> Result<Record, Box<dyn Error>> {
    let partition = Partition {
        scope: Scope::Tenant(format!("tenant {}", number % 100).into()),
        namespace: "".into(),
        endpoint: Endpoint::ChatCompletions,
        model: "gpt-4o".into(),
        variant: "".into(),
    };
    let mut state = number as u64 + 1;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut body = String::from("{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"");
    while body.len() < 2_000 {
        const WORDS: [&str; 8] = [
            "refund ",
            "order ",
            "the ",
            "please ",
            "account ",
            "of ",
            "open ",
            "settings ",
        ];
        body += WORDS.get(usize::try_from(random() % 8)?).unwrap_or(&"");
        if random() % 4 == 0 {
            body += &format!("{} ", random() % 10_000);
        }
    }
    body += "\"}}]}";
    let vector: Vec<f32> = (0..384)
        .map(|_| (random() % 2_000_001) as f32 / 1e7 - 0.1)
        .collect();
    let digest = hash_body(Endpoint::ChatCompletions, &format!("[{number}]"))?;
    let answer = StoredAnswer {
        endpoint: Endpoint::ChatCompletions,
        stream: false,
        body: body.into_bytes().into(),
        usage: Usage::default(),
        provider: "openai".into(),
        created: now(),
    };
    Ok(Record::Put {
        meaning: Some(Meaning {
            key: MeaningKey::new(&partition, &digest, "all-MiniLM-L6-v2"),
            prompt: format!("How do I get my money back for order {number}?").into(),
            vector: vector.into(),
        }),
        entry: Arc::new(Entry {
            key: CacheKey::new(&partition, &digest),
            partition,
            answer,
            expires: Some(now() + Duration::from_secs(3_600)),
        }),
    })
}

fn now() -> SystemTime {
    SystemTime::now()
}

fn per_second(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |percent: usize| {
        times
            .get(times.len() * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    format!("p50 {:?}, p99 {:?}", at(50), at(99))
}
