//! As written: Envoy, listeners, the service, providers and the stores.
//!
//! Must not know which addresses collide.

use std::net::{Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{mebibytes, seconds};
use crate::scalar::{EnvName, Lit, Name, Nonempty, Size, Socket, SocketOrPath, Span, Url, Version};
use crate::usable::{Address, EnvoyVersion};

/// What the rendered Envoy looks like.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Envoy {
    /// Envoy's version. From 1.37 on, pools fail over by composite clusters; before, by aggregate ones.
    pub(crate) version: Lit<Version>,
    /// Envoy's own admin port. Without it none is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) admin: Option<Lit<Socket>>,
    /// Folder of the `.wasm` files, as Envoy sees it.
    pub(crate) filters: Lit<Nonempty>,
    /// Worker threads. Without it Envoy takes one per core.
    #[schemars(range(min = 1, max = 1024))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) concurrency: Option<u32>,
}

impl Default for Envoy {
    fn default() -> Self {
        Self {
            version: Lit(EnvoyVersion { major: 1, minor: 40 }),
            admin: None,
            filters: Lit("./target/filters".to_owned()),
            concurrency: None,
        }
    }
}

/// An address on which clients reach the gateway.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listener {
    /// Its name in Envoy's statistics.
    pub(crate) name: Lit<Name>,
    /// Where Envoy listens.
    pub(crate) address: Lit<Socket>,
    /// Largest request body. A larger one is refused with 413 in the client's dialect.
    #[serde(default = "mebibytes::<32>")]
    pub(crate) max_body: Lit<Size>,
    /// How long a client's connection or stream may stay silent.
    #[serde(default = "seconds::<300>")]
    pub(crate) idle_timeout: Lit<Span>,
}

/// The policy service that Envoy asks (`tollgate serve`).
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Service {
    /// Where Envoy reaches it: an address, or `unix:` and an absolute path.
    pub(crate) address: Lit<SocketOrPath>,
    /// Health, readiness and metrics. Keep it on loopback, or behind something that asks who is there.
    pub(crate) admin: Lit<Socket>,
    /// What Envoy does when the service does not answer: `closed` refuses with 503, `open` forwards without any policy.
    pub(crate) on_failure: OnFailure,
    /// How long Envoy waits for the answer to one message.
    pub(crate) timeout: Lit<Span>,
    /// How long a stopping service lets running exchanges finish.
    pub(crate) drain: Lit<Span>,
    /// Secret from which the redaction keys of tenants without their own are derived. Without it they are drawn at
    /// random at every start, so reversible tokens change with a restart and differ between replicas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<SecretRef>,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            address: Lit(Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 9191)))),
            admin: Lit(SocketAddr::from((Ipv4Addr::LOCALHOST, 9192))),
            on_failure: OnFailure::Closed,
            timeout: seconds::<2>(),
            drain: seconds::<30>(),
            secret: None,
        }
    }
}

/// Whether what cannot be checked is refused (`closed`) or passed (`open`).
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum OnFailure {
    Closed,
    Open,
}

/// Where a secret is to be found: an environment variable or a file. The secret itself never stands here.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecretRef {
    /// Name of an environment variable.
    Env(Lit<EnvName>),
    /// Path of a file. White space at its end is not part of the secret.
    File(Lit<Nonempty>),
}

/// Somebody who answers requests.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    /// Its name here, in metrics and in cluster names.
    pub(crate) name: Lit<Name>,
    /// The API it speaks. Where the client speaks another one, requests and answers are translated.
    pub(crate) dialect: DialectName,
    /// Scheme, host and port. A path such as `/openai/v1` replaces `/v1` in the paths of requests.
    pub(crate) url: Lit<Url>,
    /// What to sign in with. Without it requests go out without a credential; a client's own key is never passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<SecretRef>,
    /// For the TCP and TLS handshakes.
    #[serde(default = "seconds::<2>")]
    pub(crate) connect_timeout: Lit<Span>,
    /// From the end of the request to the head of the answer. Then the pool's next provider is tried.
    #[serde(default = "seconds::<30>")]
    pub(crate) first_byte_timeout: Lit<Span>,
    /// Longest silence inside an answer.
    #[serde(default = "seconds::<60>")]
    pub(crate) idle_timeout: Lit<Span>,
    /// PEM file of the authorities to trust, as Envoy sees it. Without it the system's are trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<Lit<Nonempty>>,
}

/// An API: `openai` (and the many providers that copy it) or `anthropic`.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum DialectName {
    OpenAi,
    Anthropic,
}

/// Where spent money and rates are kept.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Budgets {
    /// `memory`: in the service itself, so it is right for one replica, and a restart forgets what was spent. `failing`:
    /// always out of order, to rehearse what `on_store_failure` does.
    pub(crate) store: BudgetStore,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            store: BudgetStore::Memory,
        }
    }
}

/// A store of budgets.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum BudgetStore {
    Memory,
    Failing,
}
