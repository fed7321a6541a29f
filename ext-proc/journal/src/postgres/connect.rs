//! Connections: made, prepared, and listened to.
//! Must not know what is read or written on them.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Statement};
use tollgate_cache::StoreError;

use super::error::{Failure, store_error};
use super::schema::Schema;

/// Where to connect to, and how.
#[derive(Clone)]
pub(super) struct Server {
    config: Config,
    deadline: Duration,
    #[cfg(feature = "tls")]
    tls: Option<tokio_postgres_rustls::MakeRustlsConnect>,
}

/// A connection that writes.
pub(super) struct Writer {
    pub(super) client: Client,
    pub(super) put: Statement,
}

/// A connection that reads.
pub(super) struct Reader {
    pub(super) client: Client,
    pub(super) read: Statement,
    /// Somebody has written, or the connection is gone.
    pub(super) woken: Arc<Notify>,
    pub(super) drawn: Statement,
}

impl Server {
    pub(super) fn new(address: &str, deadline: Duration) -> Result<Self, StoreError> {
        let unusable = |what| StoreError::permanent(Failure::Configured(what));
        let mut config: Config = address
            .parse()
            .map_err(|_| unusable("the address of postgres is no postgres:// URL or connection string"))?;
        config.connect_timeout(deadline);
        if config.get_application_name().is_none() {
            config.application_name("tollgate");
        }
        let wants_tls = matches!(config.get_ssl_mode(), SslMode::Require);
        if !wants_tls {
            // Encryption that is not verified protects from little: it is all or nothing.
            config.ssl_mode(SslMode::Disable);
        }
        #[cfg(not(feature = "tls"))]
        if wants_tls {
            return Err(unusable("sslmode=require needs a build with the feature `tls`"));
        }
        Ok(Self {
            config,
            deadline,
            #[cfg(feature = "tls")]
            tls: wants_tls.then(super::tls::connector).transpose()?,
        })
    }

    pub(super) async fn writer(&self, schema: &Schema) -> Result<Writer, StoreError> {
        let failed = |error| store_error(&error);
        let (client, _) = self.connect(schema).await?;
        let put = client.prepare(&schema.put).await.map_err(failed)?;
        Ok(Writer { client, put })
    }

    pub(super) async fn reader(&self, schema: &Schema) -> Result<Reader, StoreError> {
        let failed = |error| store_error(&error);
        let (client, woken) = self.connect(schema).await?;
        let listen = format!("LISTEN {}", schema.table);
        client.batch_execute(&listen).await.map_err(failed)?;
        let read = client.prepare(&schema.read).await.map_err(failed)?;
        let drawn = client.prepare(&schema.drawn).await.map_err(failed)?;
        Ok(Reader {
            client,
            read,
            drawn,
            woken,
        })
    }

    /// A connection to a database that has the table.
    async fn connect(&self, schema: &Schema) -> Result<(Client, Arc<Notify>), StoreError> {
        let (client, woken) = self.open().await?;
        let failed = |error| store_error(&error);
        let there = client.query_one(&schema.is_there, &[]).await.map_err(failed)?;
        // Only then, so that whoever may not create anything can use what somebody else created.
        if !there.try_get::<_, bool>(0).map_err(failed)? {
            client.batch_execute(&schema.migrate).await.map_err(failed)?;
        }
        // Nobody waits any longer for an answer; the server need not go on either.
        let millis = self.deadline.as_millis().max(1);
        let timeout = format!("SET statement_timeout = {millis}");
        client.batch_execute(&timeout).await.map_err(failed)?;
        Ok((client, woken))
    }

    async fn open(&self) -> Result<(Client, Arc<Notify>), StoreError> {
        let failed = |error| store_error(&error);
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let (client, connection) = self.config.connect(tls.clone()).await.map_err(failed)?;
            return Ok((client, follow(connection)));
        }
        let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
        Ok((client, follow(connection)))
    }
}

/// Drives a connection until its client is dropped. The result is told of notifications.
fn follow<S, T>(mut connection: Connection<S, T>) -> Arc<Notify>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let woken = Arc::new(Notify::new());
    let wakes = Arc::clone(&woken);
    tokio::spawn(async move {
        loop {
            match poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notification(_))) => wakes.notify_one(),
                Some(Ok(_)) => {}
                // What is asked next says what went wrong.
                Some(Err(_)) | None => break,
            }
        }
        wakes.notify_one();
    });
    woken
}
