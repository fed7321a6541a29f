//! Reading: what the log names next, whether something before it was missed, and the entries themselves.
//! Must not know how connections are made.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use redis::aio::MultiplexedConnection;
use redis::{RedisError, Value, cmd};
use tollgate_cache::{Purge, Record};

use super::RedisJournal;
use super::scripts::PURGED;

/// What one read takes at most.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 8 << 20;

/// An item's name: milliseconds and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(u64, u64);

impl Id {
    pub(super) const START: Self = Self(0, 0);

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (time, number) = text.split_once('-')?;
        Some(Self(time.parse().ok()?, number.parse().ok()?))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

/// Records that were read.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    pub(super) next: Id,
    pub(super) caught_up: bool,
}

/// The log's items as the client library hands them out.
type Reply = Option<Vec<(String, Vec<(String, Vec<Vec<u8>>)>)>>;

/// An item.
enum Item {
    /// Names an entry.
    Put {
        key: String,
        size: usize,
    },
    Purge(Record),
    /// Of another version.
    Unknown,
}

/// What became of the log since a reader was at a position.
enum Since {
    /// It goes on there.
    Grown,
    /// It is another one: the server lost its data.
    Lost,
    /// Items that the reader has not seen are gone, and a purge may have been among them.
    Trimmed,
}

/// The records behind `after`; waits for one in the server.
pub(super) async fn read(
    connection: &mut MultiplexedConnection,
    journal: &RedisJournal,
    after: Id,
    wait: Duration,
    now: SystemTime,
) -> Result<Page, RedisError> {
    let mut from = after;
    if after != Id::START {
        match since(connection, &journal.log, after).await? {
            Since::Grown => {}
            // What this process has, it may keep.
            Since::Lost => from = Id::START,
            Since::Trimmed => {
                return Ok(Page {
                    records: vec![Record::Purge(Purge::default())],
                    next: Id::START,
                    caught_up: false,
                });
            }
        }
    }
    let mut read = cmd("XREAD");
    read.arg("COUNT").arg(BATCH);
    // Zero would be for ever.
    if let Ok(millis @ 1..) = u64::try_from(wait.as_millis()) {
        read.arg("BLOCK").arg(millis);
    }
    read.arg("STREAMS").arg(&journal.log).arg(from.to_string());
    let reply: Reply = read.query_async(connection).await?;
    let items = reply
        .into_iter()
        .flatten()
        .next()
        .map(|(_, items)| items)
        .unwrap_or_default();
    fetch(connection, journal, from, items, now).await
}

async fn since(connection: &mut MultiplexedConnection, log: &str, after: Id) -> Result<Since, RedisError> {
    let info = cmd("XINFO").arg("STREAM").arg(log).query_async(connection).await;
    let info: HashMap<String, Value> = match info {
        Ok(info) => info,
        // Nothing was written yet since the server lost its data: what comes has a later time.
        Err(error) if error.detail().is_some_and(|text| text.contains("no such key")) => {
            return Ok(Since::Grown);
        }
        Err(error) => return Err(error),
    };
    let id = |value: &Value| match value {
        Value::BulkString(text) => std::str::from_utf8(text).ok().and_then(Id::parse),
        _ => None,
    };
    let field = |name: &str| info.get(name).and_then(id);
    let first = match info.get("first-entry") {
        Some(Value::Array(item)) => item.first().and_then(id),
        _ => None,
    };
    let last = field("last-generated-id").unwrap_or(Id::START);
    // Redis 6 does not tell: there anything may have been deleted.
    let deleted = field("max-deleted-entry-id").unwrap_or(last);
    Ok(if last < after {
        Since::Lost
    } else if deleted > after && first.is_none_or(|first| first > after) {
        Since::Trimmed
    } else {
        Since::Grown
    })
}

async fn fetch(
    connection: &mut MultiplexedConnection,
    journal: &RedisJournal,
    from: Id,
    items: Vec<(String, Vec<Vec<u8>>)>,
    now: SystemTime,
) -> Result<Page, RedisError> {
    let named = items.len();
    let (mut taken, mut bytes) = (Vec::with_capacity(named), 0);
    for (id, fields) in items {
        let item = Item::new(fields);
        if let Item::Put { size, .. } = &item {
            if bytes > 0 && bytes + size > BATCH_BYTES {
                break;
            }
            bytes += size;
        }
        taken.push((id, item));
    }
    let mut get = cmd("MGET");
    let mut wanted = 0;
    for (_, item) in &taken {
        if let Item::Put { key, .. } = item {
            get.arg(format!("{}{key}", journal.entries));
            wanted += 1;
        }
    }
    let values: Vec<Option<Vec<u8>>> = match wanted {
        0 => Vec::new(),
        _ => get.query_async(connection).await?,
    };
    let mut values = values.into_iter();
    let mut page = Page {
        records: Vec::with_capacity(taken.len()),
        next: from,
        caught_up: named < BATCH && taken.len() == named,
    };
    for (id, item) in taken {
        page.next = Id::parse(&id).unwrap_or(page.next);
        match item {
            Item::Put { .. } => page
                .records
                .extend(values.next().flatten().and_then(|value| live(&value, &id, now))),
            Item::Purge(record) => page.records.push(record),
            Item::Unknown => {}
        }
    }
    Ok(page)
}

/// The record in an entry's value, unless the entry was put again since, by an item that comes later, or has expired.
fn live(value: &[u8], id: &str, now: SystemTime) -> Option<Record> {
    let record = value.strip_prefix(id.as_bytes())?.strip_prefix(b" ")?;
    let record = Record::decode(record).ok()?;
    match &record {
        Record::Put { entry, .. } if entry.is_expired(now) => None,
        _ => Some(record),
    }
}

impl Item {
    fn new(fields: Vec<Vec<u8>>) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        let (mut key, mut size, mut purge) = (None, None, None);
        let mut fields = fields.into_iter();
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            match &name[..] {
                b"k" => key = text(value),
                b"b" => size = text(value).and_then(|size| size.parse().ok()),
                name if name == PURGED.as_bytes() => purge = Record::decode(&value).ok(),
                _ => {}
            }
        }
        match (key, size, purge) {
            (Some(key), Some(size), None) => Self::Put { key, size },
            (None, _, Some(record @ Record::Purge(_))) => Self::Purge(record),
            _ => Self::Unknown,
        }
    }
}
