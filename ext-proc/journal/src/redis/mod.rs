//! A journal in Redis or Valkey: every entry is a key of its own that expires by itself, and a stream, the log, names them in order.
//! Must not know who follows it.

mod error;
mod page;
mod scripts;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    ProtocolVersion, RedisError, Script, ServerErrorKind,
};
use tokio::time::Instant;
use tollgate_cache::{Batch, Entry, Journal, Position, Purge, Record, StoreError};

use self::error::{Failure, store_error};
use self::page::{Id, Page};
use crate::link::{Held, Link, within};

/// Items that one step of a purge looks at: some milliseconds in which the server does nothing else.
const STEP: usize = 1_000;

/// What may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisOptions {
    /// What the names of keys begin with, in braces, so that a cluster keeps them together. Caches that share entries share it.
    pub prefix: String,
    /// The oldest entries make room for more than so many.
    pub max_entries: u64,
    /// How long the server may take for an answer, connecting included.
    pub deadline: Duration,
}

impl Default for RedisOptions {
    /// `tollgate`, 200,000 entries, one second.
    fn default() -> Self {
        Self {
            prefix: "tollgate".into(),
            max_entries: 200_000,
            deadline: Duration::from_secs(1),
        }
    }
}

/// A journal in Redis 7 or Valkey.
///
/// Connects when it is first used, and again after failures. One connection appends, one reads: readers wait in the server.
/// A reader that fell so far behind that it may have missed a purge is told to drop everything first.
pub struct RedisJournal {
    server: Server,
    options: RedisOptions,
    log: String,
    /// What the names of entries begin with.
    entries: String,
    put: Script,
    purge: Script,
    writer: Link<MultiplexedConnection>,
    reader: Link<MultiplexedConnection>,
}

/// Where to connect to.
struct Server {
    info: ConnectionInfo,
    /// Where a node of a cluster said that our keys are. Forgotten when it is tried, so that a node that is gone is asked once.
    moved: Mutex<Option<(String, u16)>>,
}

