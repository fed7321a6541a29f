//! Why a service's answer cannot be had or used. Must not know what a caller does then.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// What went wrong. No variant carries a request's text, a credential, or anything out of an answer's body, so that every
/// one can be logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service's URL cannot be used.
    #[error("the service's url cannot be used: {0}")]
    Url(&'static str),
    /// The credential or its header's name has characters that cannot stand there.
    #[error("the credential cannot be sent: a header's name or value may not have such characters")]
    Credential,
    /// A file of certificates is missing, unreadable or empty.
    #[error("cannot read certificates from {}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// This machine has no trusted roots, and no file was named.
    #[error("this machine has no trusted root certificates: name a file of them")]
    NoRoots,
    /// As many calls as allowed were under way until the deadline.
    #[error("every call that may be under way to the service was, for {0:?}")]
    Busy(Duration),
    /// The service had not answered in full by the deadline.
    #[error("the service did not answer within {0:?}")]
    Deadline(Duration),
    /// No connection: no such name, refused, no route, or a failed TLS handshake.
    #[error("cannot connect to the service")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The service's certificate is not trusted, or no TLS version suits both.
    #[error("cannot agree with the service on tls")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection ended before the answer did, or it was not HTTP.
    #[error("the connection broke before the service's answer ended")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A status other than 2xx.
    #[error("the service answered with status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// `retry-after`, if it was a number of seconds.
        retry_after: Option<Duration>,
    },
    /// The answer is longer than allowed.
    #[error("the service's answer is longer than {limit} bytes")]
    TooLong {
        /// Bytes.
        limit: usize,
    },
    /// The answer is compressed, which was not asked for.
    #[error("the service's answer is compressed, which it was not asked to be")]
    Compressed,
    /// The answer is not JSON, or not of the expected shape.
    #[error("the service's answer is not the expected json (line {line}, column {column})")]
    Unreadable {
        /// Where reading stopped, from 1.
        line: usize,
        /// Where reading stopped.
        column: usize,
    },
    /// The answer has the right shape and says what cannot be.
    #[error("the service's answer makes no sense: {0}")]
    Senseless(&'static str),
    /// The service gave no score for a category that has a threshold.
    #[error("the service gave no score for the category `{0}`, which has a threshold")]
    NoScore(String),
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Configuration: a wrong URL, credential, certificate, model or category. It stays until somebody changes it.
    Configuration,
    /// The service, or the way to it.
    Service,
    /// More was asked at once than was allowed here.
    Load,
}

impl Error {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Url(_)
            | Self::Credential
            | Self::Certificates { .. }
            | Self::NoRoots
            | Self::Tls(_)
            | Self::NoScore(_) => Fault::Configuration,
            Self::Busy(_) => Fault::Load,
            // What is asked is always of the same form, so a refusal is one of where and as whom it was asked.
            Self::Status {
                status: 300..=407 | 409..=428 | 430..=499,
                ..
            } => Fault::Configuration,
            _ => Fault::Service,
        }
    }

    /// Whether the same call may succeed in a moment.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy(_) | Self::Deadline(_) | Self::Unreachable(_) | Self::Broken(_) => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_fault_and_for_how_long() {
        for (status, fault, transient) in [
            (302, Fault::Configuration, false),
            (400, Fault::Configuration, false),
            (401, Fault::Configuration, false),
            (404, Fault::Configuration, false),
            (408, Fault::Service, true),
            (413, Fault::Configuration, false),
            (429, Fault::Service, true),
            (500, Fault::Service, true),
            (503, Fault::Service, true),
        ] {
            let error = Error::Status {
                status,
                retry_after: None,
            };
            assert_eq!(
                (error.fault(), error.is_transient()),
                (fault, transient),
                "{status}"
            );
        }
        let busy = Error::Busy(Duration::from_secs(1));
        assert_eq!((busy.fault(), busy.is_transient()), (Fault::Load, true));
        let wrong = Error::Senseless("x");
        assert_eq!((wrong.fault(), wrong.is_transient()), (Fault::Service, false));
    }
}
