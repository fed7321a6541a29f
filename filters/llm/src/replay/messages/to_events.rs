//! The events that a message would have come in.
//! Must not know how events become a body again.

use crate::replay::events::pieces;
use crate::replay::json::{Members, NULL, Writer, elements, escape, inside};
use crate::replay::{ReplayError, usage};
use crate::{Endpoint, Usage, sse};

/// Members of the message that are only known at its end.
const AT_THE_END: [&str; 4] = ["stop_reason", "stop_sequence", "stop_details", "container"];

/// Figures that grow while a message is written: its last event tells them anew.
const RUNNING: [&str; 6] = [
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "server_tool_use",
    "output_tokens",
    "output_tokens_details",
];

/// All events of a body.
pub(in crate::replay) fn events(body: &str, usage: &Usage) -> Result<Vec<u8>, ReplayError> {
    let body = Members::of(body)?;
    if body.string("stop_reason").is_none_or(str::is_empty) {
        return Err(ReplayError::Incomplete("the message has no reason to end"));
    }
    let content = body
        .some("content")
        .filter(|content| content.starts_with('['))
        .ok_or_else(|| ReplayError::no_counterpart("content"))?;
    let made = usage::of(Endpoint::Messages, usage);
    let usage = Members::of(body.some("usage").unwrap_or(&made))?;
    let mut out = Vec::new();

    emit(&mut out, "message_start", |event| {
        let mut message = Writer::new();
        for (name, value) in body.iter() {
            match name {
                "content" => message.compact(name, "[]"),
                // Not yet known, and told by the event's place.
                "stop_reason" | "stop_sequence" => message.compact(name, NULL),
                "usage" | "stop_details" | "container" | "context_management" => &mut message,
                _ => message.value(name, value),
            };
        }
        let mut first = Writer::new();
        for (name, value) in usage.iter() {
            // Anthropic counts what it has written by then.
            let started = name == "output_tokens" && value != "0";
            first.value(name, if started { "1" } else { value });
        }
        message.object("usage", first);
        event.object("message", message);
    });
    for (index, block) in elements(content)?.into_iter().enumerate() {
        write_block(&mut out, index, &Members::of(block)?)?;
    }
    emit(&mut out, "message_delta", |event| {
        let mut delta = Writer::new();
        for name in AT_THE_END {
            if let Some(value) = body.get(name) {
                delta.value(name, value);
            }
        }
        event.object("delta", delta);
        let mut last = Writer::new();
        for name in RUNNING {
            if let Some(value) = usage.get(name) {
                last.value(name, value);
            }
        }
        event.object("usage", last);
        if let Some(value) = body.get("context_management") {
            event.value("context_management", value);
        }
    });
    emit(&mut out, "message_stop", |_| {});
    Ok(out)
}

fn write_block(out: &mut Vec<u8>, index: usize, block: &Members<'_>) -> Result<(), ReplayError> {
    let kind = block.string("type").unwrap_or_default();
    // The fields that come piece by piece. Blocks of other kinds come whole.
    let (streamed, rest): (&str, &[&str]) = match kind {
        "text" => ("text", &["citations"]),
        "thinking" => ("thinking", &["signature"]),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => ("input", &[]),
        _ => ("", &[]),
    };
    emit(out, "content_block_start", |event| {
        let mut start = Writer::new();
        for (name, value) in block.iter() {
            match (name, inside(value)) {
                _ if name != streamed && !rest.contains(&name) => start.value(name, value),
                ("input", _) => start.compact(name, "{}"),
                ("citations", _) if value.starts_with('[') => start.compact(name, "[]"),
                (_, Some(_)) => start.string(name, ""),
                (_, None) => start.value(name, value),
            };
        }
        event.number("index", index as u64).object("content_block", start);
    });
    let mut delta = |kind: &str, name: &str, json: &str| {
        emit(out, "content_block_delta", |event| {
            let mut delta = Writer::new();
            delta.string("type", kind).value(name, json);
            event.number("index", index as u64).object("delta", delta);
        });
    };
    let quoted = |inside: &str| format!("\"{inside}\"");
    match kind {
        "text" => {
            for piece in pieces(block.string("text").unwrap_or_default()) {
                delta("text_delta", "text", &quoted(piece));
            }
            for citation in elements(block.get("citations").unwrap_or(NULL))? {
                delta("citations_delta", "citation", citation);
            }
        }
        "thinking" => {
            for piece in pieces(block.string("thinking").unwrap_or_default()) {
                delta("thinking_delta", "thinking", &quoted(piece));
            }
            if let Some(signature) = block.string("signature").filter(|inside| !inside.is_empty()) {
                delta("signature_delta", "signature", &quoted(signature));
            }
        }
        _ if streamed == "input" => {
            delta("input_json_delta", "partial_json", "\"\"");
            let input = block.some("input").unwrap_or("{}");
            if Members::of(input).is_ok_and(|members| members.iter().next().is_none()) {
                // No input is told by the block's start.
            } else {
                for piece in pieces(&escape(input)) {
                    delta("input_json_delta", "partial_json", &quoted(piece));
                }
            }
        }
        _ => {}
    }
    emit(out, "content_block_stop", |event| {
        event.number("index", index as u64);
    });
    Ok(())
}

fn emit(out: &mut Vec<u8>, kind: &str, write: impl FnOnce(&mut Writer)) {
    let mut event = Writer::new();
    event.string("type", kind);
    write(&mut event);
    sse::encode(out, Some(kind), &event.done());
}
