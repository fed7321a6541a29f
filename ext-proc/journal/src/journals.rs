//! All journals as one type, so that the service picks one when it starts.
//! Must not know more of them than that they are journals.

use std::time::{Duration, SystemTime};

use tollgate_cache::{Batch, Journal, Position, Record, StoreError};

use crate::{FileJournal, PostgresJournal, RedisJournal};

/// One of the journals.
#[derive(Debug)]
pub enum Journals {
    /// In a file of this process.
    File(FileJournal),
    /// In Redis or Valkey. Boxed: it is large.
    Redis(Box<RedisJournal>),
    /// In PostgreSQL.
    Postgres(PostgresJournal),
}

impl From<FileJournal> for Journals {
    fn from(journal: FileJournal) -> Self {
        Self::File(journal)
    }
}

impl From<RedisJournal> for Journals {
    fn from(journal: RedisJournal) -> Self {
        Self::Redis(Box::new(journal))
    }
}

impl From<PostgresJournal> for Journals {
    fn from(journal: PostgresJournal) -> Self {
        Self::Postgres(journal)
    }
}

impl Journal for Journals {
    async fn append(&self, record: &Record, now: SystemTime) -> Result<(), StoreError> {
        match self {
            Self::File(journal) => journal.append(record, now).await,
            Self::Redis(journal) => journal.append(record, now).await,
            Self::Postgres(journal) => journal.append(record, now).await,
        }
    }

    async fn read(&self, after: &Position, wait: Duration, now: SystemTime) -> Result<Batch, StoreError> {
        match self {
            Self::File(journal) => journal.read(after, wait, now).await,
            Self::Redis(journal) => journal.read(after, wait, now).await,
            Self::Postgres(journal) => journal.read(after, wait, now).await,
        }
    }
}
