//! A provider's error as the client's SDK expects it.
//! Must not know whether another provider will be tried.

use tollgate_llm::{Dialect, Endpoint, ErrorKind};

use crate::json::{Json, Object, Text, object};

/// Longer plain text is a page for people rather than a message.
const MAX_PLAIN_MESSAGE: usize = 300;

/// Writes the body of a provider's error answer for the client. Never fails: what is not JSON becomes an error too.
pub fn error(client: Endpoint, provider: Dialect, status: u16, body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let parsed = Json::parse(&text).ok();
    let dialect = client.dialect();
    if dialect == provider && parsed.as_ref().and_then(Json::as_object).is_some() {
        return body.to_vec();
    }
    let fault = match parsed.as_ref().and_then(Json::as_object) {
        Some(body) => Fault::read(body, provider, Some(status)),
        None => Fault::of_text(&text, status),
    };
    fault.into_json(dialect).to_json().into_bytes()
}

/// What a provider's error says.
pub(crate) struct Fault<'a> {
    kind: ErrorKind,
    message: Text<'a>,
    param: Option<Json<'a>>,
    code: Option<Json<'a>>,
}

impl<'a> Fault<'a> {
    /// Reads an error body of `provider`'s. Within a stream there is no status.
    pub(crate) fn read(body: &Object<'a>, provider: Dialect, status: Option<u16>) -> Self {
        let inner = body.get("error").and_then(Json::as_object).unwrap_or(body);
        let word = |name: &str| inner.get(name).and_then(Json::as_text);
        // Compatible servers put the message at the top, or `error` or `detail` in its place.
        let message = ["message", "detail", "error"].into_iter().find_map(word).cloned();
        let by_name = word("type").and_then(|name| kind_of(name, provider, status));
        let quota = word("code").is_some_and(|code| code.is("insufficient_quota"));
        let kind = if quota {
            ErrorKind::Budget
        } else {
            by_name.unwrap_or_else(|| status.map_or(ErrorKind::Internal, ErrorKind::from_status))
        };
        let message = message.unwrap_or_else(|| unexplained(status));
        let code = match provider {
            Dialect::OpenAi => inner.get("code").cloned(),
            Dialect::Anthropic => code_of(kind, &message).map(Json::from),
        };
        Self {
            kind,
            message,
            param: inner.get("param").cloned(),
            code,
        }
    }

    pub(crate) const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Reads an error body that is not JSON: a proxy's page, as a rule.
    fn of_text(body: &'a str, status: u16) -> Self {
        let body = body.trim();
        let is_message =
            !body.is_empty() && body.len() <= MAX_PLAIN_MESSAGE && !body.starts_with(['<', '{', '[']);
        let message = if is_message {
            Text::plain(body)
        } else {
            unexplained(Some(status))
        };
        Self {
            kind: ErrorKind::from_status(status),
            message,
            param: None,
            code: None,
        }
    }

    /// The error body for a client of `dialect`.
    pub(crate) fn into_json(self, dialect: Dialect) -> Json<'a> {
        let kind = self.kind.type_name(dialect);
        match dialect {
            Dialect::OpenAi => {
                let error = object("message", self.message)
                    .with("type", kind)
                    .with("param", self.param.unwrap_or(Json::Null))
                    .with("code", self.code.unwrap_or(Json::Null));
                object("error", error).into()
            }
            Dialect::Anthropic => object("type", "error")
                .with("error", object("type", kind).with("message", self.message))
                .into(),
        }
    }
}

fn unexplained<'a>(status: Option<u16>) -> Text<'a> {
    let message = match status {
        Some(status) => format!("the provider answered with status {status} and no explanation"),
        None => "the provider broke off its answer without an explanation".to_owned(),
    };
    Text::plain(&message).into_owned()
}

/// The kind that an error's `type` stands for, where it says more than the status does.
fn kind_of(name: &Text<'_>, provider: Dialect, status: Option<u16>) -> Option<ErrorKind> {
    const ANTHROPIC: &[(&str, ErrorKind)] = &[
        ("invalid_request_error", ErrorKind::InvalidRequest),
        ("authentication_error", ErrorKind::Authentication),
        ("billing_error", ErrorKind::Budget),
        ("permission_error", ErrorKind::Permission),
        ("not_found_error", ErrorKind::NotFound),
        ("request_too_large", ErrorKind::TooLarge),
        ("rate_limit_error", ErrorKind::RateLimit),
        ("timeout_error", ErrorKind::Timeout),
        ("overloaded_error", ErrorKind::Unavailable),
        ("api_error", ErrorKind::Internal),
    ];
    const OPENAI: &[(&str, ErrorKind)] = &[
        ("insufficient_quota", ErrorKind::Budget),
        ("invalid_request_error", ErrorKind::InvalidRequest),
        ("rate_limit_error", ErrorKind::RateLimit),
        ("rate_limit_exceeded", ErrorKind::RateLimit),
        ("tokens", ErrorKind::RateLimit),
        ("requests", ErrorKind::RateLimit),
        ("server_error", ErrorKind::Internal),
    ];
    let names = match provider {
        Dialect::Anthropic => ANTHROPIC,
        // OpenAI says invalid_request_error for nearly everything, so its status knows better where there is one.
        Dialect::OpenAi if status.is_some() => &OPENAI[..1],
        Dialect::OpenAi => OPENAI,
    };
    names
        .iter()
        .find(|(known, _)| name.is(known))
        .map(|(_, kind)| *kind)
}

/// The code by which OpenAI's clients know what to do, where Anthropic has only a sentence.
fn code_of(kind: ErrorKind, message: &Text<'_>) -> Option<&'static str> {
    let message = message.decode();
    match kind {
        ErrorKind::InvalidRequest
            if message.starts_with("prompt is too long") || message.contains("exceed context limit") =>
        {
            Some("context_length_exceeded")
        }
        ErrorKind::NotFound if message.starts_with("model:") => Some("model_not_found"),
        ErrorKind::RateLimit => Some("rate_limit_exceeded"),
        ErrorKind::Budget => Some("insufficient_quota"),
        _ => None,
    }
}
