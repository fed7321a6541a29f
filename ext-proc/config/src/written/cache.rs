//! As written: the cache, each policy's part and the store that they share.
//!
//! Must not know how answers are compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gateway::SecretRef;
use super::policy::OffWord;
use super::{mebibytes, milliseconds, seconds};
use crate::scalar::{Lit, Nonempty, Size, Span, Url};

/// `off`, or how answers are stored.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Cache {
    Off(OffWord),
    On(CacheSettings),
}

pub(crate) fn off() -> Cache {
    Cache::Off(OffWord::Off)
}

/// How answers are stored and reused. Only complete, clean ones are, and in their redacted form.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CacheSettings {
    /// `exact`: the same request gets the same answer. `safe` and `faq`: so does one whose last user text says the same in
    /// other words, from a cosine of .95 or .90 on, if nothing in the words speaks against it; everything else must be equal.
    pub(crate) mode: CacheMode,
    /// Look for the same in other words, but do not serve it: measures how often the stored answer would have been right.
    #[serde(default)]
    pub(crate) shadow: bool,
    /// How long an answer may be reused.
    #[serde(default = "seconds::<600>")]
    pub(crate) ttl: Lit<Span>,
    /// Who shares answers: the keys of one `tenant`, or `everyone` whose policy says so.
    #[serde(default = "tenant")]
    pub(crate) scope: CacheScope,
    /// Whether answers that call tools are kept too.
    #[serde(default = "yes")]
    pub(crate) tool_calls: bool,
    /// What a hit costs: this share of what its answer did cost, counted against budgets.
    #[schemars(range(min = 0.0, max = 1.0))]
    #[serde(default)]
    pub(crate) hit_price: f64,
    /// The longest last user text, in bytes, that is compared by its words.
    #[schemars(range(min = 1, max = 4096))]
    #[serde(default = "six_hundred")]
    pub(crate) max_prompt_bytes: u16,
}

/// When an answer may be reused.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum CacheMode {
    /// For the same request.
    Exact,
    /// And in other words, from a cosine of .95 on.
    Safe,
    /// And in other words, from a cosine of .90 on.
    Faq,
    /// And in other words, from a cosine of your own on. Below .90 wrong answers become likely.
    Cosine(#[schemars(range(min = 0.5, max = 1.0))] f32),
}

fn tenant() -> CacheScope {
    CacheScope::Tenant
}

const fn yes() -> bool {
    true
}

const fn six_hundred() -> u16 {
    600
}

/// Who shares answers.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum CacheScope {
    Tenant,
    Everyone,
}

/// The store of cached answers, which all policies share.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CacheStore {
    /// Bound on the bytes of stored answers. The least useful ones make room.
    pub(crate) max_bytes: Lit<Size>,
    /// When the store is nearly full, a tenant that holds more than this share of it makes room among its own.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub(crate) tenant_share: f64,
    /// How long a request waits for the answer to the same one that is under way, instead of being sent too. `0s`: it does not.
    pub(crate) coalesce: Lit<Span>,
    /// How long looking for the same in other words may take; then the request goes to a provider.
    pub(crate) semantic_timeout: Lit<Span>,
    /// What turns prompts into vectors. Without it, and without `TOLLGATE_EMBEDDER_DIR`, modes beyond `exact` do nothing more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) embedder: Option<Embedder>,
    /// Where entries are kept for a restart and for other replicas. Without it they are this process's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<Journal>,
}

impl Default for CacheStore {
    fn default() -> Self {
        Self {
            max_bytes: mebibytes::<256>(),
            tenant_share: 0.5,
            coalesce: seconds::<30>(),
            semantic_timeout: milliseconds::<100>(),
            embedder: None,
            journal: None,
        }
    }
}

/// What turns prompts into vectors.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Embedder {
    /// Folder of all-MiniLM-L6-v2 (`model.safetensors`, `tokenizer.json`), which runs in the service itself.
    Folder(Lit<Nonempty>),
    /// A service that speaks OpenAI's `/v1/embeddings`.
    Endpoint(EmbeddingsEndpoint),
}

/// A service that speaks OpenAI's `/v1/embeddings`.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmbeddingsEndpoint {
    /// Scheme, host and port; a path such as `/openai/v1` replaces `/v1`. Prompts travel there in their redacted form.
    pub(crate) url: Lit<Url>,
    /// The model's name there.
    pub(crate) model: Lit<Nonempty>,
    /// How many numbers a vector has, if the model lets one choose.
    #[schemars(range(min = 8, max = 8192))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dimensions: Option<u32>,
    /// What to sign in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<SecretRef>,
    /// PEM file of the authorities to trust. Without it the usual ones are trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<Lit<Nonempty>>,
}

/// Where entries are kept for a restart and for other replicas.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Journal {
    /// A file of this process: survives a restart.
    File(FileJournal),
    /// Redis or Valkey: shared by replicas.
    Redis(SharedJournal),
    /// PostgreSQL with pgvector: shared by replicas.
    Postgres(SharedJournal),
}

/// A journal in a file.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileJournal {
    /// The file; made if it is not there, readable by this user alone.
    pub(crate) path: Lit<Nonempty>,
    /// How large it may grow. The oldest entries make room.
    #[serde(default = "mebibytes::<512>")]
    pub(crate) max_bytes: Lit<Size>,
}

/// A journal in a database.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharedJournal {
    /// Where its URL is to be found (`redis://…`, `postgres://…`), which holds the password.
    pub(crate) url: SecretRef,
    /// What names in the database begin with.
    #[serde(default = "prefix")]
    pub(crate) prefix: Lit<crate::scalar::Name>,
    /// How many entries it remembers at most. The oldest make room.
    #[schemars(range(min = 1))]
    #[serde(default = "many")]
    pub(crate) max_entries: u64,
}

fn prefix() -> Lit<crate::scalar::Name> {
    Lit("tollgate".to_owned())
}

const fn many() -> u64 {
    200_000
}
