//! Chat's messages as a system prompt and turns that alternate between user and assistant.
//! Must not know the request's other fields.

use std::borrow::Cow;

use tollgate_llm::ApiError;

use super::super::plainest;
use super::content::{Parts, push_blocks, push_text};
use crate::at::At;
use crate::json::{Json, Object, Text, is_object, object};

/// A chat's messages, sorted into what Anthropic keeps apart.
pub(super) struct Conversation<'a> {
    /// Text blocks of all system and developer messages, in order, wherever in the conversation they stood.
    pub(super) system: Vec<Json<'a>>,
    /// What goes into `messages`.
    pub(super) turns: Vec<Json<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    User,
    Assistant,
}

/// Neighbours with the same speaker become one turn: the results of parallel tool calls must stand in one user turn,
/// and before anything else that the user says.
struct Turn<'a> {
    speaker: Speaker,
    blocks: Vec<Json<'a>>,
}

pub(super) fn conversation<'a>(chat: &Object<'a>) -> Result<Conversation<'a>, ApiError> {
    let at = At::ROOT.field("messages");
    let messages = at.array_of(chat.get("messages").ok_or_else(|| at.refuse("is missing"))?)?;
    let mut system = Vec::new();
    let mut turns: Vec<Turn<'a>> = Vec::new();
    for (position, message) in messages.iter().enumerate() {
        let at = at.index(position);
        let message = at.object_of(message)?;
        let role = at.need_text(message, "role")?;
        let content = message.get("content");
        let mut blocks = Vec::new();
        let speaker = if role.is("system") || role.is("developer") {
            push_blocks(content, Parts::Text, &at.field("content"), &mut system)?;
            continue;
        } else if role.is("user") {
            push_blocks(content, Parts::Any, &at.field("content"), &mut blocks)?;
            Speaker::User
        } else if role.is("assistant") {
            push_assistant(message, &at, &mut blocks)?;
            Speaker::Assistant
        } else if role.is("tool") {
            blocks.push(tool_result(message, &at)?);
            Speaker::User
        } else if role.is("function") {
            return Err(at.field("role").unsupported("use tool messages instead"));
        } else {
            return Err(at
                .field("role")
                .refuse("must be developer, system, user, assistant or tool"));
        };
        // A message without content is none: chat takes it, Anthropic would refuse the request.
        if blocks.is_empty() {
            continue;
        }
        match turns.last_mut() {
            Some(turn) if turn.speaker == speaker => turn.blocks.append(&mut blocks),
            _ => turns.push(Turn { speaker, blocks }),
        }
    }
    if let Some(Turn {
        speaker: Speaker::Assistant,
        blocks,
    }) = turns.last_mut()
    {
        trim_end_of_prefill(blocks);
    }
    turns.retain(|turn| !turn.blocks.is_empty());
    if turns.is_empty() {
        return Err(at.refuse("must hold at least one user message that is not empty"));
    }
    Ok(Conversation {
        system,
        turns: turns.into_iter().map(Turn::into_json).collect(),
    })
}

impl<'a> Turn<'a> {
    fn into_json(self) -> Json<'a> {
        let role = match self.speaker {
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
        };
        object("role", role).with("content", plainest(self.blocks)).into()
    }
}

fn push_assistant<'a>(message: &Object<'a>, at: &At<'_>, blocks: &mut Vec<Json<'a>>) -> Result<(), ApiError> {
    for (name, way_out) in [
        ("audio", "send the text instead"),
        ("function_call", "use tool_calls instead"),
    ] {
        if message.get(name).is_some() {
            return Err(at.field(name).unsupported(way_out));
        }
    }
    push_blocks(
        message.get("content"),
        Parts::TextAndRefusal,
        &at.field("content"),
        blocks,
    )?;
    if let Some(refusal) = at.text(message, "refusal")? {
        push_text(refusal, blocks);
    }
    let calls = at.field("tool_calls");
    for (position, call) in at.array(message, "tool_calls")?.iter().enumerate() {
        let at = calls.index(position);
        blocks.push(tool_use(at.object_of(call)?, &at)?);
    }
    Ok(())
}

fn tool_use<'a>(call: &Object<'a>, at: &At<'_>) -> Result<Json<'a>, ApiError> {
    if at.text(call, "type")?.is_some_and(|kind| !kind.is("function")) {
        return Err(at.field("type").unsupported("use function tools only"));
    }
    let function = at.need_object(call, "function")?;
    let id = tool_id(at.need_text(call, "id")?);
    let at = at.field("function");
    let name = at.need_text(function, "name")?.clone();
    let input = match at.text(function, "arguments")? {
        None => Json::Object(Object::default()),
        Some(arguments) if arguments.is_blank() => Json::Object(Object::default()),
        Some(arguments) => {
            let arguments = arguments.decode();
            if !is_object(&arguments) {
                return Err(at
                    .field("arguments")
                    .refuse("must be a string that holds a JSON object"));
            }
            Json::Verbatim(Cow::Owned(arguments.into_owned()))
        }
    };
    Ok(object("type", "tool_use")
        .with("id", id)
        .with("name", name)
        .with("input", input)
        .into())
}

fn tool_result<'a>(message: &Object<'a>, at: &At<'_>) -> Result<Json<'a>, ApiError> {
    let mut result = object("type", "tool_result");
    result.push("tool_use_id", tool_id(at.need_text(message, "tool_call_id")?));
    let mut blocks = Vec::new();
    push_blocks(
        message.get("content"),
        Parts::Text,
        &at.field("content"),
        &mut blocks,
    )?;
    if !blocks.is_empty() {
        result.push("content", plainest(blocks));
    }
    Ok(result.into())
}

/// Anthropic takes letters, digits, `_` and `-` in ids. Other characters, which some compatible providers put into
/// theirs, are written as their code point, in the call and in its result alike.
fn tool_id<'a>(id: &Text<'a>) -> Text<'a> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let decoded = id.decode();
    if decoded.chars().all(plain) {
        return id.clone();
    }
    let mut out = String::with_capacity(decoded.len() + 8);
    for c in decoded.chars() {
        if plain(c) {
            out.push(c);
        } else {
            out.push_str(&format!("_x{:X}", u32::from(c)));
        }
    }
    Text::plain(&out).into_owned()
}

/// The last turn is what the answer continues, and Anthropic refuses white space at its end.
fn trim_end_of_prefill(blocks: &mut Vec<Json<'_>>) {
    let last = blocks
        .last()
        .and_then(Json::as_object)
        .and_then(|block| block.get("text"))
        .and_then(Json::as_text);
    let Some(text) = last else { return };
    let decoded = text.decode();
    let trimmed = decoded.trim_end();
    if trimmed.len() == decoded.len() {
        return;
    }
    let trimmed = Text::plain(trimmed).into_owned();
    blocks.pop();
    push_text(&trimmed, blocks);
}
