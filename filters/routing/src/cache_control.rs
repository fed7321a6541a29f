//! What a client says about the cache, in headers that go no further than the gateway.
//! Must not know what the policy allows: it reads, and the service decides.

use tollgate_llm::json::{ObjectWriter, Value};
use tollgate_llm::{ApiError, ErrorKind};

use crate::names;
use crate::plan::BadPlan;
use crate::plan::read::{flag, members, named, number, text};

/// A client's wishes. They can only ask for less than the policy gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CacheControl {
    /// `cache-control: no-cache`: no stored answer is to be served. The new one may be stored.
    pub no_cache: bool,
    /// `cache-control: no-store`: the answer is not to be stored.
    pub no_store: bool,
    /// `cache-control: max-age`: the oldest answer that is to be served, in seconds.
    pub max_age: Option<u64>,
    /// `x-tollgate-cache-ttl`: how long the answer may be kept, in seconds.
    pub ttl: Option<u64>,
    /// `x-tollgate-cache-mode`.
    pub mode: Option<CacheMode>,
    /// `x-tollgate-cache-namespace`: entries of different namespaces are not shared.
    pub namespace: Option<String>,
}

/// The most that a client wants of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl CacheMode {
    const ALL: [Self; 4] = [Self::Off, Self::Exact, Self::Safe, Self::Faq];

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Exact => "exact",
            Self::Safe => "safe",
            Self::Faq => "faq",
        }
    }
}

impl CacheControl {
    /// Writes what the client said, as it is read again.
    pub(crate) fn write(&self, out: &mut ObjectWriter<'_>) {
        for (name, wish) in [("no_cache", self.no_cache), ("no_store", self.no_store)] {
            if wish {
                out.bool(name, true);
            }
        }
        for (name, seconds) in [("max_age", self.max_age), ("ttl", self.ttl)] {
            if let Some(seconds) = seconds {
                out.number(name, seconds);
            }
        }
        let mode = self.mode.map(CacheMode::name);
        for (name, text) in [("mode", mode), ("namespace", self.namespace.as_deref())] {
            if let Some(text) = text {
                out.text(name, text);
            }
        }
    }

    /// Reads what [`Self::write`] wrote.
    pub(crate) fn from_json(value: &Value<'_>) -> Result<Self, BadPlan> {
        let mut control = Self::default();
        for (name, value) in members("cache", value)? {
            match &**name {
                "no_cache" => control.no_cache = flag(name, value)?,
                "no_store" => control.no_store = flag(name, value)?,
                "max_age" => control.max_age = Some(number(name, value)?),
                "ttl" => control.ttl = Some(number(name, value)?),
                "mode" => {
                    control.mode = Some(named(name, value, "a mode of the cache", CacheMode::from_name)?)
                }
                "namespace" => control.namespace = Some(text(name, value)?),
                _ => {}
            }
        }
        Ok(control)
    }

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
                self.mode = text().and_then(CacheMode::from_name);
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
