//! OpenAI's chat completions: <https://platform.openai.com/docs/api-reference/chat>.
//! Must not know other operations.

use serde_json::{Value, json};

use crate::answer::{Answer, CREATED, Finish, Usage};

/// A usage object; completions and embeddings share it.
pub(super) fn usage(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": { "cached_tokens": usage.cached, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}

pub(super) fn finish(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
    }
}

pub(super) fn plain(answer: &Answer) -> Value {
    let content = if answer.text.is_empty() {
        Value::Null
    } else {
        json!(answer.text)
    };
    let mut message =
        json!({ "role": "assistant", "content": content, "refusal": answer.refusal, "annotations": [] });
    if let Some(reasoning) = &answer.reasoning {
        message["reasoning_content"] = json!(reasoning);
    }
    if !answer.tools.is_empty() {
        message["tool_calls"] = answer
            .tools
            .iter()
            .enumerate()
            .map(|(number, tool)| {
                json!({
                    "id": answer.call_id("call_", number),
                    "type": "function",
                    "function": { "name": tool.name, "arguments": tool.arguments },
                })
            })
            .collect();
    }
    let choices: Value = (0..answer.choices)
        .map(|index| {
            json!({
                "index": index, "message": message, "logprobs": null, "finish_reason": finish(answer.finish),
            })
        })
        .collect();
    let mut body = json!({
        "id": format!("chatcmpl-{}", answer.id),
        "object": "chat.completion",
        "created": CREATED,
        "model": answer.model,
        "choices": choices,
    });
    if let Some(tokens) = answer.usage {
        body["usage"] = usage(tokens);
    }
    body["service_tier"] = json!("default");
    body["system_fingerprint"] = json!("fp_simulator");
    body
}

pub(super) fn stream(answer: &Answer) -> Vec<Value> {
    let chunk = |choices: Value, tokens: Option<Usage>| {
        let mut chunk = json!({
            "id": format!("chatcmpl-{}", answer.id),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": answer.model,
            "service_tier": "default",
            "system_fingerprint": "fp_simulator",
            "choices": choices,
        });
        if answer.include_usage && answer.usage.is_some() {
            chunk["usage"] = tokens.map_or(Value::Null, usage);
        }
        chunk
    };
    let delta = |index: usize, delta: Value, finish: Option<&str>| {
        let choice = json!({ "index": index, "delta": delta, "logprobs": null, "finish_reason": finish });
        chunk(json!([choice]), None)
    };
    let mut events = Vec::new();
    for index in 0..answer.choices {
        let content = if answer.tools.is_empty() || !answer.text.is_empty() {
            json!("")
        } else {
            Value::Null
        };
        events.push(delta(
            index,
            json!({ "role": "assistant", "content": content, "refusal": null }),
            None,
        ));
    }
    for (key, text) in [
        ("reasoning_content", answer.reasoning.as_deref()),
        ("content", Some(answer.text.as_str())),
        ("refusal", answer.refusal.as_deref()),
    ] {
        for piece in answer.deltas(text.unwrap_or_default()) {
            for index in 0..answer.choices {
                events.push(delta(index, json!({ key: piece }), None));
            }
        }
    }
    for index in 0..answer.choices {
        for (number, tool) in answer.tools.iter().enumerate() {
            let call = json!({
                "index": number, "id": answer.call_id("call_", number), "type": "function",
                "function": { "name": tool.name, "arguments": "" },
            });
            events.push(delta(index, json!({ "tool_calls": [call] }), None));
            for piece in answer.deltas(&tool.arguments) {
                let call = json!({ "index": number, "function": { "arguments": piece } });
                events.push(delta(index, json!({ "tool_calls": [call] }), None));
            }
        }
    }
    for index in 0..answer.choices {
        events.push(delta(index, json!({}), Some(finish(answer.finish))));
    }
    if answer.include_usage && answer.usage.is_some() {
        events.push(chunk(json!([]), answer.usage));
    }
    events
}
