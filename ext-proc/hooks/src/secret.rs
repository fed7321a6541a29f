//! What a service wants to see before it answers. Must not know where it came from, and never shows it.

use std::fmt;

use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::error::Error;

/// A text that must not reach a log: `Debug` prints `***`, and there is no `Display`.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Keeps the text as it is, white space included.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A header with a secret in it.
#[derive(Debug, Clone)]
pub struct Credential {
    pub(crate) name: HeaderName,
    /// Marked as sensitive, so that `Debug` does not print it and HTTP/2 does not put it into its table.
    pub(crate) value: HeaderValue,
}

impl Credential {
    /// `authorization: Bearer …`.
    pub fn bearer(secret: &Secret) -> Result<Self, Error> {
        Self::with(AUTHORIZATION, &format!("Bearer {}", secret.0))
    }

    /// The bare secret in a header of this name, such as `api-key` or `x-api-key`.
    pub fn header(name: &str, secret: &Secret) -> Result<Self, Error> {
        let name = HeaderName::try_from(name).map_err(|_| Error::Credential)?;
        Self::with(name, &secret.0)
    }

    fn with(name: HeaderName, value: &str) -> Result<Self, Error> {
        let mut value = HeaderValue::try_from(value).map_err(|_| Error::Credential)?;
        value.set_sensitive(true);
        Ok(Self { name, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_it() {
        let secret = Secret::new("sk-top");
        let shown = format!(
            "{secret:?} {:?} {:?}",
            Credential::bearer(&secret).unwrap(),
            Credential::header("api-key", &secret).unwrap()
        );
        assert!(shown.starts_with("*** ") && !shown.contains("sk-top"), "{shown}");
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_refused_without_being_shown() {
        for (name, text) in [("api-key", "sk-top\n"), ("api key", "sk-top"), ("", "sk-top")] {
            let error = Credential::header(name, &Secret::new(text)).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("sk-top"));
        }
    }
}
