//! Refuses what the real provider would refuse, so that a wrong translation fails a test instead of passing unseen.
//! Must not know how errors are written.

use serde_json::Value;

use crate::http::Request;
use crate::request::Operation;

/// Top-level fields of `POST /v1/chat/completions`, as of the `openai` package in tests/requirements.txt.
const CHAT: &[&str] = &[
    "messages",
    "model",
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Top-level fields of `POST /v1/messages`: the `anthropic` package's, and those that older versions of the API take.
const MESSAGES: &[&str] = &[
    "model",
    "messages",
    "max_tokens",
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "inference_geo",
    "mcp_servers",
    "metadata",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user_profile_id",
    "workspace_id",
];

const CONTENT_BLOCKS: &[&str] = &[
    "text",
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
];

/// From this version of the API on, messages may have the role `system`.
const SYSTEM_MESSAGES_SINCE: &str = "2026-10-21";

/// What the provider would say to a body that it does not take: a message and the field at fault.
pub(crate) fn body(
    operation: Operation,
    request: &Request,
    body: &Value,
) -> Result<(), (String, Option<String>)> {
    let missing = |field: &str| {
        Err((
            format!("you must provide a `{field}` parameter"),
            Some(field.to_owned()),
        ))
    };
    if operation == Operation::Analyze {
        return analyze(body);
    }
    if operation == Operation::Moderations {
        if let Some(field) = unknown_field(body, &["input", "model"]) {
            return Err((format!("Unrecognized request argument supplied: {field}"), None));
        }
    } else if !body["model"].is_string() {
        return missing("model");
    }
    let input = match operation {
        Operation::Chat | Operation::Messages => "messages",
        Operation::Completions => "prompt",
        Operation::Embeddings | Operation::Moderations | Operation::Responses => "input",
        Operation::Analyze => "text",
    };
    if body[input].is_null() {
        return missing(input);
    }
    match operation {
        Operation::Chat => chat(body),
        Operation::Messages => messages(request, body),
        _ => Ok(()),
    }
}

/// An empty text or language is refused like a missing one, in one text and not in a list.
fn analyze(body: &Value) -> Result<(), (String, Option<String>)> {
    for (field, message) in [("text", "No text provided"), ("language", "No language provided")] {
        let is_missing = match &body[field] {
            Value::String(text) => text.is_empty(),
            Value::Array(texts) => texts.is_empty(),
            _ => true,
        };
        if is_missing {
            return Err((message.to_owned(), None));
        }
    }
    Ok(())
}

fn chat(body: &Value) -> Result<(), (String, Option<String>)> {
    if let Some(field) = unknown_field(body, CHAT) {
        return Err((format!("Unrecognized request argument supplied: {field}"), None));
    }
    let mut open_calls: Vec<&str> = Vec::new();
    for (index, message) in array(&body["messages"]).iter().enumerate() {
        let path = format!("messages.[{index}].role");
        let role = message["role"].as_str().unwrap_or_default();
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            if !open_calls.contains(&id) {
                let text =
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
                return Err((text.to_owned(), Some(path)));
            }
            open_calls.retain(|open| *open != id);
            continue;
        }
        if !open_calls.is_empty() {
            let text = "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
                        'tool_call_id'.";
            return Err((text.to_owned(), Some(path)));
        }
        match role {
            "system" | "developer" | "user" => {}
            "assistant" => {
                open_calls = array(&message["tool_calls"])
                    .iter()
                    .filter_map(|call| call["id"].as_str())
                    .collect();
            }
            other => {
                let text = format!(
                    "Invalid value: '{other}'. Supported values are: 'system', 'assistant', 'user', …"
                );
                return Err((text, Some(path)));
            }
        }
    }
    Ok(())
}

