//! Addresses and deadlines: Envoy, its listeners, the policy service and the providers.
//!
//! Must not know policies, tenants or money.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tollgate_llm::{Dialect, Endpoint};

/// What the rendered Envoy looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envoy {
    /// Decides which of Envoy's features the rendered configuration may use.
    pub version: EnvoyVersion,
    /// Envoy's own admin port; absent means none is opened.
    pub admin: Option<SocketAddr>,
    /// Folder of the `.wasm` files, as Envoy sees it.
    pub filters: PathBuf,
    /// Worker threads; absent leaves it to Envoy (one per core).
    pub concurrency: Option<u32>,
}

/// Envoy's minor version, such as 1.40.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvoyVersion {
    /// The number before the dot.
    pub major: u16,
    /// The number after the dot.
    pub minor: u16,
}

impl EnvoyVersion {
    /// Whether composite clusters exist (from 1.37 on); older versions fail over by aggregate clusters.
    pub const fn has_composite_clusters(self) -> bool {
        self.is_at_least(37)
    }

    /// Whether `set_filter_state` can have a route chosen anew (from 1.38 on).
    pub const fn set_filter_state_clears_routes(self) -> bool {
        self.is_at_least(38)
    }

    const fn is_at_least(self, minor: u16) -> bool {
        self.major > 1 || (self.major == 1 && self.minor >= minor)
    }
}

impl fmt::Display for EnvoyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// An address on which clients reach the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Unique among listeners.
    pub name: String,
    /// Where Envoy listens.
    pub address: SocketAddr,
    /// Bytes of the largest request body; larger ones are refused with 413 in the client's dialect.
    pub max_body: u64,
    /// How long a client's connection or stream may stay silent.
    pub idle_timeout: Duration,
}

/// The policy service (`tollgate serve`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Where Envoy reaches it by gRPC.
    pub address: Address,
    /// Health, readiness and metrics over HTTP.
    pub admin: SocketAddr,
    /// What Envoy does with a request when the service does not answer.
    pub on_failure: OnFailure,
    /// How long Envoy waits for the answer to one message.
    pub timeout: Duration,
    /// How long a stopping service lets running exchanges finish.
    pub drain: Duration,
    /// What per-tenant redaction keys are derived from when a tenant has none of its own. Absent: drawn at random at
    /// start, so that reversible tokens change with every restart and differ between replicas.
    pub secret: Option<SecretRef>,
}

/// A place to listen on or to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// `127.0.0.1:9191` or `[::1]:9191`.
    Tcp(SocketAddr),
    /// `unix:/run/tollgate/ext_proc.sock`; always an absolute path.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Whether what cannot be checked is refused or passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnFailure {
    /// Refuse.
    Closed,
    /// Forward without the check.
    Open,
}

/// Somebody who answers requests: a lane of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Unique; part of cluster and listener names.
    pub name: String,
    /// The API it speaks.
    pub dialect: Dialect,
    /// Where it is.
    pub url: ProviderUrl,
    /// What the lane signs in with; absent means that the request goes out without a credential.
    pub credential: Option<SecretRef>,
    /// For the TCP and TLS handshakes.
    pub connect_timeout: Duration,
    /// From the end of the request to the answer's head; then the pool's next provider is tried.
    pub first_byte_timeout: Duration,
    /// Longest silence inside an answer.
    pub idle_timeout: Duration,
    /// PEM file of the authorities to trust; absent means the system's. Only with `https`.
    pub ca_file: Option<PathBuf>,
}

impl Provider {
    /// The header that carries the credential in this provider's dialect, in lower case.
    pub const fn credential_header(&self) -> &'static str {
        match self.dialect {
            Dialect::OpenAi => "authorization",
            Dialect::Anthropic => "x-api-key",
        }
    }

    /// What stands before the credential in its header.
    pub const fn credential_prefix(&self) -> &'static str {
        match self.dialect {
            Dialect::OpenAi => "Bearer ",
            Dialect::Anthropic => "",
        }
    }
}

/// Scheme, host, port and base path of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderUrl {
    /// `https`, as opposed to `http`.
    pub tls: bool,
    /// Lower case; an IPv6 address stands here without its brackets.
    pub host: String,
    /// The port, also when the URL leaves it to the scheme.
    pub port: u16,
    /// What replaces `/v1` in the gateway's own paths, without a slash at its end; `/v1` when the URL has no path.
    pub base_path: String,
}

impl ProviderUrl {
    /// The path of an endpoint on this provider.
    pub fn path(&self, endpoint: Endpoint) -> String {
        let rest = endpoint.path().strip_prefix("/v1").unwrap_or(endpoint.path());
        format!("{}{rest}", self.base_path)
    }

    /// What goes into the `host` header: brackets around IPv6, and the port only if it isn't the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// Whether it is this host.
    pub fn is_loopback(&self) -> bool {
        let ip = self.host.parse::<std::net::IpAddr>();
        self.host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether the host is an address (as opposed to a name that must be resolved).
    pub fn is_ip(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok()
    }
}

/// Where a secret is to be found. The secret itself never enters the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// The name of an environment variable.
    Env(String),
    /// A file whose content is the secret (white space at its end is not part of it).
    File(PathBuf),
}

/// Where budgets and limits are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetStore {
    /// In the service's own memory: one replica, and a restart forgets.
    Memory,
    /// Always out of order, for rehearsing that.
    Failing,
}
