//! OpenAI's text completions: <https://platform.openai.com/docs/api-reference/completions>.
//! Must not know other operations.

use serde_json::{Value, json};

use super::chat::{finish, usage};
use crate::answer::{Answer, CREATED, Usage};

pub(super) fn plain(answer: &Answer) -> Value {
    let choices: Value = (0..answer.choices)
        .map(|index| choice(index, &answer.text, Some(finish(answer.finish))))
        .collect();
    let mut body = object(answer, choices);
    if let Some(tokens) = answer.usage {
        body["usage"] = usage(tokens);
    }
    body
}

pub(super) fn stream(answer: &Answer) -> Vec<Value> {
    let chunk = |choices: Value, tokens: Option<Usage>| {
        let mut chunk = object(answer, choices);
        if answer.include_usage && answer.usage.is_some() {
            chunk["usage"] = tokens.map_or(Value::Null, usage);
        }
        chunk
    };
    let mut events = Vec::new();
    for piece in answer.deltas(&answer.text) {
        for index in 0..answer.choices {
            events.push(chunk(json!([choice(index, piece, None)]), None));
        }
    }
    for index in 0..answer.choices {
        events.push(chunk(
            json!([choice(index, "", Some(finish(answer.finish)))]),
            None,
        ));
    }
    if answer.include_usage && answer.usage.is_some() {
        events.push(chunk(json!([]), answer.usage));
    }
    events
}

fn choice(index: usize, text: &str, finish: Option<&str>) -> Value {
    json!({ "text": text, "index": index, "logprobs": null, "finish_reason": finish })
}

fn object(answer: &Answer, choices: Value) -> Value {
    json!({
        "id": format!("cmpl-{}", answer.id),
        "object": "text_completion",
        "created": CREATED,
        "model": answer.model,
        "choices": choices,
    })
}
