//! A message as a chat completion.
//! Must not know streams.

use tollgate_llm::ApiError;

use super::{Head, id_with_prefix, named, unusable};
use crate::json::{Json, Object, Text, object};
use crate::stop;
use crate::usage::Usage;

pub(super) fn answer<'a>(message: &Object<'a>, head: &Head<'a>) -> Result<Object<'a>, ApiError> {
    let blocks = message.get("content").and_then(Json::as_array);
    let blocks = blocks.ok_or_else(|| unusable("is not a message: it has no content"))?;
    let mut text: Option<Text<'a>> = None;
    let mut reasoning: Option<Text<'a>> = None;
    let mut calls = Vec::new();
    for block in blocks.iter().filter_map(Json::as_object) {
        let part = |name: &str| block.get(name).and_then(Json::as_text);
        let Some(kind) = part("type") else { continue };
        if kind.is("text") {
            append(&mut text, part("text"));
        } else if kind.is("thinking") {
            append(&mut reasoning, part("thinking"));
        } else if kind.is("tool_use") {
            calls.push(tool_call(block, head, calls.len())?);
        }
    }
    let reason = message.get("stop_reason").and_then(Json::as_text);
    let mut translated = object("role", "assistant").with("content", text.map_or(Json::Null, Json::from));
    translated.push("refusal", refusal(message));
    // The name under which OpenAI-compatible providers of reasoning models send it.
    translated.push_some("reasoning_content", reasoning);
    if !calls.is_empty() {
        translated.push("tool_calls", calls);
    }
    let choice = object("index", 0u64)
        .with("message", translated)
        .with("logprobs", Json::Null)
        .with("finish_reason", stop::to_chat(reason));
    let id = id_with_prefix("chatcmpl-", message.get("id").and_then(Json::as_text), head.id);
    let mut out = object("id", id)
        .with("object", "chat.completion")
        .with("created", head.created)
        .with("model", head.model)
        .with("choices", vec![choice.into()]);
    let mut usage = Usage::default();
    usage.read_messages(message.get("usage"));
    out.push_some("usage", usage.to_chat());
    Ok(out)
}

/// Anthropic cuts one text into several blocks, to cite for example: they follow on each other without a gap.
fn append<'a>(all: &mut Option<Text<'a>>, more: Option<&Text<'a>>) {
    match (all.as_mut(), more) {
        (Some(all), Some(more)) => all.push(more),
        (None, Some(more)) => *all = Some(more.clone()),
        (_, None) => {}
    }
}

/// The explanation that comes with a refusal, if one does.
fn refusal<'a>(message: &Object<'a>) -> Json<'a> {
    let details = message.get("stop_details").and_then(Json::as_object);
    details
        .and_then(|details| details.get("explanation"))
        .cloned()
        .unwrap_or(Json::Null)
}

fn tool_call<'a>(block: &Object<'a>, head: &Head<'_>, position: usize) -> Result<Json<'a>, ApiError> {
    let arguments = block.get("input").map_or_else(|| "{}".to_owned(), Json::to_json);
    let function = object("name", named(block)?.clone()).with("arguments", arguments);
    let id = match block.get("id").and_then(Json::as_text) {
        Some(id) => id.clone(),
        None => Text::plain(&format!("call_{}_{position}", head.id)).into_owned(),
    };
    Ok(object("id", id)
        .with("type", "function")
        .with("function", function)
        .into())
}
