//! `tollgate render`: writes the documents, and the secrets that go with them.
//! Must not know what stands in them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tollgate_config::{Config, SecretRef};
use tollgate_render::{Files, secrets};

use super::Source;

#[derive(Subcommand)]
pub(crate) enum Render {
    /// The complete bootstrap of an Envoy that is the gateway, with an SDS file per provider's credential
    Envoy(Envoy),
}

#[derive(Args)]
pub(crate) struct Envoy {
    #[command(flatten)]
    source: Source,
    /// Where to write it; standard output if not given
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// Folder for the SDS files; Envoy watches it, so rendering again rotates credentials without a restart
    #[arg(long, default_value = "secrets")]
    secrets_dir: PathBuf,
}

pub(super) fn run(render: &Render) -> anyhow::Result<()> {
    let Render::Envoy(options) = render;
    let config = super::load(&options.source.config)?;
    fs::create_dir_all(&options.secrets_dir)
        .with_context(|| format!("cannot make {}", options.secrets_dir.display()))?;
    let files = Files {
        secrets: &options.secrets_dir.canonicalize()?,
    };
    write_secrets(&config, &files)?;
    let yaml = tollgate_render::to_yaml(&tollgate_render::envoy(&config, &files))?;
    match &options.out {
        Some(path) => fs::write(path, yaml).with_context(|| format!("cannot write {}", path.display())),
        None => {
            print!("{yaml}");
            Ok(())
        }
    }
}

fn write_secrets(config: &Config, files: &Files<'_>) -> anyhow::Result<()> {
    for provider in &config.providers {
        let Some(reference) = &provider.credential else {
            continue;
        };
        let credential =
            read(reference).with_context(|| format!("the credential of provider `{}`", provider.name))?;
        let path = secrets::path(files, provider);
        replace(&path, &secrets::document(provider, &credential))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn read(reference: &SecretRef) -> anyhow::Result<String> {
    match reference {
        SecretRef::Env(name) => std::env::var(name)
            .with_context(|| format!("environment variable {name} is not set; set it and render again")),
        SecretRef::File(path) => {
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
        }
    }
}

/// Writes a file that only its owner may read, in one step for those who watch it.
fn replace(path: &Path, content: &str) -> std::io::Result<()> {
    let temporary = path.with_extension("tmp");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    fs::rename(temporary, path)
}
