//! A journal in one append-only file: entries of one process survive its restart.
//! Must not know the file's format, which is `frame`'s, or what is live in it, which is `log`'s.

mod frame;
mod log;
mod room;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tollgate_cache::{Batch, Journal, Position, Record, StoreError};

use self::log::{Log, LogError, Page};

/// What may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileOptions {
    /// The file is never longer than this; the oldest entries make room. While it is rewritten, there are two files.
    pub max_bytes: u64,
}

impl Default for FileOptions {
    /// 512 MiB.
    fn default() -> Self {
        Self { max_bytes: 512 << 20 }
    }
}

/// A journal in a file of this process alone. Clones are handles to the same one; it is closed when the last is dropped.
///
/// An entry is in the operating system's hands when `append` returns: it outlives the process, but not a power cut. A purge
/// returns when the file is rewritten and on disk. Needs a Tokio runtime, on whose blocking threads all files are touched.
#[derive(Debug, Clone)]
pub struct FileJournal {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    log: Mutex<Log>,
    /// How many records were appended: readers wait for it to change.
    appended: watch::Sender<u64>,
}

impl FileJournal {
    /// Opens or creates the journal at `path`, whose folder must be there. Damaged records are passed over with a warning.
    /// Transient if another process has it open; permanent if it is something else than a journal or cannot be opened.
    pub async fn open(path: &Path, options: FileOptions) -> Result<Self, StoreError> {
        let path = PathBuf::from(path);
        let task = tokio::task::spawn_blocking(move || {
            let log = Log::open(&path, options).map_err(|error| match error {
                LogError::InUse(_) => StoreError::transient(error),
                LogError::Foreign(_) | LogError::Io { .. } => StoreError::permanent(error),
            })?;
            let shared = Shared {
                path,
                log: Mutex::new(log),
                appended: watch::Sender::new(0),
            };
            Ok(Self {
                shared: Arc::new(shared),
            })
        });
        task.await.map_err(StoreError::transient)?
    }

    /// Does something with the file, on a thread that may wait.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Log) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            work(&mut shared.log.lock().unwrap_or_else(PoisonError::into_inner)).map_err(|source| {
                // A disk that is full or slow may recover.
                StoreError::transient(LogError::Io {
                    path: shared.path.clone(),
                    source,
                })
            })
        });
        task.await.map_err(StoreError::transient)?
    }

    async fn page(&self, after: u64, now: SystemTime) -> Result<Page, StoreError> {
        self.with(move |log| log.read(after, now)).await
    }
}

impl Journal for FileJournal {
    async fn append(&self, record: &Record, now: SystemTime) -> Result<(), StoreError> {
        let record = record.clone();
        self.with(move |log| match &record {
            Record::Put { entry, .. } => log.put(entry, &record.encode(), now),
            Record::Purge(purge) => log.purge(purge),
        })
        .await?;
        self.shared.appended.send_modify(|count| *count += 1);
        Ok(())
    }

    async fn read(&self, after: &Position, wait: Duration, now: SystemTime) -> Result<Batch, StoreError> {
        let until = Instant::now() + wait;
        let mut after = after.0.as_ref().and_then(|text| text.parse().ok()).unwrap_or(0);
        // Before the first look, so that nothing is missed between looking and waiting.
        let mut appended = self.shared.appended.subscribe();
        let page = loop {
            let page = self.page(after, now).await?;
            if !page.records.is_empty() || !page.caught_up {
                break page;
            }
            after = page.next;
            // What was appended may have been of no use to a reader.
            if !matches!(timeout_at(until, appended.changed()).await, Ok(Ok(()))) {
                break page;
            }
        };
        Ok(Batch {
            records: page.records,
            next: Position(Some(page.next.to_string().into())),
            caught_up: page.caught_up,
        })
    }
}
