//! Single events as data. Whole streams are in `fixtures/stream`.

use super::*;
use crate::json::Splice;

#[test]
fn a_keep_alive_says_nothing() {
    for endpoint in Endpoint::ALL {
        let event = StreamReader::new(endpoint).read(Some("ping"), "").unwrap();
        assert_eq!(event, StreamEvent::empty());
        assert!(event.known && !event.last);
    }
}

/// What we make of a template and a text, which must read as a delta of the same channel.
#[test]
fn events_are_made_after_their_template() {
    use Endpoint::{ChatCompletions as Chat, Completions, Messages, Responses};
    let cases = [
        (
            Chat,
            r#"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":1,"delta":{"role":"assistant","content":"old"},"finish_reason":null}],"usage":{"prompt_tokens":1},"obfuscation":"x"}"#,
            r#"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":1,"delta":{"content":"n\"w"},"finish_reason":null}]}"#,
        ),
        (
            Chat,
            r#"{"id":"c1","choices":[{"index":0,"delta":{"reasoning":"old"}}]}"#,
            r#"data: {"id":"c1","choices":[{"index":0,"delta":{"reasoning":"n\"w"},"finish_reason":null}]}"#,
        ),
        (
            Chat,
            r#"{"id":"c1","choices":[{"index":0,"delta":{"reasoning_content":"old","reasoning":null}}]}"#,
            r#"data: {"id":"c1","choices":[{"index":0,"delta":{"reasoning_content":"n\"w"},"finish_reason":null}]}"#,
        ),
        (
            Chat,
            r#"{"id":"c1","choices":[{"index":0,"delta":{"refusal":"old"}}]}"#,
            r#"data: {"id":"c1","choices":[{"index":0,"delta":{"refusal":"n\"w"},"finish_reason":null}]}"#,
        ),
        (
            Chat,
            r#"{"id":"c1","choices":[{"index":0,"delta":{"audio":{"id":"a","transcript":"old","data":"AA"}}}]}"#,
            r#"data: {"id":"c1","choices":[{"index":0,"delta":{"audio":{"transcript":"n\"w"}},"finish_reason":null}]}"#,
        ),
        (
            Chat,
            r#"{"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":2,"id":"call","type":"function","function":{"name":"f","arguments":"old"}}]}}]}"#,
            r#"data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":2,"function":{"arguments":"n\"w"}}]},"finish_reason":null}]}"#,
        ),
        (
            Chat,
            r#"{"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call","type":"custom","custom":{"name":"f","input":"old"}}]}}]}"#,
            r#"data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"custom":{"input":"n\"w"}}]},"finish_reason":null}]}"#,
        ),
        (
            Chat,
            r#"{"id":"c1","choices":[{"index":0,"delta":{"function_call":{"name":"f","arguments":"old"}}}]}"#,
            r#"data: {"id":"c1","choices":[{"index":0,"delta":{"function_call":{"arguments":"n\"w"}},"finish_reason":null}]}"#,
        ),
        (
            Completions,
            r#"{"id":"c1","object":"text_completion","choices":[{"text":"old","index":3,"logprobs":null}]}"#,
            r#"data: {"id":"c1","object":"text_completion","choices":[{"text":"n\"w","index":3,"logprobs":null,"finish_reason":null}]}"#,
        ),
        (
            Messages,
            r#"{"type":"content_block_delta","index":4,"delta":{"type":"text_delta","text":"old"}}"#,
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":4,\"delta\":{\"type\":\"text_delta\",\"text\":\"n\\\"w\"}}",
        ),
        (
            Messages,
            r#"{"type":"content_block_delta","index":4,"delta":{"type":"thinking_delta","thinking":"old"}}"#,
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":4,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"n\\\"w\"}}",
        ),
        (
            Messages,
            r#"{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"old"}}"#,
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":4,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"n\\\"w\"}}",
        ),
        (
            Responses,
            r#"{"type":"response.output_text.delta","sequence_number":7,"item_id":"m","output_index":1,"content_index":2,"delta":"old","logprobs":[],"obfuscation":"x"}"#,
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":7,\"item_id\":\"m\",\"output_index\":1,\"content_index\":2,\"delta\":\"n\\\"w\",\"logprobs\":[]}",
        ),
        (
            Responses,
            r#"{"type":"response.reasoning_summary_text.delta","sequence_number":7,"item_id":"m","output_index":1,"summary_index":2,"delta":"old"}"#,
            "event: response.reasoning_summary_text.delta\ndata: {\"type\":\"response.reasoning_summary_text.delta\",\"sequence_number\":7,\"item_id\":\"m\",\"output_index\":1,\"summary_index\":2,\"delta\":\"n\\\"w\"}",
        ),
        (
            Responses,
            r#"{"type":"response.mcp_call_arguments.delta","sequence_number":7,"item_id":"m","output_index":1,"delta":"old"}"#,
            "event: response.mcp_call_arguments.delta\ndata: {\"type\":\"response.mcp_call_arguments.delta\",\"sequence_number\":7,\"item_id\":\"m\",\"output_index\":1,\"delta\":\"n\\\"w\"}",
        ),
    ];
    for (endpoint, template, expected) in cases {
        let mut reader = StreamReader::new(endpoint);
        let channel = reader.read(None, template).unwrap().deltas[0].channel;
        let made = reader.delta_event(channel, "n\"w", template);
        assert_eq!(
            String::from_utf8(made).unwrap(),
            format!("{expected}\n\n"),
            "{template}"
        );
        let (_, data) = expected.rsplit_once("data: ").unwrap();
        let read = reader.read(None, data).unwrap();
        let texts: Vec<_> = read
            .deltas
            .iter()
            .map(|delta| (delta.channel, delta.str.decode()))
            .collect();
        assert_eq!(texts, [(channel, "n\"w".into())]);
    }
}

