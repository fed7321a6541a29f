//! `tollgate cache`: what operators do to the cache of a running service, over its admin port.
//! Must not know what is cached.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::{Args, Subcommand};
use http_body_util::{BodyExt as _, Empty};
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;

use super::Source;

#[derive(Subcommand)]
pub(crate) enum Cache {
    /// Drop stored answers: those that have everything that is given
    ///
    /// Every replica that shares a journal drops them too. Prints how many there were in the one that was asked, and whether
    /// the journal has them no more ("shared": false if its store is down; then it is tried until it is done).
    Purge(Purge),
    /// Print how many answers are stored and what they take, as JSON
    Size(Target),
}

#[derive(Args)]
pub(crate) struct Purge {
    /// Those of a tenant
    #[arg(long, conflicts_with = "everyone")]
    tenant: Option<String>,
    /// Those that all tenants share
    #[arg(long)]
    everyone: bool,
    /// Those of a model, by its public name
    #[arg(long)]
    model: Option<String>,
    /// Those of a namespace (x-tollgate-cache-namespace)
    #[arg(long)]
    namespace: Option<String>,
    /// The one with this key (x-tollgate-cache-key of a hit)
    #[arg(long)]
    key: Option<String>,
    /// All of them
    #[arg(long, conflicts_with_all = ["tenant", "everyone", "model", "namespace", "key"])]
    all: bool,
    #[command(flatten)]
    target: Target,
}

/// Which service is meant.
#[derive(Args)]
pub(crate) struct Target {
    /// Its admin address; without it that of the configuration file
    #[arg(long)]
    admin: Option<SocketAddr>,
    #[command(flatten)]
    source: Source,
}

pub(crate) fn run(command: &Cache) -> anyhow::Result<()> {
    match command {
        Cache::Size(target) => target.ask(Method::GET, ""),
        Cache::Purge(purge) => {
            let query = purge.query();
            if query.is_empty() {
                bail!("say what to drop: --tenant, --everyone, --model, --namespace, --key, or --all");
            }
            purge.target.ask(Method::DELETE, &query)
        }
    }
}

impl Purge {
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("tenant", &self.tenant),
            ("model", &self.model),
            ("namespace", &self.namespace),
            ("key", &self.key),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        if self.everyone {
            query.append_pair("scope", "everyone");
        }
        if self.all {
            query.append_pair("all", "true");
        }
        query.finish()
    }
}

impl Target {
    /// Asks the admin port and prints what it says.
    fn ask(&self, method: Method, query: &str) -> anyhow::Result<()> {
        let admin = match self.admin {
            Some(admin) => admin,
            None => super::load(&self.source.config)?.service.admin,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let said = runtime.block_on(ask(admin, method, query)).with_context(|| {
            format!("asking the service at {admin} (is it running? --admin names another)")
        })?;
        println!("{said}");
        Ok(())
    }
}

async fn ask(admin: SocketAddr, method: Method, query: &str) -> anyhow::Result<String> {
    let socket = tokio::net::TcpStream::connect(admin).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(format!("/cache?{query}"))
        .header(header::HOST, admin.to_string())
        .body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    drop(sender);
    connection.await??;
    let text = String::from_utf8_lossy(&body).into_owned();
    if !status.is_success() {
        bail!("{status}: {text}");
    }
    Ok(text)
}
