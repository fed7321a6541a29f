//! What is charged for answers, and what never passes.

use std::sync::Arc;

use tollgate_redact::{Engine, Entity, Operator, Rules, TenantKey, Vault};
use tollgate_tokens::Encoding;

use super::*;

fn answer(stream: bool) -> Answer {
    let key = TenantKey::new([7; 32]);
    let rules = Rules::builder()
        .usual(Operator::Placeholder)
        .entity(Entity::UsSsn, Operator::Block)
        .build()
        .unwrap();
    let vault = Arc::new(Vault::new(key.clone()));
    let restorer = Restorer::inspecting(Arc::new(Engine::new()), Arc::new(rules), vault, key);
    let facts = Facts {
        request_id: "id".into(),
        endpoint: Endpoint::ChatCompletions,
        model: "m".into(),
        stream,
        include_usage: None,
        prompt_tokens: 7,
        exact: true,
        cache: tollgate_routing::cache_control::CacheControl::default(),
        choice: None,
        tenant_choices: Vec::new(),
    };
    Answer::new(
        restorer,
        Lookup::off(),
        &facts,
        None,
        Tokenizer::Exact(Encoding::O200kBase),
    )
}

impl Answer {
    /// Takes the next bytes and says what the client gets for them.
    fn take(&mut self, attributes: &Attributes, chunk: Vec<u8>, end: bool) -> AnswerVerdict {
        match self.gather(attributes, chunk, end) {
            Gathered::Verdict(verdict) => verdict,
            Gathered::Whole => self.whole(None),
            Gathered::Held => self.release(),
        }
    }
}

fn code(status: u16) -> Attributes {
    [(
        "response.code".to_owned(),
        tollgate_wire::Value::Number(status.into()),
    )]
    .into_iter()
    .collect()
}

fn says(content: &str) -> Vec<u8> {
    serde_json::json!({
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": content }, "finish_reason": "stop" }]
    })
    .to_string()
    .into_bytes()
}

/// Input tokens that are charged, and whether output is.
fn charged(answer: &Answer) -> Option<(u64, bool)> {
    answer
        .usage()
        .map(|usage| (usage.input_tokens, usage.output_tokens > 0))
}

#[test]
fn what_the_provider_charges_for_is_charged() {
    let error = br#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#.to_vec();
    for (status, body, expected) in [
        (200, says("hello world"), Some((7, true))),
        (429, error, None),
        (500, b"<html>".to_vec(), None),
        // Withheld from the client, but written by the provider all the same.
        (200, says("The SSN is 536-22-8741"), Some((7, true))),
        (200, b"not JSON".to_vec(), Some((7, false))),
    ] {
        let mut answer = answer(false);
        answer.take(&code(status), body.clone(), true);
        assert_eq!(
            charged(&answer),
            expected,
            "{status} {}",
            String::from_utf8_lossy(&body)
        );
    }
}

#[test]
fn who_leaves_while_an_answer_is_looked_at_is_charged() {
    for (status, expected) in [(200, Some((7, true))), (429, None)] {
        let mut answer = answer(false);
        assert!(matches!(
            answer.gather(&code(status), says("hello world"), true),
            Gathered::Whole
        ));
        assert_eq!(charged(&answer), expected, "{status}");
    }
}

#[test]
fn what_is_blocked_is_refused_whole() {
    let mut answer = answer(false);
    let verdict = answer.take(&code(200), says("The SSN is 536-22-8741"), true);
    let AnswerVerdict::Reply(reply) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!((reply.status, reply.details), (403, "content_blocked"));
    assert!(!String::from_utf8(reply.body).unwrap().contains("8741"));
    assert_eq!(answer.withheld(), Some(Withheld::Blocked));
}

#[test]
fn a_body_without_an_end_is_cut_off_and_nothing_of_it_passes() {
    let mut answer = answer(true);
    let mut chunk = vec![b'x'; 1 << 20];
    chunk[0] = b'{';
    let mut seen = Vec::new();
    for _ in 0..40 {
        match answer.take(&code(200), chunk.clone(), false) {
            AnswerVerdict::Replace(bytes, _) => seen.extend(bytes),
            passed => panic!("{passed:?}"),
        }
    }
    let seen = String::from_utf8(seen).unwrap();
    assert!(
        seen.contains("unreadable_answer") && !seen.contains("xxx"),
        "{}",
        seen.len()
    );
    assert_eq!(charged(&answer), Some((7, false)));
}

#[test]
fn a_lane_says_who_answered() {
    for (address, provider) in [
        ("envoy://lane-openai/", Some("openai")),
        ("envoy://lane-a.b/x", Some("a.b")),
        ("127.0.0.1:443", None),
        ("", None),
    ] {
        assert_eq!(provider_of(address), provider, "{address}");
    }
}
