//! The journal at work: what happens here goes into it, what happened elsewhere comes out of it. Never in a request's way.
//! Must not know what an entry is used for.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot, watch};
use tollgate_cache::{Journal as _, Position, Record, StoreError};
use tollgate_config::{Journal, SecretRef, SharedJournal};
use tollgate_journal::{
    FileJournal, FileOptions, Journals, PostgresJournal, PostgresOptions, RedisJournal, RedisOptions,
};
use tracing::{info, warn};

use super::Cache;
use crate::serve::{Metrics, read_secret};

/// How many records may wait for a store that is slow. More are dropped: others miss them, which is all that happens.
const WAITING: usize = 1_024;
/// How long a reader waits for something new.
const WAIT: Duration = Duration::from_secs(20);
/// How long to leave a store alone that has failed: first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// How long a purge waits to be written.
const WRITTEN: Duration = Duration::from_secs(5);

/// Where records go in.
pub(crate) struct Appender(Option<mpsc::Sender<Appended>>);

/// A record on its way to the store.
pub(crate) struct Appended {
    record: Record,
    /// Dropped when the record is written.
    written: Option<oneshot::Sender<()>>,
}

/// Where they come out, for whoever writes them into the store.
pub(crate) type Receiver = mpsc::Receiver<Appended>;

/// Both ends; nothing goes through where there is no journal.
pub(super) fn channel(is_there: bool) -> (Appender, Option<Receiver>) {
    if !is_there {
        return (Appender(None), None);
    }
    let (sender, receiver) = mpsc::channel(WAITING);
    (Appender(Some(sender)), Some(receiver))
}

impl Appender {
    /// Hands a record over, or drops it if too many wait.
    pub(super) fn append(&self, record: impl FnOnce() -> Record) {
        if let Some(sender) = &self.0
            && let Ok(place) = sender.try_reserve()
        {
            place.send(Appended {
                record: record(),
                written: None,
            });
        }
    }

    /// Hands a record over that must not be lost. Returns whether it is written; if the store is down, that is still tried.
    /// True where there is nothing to write to.
    pub(super) async fn append_surely(&self, record: Record) -> bool {
        let Some(sender) = &self.0 else { return true };
        let (written, is_written) = oneshot::channel();
        let written = Some(written);
        // The receiver lives as long as the service.
        let sent = sender.send(Appended { record, written });
        let done = async {
            let _ = sent.await;
            let _ = is_written.await;
        };
        tokio::time::timeout(WRITTEN, done).await.is_ok()
    }
}

/// Runs the journal for as long as the process does. A store that is down leaves the cache to this process, and is tried
/// again. `caught_up` turns true when everything that was there at the start has been read.
pub(crate) async fn run(
    configured: Journal,
    appended: Receiver,
    cache: Arc<Cache>,
    metrics: Arc<Metrics>,
    caught_up: watch::Sender<bool>,
) {
    let mut pause = PAUSE.0;
    let journal = loop {
        match open(&configured).await {
            Ok(journal) => break Arc::new(journal),
            Err(cause) => {
                metrics.journal_failed();
                warn!("cache: the journal cannot be opened, entries stay in this process: {cause:#}");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE.1);
            }
        }
    };
    info!("cache: the journal is open");
    let write = write(Arc::clone(&journal), appended, Arc::clone(&metrics));
    tokio::join!(write, follow(journal, cache, metrics, caught_up));
}

async fn open(configured: &Journal) -> anyhow::Result<Journals> {
    Ok(match configured {
        Journal::File { path, max_bytes } => {
            let options = FileOptions {
                max_bytes: *max_bytes,
            };
            FileJournal::open(path, options).await?.into()
        }
        Journal::Redis(shared) => {
            let options = RedisOptions {
                prefix: shared.prefix.clone(),
                max_entries: shared.max_entries,
                ..RedisOptions::default()
            };
            RedisJournal::new(&url(shared)?, options)?.into()
        }
        Journal::Postgres(shared) => {
            let options = PostgresOptions {
                prefix: shared.prefix.clone(),
                max_entries: shared.max_entries,
                ..PostgresOptions::default()
            };
            PostgresJournal::new(&url(shared)?, options)?.into()
        }
    })
}

fn url(shared: &SharedJournal) -> anyhow::Result<String> {
    let SharedJournal { url, .. } = shared;
    let name = match url {
        SecretRef::Env(name) => name.clone(),
        SecretRef::File(path) => path.display().to_string(),
    };
    String::from_utf8(read_secret(url)?).with_context(|| format!("{name} is not text"))
}

/// Writes what happens here. A put that fails is lost to the others; a purge is tried until it is done.
async fn write(journal: Arc<Journals>, mut appended: Receiver, metrics: Arc<Metrics>) {
    while let Some(Appended { record, written }) = appended.recv().await {
        let mut pause = PAUSE.0;
        while let Err(cause) = journal.append(&record, SystemTime::now()).await {
            failed(&cause, &metrics);
            if matches!(record, Record::Put { .. }) {
                break;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
        drop(written);
    }
}

/// Repeats here what happened elsewhere.
async fn follow(
    journal: Arc<Journals>,
    cache: Arc<Cache>,
    metrics: Arc<Metrics>,
    caught_up: watch::Sender<bool>,
) {
    let mut position = Position::START;
    let mut pause = PAUSE.0;
    loop {
        match journal.read(&position, WAIT, SystemTime::now()).await {
            Ok(batch) => {
                pause = PAUSE.0;
                position = batch.next;
                for record in batch.records {
                    repeat(record, &cache);
                    // A thousand entries take milliseconds, which others on this thread should not wait.
                    tokio::task::yield_now().await;
                }
                if batch.caught_up {
                    caught_up.send_replace(true);
                }
            }
            Err(cause) => {
                failed(&cause, &metrics);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE.1);
            }
        }
    }
}

fn repeat(record: Record, cache: &Cache) {
    match record {
        Record::Put { entry, meaning } => {
            cache
                .store
                .put_if_newer(entry, meaning.as_ref(), SystemTime::now());
        }
        Record::Purge(selection) => {
            cache.store.purge(&selection);
        }
    }
}

fn failed(cause: &StoreError, metrics: &Metrics) {
    metrics.journal_failed();
    warn!("cache: the journal: {cause}");
}
