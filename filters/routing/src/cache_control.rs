//! What a client says about the cache, in headers that go no further than the gateway.
//! Must not know what the policy allows: it reads, and the service decides.

use serde::{Deserialize, Serialize};
use tollgate_llm::{ApiError, ErrorKind};

use crate::names;

/// A client's wishes. They can only ask for less than the policy gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheControl {
    /// `cache-control: no-cache`: no stored answer is to be served. The new one may be stored.
    #[serde(skip_serializing_if = "is_false")]
    pub no_cache: bool,
    /// `cache-control: no-store`: the answer is not to be stored.
    #[serde(skip_serializing_if = "is_false")]
    pub no_store: bool,
    /// `cache-control: max-age`: the oldest answer that is to be served, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// `x-tollgate-cache-ttl`: how long the answer may be kept, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// `x-tollgate-cache-mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<CacheMode>,
    /// `x-tollgate-cache-namespace`: entries of different namespaces are not shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// The most that a client wants of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheMode {
    /// Nothing.
    Off,
    /// Answers to the same request.
    Exact,
    /// And to one in other words, if it is very near.
    Safe,
    /// And to one in other words, if it is near.
    Faq,
}

/// The longest name of a namespace, in bytes.
const LONGEST_NAMESPACE: usize = 128;

fn is_false(value: &bool) -> bool {
    !value
}

impl CacheControl {
    /// Whether the client said nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in a header; others than those about the cache are passed over.
    pub fn read(&mut self, name: &str, value: &[u8]) -> Result<(), ApiError> {
        let text = || std::str::from_utf8(value).map(str::trim).ok();
        match name {
            "cache-control" => {
                // A list that others read too: what is not understood is not ours to refuse.
                text().into_iter().for_each(|list| self.directives(list));
                Ok(())
            }
            names::CACHE_TTL => {
                self.ttl = text().and_then(|text| text.parse().ok());
                self.ttl
                    .map(drop)
                    .ok_or_else(|| wrong(name, "must be whole seconds, such as 300"))
            }
            names::CACHE_MODE => {
                self.mode = text().and_then(|text| match text {
                    "off" => Some(CacheMode::Off),
                    "exact" => Some(CacheMode::Exact),
                    "safe" => Some(CacheMode::Safe),
                    "faq" => Some(CacheMode::Faq),
                    _ => None,
                });
                self.mode
                    .map(drop)
                    .ok_or_else(|| wrong(name, "must be off, exact, safe or faq"))
            }
            names::CACHE_NAMESPACE => {
                let is_name = |text: &&str| {
                    (1..=LONGEST_NAMESPACE).contains(&text.len())
                        && text.bytes().all(|byte| byte.is_ascii_graphic())
                };
                self.namespace = text().filter(is_name).map(str::to_owned);
                self.namespace
                    .as_ref()
                    .map(|_| ())
                    .ok_or_else(|| wrong(name, "must be 1 to 128 visible ASCII characters"))
            }
            _ => Ok(()),
        }
    }

    fn directives(&mut self, list: &str) {
        for directive in list.split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let name = name.trim();
            if name.eq_ignore_ascii_case("no-cache") {
                self.no_cache = true;
            } else if name.eq_ignore_ascii_case("no-store") {
                self.no_store = true;
            } else if name.eq_ignore_ascii_case("max-age") {
                self.max_age = value.trim().trim_matches('"').parse().ok().or(self.max_age);
            }
        }
    }
}

fn wrong(header: &str, what: &str) -> ApiError {
    ApiError::new(ErrorKind::InvalidRequest, format!("the header `{header}` {what}"))
        .code("invalid_header")
        .param(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)]) -> Result<CacheControl, ApiError> {
        let mut control = CacheControl::default();
        for (name, value) in headers {
            control.read(name, value.as_bytes())?;
        }
        Ok(control)
    }

    #[test]
    fn headers_are_read() {
        for (name, value, expected) in [
            ("accept", "no-cache", CacheControl::default()),
            (
                "cache-control",
                "private, max-stale=3, \u{fc}",
                CacheControl::default(),
            ),
            (
                "cache-control",
                "No-Cache",
                CacheControl {
                    no_cache: true,
                    ..Default::default()
                },
            ),
            (
                "cache-control",
                "max-age = 30 ,no-store",
                CacheControl {
                    no_store: true,
                    max_age: Some(30),
                    ..Default::default()
                },
            ),
            ("cache-control", "max-age=x", CacheControl::default()),
            (
                "x-tollgate-cache-ttl",
                " 60 ",
                CacheControl {
                    ttl: Some(60),
                    ..Default::default()
                },
            ),
            (
                "x-tollgate-cache-mode",
                "safe",
                CacheControl {
                    mode: Some(CacheMode::Safe),
                    ..Default::default()
                },
            ),
            (
                "x-tollgate-cache-namespace",
                "team/a",
                CacheControl {
                    namespace: Some("team/a".into()),
                    ..Default::default()
                },
            ),
        ] {
            let control = read(&[(name, value)]).unwrap();
            assert_eq!(control, expected, "{name}: {value}");
            assert_eq!(control.is_default(), control == CacheControl::default());
        }
    }

    #[test]
    fn what_means_nothing_is_refused() {
        let long = "x".repeat(129);
        for (name, value) in [
            ("x-tollgate-cache-ttl", "5m"),
            ("x-tollgate-cache-ttl", "-1"),
            ("x-tollgate-cache-mode", "semantic"),
            ("x-tollgate-cache-namespace", ""),
            ("x-tollgate-cache-namespace", "a b"),
            ("x-tollgate-cache-namespace", &long),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert_eq!(
                (error.status, error.param.as_deref()),
                (400, Some(name)),
                "{value}"
            );
        }
    }
}
