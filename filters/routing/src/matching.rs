//! Whether a route's conditions hold for a request.
//! Must not know where a route leads.

use regex_lite::{Regex, RegexBuilder};
use tollgate_llm::Endpoint;

use crate::plan::{Conditions, PathCondition, ValueCondition};

/// A header condition that cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[error("header {header}: {source}")]
pub struct BadPattern {
    header: String,
    source: PatternError,
}

/// What is wrong with a pattern, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

/// What a route is matched against.
pub struct Candidate<'a> {
    /// What the path names.
    pub endpoint: Endpoint,
    /// The path without its query.
    pub path: &'a str,
    /// Public model name.
    pub model: &'a str,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// The value of a header by lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

/// Conditions with their patterns compiled.
pub struct Matcher {
    conditions: Conditions,
    headers: Vec<(String, HeaderTest)>,
}

enum HeaderTest {
    Exact(String),
    Prefix(String),
    Regex(Regex),
    Present(bool),
}

impl Matcher {
    /// Compiles; fails on a regular expression that is not one.
    pub fn new(conditions: Conditions) -> Result<Self, BadPattern> {
        let headers = conditions
            .headers
            .iter()
            .map(|header| {
                let test = match &header.value {
                    ValueCondition::Exact(value) => HeaderTest::Exact(value.clone()),
                    ValueCondition::Prefix(value) => HeaderTest::Prefix(value.clone()),
                    ValueCondition::Present(present) => HeaderTest::Present(*present),
                    ValueCondition::Regex(pattern) => {
                        HeaderTest::Regex(compile(pattern).map_err(|source| BadPattern {
                            header: header.name.clone(),
                            source,
                        })?)
                    }
                };
                Ok((header.name.clone(), test))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { conditions, headers })
    }

    /// The tenants any of which must be asking; empty if the route is for everybody.
    pub fn tenants(&self) -> &[String] {
        &self.conditions.tenants
    }

    /// Whether everything but the tenant holds.
    pub fn matches(&self, candidate: &Candidate<'_>) -> bool {
        let conditions = &self.conditions;
        let any_of = |patterns: &[String]| {
            patterns.is_empty() || patterns.iter().any(|pattern| glob(pattern, candidate.model))
        };
        (conditions.endpoints.is_empty() || conditions.endpoints.contains(&candidate.endpoint))
            && any_of(&conditions.models)
            && match &conditions.path {
                None => true,
                Some(PathCondition::Exact(path)) => candidate.path == path,
                Some(PathCondition::Prefix(prefix)) => candidate.path.starts_with(prefix.as_str()),
            }
            && conditions
                .min_tokens
                .is_none_or(|min| candidate.prompt_tokens >= min)
            && conditions
                .max_tokens
                .is_none_or(|max| candidate.prompt_tokens <= max)
            && self
                .headers
                .iter()
                .all(|(name, test)| test.holds((candidate.header)(name)))
    }
}

impl HeaderTest {
    fn holds(&self, value: Option<Vec<u8>>) -> bool {
        match (self, value) {
            (Self::Present(wanted), value) => *wanted == value.is_some(),
            (_, None) => false,
            (Self::Exact(wanted), Some(value)) => value == wanted.as_bytes(),
            (Self::Prefix(wanted), Some(value)) => value.starts_with(wanted.as_bytes()),
            (Self::Regex(pattern), Some(value)) => pattern.is_match(&String::from_utf8_lossy(&value)),
        }
    }
}

/// Compiles a header pattern the way the filter does, so that `tollgate check` refuses what the filter would.
pub fn compile(pattern: &str) -> Result<Regex, PatternError> {
    // The limit bounds memory in every worker; it is enough for lists of hundreds of words.
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(256 << 10)
        .build()
        .map_err(|cause| PatternError(cause.to_string()))
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters. Linear in the text for each `*`.
pub fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    while let Some((part, after)) = rest.split_once('*') {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
        rest = after;
    }
    text.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use tollgate_llm::json::Value;

    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("gpt-4o", "gpt-4o", true),
            ("gpt-4o", "gpt-4o-mini", false),
            ("gpt-*", "gpt-4o", true),
            ("*", "", true),
            ("*-mini", "gpt-4o-mini", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "ac", false),
            ("ab*ba", "aba", false),
            ("**", "x", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn patterns_see_characters_and_what_is_no_text_is_one_that_nobody_writes() {
        for (pattern, value, expected) in [
            ("caf.", "café".as_bytes(), true),
            ("caf..", "café".as_bytes(), false),
            ("caf.", b"caf\xe9", true),
            ("caf\\w", b"caf\xe9", false),
            ("a|b", b"ab", false),
        ] {
            let test = HeaderTest::Regex(compile(pattern).unwrap());
            assert_eq!(test.holds(Some(value.to_vec())), expected, "{pattern}");
        }
    }

    #[test]
    fn long_lists_compile_and_endless_ones_do_not() {
        let words = |count: usize| {
            let words: Vec<String> = (0..count).map(|word| format!("team-{word:05}")).collect();
            words.join("|")
        };
        assert!(compile(&words(500)).is_ok());
        assert!(compile(&words(5000)).is_err());
        assert!(compile("a{1000}{1000}").is_err());
    }

    #[test]
    fn every_condition_can_hold_and_fail() {
        let check = |conditions: &str, expected: bool| {
            let matcher =
                Matcher::new(Conditions::read(&Value::parse(conditions).unwrap()).unwrap()).unwrap();
            let header = |name: &str| (name == "x-team").then(|| b"search-eu".to_vec());
            let candidate = Candidate {
                endpoint: Endpoint::ChatCompletions,
                path: "/v1/chat/completions",
                model: "gpt-4o",
                prompt_tokens: 1000,
                header: &header,
            };
            assert_eq!(matcher.matches(&candidate), expected, "{conditions}");
        };
        check("{}", true);
        check(r#"{"endpoints":["messages","chat_completions"]}"#, true);
        check(r#"{"endpoints":["messages"]}"#, false);
        check(r#"{"path":{"exact":"/v1/chat/completions"}}"#, true);
        check(r#"{"path":{"exact":"/v1/chat"}}"#, false);
        check(r#"{"path":{"prefix":"/v1/chat"}}"#, true);
        check(r#"{"path":{"prefix":"/v2"}}"#, false);
        check(r#"{"models":["o*","gpt-*"]}"#, true);
        check(r#"{"models":["claude-*"]}"#, false);
        check(r#"{"min_tokens":1000,"max_tokens":1000}"#, true);
        check(r#"{"min_tokens":1001}"#, false);
        check(r#"{"max_tokens":999}"#, false);
        check(r#"{"headers":[{"name":"x-team","exact":"search-eu"}]}"#, true);
        check(r#"{"headers":[{"name":"x-team","exact":"search"}]}"#, false);
        check(r#"{"headers":[{"name":"x-team","prefix":"search"}]}"#, true);
        check(
            r#"{"headers":[{"name":"x-team","regex":"search-(eu|us)"}]}"#,
            true,
        );
        check(r#"{"headers":[{"name":"x-team","regex":"search"}]}"#, false);
        check(r#"{"headers":[{"name":"x-team","regex":"SEARCH-.."}]}"#, false);
        check(
            r#"{"headers":[{"name":"x-team","regex":"(?i)SEARCH-[[:alpha:]]{2}"}]}"#,
            true,
        );
        check(r#"{"headers":[{"name":"x-team","present":true}]}"#, true);
        check(r#"{"headers":[{"name":"x-team","present":false}]}"#, false);
        check(r#"{"headers":[{"name":"x-other","present":false}]}"#, true);
        check(r#"{"headers":[{"name":"x-other","exact":""}]}"#, false);
    }
}
