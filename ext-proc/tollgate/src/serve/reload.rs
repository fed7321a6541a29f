//! The configuration file as it changes: read again, swapped in whole, or refused and the last good one kept.
//! Must not know what the configuration says.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tollgate_config::Config;
use tracing::{error, info, warn};

use super::{Active, Addresses, Service};

/// How often the file is looked at. Comparing contents, unlike file notifications, also sees the symbolic links that
/// Kubernetes swaps under a mounted ConfigMap.
const INTERVAL: Duration = Duration::from_secs(1);

/// A file and its content.
pub(super) struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// Reads the file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}; name the file with --config", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
            text,
        })
    }

    /// Validates the content.
    pub(super) fn parse(&self) -> anyhow::Result<Config> {
        Config::parse_with(&self.text, &super::known(&|name| std::env::var(name).ok()))
            .with_context(|| format!("{} is not right", self.path.display()))
    }
}

/// Follows the file for as long as the service runs.
pub(super) async fn watch(mut source: Source, service: Arc<Service>) {
    let mut interval = tokio::time::interval(INTERVAL);
    loop {
        interval.tick().await;
        let Ok(text) = tokio::fs::read_to_string(&source.path).await else {
            // Gone for a moment while somebody replaces it; what is in force stays in force.
            continue;
        };
        if text == source.text {
            continue;
        }
        source.text = text;
        // Rules are compiled, and files of secrets and certificates read.
        match tokio::task::block_in_place(|| apply(&source, &service)) {
            Ok(()) => {
                service.metrics.reloaded(true);
                info!(config = %source.path.display(), "configuration reloaded");
            }
            Err(cause) => {
                service.metrics.reloaded(false);
                error!(config = %source.path.display(), "configuration not reloaded, the last good one stays: {cause:#}");
            }
        }
    }
}

fn apply(source: &Source, service: &Service) -> anyhow::Result<()> {
    let config = source.parse()?;
    let (before, after) = (
        Addresses::of(&service.active.load().config),
        Addresses::of(&config),
    );
    if before.service != after.service || before.admin != after.admin || before.max_body != after.max_body {
        warn!(
            "service.address, service.admin and the largest listeners[].max_body change only with a restart"
        );
    }
    if service.active.load().config.cache != config.cache {
        warn!(
            "`cache` (the store, its embedder and its journal) changes only with a restart; policies' own settings are in force"
        );
    }
    service
        .active
        .store(Arc::new(Active::new(config, &service.fallback_secret)?));
    Ok(())
}
