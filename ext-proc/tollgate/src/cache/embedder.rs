//! What turns a prompt into a vector: the model in this process, or somebody's `/v1/embeddings`.
//! Must not know what vectors are compared for.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::Context as _;
use tokio::sync::Semaphore;
use tollgate_config::{Cache, CacheMode, Embedder as Configured, Policy};
use tollgate_embed::{MAX_TOKENS, MiniLm};
use tollgate_hooks::{Credential, Embeddings, Options, Secret, Service};
use tollgate_similar::{NORMAL_FORM, normalize};
use tracing::{info, warn};

use crate::serve::read_secret;

/// Names the folder of the model where the configuration does not.
const FOLDER: &str = "TOLLGATE_EMBEDDER_DIR";

/// See the module.
pub(crate) struct Embedder {
    id: String,
    engine: Engine,
}

enum Engine {
    /// On threads of this process, as many at once as it has cores.
    Local {
        model: Arc<MiniLm>,
        cores: Arc<Semaphore>,
    },
    Remote(Embeddings),
}

/// How much of a text its vector must stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Beginning,
}
use Extent::{Beginning, Whole};

/// Why there is no vector.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What comes after the model's limit would not be compared.
    #[error("the text has more word pieces than the model reads")]
    TooLong,
    /// Every core embeds already, and waiting would cost more than a miss.
    #[error("all cores are busy with embeddings")]
    Busy,
    /// The thread that embedded ended.
    #[error("the embedder failed")]
    Failed,
    /// The service did not answer.
    #[error("the embeddings endpoint: {0}")]
    Remote(#[from] tollgate_hooks::Error),
}

impl Failure {
    /// One lower-case word, for metrics.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::TooLong => "long",
            Self::Busy => "busy",
            Self::Failed | Self::Remote(_) => "error",
        }
    }
}

/// Whether a policy compares prompts by their words.
pub(super) fn is_wanted(policy: &Policy) -> bool {
    matches!(policy.cache, Cache::On(rules) if rules.mode != CacheMode::Exact)
}

impl Embedder {
    /// The one that is configured, or the model that the environment names, if any policy wants it. A model whose files are
    /// missing leaves the semantic tier off.
    pub(super) fn open(configured: Option<&Configured>, is_wanted: bool) -> anyhow::Result<Option<Self>> {
        let folder = match configured {
            Some(Configured::Endpoint { .. }) => None,
            Some(Configured::Folder(folder)) => Some(folder.clone()),
            None if is_wanted => std::env::var_os(FOLDER).map(PathBuf::from),
            None => return Ok(None),
        };
        let engine = match (configured, folder) {
            (Some(Configured::Endpoint { .. }), _) => Some(remote(configured)?),
            (_, Some(folder)) => local(&folder),
            (_, None) => {
                warn!(
                    "cache: prompts are not compared by their words, since there is no embedder: set cache.embedder or {FOLDER}"
                );
                None
            }
        };
        Ok(engine.map(|engine| {
            let id = match &engine {
                Engine::Local { model, .. } => model.id().to_owned(),
                Engine::Remote(service) => service.id(),
            };
            let id = format!("{id}/{NORMAL_FORM}");
            info!(embedder = id, "cache: prompts are compared by their words");
            Self { id, engine }
        }))
    }

    /// Names the model and what is done to texts before: vectors of different ids do not compare.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The vector, of length one, of a prompt's normal form.
    pub(crate) async fn embed_prompt(&self, text: &str) -> Result<Box<[f32]>, Failure> {
        self.embed(normalize(text), Whole).await
    }

    /// The vector, of length one, of a text as it is; of a long one, of its beginning.
    pub(super) async fn embed_beginning(&self, text: &str) -> Result<Box<[f32]>, Failure> {
        // About what the model in this process reads of prose; an endpoint would take more, and charge for it.
        const BEGINNING: usize = 1_024;
        let end = text.floor_char_boundary(BEGINNING.min(text.len()));
        let beginning = text.get(..end).unwrap_or_default();
        self.embed(beginning.to_owned(), Beginning).await
    }

    async fn embed(&self, text: String, extent: Extent) -> Result<Box<[f32]>, Failure> {
        match &self.engine {
            Engine::Local { model, cores } => {
                let core = Arc::clone(cores).try_acquire_owned().map_err(|_| Failure::Busy)?;
                let model = Arc::clone(model);
                let computed = tokio::task::spawn_blocking(move || {
                    // Given back when the work is done, also if nobody waits for it any more.
                    let _core = core;
                    let fits = extent == Beginning || model.tokens(&text) <= MAX_TOKENS;
                    fits.then(|| model.embed(&text).as_slice().into())
                });
                computed
                    .await
                    .map_err(|_| Failure::Failed)?
                    .ok_or(Failure::TooLong)
            }
            Engine::Remote(service) => {
                let mut vectors = service.embed(&[&text]).await?;
                Ok(vectors.pop().unwrap_or_default().into())
            }
        }
    }
}

fn local(folder: &Path) -> Option<Engine> {
    match MiniLm::load(folder) {
        Ok(model) => Some(Engine::Local {
            model: Arc::new(model),
            cores: Arc::new(Semaphore::new(
                available_parallelism().map_or(1, NonZeroUsize::get),
            )),
        }),
        Err(cause) => {
            warn!("cache: prompts are not compared by their words: {cause}");
            None
        }
    }
}

fn remote(configured: Option<&Configured>) -> anyhow::Result<Engine> {
    let Some(Configured::Endpoint {
        url,
        model,
        dimensions,
        credential,
        ca_file,
    }) = configured
    else {
        anyhow::bail!("cache.embedder is no endpoint");
    };
    let credential = credential.as_ref().map(|reference| {
        let secret = String::from_utf8(read_secret(reference)?).context("it is not text")?;
        Ok::<_, anyhow::Error>(Credential::bearer(&Secret::new(secret))?)
    });
    let options = Options {
        credential: credential
            .transpose()
            .context("cache.embedder.endpoint.credential")?,
        ca_file: ca_file.clone(),
        ..Options::default()
    };
    let scheme = if url.tls { "https" } else { "http" };
    let service = Service::new(
        &format!("{scheme}://{}{}", url.authority(), url.base_path),
        options,
    )
    .context("cache.embedder.endpoint")?;
    let dimensions = dimensions.and_then(|dimensions| NonZeroUsize::new(dimensions.try_into().ok()?));
    let embeddings = Embeddings::new(service, model, dimensions).context("cache.embedder.endpoint")?;
    Ok(Engine::Remote(embeddings))
}
