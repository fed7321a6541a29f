//! The cache: each policy's part, and the store that all share.
//!
//! Must not know how answers are compared or kept.

use std::path::PathBuf;
use std::time::Duration;

use super::gateway::{ProviderUrl, SecretRef};

/// Whether answers are stored and reused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cache {
    /// Every request goes to a provider.
    Off,
    /// By these rules.
    On(CacheRules),
}

/// How answers are stored and reused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheRules {
    /// When a stored answer may be served.
    pub mode: CacheMode,
    /// What would be served for other words is only compared with what a provider answers.
    pub shadow: bool,
    /// How long an answer may be reused.
    pub ttl: Duration,
    /// Who shares answers.
    pub scope: CacheScope,
    /// Whether answers that call tools are kept too.
    pub tool_calls: bool,
    /// What a hit costs: 0 to 1 of what its answer did cost.
    pub hit_price: f64,
    /// The longest text, in bytes, that is compared by its words.
    pub max_prompt_bytes: usize,
}

/// When a stored answer may be served.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CacheMode {
    /// For the same request.
    Exact,
    /// Also for one in other words, from a cosine of .95 on.
    Safe,
    /// Also for one in other words, from a cosine of .90 on.
    Faq,
    /// Also for one in other words, from this cosine on: .5 to 1.
    Cosine(f32),
}

/// Who shares cached answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheScope {
    /// The keys of one tenant.
    Tenant,
    /// All tenants that have this scope.
    Everyone,
}

/// Settings of the answer cache that hold for the whole service.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheStore {
    /// Bound on the bytes of stored answers.
    pub max_bytes: u64,
    /// When the store is nearly full, the most that one tenant may hold: 0 to 1.
    pub tenant_share: f64,
    /// How long a request waits for the answer to the same one under way; zero: it is sent too.
    pub coalesce: Duration,
    /// How long looking for the same in other words may take.
    pub semantic_timeout: Duration,
    /// What turns prompts into vectors; absent leaves it to the service.
    pub embedder: Option<Embedder>,
    /// Where entries are kept for a restart and for other replicas; absent: nowhere.
    pub journal: Option<Journal>,
}

/// What turns prompts into vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Embedder {
    /// The folder of a model that runs in the service itself.
    Folder(PathBuf),
    /// A service that speaks OpenAI's `/v1/embeddings`.
    Endpoint {
        /// Where it is.
        url: ProviderUrl,
        /// The model's name there.
        model: String,
        /// How many numbers to ask for; absent leaves it to the model.
        dimensions: Option<u32>,
        /// What to sign in with.
        credential: Option<SecretRef>,
        /// PEM file of the authorities to trust; absent means the usual ones.
        ca_file: Option<PathBuf>,
    },
}

/// Where entries are kept for a restart and for other replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Journal {
    /// A file of this process.
    File {
        /// The file.
        path: PathBuf,
        /// How large it may grow.
        max_bytes: u64,
    },
    /// Redis or Valkey.
    Redis(SharedJournal),
    /// PostgreSQL with pgvector.
    Postgres(SharedJournal),
}

/// A journal in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedJournal {
    /// Where its URL is to be found.
    pub url: SecretRef,
    /// What names in the database begin with.
    pub prefix: String,
    /// How many entries it remembers at most.
    pub max_entries: u64,
}
