//! Resolves the cache: each policy's part, and the store that all share.
//!
//! Must not open a file or ask an embedder.

use std::path::PathBuf;

use super::Known;
use super::gateway::{positive, secret_ref};
use crate::path::Path;
use crate::report::Report;
use crate::usable::{Cache, CacheMode, CacheRules, CacheScope, CacheStore, Embedder, Journal, SharedJournal};
use crate::written;

/// Below this cosine, and in a probe with a guard behind it, wrong answers became likely.
const LEAST_ADVISED: f32 = 0.9;

pub(crate) fn rules(written: &written::Cache, path: &Path, report: &mut Report) -> Cache {
    let written::Cache::On(settings) = written else {
        return Cache::Off;
    };
    let mode = match settings.mode {
        written::CacheMode::Exact => CacheMode::Exact,
        written::CacheMode::Safe => CacheMode::Safe,
        written::CacheMode::Faq => CacheMode::Faq,
        written::CacheMode::Cosine(cosine) => {
            if cosine < LEAST_ADVISED {
                report.warn(
                    &path.field("mode").field("cosine"),
                    "below 0.9 questions that mean something else get each other's answers; measure with `shadow: true` first",
                );
            }
            CacheMode::Cosine(cosine)
        }
    };
    if settings.shadow && mode == CacheMode::Exact {
        report.warn(
            &path.field("shadow"),
            "measures nothing with `mode: exact`: choose the mode that is to be measured",
        );
    }
    Cache::On(CacheRules {
        mode,
        shadow: settings.shadow,
        ttl: positive(settings.ttl.0, &path.field("ttl"), report),
        scope: match settings.scope {
            written::CacheScope::Tenant => CacheScope::Tenant,
            written::CacheScope::Everyone => CacheScope::Everyone,
        },
        tool_calls: settings.tool_calls,
        hit_price: settings.hit_price,
        max_prompt_bytes: usize::from(settings.max_prompt_bytes),
    })
}

pub(crate) fn store(
    written: written::CacheStore,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> CacheStore {
    let max_bytes = written.max_bytes.0;
    if max_bytes == 0 {
        report.error(
            &path.field("max_bytes"),
            "must be positive; a policy without a cache says `cache: off`",
        );
    }
    let embedder = written
        .embedder
        .map(|embedder| self::embedder(embedder, &path.field("embedder"), known, report));
    let journal = written
        .journal
        .map(|journal| self::journal(journal, &path.field("journal"), known, report));
    CacheStore {
        max_bytes,
        tenant_share: written.tenant_share,
        coalesce: written.coalesce.0,
        semantic_timeout: positive(
            written.semantic_timeout.0,
            &path.field("semantic_timeout"),
            report,
        ),
        embedder,
        journal,
    }
}

fn embedder(written: written::Embedder, path: &Path, known: &Known<'_>, report: &mut Report) -> Embedder {
    match written {
        written::Embedder::Folder(folder) => Embedder::Folder(PathBuf::from(folder.0)),
        written::Embedder::Endpoint(endpoint) => {
            let path = path.field("endpoint");
            let url = endpoint.url.0;
            if !url.tls && !url.is_loopback() {
                report.warn(
                    &path.field("url"),
                    "prompts and the credential travel unencrypted; use https",
                );
            }
            let ca_file = endpoint.ca_file.map(|file| PathBuf::from(file.0));
            if ca_file.is_some() && !url.tls {
                report.error(&path.field("ca_file"), "has no meaning without https");
            }
            Embedder::Endpoint {
                url,
                model: endpoint.model.0,
                dimensions: endpoint.dimensions,
                credential: endpoint
                    .credential
                    .map(|secret| secret_ref(secret, &path.field("credential"), known, report)),
                ca_file,
            }
        }
    }
}

fn journal(written: written::Journal, path: &Path, known: &Known<'_>, report: &mut Report) -> Journal {
    let shared = |shared: written::SharedJournal, path: Path, report: &mut Report| SharedJournal {
        url: secret_ref(shared.url, &path.field("url"), known, report),
        prefix: shared.prefix.0,
        max_entries: shared.max_entries,
    };
    match written {
        written::Journal::File(file) => {
            if file.max_bytes.0 < 1 << 20 {
                report.error(&path.field("file").field("max_bytes"), "must be at least 1MiB");
            }
            Journal::File {
                path: PathBuf::from(file.path.0),
                max_bytes: file.max_bytes.0,
            }
        }
        written::Journal::Redis(redis) => Journal::Redis(shared(redis, path.field("redis"), report)),
        written::Journal::Postgres(postgres) => {
            Journal::Postgres(shared(postgres, path.field("postgres"), report))
        }
    }
}
