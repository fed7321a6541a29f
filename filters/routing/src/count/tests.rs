//! Bodies in, counts out.

use serde_json::{Value, json};
use tollgate_llm::request::walk;

use super::*;

fn count(endpoint: Endpoint, body: &str, tokenizer: &str) -> Count {
    let mut prompt = Prompt::new(endpoint, body);
    let model = walk(endpoint, body, &mut prompt).unwrap().model;
    prompt.count(Tokenizer::from_name(tokenizer).unwrap(), &model)
}

fn chat(rest: &str) -> Count {
    count(
        Endpoint::ChatCompletions,
        &format!(r#"{{"model":"gpt-4o",{rest}}}"#),
        "o200k_base",
    )
}

#[test]
fn chats_cost_what_the_cookbook_says() {
    // Its example: 124 tokens for gpt-4o, 129 for gpt-4.
    let body = r#"{"model":"gpt-4o","messages":[
        {"role":"system","content":"You are a helpful, pattern-following assistant that translates corporate jargon into plain English."},
        {"role":"system","name":"example_user","content":"New synergies will help drive top-line growth."},
        {"role":"system","name":"example_assistant","content":"Things working well together will increase revenue."},
        {"role":"system","name":"example_user","content":"Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."},
        {"role":"system","name":"example_assistant","content":"Let's talk later when we're less busy about how to do better."},
        {"role":"user","content":"This late pivot means we don't have time to boil the ocean for the client deliverable."}
    ]}"#;
    for (tokenizer, tokens) in [("o200k_base", 124), ("cl100k_base", 129)] {
        if Tokenizer::from_name(tokenizer).unwrap().is_exact() {
            let counted = count(Endpoint::ChatCompletions, body, tokenizer);
            assert_eq!(
                counted,
                Count {
                    tokens,
                    at_least: tokens,
                    exact: true
                },
                "{tokenizer}"
            );
        }
    }
}

