//! A chat completion as a message.
//! Must not know streams.

use std::borrow::Cow;

use tollgate_llm::ApiError;

use super::{Head, id_with_prefix, named, unusable};
use crate::json::{Json, Object, Text, is_object, object};
use crate::stop;
use crate::usage::Usage;

pub(super) fn answer<'a>(completion: &Object<'a>, head: &Head<'a>) -> Result<Object<'a>, ApiError> {
    let choice = completion
        .get("choices")
        .and_then(Json::as_array)
        .and_then(<[_]>::first);
    let choice = choice
        .and_then(Json::as_object)
        .ok_or_else(|| unusable("has no choices"))?;
    let message = choice.get("message").and_then(Json::as_object);
    let message = message.ok_or_else(|| unusable("has no message"))?;
    let reason = choice.get("finish_reason").and_then(Json::as_text);
    let is_cut = reason.is_some_and(|reason| reason.is("length"));

    let mut blocks = Vec::new();
    push_content(message.get("content"), &mut blocks);
    let refusal = message
        .get("refusal")
        .and_then(Json::as_text)
        .filter(|text| !text.is_empty());
    if let Some(refusal) = refusal {
        blocks.push(text_block(refusal));
    }
    let calls = message
        .get("tool_calls")
        .and_then(Json::as_array)
        .unwrap_or_default();
    for (position, call) in calls.iter().filter_map(Json::as_object).enumerate() {
        blocks.push(tool_use(call, head, position, is_cut)?);
    }
    let mut usage = Usage::default();
    usage.read_chat(completion.get("usage"));
    let id = id_with_prefix("msg_", completion.get("id").and_then(Json::as_text), head.id);
    Ok(object("id", id)
        .with("type", "message")
        .with("role", "assistant")
        .with("model", head.model)
        .with("content", blocks)
        .with(
            "stop_reason",
            stop::to_messages(reason, !calls.is_empty(), refusal.is_some()),
        )
        .with("stop_sequence", Json::Null)
        .with("usage", usage.to_messages()))
}

/// A string, or the array of parts that some compatible providers send.
fn push_content<'a>(content: Option<&Json<'a>>, blocks: &mut Vec<Json<'a>>) {
    match content {
        Some(Json::String(text)) if !text.is_empty() => blocks.push(text_block(text)),
        Some(Json::Array(parts)) => {
            for part in parts.iter().filter_map(Json::as_object) {
                if let Some(text) = part.get("text").and_then(Json::as_text)
                    && !text.is_empty()
                {
                    blocks.push(text_block(text));
                }
            }
        }
        _ => {}
    }
}

fn text_block<'a>(text: &Text<'a>) -> Json<'a> {
    object("type", "text").with("text", text.clone()).into()
}

fn tool_use<'a>(
    call: &Object<'a>,
    head: &Head<'_>,
    position: usize,
    is_cut: bool,
) -> Result<Json<'a>, ApiError> {
    let function = call.get("function").and_then(Json::as_object);
    let function = function.ok_or_else(|| unusable("calls a tool that is not a function"))?;
    let arguments = function
        .get("arguments")
        .and_then(Json::as_text)
        .map(Text::decode)
        .unwrap_or_default();
    let input = if is_object(&arguments) {
        Json::Verbatim(Cow::Owned(arguments.into_owned()))
    } else if is_cut || arguments.trim().is_empty() {
        // If the limit of tokens cut the arguments off, stop reason `max_tokens` tells the client not to run this call.
        Object::default().into()
    } else {
        return Err(unusable("calls a tool with arguments that are not a JSON object"));
    };
    let id = match call.get("id").and_then(Json::as_text).filter(|id| !id.is_empty()) {
        Some(id) => id.clone(),
        None => Text::plain(&format!("call_{}_{position}", head.id)).into_owned(),
    };
    let name = named(function)?.clone();
    Ok(object("type", "tool_use")
        .with("id", id)
        .with("name", name)
        .with("input", input)
        .into())
}
