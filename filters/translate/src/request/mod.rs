//! Requests: from the client's dialect to the provider's.
//! Must not know who the client is or which provider is tried.

mod model;
mod to_chat;
mod to_messages;

use tollgate_llm::{ApiError, Dialect, Endpoint, ErrorKind};

use crate::Translation;
use crate::at::At;
use crate::json::{Json, Object};
use crate::rename::rename_model;

/// What a provider's model wants to be told that a client of the other dialect does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// `max_tokens` for Anthropic when the client sets no limit: messages require one, chat completions don't.
    pub max_output_tokens: u64,
    /// What happens to temperature, top_p and top_k.
    pub sampling: Tuning,
    /// What happens to how hard the client wants the model to think: chat's `reasoning_effort`, messages'
    /// `output_config.effort` and `thinking`.
    pub effort: Tuning,
    /// How an OpenAI provider calls the limit of output tokens.
    pub output_limit: OutputLimit,
}

/// What happens to fields that tune an answer, and that some models refuse. Left out, the model does as it does by
/// default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tuning {
    /// Translated, unless the provider's name for the model says that it would be refused.
    #[default]
    ByModel,
    /// Always translated.
    Translate,
    /// Always left out.
    Drop,
}

/// How an OpenAI provider calls the limit of output tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputLimit {
    /// `max_completion_tokens`, which OpenAI's reasoning models require.
    #[default]
    MaxCompletionTokens,
    /// `max_tokens`, deprecated by OpenAI and the only name that some compatible providers know.
    MaxTokens,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            max_output_tokens: 4096,
            sampling: Tuning::default(),
            effort: Tuning::default(),
            output_limit: OutputLimit::default(),
        }
    }
}

/// A request as the provider takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestOut {
    /// The provider's path, with the `/v1` that a provider's own prefix may replace.
    pub path: &'static str,
    /// The JSON body.
    pub body: Vec<u8>,
    /// Whether the client asked for a stream, so that the answer needs a [`StreamTranslator`](crate::StreamTranslator).
    pub stream: bool,
    /// Whether a chat client asked for usage at the end of its stream. The stream's translator needs to know.
    pub include_usage: bool,
}

/// Writes a client's request for a provider. `model` is the provider's name for the model.
///
/// # Errors
/// 400 for a body that is not a request of `client`'s, and for what the provider's dialect cannot express, each with
/// the field's path; 404 if no provider of this dialect serves the endpoint.
pub fn request(
    client: Endpoint,
    provider: Dialect,
    body: &[u8],
    model: &str,
    defaults: &Defaults,
) -> Result<RequestOut, ApiError> {
    let translation = Translation::between(client, provider)?;
    let text = std::str::from_utf8(body).map_err(|_| unreadable("not UTF-8"))?;
    let root = Json::parse(text).map_err(|error| unreadable(&error.to_string()))?;
    let Some(fields) = root.as_object() else {
        return Err(ApiError::new(
            ErrorKind::InvalidRequest,
            "the request body must be a JSON object",
        ));
    };
    let stream = At::ROOT.flag(fields, "stream")?;
    let include_usage = match fields.get("stream_options").and_then(Json::as_object) {
        Some(options) => At::ROOT.field("stream_options").flag(options, "include_usage")?,
        None => false,
    };
    let (path, body) = match translation {
        Translation::None => (client.path(), rename_model(body, model)?),
        Translation::ChatOnAnthropic => (
            Endpoint::Messages.path(),
            written(to_messages::request(fields, model, defaults)?),
        ),
        Translation::MessagesOnOpenAi => (
            Endpoint::ChatCompletions.path(),
            written(to_chat::request(fields, model, defaults)?),
        ),
    };
    Ok(RequestOut {
        path,
        body,
        stream,
        include_usage,
    })
}

fn written(request: Object<'_>) -> Vec<u8> {
    Json::Object(request).to_json().into_bytes()
}

/// `problem` ends the sentence.
pub(crate) fn unreadable(problem: &str) -> ApiError {
    ApiError::new(
        ErrorKind::InvalidRequest,
        format!("the request body cannot be read as JSON: {problem}"),
    )
}

/// Content in the plainest form: one text as a string, anything else as an array of parts.
fn plainest<'a>(mut parts: Vec<Json<'a>>) -> Json<'a> {
    if let [Json::Object(part)] = parts.as_mut_slice()
        && part.len() == 2
        && part
            .get("type")
            .and_then(Json::as_text)
            .is_some_and(|kind| kind.is("text"))
        && let Some(Json::String(text)) = part.get("text")
    {
        return Json::String(text.clone());
    }
    Json::Array(parts)
}