#[test]
fn without_a_template_an_event_still_says_its_text() {
    for endpoint in Endpoint::ALL {
        for part in [Part::Text, Part::Reasoning, Part::Refusal, Part::ToolArguments] {
            for template in ["", "[DONE]", "{\"id\":", "7"] {
                let channel = Channel {
                    choice: 0,
                    block: 0,
                    part,
                };
                let made = String::from_utf8(StreamReader::new(endpoint).delta_event(channel, "x", template));
                let made = made.unwrap();
                let (_, data) = made.trim_end().rsplit_once("data: ").unwrap();
                let read = StreamReader::new(endpoint).read(None, data).unwrap();
                assert!(read.known, "{data}");
                assert_eq!(read.deltas.len(), 1, "{data}");
            }
        }
    }
}

/// Several choices in one chunk, as completions may have them: each ends what it has open.
#[test]
fn a_channel_is_open_until_it_is_closed() {
    let mut reader = StreamReader::new(Endpoint::ChatCompletions);
    let mut closes = |data: &str| reader.read(None, data).unwrap().closes;
    let channel = |choice, part| Channel {
        choice,
        block: 0,
        part,
    };
    assert_eq!(
        closes(r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#),
        Closes::None
    );
    assert_eq!(
        closes(r#"{"choices":[{"index":1,"delta":{"content":"b","reasoning":"r"}}]}"#),
        Closes::None
    );
    let both = closes(
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{},"finish_reason":"stop"}]}"#,
    );
    let open = [
        channel(0, Part::Text),
        channel(1, Part::Text),
        channel(1, Part::Reasoning),
    ];
    assert!(open.iter().all(|channel| both.contains(channel)));
    assert!(!both.contains(&channel(2, Part::Text)));
    assert_eq!(closes("[DONE]"), Closes::All);
}

