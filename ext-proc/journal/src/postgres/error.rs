//! Which of PostgreSQL's failures may pass by themselves, and how they are told without repeating what was sent.
//! Must not know what was asked for.

use tokio_postgres::Error;
use tollgate_cache::StoreError;

/// A failure in words that hold nothing of a record, an address or a password.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The connection.
    #[error("postgres: {0}")]
    Connection(String),
    /// The server's code, and its words where they cannot repeat a value.
    #[error("postgres refused: SQLSTATE {code}{message}")]
    Refused { code: String, message: String },
    /// What was configured.
    #[error("{0}")]
    Configured(&'static str),
}

pub(super) fn store_error(error: &Error) -> StoreError {
    let Some(refused) = error.as_db_error() else {
        return unrefused(error);
    };
    let code = refused.code().code();
    let passes = match code.get(..2) {
        // Connections, serialization and deadlocks, resources, operators' interventions, system errors, internal errors.
        Some("08" | "40" | "53" | "55" | "57" | "58" | "XX") => code != "58P01",
        // Read-only: a standby that is about to be promoted. A table that somebody dropped is made again.
        _ => matches!(code, "25006" | "42P01"),
    };
    // Data exceptions and constraints name values; who may not do what, and what is not there, is named by its name.
    let quotable = matches!(
        code.get(..2),
        Some("28" | "3D" | "42" | "53" | "57" | "58" | "0A")
    );
    let failure = Failure::Refused {
        code: code.to_owned(),
        message: match quotable {
            true => format!(": {}", refused.message()),
            false => String::new(),
        },
    };
    if passes {
        StoreError::transient(failure)
    } else {
        StoreError::permanent(failure)
    }
}

/// A failure that is not the server's answer.
fn unrefused(error: &Error) -> StoreError {
    let source = std::error::Error::source(error);
    let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    let text = match io {
        Some(io) => format!("{error}: {io}"),
        None => error.to_string(),
    };
    let failure = Failure::Connection(text);
    // A certificate that is not trusted comes as invalid data; without a source it is about a password or our own use.
    let passes = error.is_closed() || io.is_some_and(|io| io.kind() != std::io::ErrorKind::InvalidData);
    if passes || error.to_string().contains("timeout") {
        StoreError::transient(failure)
    } else {
        StoreError::permanent(failure)
    }
}