#[test]
fn only_what_is_documented_is_exact() {
    let message = r#""messages":[{"role":"user","content":"hello"}]"#;
    for (rest, exact) in [
        (message.to_owned(), true),
        (format!(r#"{message},"stream":true,"response_format":{{"type":"json_object"}}"#), true),
        (format!(r#"{message},"response_format":{{"type":"json_schema","json_schema":{{"name":"x"}}}}"#), false),
        (format!(r#""documents":["x"],{message}"#), false),
        (format!(r#"{message},"prediction":{{"type":"content","content":"x"}}"#), false),
        (format!(r#"{message},"tools":[{{"type":"function","function":{{"name":"f"}}}}]"#), true),
        (
            format!(
                r#"{message},"tools":[{{"type":"function","function":{{"name":"f","parameters":{{"properties":{{"file":{{"type":"string","description":"d"}}}}}}}}}}]"#
            ),
            true,
        ),
        (format!(r#"{message},"tools":[{{"type":"custom","custom":{{"name":"f"}}}}]"#), false),
        (format!(r#"{message},"tool_choice":"auto","tools":[{{"type":"function","function":{{"name":"f"}}}}]"#), true),
        (format!(r#"{message},"tool_choice":"none","tools":[{{"type":"function","function":{{"name":"f"}}}}]"#), false),
        (format!(r#"{message},"tool_choice":"required","tools":[{{"type":"function","function":{{"name":"f"}}}}]"#), false),
        (r#""messages":[{"role":"developer","content":"a"}]"#.to_owned(), true),
        (r#""messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]"#.to_owned(), true),
        (r#""messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]"#.to_owned(), false),
        (r#""messages":[{"role":"user","content":[{"type":"sound","x":1}]}]"#.to_owned(), false),
        (r#""messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA=="}}]}]"#.to_owned(), false),
        (
            r#""messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}]"#
                .to_owned(),
            false,
        ),
        (r#""messages":[{"role":"tool","tool_call_id":"1","content":"x"}]"#.to_owned(), false),
    ] {
        let counted = chat(&rest);
        assert_eq!(counted.exact, exact, "{rest}");
        assert!(counted.at_least <= counted.tokens && (counted.at_least == counted.tokens || !exact), "{rest}");
    }
}

/// What others measured of gpt-3.5-turbo and gpt-4: `hmarr/openai-chat-tokens`, `petrbrzek/openai-chat-tokens`,
/// `forestwanglin/openai-java` (issue 5), and "Strange token cost calculation for tool calls" in OpenAI's forum.
#[test]
fn calls_cost_what_was_measured() {
    const SUNNY: &str = "It is currently 70 degrees and sunny in Boston, MA";
    let call = |name: &str, arguments: &str| json!({"id":"call","type":"function","function":{"name":name,"arguments":arguments}});
    let result = |content: &str| json!({"role":"tool","tool_call_id":"call","content":content});
    let turn = |calls: &[Value], results: &[Value]| {
        let mut messages = vec![json!({"role":"assistant","content":null,"tool_calls":calls})];
        messages.extend_from_slice(results);
        messages
    };
    let weather = |name| call(name, r#"{"location":"Boston"}"#);
    let named = json!({"role":"tool","tool_call_id":"call","name":"get_current_weather","content":"29 degree celcius"});
    let old_call = json!({"name":"do_stuff","arguments":r#"{"foo": "bar", "baz": 1.5}"#});
    let old_result = json!({"role":"function","name":"do_stuff","content":r#"{"foo": "bar", "baz": 1.5}"#});
    let sums = |count: usize| {
        let calculator = call("calculator", r#"{"a":2, "b":2}"#);
        let mut messages = vec![json!({"role":"user","content":"How much is 2 plus 2?"})];
        messages.extend(turn(&vec![calculator; count], &vec![result("4"); count]));
        messages
    };
    for (messages, measured) in [
        (turn(&[call("ggg", "")], &[result("")]), 17),
        (turn(&[weather("get_current_weather")], &[result("")]), 24),
        (turn(&[weather("get_current_weather")], &[result(SUNNY)]), 36),
        (
            turn(&[weather("get_totally_different_weather_123")], &[result("")]),
            32,
        ),
        (
            turn(
                &[call(
                    "get_address",
                    r#"{"location":"Paris", "date": "yesterday", "time": "noon"}"#,
                )],
                &[result("The address is 123 Main St")],
            ),
            42,
        ),
        (
            turn(
                &[call(
                    "get_current_weather",
                    "{\n  \"location\": \"Boston, MA\"\n}",
                )],
                &[named],
            ),
            35,
        ),
        (
            turn(
                &[
                    weather("get_current_weather"),
                    call("get_stock_price", r#"{"symbol":"AAPL"}"#),
                ],
                &[result(SUNNY), result("The current price of AAPL is $150")],
            ),
            89,
        ),
        (
            turn(
                &vec![weather("get_weather_for_location"); 2],
                &vec![result(SUNNY); 2],
            ),
            93,
        ),
        (
            turn(&vec![weather("get_current_weather"); 5], &vec![result(SUNNY); 5]),
            190,
        ),
        (
            vec![json!({"role":"assistant","content":"","function_call":old_call})],
            26,
        ),
        (
            vec![json!({"role":"user","content":"hello world"}), old_result],
            28,
        ),
        (sums(1), 40),
        (sums(2), 89),
        (sums(3), 114),
    ] {
        let body = json!({"model":"gpt-3.5-turbo","messages":messages}).to_string();
        for (tokenizer, allowed) in [("cl100k_base", 1), ("o200k_base", 4)] {
            if Tokenizer::from_name(tokenizer).unwrap().is_exact() {
                let counted = count(Endpoint::ChatCompletions, &body, tokenizer);
                let error = counted.tokens.abs_diff(measured);
                // The other vocabulary has a token more or less for some words.
                assert!(
                    error <= allowed,
                    "{tokenizer}: {} for {measured}: {body}",
                    counted.tokens
                );
                assert!(!counted.exact);
            }
        }
    }
}

#[test]
fn the_open_models_prompts_are_not_known_exactly() {
    let chat = r#"{"model":"gpt-oss","messages":[{"role":"user","content":"hello"}]}"#;
    assert!(!count(Endpoint::ChatCompletions, chat, "o200k_harmony").exact);
    let prompt = r#"{"model":"gpt-oss","prompt":"hello"}"#;
    assert!(count(Endpoint::Completions, prompt, "o200k_harmony").exact);
}

#[test]
fn a_role_is_a_token() {
    for tokenizer in ["o200k_base", "cl100k_base"] {
        let tokenizer = Tokenizer::from_name(tokenizer).unwrap();
        for role in ["system", "developer", "user", "assistant", "tool", "function"] {
            assert!(
                !tokenizer.is_exact() || tokenizer.count(role).tokens == 1,
                "{role}"
            );
        }
    }
}

/// What a part adds to a request: nothing that a model reads may be for free.
#[test]
fn every_part_costs_something() {
    let chat = (
        Endpoint::ChatCompletions,
        r#""messages":[{"role":"user","content":"hello"}]"#,
    );
    let response = (Endpoint::Responses, r#""input":"hello""#);
    let items = (Endpoint::Responses, r#""instructions":"hello""#);
    let message = (
        Endpoint::Messages,
        r#""messages":[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"shell","input":{"a":"b"}}]}]"#,
    );
    for ((endpoint, body), part, tokens) in [
        (
            chat,
            r#""response_format":{"type":"json_schema","json_schema":{"name":"list","schema":{"type":"object"}}}"#,
            12,
        ),
        (
            chat,
            r#""tool_choice":{"type":"function","function":{"name":"shell"}}"#,
            8,
        ),
        (chat, r#""function_call":{"name":"shell"}"#, 5),
        (
            chat,
            r#""tools":[{"type":"function","function":{"name":"shell"}}]"#,
            7 + 2 + 12,
        ),
        (response, r#""instructions":"hello""#, 4 + 1),
        (
            response,
            r#""text":{"format":{"type":"json_schema","name":"list","schema":{"type":"object"}}}"#,
            12,
        ),
        (response, r#""tool_choice":"none""#, 1),
        (
            items,
            r#""input":[{"type":"function_call","call_id":"1","name":"shell","arguments":"{}"}]"#,
            4 + 3 + 1 + 1,
        ),
        (
            items,
            r#""input":[{"type":"function_call_output","call_id":"1","output":"hello"}]"#,
            4 + 1,
        ),
        (
            message,
            r#""output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}"#,
            11,
        ),
        (message, r#""tool_choice":{"type":"tool","name":"shell"}"#, 8),
        (message, r#""system":"hello""#, 4 + 1),
    ] {
        let whole = |part: &str| {
            count(
                endpoint,
                &format!(r#"{{"model":"m",{body}{part}}}"#),
                "o200k_base",
            )
            .tokens
        };
        assert_eq!(whole(&format!(",{part}")) - whole(""), tokens, "{part}");
    }
    // A call in a message of its own: the message, the name, the key and what is around it, the value.
    let alone = count(
        message.0,
        &format!(r#"{{"model":"m",{}}}"#, message.1),
        "o200k_base",
    );
    assert_eq!(alone.tokens, 3 + 4 + (3 + 1) + (1 + 2) + 1);
}

#[test]
fn the_other_endpoints() {
    for (endpoint, body, tokens, exact) in [
        (
            Endpoint::Embeddings,
            r#"{"model":"m","input":"hello world"}"#,
            2,
            true,
        ),
        (
            Endpoint::Embeddings,
            r#"{"model":"m","input":["hello world","hello"]}"#,
            3,
            true,
        ),
        (Endpoint::Embeddings, r#"{"model":"m","input":[1,2,3]}"#, 3, true),
        (
            Endpoint::Embeddings,
            r#"{"model":"m","input":[[1,2],[3]]}"#,
            3,
            true,
        ),
        (
            Endpoint::Completions,
            r#"{"model":"m","prompt":"hello world"}"#,
            2,
            true,
        ),
        (
            Endpoint::Completions,
            r#"{"model":"m","prompt":"hello","suffix":" world"}"#,
            2,
            false,
        ),
        (
            Endpoint::Responses,
            r#"{"model":"m","input":"hello world"}"#,
            9,
            false,
        ),
        (
            Endpoint::Messages,
            r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hello world"}]}"#,
            9,
            false,
        ),
    ] {
        let counted = count(endpoint, body, "o200k_base");
        assert_eq!((counted.tokens, counted.exact), (tokens, exact), "{body}");
    }
}

#[test]
fn escaped_texts_count_as_what_they_mean() {
    for (escaped, text) in [
        (r"hello\u0020world", "hello world"),
        (
            r#"fn main() {\n\tprintln!(\"\u00e9 \ud83d\ude00\");\n}\n\n\n"#,
            "fn main() {\n\tprintln!(\"é 😀\");\n}\n\n\n",
        ),
        (r"\/\/ \ud83d", "// \u{fffd}"),
    ] {
        for tokenizer in ["o200k_base", "estimate:claude"] {
            let body = format!(r#"{{"model":"m","input":"{escaped}"}}"#);
            let expected = Tokenizer::from_name(tokenizer).unwrap().count(text).tokens as u64;
            assert_eq!(
                count(Endpoint::Embeddings, &body, tokenizer).tokens,
                expected,
                "{tokenizer} {escaped}"
            );
        }
    }
}

#[test]
fn images_cost_what_their_header_says() {
    // The header of a PNG of 1024 × 1024.
    const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAABAAAAAQACAIAAAAAAAAAAA==";
    for (detail, url, tokens, exact) in [
        (
            r#","detail":"high""#,
            format!("data:image/png;base64,{PNG}"),
            765,
            true,
        ),
        (
            r#","detail":"low""#,
            format!("data:image/png;base64,{PNG}"),
            85,
            true,
        ),
        ("", format!("data:image/png;base64,{PNG}"), 765, false),
        (
            r#","detail":"low""#,
            "https://example.com/a.png".to_owned(),
            85,
            false,
        ),
    ] {
        let counted = chat(&format!(
            r#""messages":[{{"role":"user","content":[{{"type":"text","text":"hello"}},{{"type":"image_url","image_url":{{"url":"{url}"{detail}}}}}]}}]"#
        ));
        // One token of text, seven around it.
        assert_eq!(
            (counted.tokens, counted.exact),
            (tokens + 8, exact),
            "{detail} {url}"
        );
    }
}

#[test]
fn an_estimate_knows_its_error() {
    let body = format!(r#"{{"model":"m","input":"{}"}}"#, "hello world ".repeat(100));
    for (tokenizer, error) in [
        ("estimate:claude", 1.26),
        ("estimate:llama", 1.42),
        ("estimate", 1.57),
    ] {
        let counted = count(Endpoint::Embeddings, &body, tokenizer);
        assert!(!counted.exact);
        assert_eq!(
            counted.at_least,
            (counted.tokens as f64 / error) as u64,
            "{tokenizer}"
        );
    }
}
