//! Which API a client or a provider speaks, and which operation a path names.
//! Must not know what a body contains.

use serde::{Deserialize, Serialize};

/// A wire format family. Clients speak one, providers speak one; `tollgate-translate` converts between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// OpenAI's REST API, and the many providers that copy it.
    OpenAi,
    /// Anthropic's Messages API.
    Anthropic,
}

impl Dialect {
    /// The name used in configuration, headers and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    /// The dialect of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::OpenAi, Self::Anthropic]
            .into_iter()
            .find(|dialect| dialect.name() == name)
    }
}

/// One operation of a dialect that the gateway understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `POST /v1/chat/completions`
    ChatCompletions,
    /// `POST /v1/completions`
    Completions,
    /// `POST /v1/embeddings`
    Embeddings,
    /// `POST /v1/responses`
    Responses,
    /// `POST /v1/messages`
    Messages,
}

impl Endpoint {
    /// Every endpoint, in the order of documentation and rendered routes.
    pub const ALL: [Self; 5] = [
        Self::ChatCompletions,
        Self::Completions,
        Self::Embeddings,
        Self::Responses,
        Self::Messages,
    ];

    /// The name used in configuration and between the parts of the gateway.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Responses => "responses",
            Self::Messages => "messages",
        }
    }

    /// The endpoint of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.name() == name)
    }

    /// The endpoint that a request path names; a query string is ignored.
    pub fn from_path(path: &str) -> Option<Self> {
        let path = path.split(['?', '#']).next().unwrap_or(path);
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }

    /// The path on the gateway, without a query string.
    pub const fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
            Self::Embeddings => "/v1/embeddings",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
        }
    }

    /// The dialect whose shapes this endpoint's bodies and errors have.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Messages => Dialect::Anthropic,
            Self::ChatCompletions | Self::Completions | Self::Embeddings | Self::Responses => Dialect::OpenAi,
        }
    }

    /// Whether a provider of `dialect` can serve this endpoint, directly or through translation (chat ↔ messages).
    pub const fn served_by(self, dialect: Dialect) -> bool {
        match (self, dialect) {
            (Self::ChatCompletions | Self::Messages, _) => true,
            (Self::Completions | Self::Embeddings | Self::Responses, Dialect::OpenAi) => true,
            (Self::Completions | Self::Embeddings | Self::Responses, Dialect::Anthropic) => false,
        }
    }
}

/// The dialect in which to answer a request whose path is not an endpoint of ours (a 404, say).
pub fn dialect_of_path(path: &str) -> Dialect {
    if path.starts_with("/v1/messages") {
        Dialect::Anthropic
    } else {
        Dialect::OpenAi
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_serde_writes() {
        let written = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        for endpoint in Endpoint::ALL {
            assert_eq!(written(serde_json::json!(endpoint)), endpoint.name());
            assert_eq!(Endpoint::from_name(endpoint.name()), Some(endpoint));
        }
        for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
            assert_eq!(written(serde_json::json!(dialect)), dialect.name());
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
        }
        assert_eq!(
            (Endpoint::from_name("chat"), Dialect::from_name("")),
            (None, None)
        );
    }

    #[test]
    fn every_endpoint_is_found_by_its_path_and_by_nothing_near_it() {
        for endpoint in Endpoint::ALL {
            assert_eq!(Endpoint::from_path(endpoint.path()), Some(endpoint));
            assert_eq!(
                Endpoint::from_path(&format!("{}?beta=true", endpoint.path())),
                Some(endpoint)
            );
            assert_eq!(Endpoint::from_path(&format!("{}/x", endpoint.path())), None);
        }
    }
}
