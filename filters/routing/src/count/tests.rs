//! Bodies in, counts out.

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
        ("estimate", 1.91),
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
