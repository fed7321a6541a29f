//! Writes the vocabulary tables and the Unicode classes that `src/` carries as constants, from the versions of
//! `tiktoken-rs` and `regex-syntax` in Cargo.lock; reads nothing else, so the same lock gives the same bytes.

mod characters;
mod lines;
mod perfect_hash;
mod unicode;
mod vocabulary;

// The hash is one file, compiled into both sides: the table is only as good as their agreement.
#[path = "../src/hash.rs"]
mod hash;

use std::path::{Path, PathBuf};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/hash.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    unicode::write(&out)?;
    for source in vocabulary::SOURCES {
        if std::env::var_os(format!("CARGO_FEATURE_{}", source.feature.to_uppercase())).is_some() {
            vocabulary::write(&source, &out)?;
        }
    }
    Ok(())
}

fn blob(out: &Path, name: &str, data: &[u8]) -> Result<(), Failure> {
    Ok(std::fs::write(out.join(name), data)?)
}