/// Usage wherever compatible servers put it.
#[test]
fn usage_is_found() {
    let usage = r#"{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}"#;
    let cases = [
        format!(r#"{{"choices":[],"usage":{usage}}}"#),
        format!(r#"{{"choices":[],"x_groq":{{"id":"r","usage":{usage}}}}}"#),
        format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"stop","usage":{usage}}}]}}"#),
    ];
    for data in cases {
        let event = StreamReader::new(Endpoint::ChatCompletions)
            .read(None, &data)
            .unwrap();
        let found = event.usage.map(|usage| (usage.input_tokens, usage.output_tokens));
        assert_eq!(found, Some((3, 4)), "{data}");
    }
}

#[test]
fn an_edited_event_is_still_one() {
    let data =
        r#"{"choices":[{"index":0,"delta":{"content":"a\u00e9"},"logprobs":{"content":[{"token":"a"}]}}]}"#;
    let event = StreamReader::new(Endpoint::ChatCompletions)
        .read(None, data)
        .unwrap();
    let mut splice = Splice::new();
    splice.replace_text(&event.deltas[0].str, "b\n");
    splice.replace(event.logprobs[0].clone(), "null");
    let edited = r#"{"choices":[{"index":0,"delta":{"content":"b\n"},"logprobs":null}]}"#;
    assert_eq!(String::from_utf8(splice.apply(data)).unwrap(), edited);
}

/// What Gemini streams: texts go on, arguments come whole, and what is held back goes out as an event of its own.
#[test]
fn generated_content_is_read_and_written() {
    let mut reader = StreamReader::generate_content();
    let data = r#"{"candidates":[{"index":1,"content":{"role":"model","parts":[{"text":"a"},{"functionCall":{"name":"f","args":{"to":"b"}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1}}"#;
    let event = reader.read(None, data).unwrap();
    let channel = Channel {
        choice: 1,
        block: 0,
        part: Part::Text,
    };
    let deltas: Vec<_> = event
        .deltas
        .iter()
        .map(|delta| (delta.channel, delta.str.raw()))
        .collect();
    assert_eq!(deltas, [(channel, "a")]);
    assert_eq!(event.wholes[0].str.raw(), "b");
    assert!(event.known && event.closes.contains(&channel));
    let made = String::from_utf8(reader.delta_event(channel, "n\"w", data)).unwrap();
    let event = reader
        .read(None, made.trim_start_matches("data: ").trim_end())
        .unwrap();
    assert_eq!(
        (event.deltas[0].channel, event.deltas[0].str.raw()),
        (channel, "n\\\"w")
    );
    let odd = r#"{"candidates":[{"content":{"parts":[{"poem":"a"}]}}]}"#;
    assert!(!reader.read(None, odd).unwrap().known);
}

#[test]
fn calls_are_named_with_the_channel_of_their_arguments() {
    let channel = |choice, block| Channel {
        choice,
        block,
        part: Part::ToolArguments,
    };
    for (endpoint, name, data, expected) in [
        (
            Endpoint::ChatCompletions,
            None,
            r#"{"choices":[{"index":1,"delta":{"tool_calls":[{"index":2,"id":"c","type":"function","function":{"name":"look\u0055p","arguments":""}}]}}]}"#,
            Some(channel(1, 2)),
        ),
        (
            Endpoint::ChatCompletions,
            None,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"","arguments":"{}"}}]}}]}"#,
            None,
        ),
        (
            Endpoint::Messages,
            Some("content_block_start"),
            r#"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t","name":"lookUp","input":{}}}"#,
            Some(channel(0, 3)),
        ),
        (
            Endpoint::Responses,
            Some("response.output_item.added"),
            r#"{"type":"response.output_item.added","output_index":4,"item":{"type":"function_call","id":"f","call_id":"c","name":"lookUp","arguments":""}}"#,
            Some(channel(4, 0)),
        ),
    ] {
        let event = StreamReader::new(endpoint).read(name, data).unwrap();
        let calls: Vec<_> = event
            .calls
            .iter()
            .map(|(channel, name)| (*channel, name.decode().into_owned()))
            .collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|channel| (channel, "lookUp".to_owned()))
            .collect();
        assert_eq!(calls, expected, "{data}");
    }
}