/// The address may hold a password.
impl fmt::Debug for RedisJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisJournal")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl RedisJournal {
    /// `address`: `redis://user:password@host:port/database`, `rediss://…` (feature `tls`) or `redis+unix:///path`. Nothing is
    /// connected yet. Fails, permanently, if the address or the prefix cannot be used.
    pub fn new(address: &str, options: RedisOptions) -> Result<Self, StoreError> {
        let unusable = |what| StoreError::permanent(Failure::Configured(what));
        let prefix = &options.prefix;
        if prefix.is_empty() || prefix.contains(['{', '}']) {
            return Err(unusable(
                "the prefix of redis keys must not be empty or contain braces",
            ));
        }
        let info = address.into_connection_info().map_err(|_| {
            unusable("the address of redis is not one of redis://, rediss:// or redis+unix://")
        })?;
        if !info.addr().is_supported() {
            return Err(unusable("rediss:// needs a build with the feature `tls`"));
        }
        // The client library takes the program's default, of which there may be several without this.
        #[cfg(feature = "tls")]
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The shape of answers differs between the protocols.
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP2);
        let server = Server {
            info: info.set_redis_settings(settings),
            moved: Mutex::default(),
        };
        Ok(Self {
            server,
            log: format!("{{{prefix}}}:log"),
            entries: format!("{{{prefix}}}:e:"),
            options,
            put: scripts::put(),
            purge: scripts::purge(),
            writer: Link::new(),
            reader: Link::new(),
        })
    }

    /// A connection that answers; how long that may take is up to the caller.
    async fn hold<'a>(
        &self,
        link: &'a Link<MultiplexedConnection>,
        patience: Duration,
    ) -> Result<Held<'a, MultiplexedConnection>, StoreError> {
        let connect = async {
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(self.options.deadline))
                .set_response_timeout(None);
            let client = Client::open(self.server.address()).map_err(|error| self.failed(&error))?;
            let connecting = client.get_multiplexed_async_connection_with_config(&config);
            connecting.await.map_err(|error| self.failed(&error))
        };
        link.hold(patience, connect).await
    }

    /// Runs a script that writes.
    async fn write(&self, script: redis::ScriptInvocation<'_>) -> Result<String, StoreError> {
        within(self.options.deadline, async {
            let mut connection = self.hold(&self.writer, Duration::ZERO).await?;
            let done = script.invoke_async(&mut *connection).await;
            let done = done.map_err(|error| self.failed(&error))?;
            connection.keep();
            Ok(done)
        })
        .await
    }

    async fn append_put(&self, entry: &Entry, record: &[u8], now: SystemTime) -> Result<(), StoreError> {
        let left = match entry.expires.map(|expires| expires.duration_since(now)) {
            None => None,
            Some(Ok(left)) if left.as_millis() > 0 => Some(left.as_millis()),
            Some(_) => return Ok(()),
        };
        let mut script = self.put.prepare_invoke();
        script
            .key(&self.log)
            .key(format!("{}{}", self.entries, entry.key));
        script.arg(record);
        script.arg(left.map(|left| left.to_string()).unwrap_or_default());
        script.arg(self.options.max_entries.max(1)).arg(&self.entries);
        for (name, value) in scripts::item(entry, record.len()) {
            script.arg(name).arg(value);
        }
        self.write(script).await.map(drop)
    }

    /// Tells readers first, and then drops in steps what was put before that.
    async fn append_purge(&self, purge: &Purge, record: &[u8]) -> Result<(), StoreError> {
        let told: String = within(self.options.deadline, async {
            let mut connection = self.hold(&self.writer, Duration::ZERO).await?;
            let mut add = redis::cmd("XADD");
            add.arg(&self.log).arg("*").arg(scripts::PURGED).arg(record);
            let told = add.query_async(&mut *connection).await;
            let told = told.map_err(|error| self.failed(&error))?;
            connection.keep();
            Ok(told)
        })
        .await?;
        let mut after = "-".to_owned();
        loop {
            let mut script = self.purge.prepare_invoke();
            script.key(&self.log).arg(&after).arg(format!("({told}"));
            script.arg(STEP).arg(&self.entries);
            for wanted in scripts::wanted(purge) {
                script.arg(wanted);
            }
            let last = self.write(script).await?;
            if last.is_empty() {
                return Ok(());
            }
            after = format!("({last}");
        }
    }

    async fn page(&self, after: Id, wait: Duration, now: SystemTime) -> Result<Page, StoreError> {
        let until = Instant::now() + wait;
        let mut connection = self.hold(&self.reader, wait).await?;
        let wait = until.saturating_duration_since(Instant::now());
        let page = page::read(&mut connection, self, after, wait, now).await;
        let page = page.map_err(|error| self.failed(&error))?;
        connection.keep();
        Ok(page)
    }

    fn failed(&self, error: &RedisError) -> StoreError {
        if error.kind() == ErrorKind::Server(ServerErrorKind::Moved) {
            self.server.follow(error);
            return StoreError::transient(Failure::Refused("MOVED".into()));
        }
        store_error(error)
    }
}

impl Server {
    fn address(&self) -> ConnectionInfo {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((to, at)) = moved else {
            return self.info.clone();
        };
        let mut address = self.info.addr().clone();
        if let ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } = &mut address {
            *port = at;
            // A node that does not know its own address means the one that it was asked at.
            if !to.is_empty() {
                *host = to;
            }
        }
        self.info.clone().set_addr(address)
    }

    fn follow(&self, error: &RedisError) {
        let node = error.redirect_node().and_then(|(address, _slot)| {
            let (host, port) = address.rsplit_once(':')?;
            Some((host.to_owned(), port.parse().ok()?))
        });
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = node;
    }
}

impl Journal for RedisJournal {
    async fn append(&self, record: &Record, now: SystemTime) -> Result<(), StoreError> {
        match record {
            Record::Put { entry, .. } => self.append_put(entry, &record.encode(), now).await,
            Record::Purge(purge) => self.append_purge(purge, &record.encode()).await,
        }
    }

    async fn read(&self, after: &Position, wait: Duration, now: SystemTime) -> Result<Batch, StoreError> {
        let until = Instant::now() + wait;
        let mut after = after.0.as_deref().and_then(Id::parse).unwrap_or(Id::START);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let page = within(left + self.options.deadline, self.page(after, left, now)).await?;
            // All that was named may be gone: then what comes next is waited for.
            if !page.records.is_empty() || until <= Instant::now() {
                return Ok(Batch {
                    records: page.records,
                    next: Position(Some(page.next.to_string().into())),
                    caught_up: page.caught_up,
                });
            }
            after = page.next;
        }
    }
}
