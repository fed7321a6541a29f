//! Streams through redaction and restoration, cut at every byte.

use std::sync::Arc;

use tollgate_llm::Endpoint;
use tollgate_redact::{Engine, Entity, Operator, Redactor, Rules, TenantKey, Verdict};

use super::Stream;
use crate::exchange::answer::plain::Withheld;
use crate::exchange::answer::restorer::Restorer;

/// A restorer whose request held `value`, and the token that stood for it.
fn restorer(value: &str) -> (Restorer, String) {
    let engine = Arc::new(Engine::new());
    let request = Rules::usual(Operator::Token);
    let key = TenantKey::new([7; 32]);
    let mut redactor = Redactor::new(&engine, &request, key.clone());
    let Verdict::Pass(token) = redactor.text(value) else {
        panic!("blocked")
    };
    let token = token.into_owned();
    assert_ne!(token, value);
    let answer = Rules::builder()
        .usual(Operator::Placeholder)
        .entity(Entity::UsSsn, Operator::Block)
        .build()
        .unwrap();
    let vault = redactor.into_vault();
    (
        Restorer::inspecting(engine, Arc::new(answer), Arc::new(vault), key),
        token,
    )
}

fn run(endpoint: Endpoint, restorer: &Restorer, include_usage: bool, chunks: &[&[u8]]) -> (String, Stream) {
    let mut stream = Stream::new(endpoint, restorer.clone(), include_usage, None);
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend(stream.push(chunk));
    }
    out.extend(stream.end());
    (String::from_utf8(out).unwrap(), stream)
}

/// The text of all deltas of a stream, as a client puts it together.
fn text_of(stream: &str, pointer: &str) -> String {
    stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok())
        .filter_map(|event| {
            event
                .pointer(pointer)
                .and_then(|text| text.as_str().map(str::to_owned))
        })
        .collect()
}

fn chat(deltas: &[&str], usage: bool) -> String {
    let mut stream: String = deltas
        .iter()
        .map(|delta| {
            let delta =
                serde_json::json!({ "id": "c", "choices": [{ "index": 0, "delta": { "content": delta } }] });
            format!("data: {delta}\n\n")
        })
        .collect();
    stream += "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    if usage {
        stream +=
            "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";
    }
    stream + "data: [DONE]\n\n"
}

#[test]
fn every_cut_gives_the_same_text() {
    let (restorer, token) = restorer("jane.doe@example.org");
    let (half, rest) = token.split_at(9);
    let stream = chat(&["Write to ", half, rest, " or bob@exam", "ple.com", ", é"], true);
    for at in 0..=stream.len() {
        let (first, second) = stream.as_bytes().split_at(at);
        let (out, state) = run(Endpoint::ChatCompletions, &restorer, false, &[first, second]);
        assert_eq!(
            text_of(&out, "/choices/0/delta/content"),
            "Write to jane.doe@example.org or <EMAIL_ADDRESS>, é",
            "cut at {at}"
        );
        assert!(out.ends_with("data: [DONE]\n\n"), "cut at {at}");
        assert!(!out.contains("prompt_tokens"), "only the gateway asked for usage");
        assert!(state.is_complete());
        assert_eq!(state.usage(1).output_tokens, 2);
    }
}

#[test]
fn a_client_that_asks_for_usage_gets_it() {
    let (restorer, _) = restorer("jane.doe@example.org");
    let (out, _) = run(
        Endpoint::ChatCompletions,
        &restorer,
        true,
        &[chat(&["hi"], true).as_bytes()],
    );
    assert!(out.contains("\"prompt_tokens\":5"));
}

#[test]
fn what_is_blocked_ends_the_stream_with_an_error() {
    let (restorer, _) = restorer("jane.doe@example.org");
    let stream = chat(&["The SSN is 536-22", "-8741, and more"], false);
    let (out, state) = run(Endpoint::ChatCompletions, &restorer, false, &[stream.as_bytes()]);
    assert!(out.contains("content_blocked"), "{out}");
    assert!(!out.contains("8741") && !out.contains("and more"), "{out}");
    assert!(!state.is_complete());
}

#[test]
fn events_that_cannot_be_read_are_not_passed() {
    let (restorer, _) = restorer("jane.doe@example.org");
    for stream in [
        "data: not json, bob@example.com\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":{\"x\":\"bob@example.com\"}}}]}\n\n",
    ] {
        let (out, state) = run(Endpoint::ChatCompletions, &restorer, false, &[stream.as_bytes()]);
        assert!(!out.contains("bob@example.com"), "{out}");
        assert!(out.contains("error"), "{out}");
        assert!(!state.is_complete());
    }
}

#[test]
fn nothing_hides_beside_the_events() {
    let (restorer, _) = restorer("jane.doe@example.org");
    for stream in [
        ": bob@example.com\n\n",
        "\n{\"choices\":[{\"delta\":{\"content\":\"bob@example.com\"}}]}\n\n",
        "bob@example.com\n\n",
        ": bob@example.com\ndata: {\"choices\":[]}\n\n",
        "{\"x\":\"bob@example.com\"}",
    ] {
        let (out, _) = run(Endpoint::ChatCompletions, &restorer, true, &[stream.as_bytes()]);
        assert!(!out.contains("bob"), "{stream}: {out}");
    }
    let (out, _) = run(Endpoint::ChatCompletions, &restorer, true, &[b": ping\n\n"]);
    assert_eq!(out, ":\n\n", "the connection is kept alive");
}

#[test]
fn messages_are_flushed_before_their_block_ends() {
    let (restorer, token) = restorer("jane.doe@example.org");
    let stream = format!(
        "event: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{{\"type\":\"text\",\"text\":\"\"}}}}\n\n\
         event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{token}\"}}}}\n\n\
         event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":0}}\n\n"
    );
    let (out, _) = run(Endpoint::Messages, &restorer, true, &[stream.as_bytes()]);
    assert_eq!(text_of(&out, "/delta/text"), "jane.doe@example.org");
    let (flushed, stop) = (out.rfind("jane.doe"), out.find("event: content_block_stop"));
    assert!(flushed < stop, "{out}");
}

#[test]
fn line_ends_stay_whole_wherever_a_chunk_ends() {
    let (restorer, _) = restorer("ada@example.com");
    for end in ["\r\n", "\n", "\r"] {
        let sent = chat(&["nothing ", "here"], true).replace('\n', end);
        let (whole, _) = run(Endpoint::ChatCompletions, &restorer, true, &[sent.as_bytes()]);
        for cut in 0..sent.len() {
            let (head, tail) = sent.as_bytes().split_at(cut);
            let (got, _) = run(Endpoint::ChatCompletions, &restorer, true, &[head, tail]);
            assert_eq!(got, whole, "{end:?} {cut}");
        }
    }
}

#[test]
fn why_a_stream_is_withheld_is_known() {
    let (restorer, _) = restorer("jane.doe@example.org");
    for (sent, why) in [
        (chat(&["all is well"], false), None),
        (
            chat(&["the SSN is 536-22-", "8741."], false),
            Some(Withheld::Blocked),
        ),
        ("data: {\"nothing\":\n\n".to_owned(), Some(Withheld::Unreadable)),
    ] {
        let (_, stream) = run(Endpoint::ChatCompletions, &restorer, true, &[sent.as_bytes()]);
        assert_eq!(stream.withheld(), why, "{sent}");
    }
}
