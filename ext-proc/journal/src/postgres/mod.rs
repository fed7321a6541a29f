//! A journal in a table of PostgreSQL with pgvector, for those who keep one store.
//! Must not know who follows it.

mod connect;
mod error;
mod schema;
#[cfg(feature = "tls")]
mod tls;
mod words;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, timeout};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};
use tollgate_cache::{Batch, Entry, Journal, Meaning, Position, Purge, Record, StoreError};

use self::connect::{Reader, Server, Writer};
use self::error::store_error;
use self::schema::{BATCH, BATCH_BYTES, STEP, Schema};
use self::words::Parts;
use crate::link::{Link, within};

/// How long a purge stays to be read. Readers that were away for half of it start anew: clocks differ.
const PURGES_STAY: Duration = Duration::from_secs(24 * 3_600);

/// How often this process deletes what has expired.
const TIDY: Duration = Duration::from_secs(60);

/// Readers look by themselves so often, in case that notifications do not come through (a pooler).
const POLL: Duration = Duration::from_secs(1);

/// What may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// The table's name is this and `_cache`. Caches that share entries share it.
    pub prefix: String,
    /// The oldest entries make room for more than about so many.
    pub max_entries: u64,
    /// How long the server may take for an answer, connecting included.
    pub deadline: Duration,
}

impl Default for PostgresOptions {
    /// `tollgate`, 200,000 entries, two seconds.
    fn default() -> Self {
        Self {
            prefix: "tollgate".into(),
            max_entries: 200_000,
            deadline: Duration::from_secs(2),
        }
    }
}

/// A journal in PostgreSQL 13 or newer with pgvector.
///
/// Connects when it is first used, and again after failures; creates extension and table if the table is missing. One
/// connection appends, one reads and listens. Clones are handles to the same. Needs a Tokio runtime.
#[derive(Debug, Clone)]
pub struct PostgresJournal {
    shared: Arc<Shared>,
}

struct Shared {
    server: Server,
    schema: Schema,
    options: PostgresOptions,
    writer: Link<Writer>,
    reader: Link<Reader>,
    tidied: Mutex<Option<SystemTime>>,
}

/// The address may hold a password.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// How far was read, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reached {
    number: i64,
    /// Seconds since 1970.
    at: u64,
}

impl PostgresJournal {
    /// `address`: `postgres://user:password@host/database?sslmode=require`, or `host=… user=…`. With `sslmode=require` (feature
    /// `tls`) the connection is encrypted and the server's certificate verified, else it is plain. Nothing is connected yet.
    /// Fails, permanently, if the address or the prefix cannot be used.
    pub fn new(address: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let shared = Shared {
            server: Server::new(address, options.deadline)?,
            schema: Schema::new(&options.prefix)?,
            options,
            writer: Link::new(),
            reader: Link::new(),
            tidied: Mutex::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }
}

impl Shared {
    /// Runs one statement that writes, and returns its rows.
    async fn write(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        let Self { server, schema, .. } = self;
        within(self.options.deadline, async {
            let writer = self.writer.hold(Duration::ZERO, server.writer(schema)).await?;
            let rows = match sql == schema.put {
                true => writer.client.query(&writer.put, parameters).await,
                false => writer.client.query(sql, parameters).await,
            };
            let rows = rows.map_err(|error| store_error(&error))?;
            writer.keep();
            Ok(rows)
        })
        .await
    }

    async fn put(&self, entry: &Arc<Entry>, meaning: Option<&Meaning>) -> Result<(), StoreError> {
        let partition = &entry.partition;
        let parts = Parts::new(entry, meaning);
        let (prompt, vector) = parts.words.unzip();
        let key = &entry.key.as_bytes()[..];
        let (namespace, model) = (words::text(&partition.namespace), words::text(&partition.model));
        let expires = entry.expires.filter(|expires| *expires < furthest());
        let parameters: [&(dyn ToSql + Sync); 8] = [
            &key,
            &words::scope(&partition.scope),
            &namespace,
            &model,
            &expires,
            &prompt,
            &vector,
            &parts.record,
        ];
        self.write(&self.schema.put, &parameters).await.map(drop)
    }