fn messages(request: &Request, body: &Value) -> Result<(), (String, Option<String>)> {
    let refuse = |text: String| Err((text, None));
    let Some(version) = request.header("anthropic-version") else {
        return refuse("anthropic-version: header is required".to_owned());
    };
    let system_messages = version >= SYSTEM_MESSAGES_SINCE;
    if let Some(field) = unknown_field(body, MESSAGES) {
        return refuse(format!("{field}: Extra inputs are not permitted"));
    }
    if body["max_tokens"].as_u64().is_none_or(|tokens| tokens == 0) {
        return refuse("max_tokens: Field required".to_owned());
    }
    if body["temperature"]
        .as_f64()
        .is_some_and(|temperature| !(0.0..=1.0).contains(&temperature))
    {
        return refuse("temperature: range: 0..1".to_owned());
    }
    let mut open_calls: Vec<&str> = Vec::new();
    for (index, message) in array(&body["messages"]).iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        let known = ["user", "assistant"].contains(&role) || role == "system" && system_messages;
        if !known {
            return refuse(format!(
                "messages.{index}.role: Input should be 'user' or 'assistant'"
            ));
        }
        let blocks = array(&message["content"]);
        for (number, block) in blocks.iter().enumerate() {
            let kind = block["type"].as_str().unwrap_or_default();
            if !CONTENT_BLOCKS.contains(&kind) {
                return refuse(format!(
                    "messages.{index}.content.{number}: Input tag '{kind}' found using 'type' …"
                ));
            }
            if kind == "text" && block["text"].as_str().is_none_or(str::is_empty) {
                return refuse("messages: text content blocks must be non-empty".to_owned());
            }
            if kind == "tool_use" && !block["input"].is_object() {
                return refuse(format!(
                    "messages.{index}.content.{number}.tool_use.input: Input should be an object"
                ));
            }
        }
        let results: Vec<&str> = blocks
            .iter()
            .filter_map(|block| block["tool_use_id"].as_str())
            .collect();
        if let Some(id) = open_calls.iter().find(|id| !results.contains(id)) {
            return refuse(format!(
                "messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {id}"
            ));
        }
        if let Some(id) = results.iter().find(|id| !open_calls.contains(id)) {
            return refuse(format!(
                "messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {id}"
            ));
        }
        open_calls = blocks
            .iter()
            .filter(|block| block["type"] == "tool_use")
            .filter_map(|block| block["id"].as_str())
            .collect();
    }
    Ok(())
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn unknown_field<'a>(body: &'a Value, known: &[&str]) -> Option<&'a str> {
    body.as_object()?
        .keys()
        .map(String::as_str)
        .find(|key| !known.contains(key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn anthropic(value: Value) -> Result<(), (String, Option<String>)> {
        let headers = vec![("anthropic-version".to_owned(), "2023-06-01".to_owned())];
        body(
            Operation::Messages,
            &Request {
                headers,
                ..Request::default()
            },
            &value,
        )
    }

    #[test]
    fn what_providers_refuse_is_refused() {
        let user = json!({"role": "user", "content": "hi"});
        let call = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]});
        let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}]});
        let with = |messages: Value| json!({"model": "m", "max_tokens": 9, "messages": messages});
        assert!(anthropic(with(json!([user, call, result]))).is_ok());
        assert!(anthropic(with(json!([user, call, user]))).is_err());
        assert!(anthropic(with(json!([user, result]))).is_err());
        assert!(anthropic(with(json!([{"role": "system", "content": "x"}]))).is_err());
        assert!(anthropic(json!({"model": "m", "messages": [user]})).is_err());
        assert!(anthropic(json!({"model": "m", "max_tokens": 9, "messages": [user], "n": 1})).is_err());
    }

    #[test]
    fn tool_messages_answer_a_call() {
        let with = |messages: Value| json!({"model": "m", "messages": messages});
        let check = |value: Value| body(Operation::Chat, &Request::default(), &value);
        let call = json!({"role": "assistant", "content": null, "tool_calls": [{"id": "c1"}]});
        let result = json!({"role": "tool", "tool_call_id": "c1", "content": "x"});
        assert!(check(with(json!([call, result]))).is_ok());
        assert!(check(with(json!([result]))).is_err());
        assert!(check(with(json!([call, {"role": "user", "content": "x"}]))).is_err());
        assert!(check(json!({"model": "m", "messages": [], "thinking": {}})).is_err());
    }
}
