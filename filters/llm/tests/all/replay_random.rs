//! Answers that no fixture has: whatever they say comes back.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use tollgate_llm::replay::Wanted;
use tollgate_llm::{Endpoint, Usage};

use crate::replay::{check_events, to_body, to_events};

/// Texts with everything that is escaped or takes several bytes; some are long enough to be cut.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just(String::new()),
        4 => "[a-z \"\\\\\n\t\u{1}é€😀{}\\[\\]:]{1,40}",
        1 => "[a-zä😀\"\\\\ ]{100,400}",
    ]
}

/// JSON that a tool gets.
fn input() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Into::into),
        any::<f32>().prop_map(|number| json!(f64::from(number))),
        text().prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
            prop::collection::btree_map("[a-z\"é]{0,6}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn arguments() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-z]{1,6}", input(), 0..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// Some of these members, in their order.
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| prop::option::of(value).prop_map(move |value| Some((name.to_owned(), value?))))
        .collect();
    members.prop_map(|members| Value::Object(members.into_iter().flatten().collect()))
}

fn string() -> BoxedStrategy<Value> {
    text().prop_map(Value::from).boxed()
}

fn words(all: &'static [&'static str]) -> BoxedStrategy<Value> {
    select(all).prop_map(Value::from).boxed()
}

fn list(element: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop::collection::vec(element, 0..4).prop_map(Value::from).boxed()
}

fn set(mut object: Value, members: &[(&str, Value)]) -> Value {
    for (name, value) in members {
        object[*name] = value.clone();
    }
    object
}

fn chat_call() -> impl Strategy<Value = Value> {
    let function = (text(), arguments()).prop_map(|(name, arguments)| {
        json!({"type": "function", "function": {"name": name, "arguments": arguments.to_string()}})
    });
    let custom = (text(), text())
        .prop_map(|(name, input)| json!({"type": "custom", "custom": {"name": name, "input": input}}));
    (prop_oneof![4 => function, 1 => custom], "[a-z]{1,8}")
        .prop_map(|(call, id)| set(call, &[("id", id.into())]))
}

fn chat_choice() -> impl Strategy<Value = Value> {
    let nullable = || prop_oneof![1 => Just(Value::Null).boxed(), 3 => string()].boxed();
    let annotation = (text(), any::<u32>()).prop_map(|(title, at)| {
        json!({"type": "url_citation", "url_citation": {"url": "https://e.com", "title": title, "start_index": at}})
    });
    let thought = (text(), 0..3_u32)
        .prop_map(|(text, index)| json!({"type": "reasoning.summary", "summary": text, "index": index}));
    let logprobs = prop_oneof![
        Just(Value::Null).boxed(),
        list(text().prop_map(|token| json!({"token": token, "logprob": -0.5, "bytes": null})))
            .prop_map(|content| json!({"content": content, "refusal": null}))
            .boxed(),
    ];
    let message = object(vec![
        ("refusal", nullable()),
        ("reasoning_content", nullable()),
        ("reasoning", nullable()),
        ("annotations", list(annotation)),
        // Neighbours with the same index would be one thought.
        (
            "reasoning_details",
            list(thought)
                .prop_map(|mut list| {
                    list.as_array_mut()
                        .unwrap()
                        .dedup_by_key(|one| one["index"].as_u64());
                    list
                })
                .boxed(),
        ),
        ("tool_calls", list(chat_call())),
        (
            "function_call",
            string()
                .prop_map(|arguments| json!({"name": "old", "arguments": arguments}))
                .boxed(),
        ),
    ]);
    (
        message,
        nullable(),
        prop::option::of(logprobs),
        words(&["stop", "length", "tool_calls", "content_filter"]),
    )
        .prop_map(|(message, content, logprobs, finish)| {
            let message = set(message, &[("role", "assistant".into()), ("content", content)]);
            let choice = json!({"message": message, "finish_reason": finish});
            match logprobs {
                Some(logprobs) => set(choice, &[("logprobs", logprobs)]),
                None => choice,
            }
        })
}

fn numbered(choices: Vec<Value>) -> Value {
    choices
        .into_iter()
        .enumerate()
        .map(|(index, choice)| set(choice, &[("index", index.into())]))
        .collect()
}

fn openai_usage() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        (0..9_u32, 0..9_u32).prop_map(
            |(input, output)| json!({"prompt_tokens": input, "completion_tokens": output,
            "total_tokens": input + output, "prompt_tokens_details": {"cached_tokens": 0}})
        ),
    ]
    .boxed()
}

fn chat() -> impl Strategy<Value = Value> {
    let others = object(vec![
        ("system_fingerprint", words(&["fp_1", "fp_2"])),
        ("service_tier", prop_oneof![Just(Value::Null)].boxed()),
        ("citations", list(text().prop_map(Value::from))),
        ("new_field", input().boxed()),
    ]);
    (prop::collection::vec(chat_choice(), 1..3), openai_usage(), others).prop_map(
        |(choices, usage, others)| {
            set(
                others,
                &[
                    ("id", "chatcmpl-1".into()),
                    ("object", "chat.completion".into()),
                    ("created", 1.into()),
                    ("model", "m".into()),
                    ("choices", numbered(choices)),
                    ("usage", usage),
                ],
            )
        },
    )
}

fn completion() -> impl Strategy<Value = Value> {
    let choice = (text(), words(&["stop", "length"]))
        .prop_map(|(text, finish)| json!({"text": text, "logprobs": null, "finish_reason": finish}));
    (prop::collection::vec(choice, 1..3), openai_usage()).prop_map(|(choices, usage)| {
        json!({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m",
            "choices": numbered(choices), "usage": usage})
    })
}

