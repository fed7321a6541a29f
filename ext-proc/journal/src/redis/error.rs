//! Which of Redis's failures may pass by themselves, and how they are told without repeating what was sent.
//! Must not know what was asked for.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use tollgate_cache::StoreError;

/// A failure in words that hold nothing of a record, an address or a password.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The connection.
    #[error("redis: {0}")]
    Io(String),
    /// The server's code for it. Its text is left out: it may repeat arguments.
    #[error("redis refused: {0}")]
    Refused(String),
    /// What was configured.
    #[error("{0}")]
    Configured(&'static str),
}

pub(super) fn store_error(error: &RedisError) -> StoreError {
    let refused = || Failure::Refused(error.code().unwrap_or(error.category()).to_owned());
    // Refused because of many clients: an `ERR` like any other.
    let crowded = || {
        error
            .detail()
            .is_some_and(|text| text.starts_with("max number of clients"))
    };
    match error.kind() {
        ErrorKind::Io => {
            let text = io_text(error);
            // The library hides the kind of what went wrong; that rustls begins with these words is all there is to know it by.
            match text.starts_with("invalid peer certificate") {
                true => StoreError::permanent(Failure::Io(text)),
                false => StoreError::transient(Failure::Io(text)),
            }
        }
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::ReadOnly
            | ServerErrorKind::ExecAbort
            | ServerErrorKind::NoScript,
        ) => StoreError::transient(refused()),
        ErrorKind::Server(ServerErrorKind::ResponseError) if crowded() => StoreError::transient(refused()),
        ErrorKind::Server(_)
        | ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::Parse
        | ErrorKind::Client => StoreError::permanent(refused()),
        _ => match error.code() {
            Some("WRONGPASS" | "NOAUTH" | "WRONGTYPE" | "DENIED") => StoreError::permanent(refused()),
            // Memory, disk, a script of somebody else that runs too long, and what is not known.
            _ => StoreError::transient(refused()),
        },
    }
}

/// The operating system's words.
fn io_text(error: &RedisError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| "the connection was lost".into(), ToString::to_string)
}