    /// Tells readers first, and then deletes in steps what was put before that.
    async fn purge(&self, purge: &Purge, record: &[u8], now: SystemTime) -> Result<(), StoreError> {
        let stays = now + PURGES_STAY;
        let told = self.write(&self.schema.told, &[&stays, &record]).await?;
        let told: i64 = first(&told)?.unwrap_or(0);
        let key = purge.key.as_ref().map(|key| &key.as_bytes()[..]);
        let scope = purge.scope.as_ref().map(words::scope);
        let namespace = purge.namespace.as_deref().map(words::text);
        let model = purge.model.as_deref().map(words::text);
        let mut after = 0_i64;
        loop {
            let parameters: [&(dyn ToSql + Sync); 6] = [&after, &told, &key, &scope, &namespace, &model];
            match first(&self.write(&self.schema.purge, &parameters).await?)? {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }

    /// Whether it is time to delete what has expired.
    fn is_untidy(&self, now: SystemTime) -> bool {
        let mut tidied = self.tidied.lock().unwrap_or_else(PoisonError::into_inner);
        let due = tidied.is_none_or(|last| now.duration_since(last).unwrap_or(TIDY) >= TIDY);
        if due {
            *tidied = Some(now);
        }
        due
    }

    async fn tidy(&self, now: SystemTime) -> Result<(), StoreError> {
        let most = i64::try_from(self.options.max_entries).unwrap_or(i64::MAX);
        loop {
            let deleted: Option<i64> = first(&self.write(&self.schema.tidy, &[&now, &most]).await?)?;
            if deleted.is_none_or(|deleted| deleted < STEP) {
                return Ok(());
            }
        }
    }

    /// What is there behind a number, and whether that is all.
    async fn page(&self, reader: &mut Reader, after: i64, now: SystemTime) -> Result<Page, Error> {
        let rows = reader.client.query(&reader.read, &[&after, &now]).await?;
        let mut page = Page {
            records: Vec::with_capacity(rows.len()),
            next: after,
            caught_up: rows.len() < BATCH,
        };
        let mut bytes = 0;
        for row in rows {
            page.next = row.try_get(0)?;
            let prompt: Option<String> = row.try_get(2)?;
            let vector: Option<Vec<f32>> = row.try_get(3)?;
            let record: Vec<u8> = row.try_get(1)?;
            bytes += record.len() + prompt.as_ref().map_or(0, String::len);
            let parts = Parts {
                record,
                words: prompt.zip(vector),
            };
            match parts.join() {
                Some(Record::Put { entry, .. }) if entry.is_expired(now) => {}
                record => page.records.extend(record),
            }
        }
        page.caught_up &= bytes < BATCH_BYTES;
        Ok(page)
    }

    async fn read(&self, after: Reached, wait: Duration, now: SystemTime) -> Result<Page, StoreError> {
        let Self { server, schema, .. } = self;
        let deadline = self.options.deadline;
        let until = Instant::now() + wait;
        let mut number = after.number;
        let mut reader = within(wait + deadline, self.reader.hold(wait, server.reader(schema))).await?;
        let drawn = within(deadline, async {
            let rows = reader.client.query(&reader.drawn, &[]).await;
            first(&rows.map_err(|error| store_error(&error))?)
        })
        .await?;
        // Numbers that were never drawn: the table is another one. What this process has, it may keep.
        if drawn.unwrap_or(0) < number {
            number = 0;
        }
        loop {
            let page = within(deadline, async {
                let page = self.page(&mut reader, number, now).await;
                page.map_err(|error| store_error(&error))
            })
            .await?;
            let left = until.saturating_duration_since(Instant::now());
            if !page.records.is_empty() || (page.caught_up && left.is_zero()) {
                reader.keep();
                return Ok(page);
            }
            number = page.next;
            if page.caught_up {
                // Whether somebody has written or not is seen next.
                let _ = timeout(left.min(POLL), reader.woken.notified()).await;
            }
        }
    }
}

/// Records that were read.
struct Page {
    records: Vec<Record>,
    next: i64,
    caught_up: bool,
}

impl Reached {
    fn parse(position: &Position) -> Option<Self> {
        let (number, at) = position.0.as_deref()?.split_once('@')?;
        Some(Self {
            number: number.parse().ok()?,
            at: at.parse().ok()?,
        })
    }

    fn position(self) -> Position {
        Position(Some(format!("{}@{}", self.number, self.at).into()))
    }
}

impl Journal for PostgresJournal {
    async fn append(&self, record: &Record, now: SystemTime) -> Result<(), StoreError> {
        match record {
            Record::Put { entry, .. } if entry.is_expired(now) => return Ok(()),
            Record::Put { entry, meaning } => self.shared.put(entry, meaning.as_ref()).await?,
            Record::Purge(purge) => self.shared.purge(purge, &record.encode(), now).await?,
        }
        if self.shared.is_untidy(now) {
            let shared = Arc::clone(&self.shared);
            tokio::spawn(async move {
                if let Err(error) = shared.tidy(now).await {
                    tracing::warn!(%error, "expired entries were not deleted");
                }
            });
        }
        Ok(())
    }

    async fn read(&self, after: &Position, wait: Duration, now: SystemTime) -> Result<Batch, StoreError> {
        let at = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let start = Reached { number: 0, at };
        let after = Reached::parse(after).unwrap_or(start);
        if after.number > 0 && at.saturating_sub(after.at) > PURGES_STAY.as_secs() / 2 {
            return Ok(Batch {
                records: vec![Record::Purge(Purge::default())],
                next: start.position(),
                caught_up: false,
            });
        }
        let page = self.shared.read(after, wait, now).await?;
        let reached = Reached {
            number: page.next,
            at,
        };
        Ok(Batch {
            records: page.records,
            next: reached.position(),
            caught_up: page.caught_up,
        })
    }
}

/// The first column of the first row.
fn first(rows: &[Row]) -> Result<Option<i64>, StoreError> {
    let column = |row: &Row| row.try_get::<_, Option<i64>>(0);
    let value = rows.first().map(column).transpose();
    Ok(value.map_err(|error| store_error(&error))?.flatten())
}

/// Beyond the year 9999 an entry need not be told from one that never expires: the record knows.
fn furthest() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(253_402_300_800)
}
