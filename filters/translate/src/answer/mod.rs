//! Plain answers: from the provider's dialect to the client's.
//! Must not know the request that was answered.

mod to_chat;
mod to_messages;

use tollgate_llm::{ApiError, Dialect, Endpoint, ErrorKind};

use crate::Translation;
use crate::json::{Json, Object, Text};

/// What a translated answer says of itself that the provider's does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// The model's name on the gateway, as the client wrote it.
    pub model: &'a str,
    /// Now, in seconds since 1970: chat completions have a time, messages have none.
    pub created: u64,
    /// Letters and digits that no other answer has, for a provider that sends no id. Without a prefix.
    pub id: &'a str,
}

/// Writes a provider's answer of status 200 for the client. Answers in the client's own dialect stay as they came.
///
/// # Errors
/// 502 if the body is not an answer of `provider`'s; 404 if no provider of this dialect serves the endpoint.
pub fn answer(
    client: Endpoint,
    provider: Dialect,
    body: &[u8],
    head: &Head<'_>,
) -> Result<Vec<u8>, ApiError> {
    let translation = Translation::between(client, provider)?;
    if translation == Translation::None {
        return Ok(body.to_vec());
    }
    let text = std::str::from_utf8(body).map_err(|_| unusable("is not UTF-8"))?;
    let root = Json::parse(text).map_err(|error| unusable(&format!("cannot be read as JSON: {error}")))?;
    let fields = root.as_object().ok_or_else(|| unusable("is not a JSON object"))?;
    if fields.get("error").is_some() {
        return Err(unusable("is an error, though its status says success"));
    }
    let translated = match translation {
        Translation::ChatOnAnthropic => to_chat::answer(fields, head)?,
        _ => to_messages::answer(fields, head)?,
    };
    Ok(Json::Object(translated).to_json().into_bytes())
}

/// The code of an answer, or an event of one, that is not the provider's dialect.
pub(crate) const UNUSABLE: &str = "unusable_answer";

/// A 502. `problem` continues "the provider's answer …".
pub(crate) fn unusable(problem: &str) -> ApiError {
    ApiError::new(ErrorKind::Provider, format!("the provider's answer {problem}")).code(UNUSABLE)
}

/// An id in the client's dialect that still shows the provider's: `msg_01AB` becomes `chatcmpl-01AB` and back.
pub(crate) fn id_with_prefix(prefix: &'static str, theirs: Option<&Text<'_>>, fallback: &str) -> String {
    let theirs = theirs.map(Text::decode).unwrap_or_default();
    let bare = ["chatcmpl-", "msg_"]
        .into_iter()
        .find_map(|known| theirs.strip_prefix(known))
        .unwrap_or(&theirs);
    [prefix, if bare.is_empty() { fallback } else { bare }].concat()
}

/// The name of a tool call, which has to have one.
fn named<'o, 'a>(call: &'o Object<'a>) -> Result<&'o Text<'a>, ApiError> {
    call.get("name")
        .and_then(Json::as_text)
        .ok_or_else(|| unusable("calls a tool without its name"))
}
