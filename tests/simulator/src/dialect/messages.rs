//! Anthropic's messages: <https://docs.anthropic.com/en/api/messages> and its streaming page.
//! Must not know other operations.

use serde_json::{Value, json};

use crate::answer::{Answer, Finish, Usage};

/// The signature of every thinking block.
const SIGNATURE: &str = "EqoBsimulatorsignature";

pub(super) fn plain(answer: &Answer) -> Value {
    let mut content = Vec::new();
    if let Some(reasoning) = &answer.reasoning {
        content.push(json!({ "type": "thinking", "thinking": reasoning, "signature": SIGNATURE }));
    }
    if !answer.text.is_empty() {
        content.push(json!({ "type": "text", "text": answer.text }));
    }
    for (number, tool) in answer.tools.iter().enumerate() {
        let input: Value = serde_json::from_str(&tool.arguments).unwrap_or_else(|_| json!({}));
        content.push(json!({
            "type": "tool_use", "id": answer.call_id("toolu_", number), "name": tool.name, "input": input,
        }));
    }
    let mut body = json!({
        "model": answer.model,
        "id": format!("msg_{}", answer.id),
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": stop_reason(answer.finish),
        "stop_sequence": null,
    });
    if let Some(tokens) = answer.usage {
        body["usage"] = usage(tokens, tokens.output);
    }
    body
}

pub(super) fn stream(answer: &Answer) -> Vec<Value> {
    let mut message = json!({
        "model": answer.model,
        "id": format!("msg_{}", answer.id),
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
    });
    if let Some(tokens) = answer.usage {
        // What Anthropic sends first: a running count, corrected by message_delta.
        message["usage"] = usage(tokens, tokens.output.min(1));
    }
    let mut events = vec![json!({ "type": "message_start", "message": message })];
    let mut index = 0;
    let mut block = |start: Value, deltas: Vec<Value>| {
        events.push(json!({ "type": "content_block_start", "index": index, "content_block": start }));
        if index == 0 {
            events.push(json!({ "type": "ping" }));
        }
        for delta in deltas {
            events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        events.push(json!({ "type": "content_block_stop", "index": index }));
        index += 1;
    };
    if let Some(reasoning) = &answer.reasoning {
        let pieces = answer.deltas(reasoning).into_iter();
        let mut deltas: Vec<Value> = pieces
            .map(|piece| json!({ "type": "thinking_delta", "thinking": piece }))
            .collect();
        deltas.push(json!({ "type": "signature_delta", "signature": SIGNATURE }));
        block(
            json!({ "type": "thinking", "thinking": "", "signature": "" }),
            deltas,
        );
    }
    if !answer.text.is_empty() {
        let pieces = answer.deltas(&answer.text).into_iter();
        let deltas = pieces
            .map(|piece| json!({ "type": "text_delta", "text": piece }))
            .collect();
        block(json!({ "type": "text", "text": "" }), deltas);
    }
    for (number, tool) in answer.tools.iter().enumerate() {
        let pieces = std::iter::once("").chain(answer.deltas(&tool.arguments));
        let deltas = pieces
            .map(|piece| json!({ "type": "input_json_delta", "partial_json": piece }))
            .collect();
        let id = answer.call_id("toolu_", number);
        block(
            json!({ "type": "tool_use", "id": id, "name": tool.name, "input": {} }),
            deltas,
        );
    }
    let mut end = json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop_reason(answer.finish), "stop_sequence": null },
    });
    if let Some(tokens) = answer.usage {
        end["usage"] = json!({ "output_tokens": tokens.output });
    }
    events.push(end);
    events.push(json!({ "type": "message_stop" }));
    events
}

fn usage(usage: Usage, output: u64) -> Value {
    json!({
        // Anthropic's count leaves out what was read from or written to its cache.
        "input_tokens": usage.input.saturating_sub(usage.cached + usage.cache_write),
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": { "ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0 },
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn stop_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter => "refusal",
    }
}
