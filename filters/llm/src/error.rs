//! A refusal or failure, written as the client's SDK expects it.
//! Must not know why something was refused: kind, status and message come from the caller.

use serde::{Deserialize, Serialize};

use crate::Dialect;
use crate::json::ObjectWriter;

/// What went wrong, in the terms both dialects can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// 400: the request cannot be understood or is not allowed in this form.
    InvalidRequest,
    /// 401: no key, or one that is not known.
    Authentication,
    /// 403: a known key that may not do this.
    Permission,
    /// 404: no such path or model.
    NotFound,
    /// 413: the body is over the configured limit.
    TooLarge,
    /// 429: too many requests or tokens for now.
    RateLimit,
    /// 402 or 429: the budget is used up.
    Budget,
    /// 500: a fault of the gateway.
    Internal,
    /// 502: the provider answered something that cannot be used.
    Provider,
    /// 503: nobody can serve this now.
    Unavailable,
    /// 504: the provider did not answer in time.
    Timeout,
}

impl ErrorKind {
    /// The HTTP status that goes with the kind unless the caller knows a better one.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Authentication => 401,
            Self::Permission => 403,
            Self::NotFound => 404,
            Self::TooLarge => 413,
            Self::RateLimit | Self::Budget => 429,
            Self::Internal => 500,
            Self::Provider => 502,
            Self::Unavailable => 503,
            Self::Timeout => 504,
        }
    }

    /// The kind that an HTTP status stands for.
    pub const fn from_status(status: u16) -> Self {
        match status {
            401 => Self::Authentication,
            402 => Self::Budget,
            403 => Self::Permission,
            404 => Self::NotFound,
            413 => Self::TooLarge,
            429 => Self::RateLimit,
            502 => Self::Provider,
            503 | 529 => Self::Unavailable,
            408 | 504 => Self::Timeout,
            400..=499 => Self::InvalidRequest,
            _ => Self::Internal,
        }
    }

    /// `error.type` of an error object.
    /// OpenAI: <https://platform.openai.com/docs/guides/error-codes>; Anthropic: <https://docs.anthropic.com/en/api/errors>.
    pub const fn type_name(self, dialect: Dialect) -> &'static str {
        match (dialect, self) {
            (Dialect::OpenAi, Self::InvalidRequest | Self::TooLarge | Self::NotFound) => {
                "invalid_request_error"
            }
            (Dialect::OpenAi, Self::Authentication) => "authentication_error",
            (Dialect::OpenAi, Self::Permission) => "permission_error",
            (Dialect::OpenAi, Self::RateLimit) => "rate_limit_error",
            (Dialect::OpenAi, Self::Budget) => "insufficient_quota",
            (Dialect::OpenAi, Self::Internal | Self::Provider | Self::Unavailable | Self::Timeout) => {
                "server_error"
            }
            (Dialect::Anthropic, Self::InvalidRequest) => "invalid_request_error",
            (Dialect::Anthropic, Self::Authentication) => "authentication_error",
            (Dialect::Anthropic, Self::Permission) => "permission_error",
            (Dialect::Anthropic, Self::NotFound) => "not_found_error",
            (Dialect::Anthropic, Self::TooLarge) => "request_too_large",
            (Dialect::Anthropic, Self::RateLimit | Self::Budget) => "rate_limit_error",
            (Dialect::Anthropic, Self::Internal | Self::Provider) => "api_error",
            (Dialect::Anthropic, Self::Unavailable) => "overloaded_error",
            (Dialect::Anthropic, Self::Timeout) => "timeout_error",
        }
    }
}

/// An error that a client will see. `message` must hold no prompt text, no key and no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// HTTP status, 400–599.
    pub status: u16,
    /// For people: what is wrong, and the way out.
    pub message: String,
    /// For programs: a stable word such as `context_length_exceeded`. OpenAI's `error.code`.
    pub code: Option<&'static str>,
    /// The request field at fault. OpenAI's `error.param`.
    pub param: Option<String>,
}

impl ApiError {
    /// An error with its kind's usual status and neither code nor param.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: kind.status(),
            message: message.into(),
            code: None,
            param: None,
        }
    }

    /// For a path that nobody serves: most often a base URL with a `/v1` too many or too few.
    pub fn no_such_path() -> Self {
        let message = "there is no such path at this gateway; the base URL of OpenAI's SDKs ends with `/v1`, that of Anthropic's does not";
        Self::new(ErrorKind::NotFound, message).code("not_found")
    }

    /// Adds the stable word for programs.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Adds the request field at fault.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Replaces the status, for example with the one that a provider sent.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The JSON body. OpenAI: `{"error":{message,type,param,code}}`; Anthropic: `{"type":"error","error":{type,message}}`.
    pub fn to_json(&self, dialect: Dialect) -> Vec<u8> {
        let kind = self.kind.type_name(dialect);
        let mut json = String::new();
        let mut answer = ObjectWriter::new(&mut json);
        match dialect {
            Dialect::OpenAi => answer.object("error", |error| {
                error.text("message", &self.message);
                error.text("type", kind);
                error.text_or_null("param", self.param.as_deref());
                error.text_or_null("code", self.code);
            }),
            Dialect::Anthropic => {
                answer.text("type", "error");
                answer.object("error", |error| {
                    error.text("type", kind);
                    error.text("message", &self.message);
                });
            }
        }
        answer.end();
        json.into_bytes()
    }

    /// One SSE event that tells a client of a stream that it failed, in the shape that its SDK raises as an exception.
    pub fn to_sse(&self, dialect: Dialect) -> Vec<u8> {
        let json = String::from_utf8_lossy(&self.to_json(dialect)).into_owned();
        match dialect {
            Dialect::OpenAi => format!("data: {json}\n\n").into_bytes(),
            Dialect::Anthropic => format!("event: error\ndata: {json}\n\n").into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_gets_its_own_shape() {
        let error = ApiError::new(ErrorKind::InvalidRequest, "bad \"field\"")
            .param("model")
            .code("bad_model");
        let openai: serde_json::Value = serde_json::from_slice(&error.to_json(Dialect::OpenAi)).unwrap();
        assert_eq!(openai["error"]["param"], "model");
        assert_eq!(openai["error"]["code"], "bad_model");
        let anthropic: serde_json::Value =
            serde_json::from_slice(&error.to_json(Dialect::Anthropic)).unwrap();
        assert_eq!(anthropic["type"], "error");
        assert_eq!(anthropic["error"]["message"], "bad \"field\"");
    }
}