fn message() -> impl Strategy<Value = Value> {
    let citation = text().prop_map(
        |text| json!({"type": "char_location", "cited_text": text, "document_index": 0, "document_title": null}),
    );
    let block = prop_oneof![
        (
            text(),
            prop::option::of(prop_oneof![Just(Value::Null).boxed(), list(citation)])
        )
            .prop_map(|(text, citations)| {
                let block = json!({"type": "text", "text": text});
                match citations {
                    Some(citations) => set(block, &[("citations", citations)]),
                    None => block,
                }
            }),
        (text(), "[a-zA-Z+/]{0,80}").prop_map(
            |(text, signature)| json!({"type": "thinking", "thinking": text, "signature": signature})
        ),
        Just(json!({"type": "redacted_thinking", "data": "ZW5j"})),
        (arguments(), words(&["tool_use", "server_tool_use"]))
            .prop_map(|(input, kind)| json!({"type": kind, "id": "toolu_1", "name": "f", "input": input})),
        list(
            text().prop_map(
                |title| json!({"type": "web_search_result", "title": title, "url": "https://e.com"})
            )
        )
        .prop_map(|found| json!({"type": "web_search_tool_result", "tool_use_id": "t", "content": found})),
    ];
    let usage = (0..9_u32, 0..9_u32).prop_map(|(input, output)| {
        json!({"input_tokens": input, "cache_read_input_tokens": 3, "output_tokens": output, "service_tier": "standard"})
    });
    let others = object(vec![
        (
            "container",
            prop_oneof![Just(Value::Null), Just(json!({"id": "c"}))].boxed(),
        ),
        (
            "stop_details",
            prop_oneof![Just(Value::Null), Just(json!({"type": "refusal"}))].boxed(),
        ),
        ("new_field", input().boxed()),
    ]);
    (
        prop::collection::vec(block, 0..5),
        usage,
        others,
        words(&["end_turn", "tool_use", "max_tokens"]),
    )
        .prop_map(|(content, usage, others, reason)| {
            set(
                others,
                &[
                    ("id", "msg_1".into()),
                    ("type", "message".into()),
                    ("role", "assistant".into()),
                    ("model", "claude".into()),
                    ("content", content.into()),
                    ("stop_reason", reason),
                    ("stop_sequence", Value::Null),
                    ("usage", usage),
                ],
            )
        })
}

fn response() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        (
            text(),
            list(text().prop_map(|title| json!({"type": "url_citation", "title": title})))
        )
            .prop_map(|(text, annotations)| {
                json!({"type": "output_text", "annotations": annotations, "logprobs": [], "text": text})
            }),
        text().prop_map(|text| json!({"type": "refusal", "refusal": text})),
    ];
    let summary = list(text().prop_map(|text| json!({"type": "summary_text", "text": text})));
    let item = prop_oneof![
        list(part).prop_map(|content| json!({"type": "message", "role": "assistant", "content": content})),
        summary.prop_map(|summary| json!({"type": "reasoning", "summary": summary})),
        arguments().prop_map(
            |input| json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": input.to_string()})
        ),
        string().prop_map(|input| json!({"type": "custom_tool_call", "call_id": "c", "name": "f", "input": input})),
        (string(), prop_oneof![Just(Value::Null).boxed(), string()])
            .prop_map(|(code, outputs)| json!({"type": "code_interpreter_call", "code": code, "outputs": outputs})),
        string().prop_map(|query| json!({"type": "web_search_call", "action": {"type": "search", "query": query}})),
    ];
    (prop::collection::vec(item, 0..4), text()).prop_map(|(output, instructions)| {
        let output: Vec<Value> = output
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                set(item, &[("id", format!("item_{index}").into()), ("status", "completed".into())])
            })
            .collect();
        json!({"id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5", "output": output,
            "instructions": instructions, "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}})
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn chat_completions_come_back(body in chat(), include_usage: bool, cut: Index) {
        check(Endpoint::ChatCompletions, &body, include_usage, cut);
    }

    #[test]
    fn completions_come_back(body in completion(), include_usage: bool, cut: Index) {
        check(Endpoint::Completions, &body, include_usage, cut);
    }

    #[test]
    fn messages_come_back(body in message(), cut: Index) {
        check(Endpoint::Messages, &body, false, cut);
    }

    #[test]
    fn responses_come_back(body in response(), cut: Index) {
        check(Endpoint::Responses, &body, false, cut);
    }
}

fn check(endpoint: Endpoint, body: &Value, include_usage: bool, cut: Index) {
    let body = body.to_string();
    let wanted = Wanted::Events { include_usage };
    check_events(endpoint, body.as_bytes(), wanted);
    let events = to_events(endpoint, body.as_bytes(), wanted).unwrap();
    assert!(to_body(endpoint, &events[..cut.index(events.len())], &Usage::default()).is_err());
}

/// What nobody has to look into keeps its digits and its order.
#[test]
fn values_stay_as_they_were_written() {
    let input = r#"{"z":1.50,"a":12345678901234567890123,"e":1E3,"s":"\u00e9\/"}"#;
    let body = format!(
        r#"{{"id":"m","type":"message","role":"assistant","model":"c","content":[{{"type":"tool_use","id":"t","name":"f","input":{input}}}],"stop_reason":"tool_use","usage":{{"input_tokens":1,"output_tokens":2}}}}"#
    );
    let events = to_events(
        Endpoint::Messages,
        body.as_bytes(),
        Wanted::Events { include_usage: false },
    );
    let back = to_body(Endpoint::Messages, &events.unwrap(), &Usage::default()).unwrap();
    assert!(String::from_utf8(back).unwrap().contains(input));
}
