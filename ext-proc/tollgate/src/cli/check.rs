//! `tollgate check`.
//! Must not know what is an error: the configuration crate does.

use std::path::Path;

pub(super) fn run(path: &Path) -> anyhow::Result<()> {
    let config = super::load(path)?;
    println!(
        "{}: right. {} providers, {} models, {} pools, {} routes, {} tenants.",
        path.display(),
        config.providers.len(),
        config.models.len(),
        config.pools.len(),
        config.routes.len(),
        config.tenants.len(),
    );
    Ok(())
}
