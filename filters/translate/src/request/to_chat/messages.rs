//! Anthropic's system prompt and turns as chat's messages.
//! Must not know the request's other fields.

use tollgate_llm::ApiError;

use super::super::plainest;
use super::content::{Part, part, text_part};
use crate::at::At;
use crate::json::{Json, Object, Text, object};

pub(super) fn messages<'a>(message: &Object<'a>) -> Result<Vec<Json<'a>>, ApiError> {
    let mut out = Vec::new();
    push_system(message.get("system"), &At::ROOT.field("system"), &mut out)?;
    let at = At::ROOT.field("messages");
    let turns = at.array_of(message.get("messages").ok_or_else(|| at.refuse("is missing"))?)?;
    for (position, turn) in turns.iter().enumerate() {
        let at = at.index(position);
        let turn = at.object_of(turn)?;
        let role = at.need_text(turn, "role")?;
        let content = turn.get("content");
        let at_content = at.field("content");
        if role.is("user") {
            push_user(content, &at_content, &mut out)?;
        } else if role.is("assistant") {
            push_assistant(content, &at_content, &mut out)?;
        } else if role.is("system") {
            push_system(content, &at_content, &mut out)?;
        } else {
            return Err(at.field("role").refuse("must be user, assistant or system"));
        }
    }
    Ok(out)
}

/// A message's content as blocks with their places; a string is one text block.
fn each_block<'a>(
    content: Option<&Json<'a>>,
    at: &At<'_>,
    mut visit: impl FnMut(&Object<'a>, &Text<'a>, &At<'_>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    match content {
        None => Ok(()),
        Some(Json::String(text)) => {
            let block = object("type", "text").with("text", text.clone());
            visit(&block, &Text::plain("text"), at)
        }
        Some(Json::Array(blocks)) => {
            for (position, block) in blocks.iter().enumerate() {
                let at = at.index(position);
                let block = at.object_of(block)?;
                visit(block, at.need_text(block, "type")?, &at)?;
            }
            Ok(())
        }
        Some(_) => Err(at.refuse("must be a string or an array of content blocks")),
    }
}

fn push_system<'a>(content: Option<&Json<'a>>, at: &At<'_>, out: &mut Vec<Json<'a>>) -> Result<(), ApiError> {
    let mut parts = Vec::new();
    each_block(content, at, |block, kind, at| {
        if !kind.is("text") {
            return Err(at.field("type").refuse("must be text"));
        }
        let text = at.need_text(block, "text")?;
        if !text.is_empty() {
            parts.push(text_part(text));
        }
        Ok(())
    })?;
    push_message("system", parts, out);
    Ok(())
}

/// The results of tools come first, each as a message of its own, as chat wants them right behind the calls.
fn push_user<'a>(content: Option<&Json<'a>>, at: &At<'_>, out: &mut Vec<Json<'a>>) -> Result<(), ApiError> {
    let mut parts = Vec::new();
    each_block(content, at, |block, kind, at| {
        if kind.is("tool_result") {
            out.push(tool_message(block, at, &mut parts)?);
        } else if let Part::Keep(kept) = part(block, kind, at)? {
            parts.push(kept);
        }
        Ok(())
    })?;
    push_message("user", parts, out);
    Ok(())
}

/// Chat's tool messages hold text only: pictures and documents move on to the user message behind them.
fn tool_message<'a>(
    block: &Object<'a>,
    at: &At<'_>,
    others: &mut Vec<Json<'a>>,
) -> Result<Json<'a>, ApiError> {
    let mut message = object("role", "tool");
    message.push("tool_call_id", at.need_text(block, "tool_use_id")?.clone());
    let mut texts = Vec::new();
    each_block(block.get("content"), &at.field("content"), |block, kind, at| {
        if let Part::Keep(kept) = part(block, kind, at)? {
            if kind.is("text") {
                texts.push(kept)
            } else {
                others.push(kept)
            }
        }
        Ok(())
    })?;
    let content = if texts.is_empty() {
        Json::from("")
    } else {
        plainest(texts)
    };
    message.push("content", content);
    Ok(message.into())
}

fn push_assistant<'a>(
    content: Option<&Json<'a>>,
    at: &At<'_>,
    out: &mut Vec<Json<'a>>,
) -> Result<(), ApiError> {
    let mut parts = Vec::new();
    let mut calls = Vec::new();
    each_block(content, at, |block, kind, at| {
        if kind.is("text") {
            let text = at.need_text(block, "text")?;
            if !text.is_empty() {
                parts.push(text_part(text));
            }
        } else if kind.is("tool_use") {
            calls.push(tool_call(block, at)?);
        } else if !(kind.is("thinking") || kind.is("redacted_thinking")) {
            // Thoughts are signed for Anthropic's eyes, and chat has no place for them.
            return Err(at.field("type").unsupported("send text and tool_use only"));
        }
        Ok(())
    })?;
    if calls.is_empty() {
        push_message("assistant", parts, out);
        return Ok(());
    }
    let content = if parts.is_empty() {
        Json::Null
    } else {
        plainest(parts)
    };
    out.push(
        object("role", "assistant")
            .with("content", content)
            .with("tool_calls", calls)
            .into(),
    );
    Ok(())
}

fn tool_call<'a>(block: &Object<'a>, at: &At<'_>) -> Result<Json<'a>, ApiError> {
    let arguments = at
        .whole(block, "input")?
        .map_or_else(|| "{}".to_owned(), Json::to_json);
    let function = object("name", at.need_text(block, "name")?.clone()).with("arguments", arguments);
    let id = at.need_text(block, "id")?.clone();
    Ok(object("id", id)
        .with("type", "function")
        .with("function", function)
        .into())
}

/// Anthropic takes empty messages from nobody, so there is nothing to say when there are no parts.
fn push_message<'a>(role: &'static str, parts: Vec<Json<'a>>, out: &mut Vec<Json<'a>>) {
    if !parts.is_empty() {
        out.push(object("role", role).with("content", plainest(parts)).into());
    }
}
