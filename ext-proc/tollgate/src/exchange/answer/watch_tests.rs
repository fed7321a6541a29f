//! Streams under guardrails, cut at every byte and in every delta.

use tollgate_config::{Guardrail, GuardrailAction, GuardrailCheck, GuardrailOn, SchemaSource};
use tollgate_llm::Endpoint;
use tollgate_redact::{Engine, Operator, Redactor, Rules, TenantKey, Vault, Verdict};

use super::*;
use crate::exchange::answer::plain::Withheld;
use crate::exchange::answer::restorer::Restorer;
use crate::exchange::answer::stream::Stream;

fn guardrail(action: GuardrailAction, check: GuardrailCheck) -> Guardrail {
    Guardrail {
        name: "rule".to_owned(),
        on: GuardrailOn::Answer,
        roles: None,
        action,
        dry_run: false,
        check,
    }
}

fn words() -> GuardrailCheck {
    GuardrailCheck::Listed {
        words: vec!["project titan".to_owned()],
        patterns: vec![r"\bGX-\d{4}\b".to_owned()],
    }
}

fn restorer(rules: &[Guardrail]) -> Restorer {
    let key = TenantKey::new([7; 32]);
    let nothing = Rules::builder().build().unwrap();
    let vault = Arc::new(Vault::new(key.clone()));
    let mut restorer = Restorer::inspecting(Arc::new(Engine::new()), Arc::new(nothing), vault, key);
    restorer.guardrails = Some(Arc::new(PolicyGuardrails::new(rules, false).unwrap()));
    restorer
}

fn chat(deltas: &[&str]) -> String {
    let event = |delta: &&str| {
        let event = serde_json::json!({ "choices": [{ "index": 0, "delta": { "content": delta } }] });
        format!("data: {event}\n\n")
    };
    let deltas: String = deltas.iter().map(event).collect();
    deltas + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
}

fn messages(deltas: &[&str]) -> String {
    let event =
        |value: serde_json::Value| format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap());
    let mut stream = event(
        serde_json::json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
    );
    for text in deltas {
        stream += &event(
            serde_json::json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } }),
        );
    }
    stream += &event(serde_json::json!({ "type": "content_block_stop", "index": 0 }));
    stream += &event(
        serde_json::json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 4 } }),
    );
    stream + &event(serde_json::json!({ "type": "message_stop" }))
}

fn text_of(stream: &str) -> String {
    let events = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = events.filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok());
    let text = |event: serde_json::Value| {
        let text = event
            .pointer("/choices/0/delta/content")
            .or(event.pointer("/delta/text"));
        text.and_then(|text| text.as_str().map(str::to_owned))
    };
    events.filter_map(text).collect()
}

fn run(endpoint: Endpoint, restorer: &Restorer, chunks: &[&[u8]]) -> (String, Stream) {
    let mut stream = Stream::new(endpoint, restorer.clone(), true, None);
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend(stream.push(chunk));
    }
    out.extend(stream.end());
    (String::from_utf8(out).unwrap(), stream)
}

/// Both dialects: a way to write deltas, and what ends a stream that nothing is wrong with.
type Dialect = (Endpoint, fn(&[&str]) -> String, &'static str);
const DIALECTS: [Dialect; 2] = [
    (Endpoint::ChatCompletions, chat, "[DONE]"),
    (Endpoint::Messages, messages, "message_stop"),
];

#[test]
fn nothing_of_what_blocks_goes_out_however_it_is_cut() {
    let restorer = restorer(&[guardrail(GuardrailAction::Block, words())]);
    for (endpoint, write, last) in DIALECTS {
        for (deltas, before) in [
            (&["About the pro", "ject  ti", "tan, and more"][..], "About the "),
            (&["project titan"], ""),
            (
                &["p", "r", "o", "j", "e", "c", "t", " ", "t", "i", "t", "a", "n"],
                "",
            ),
            (&["see gx-12", "34"], "see "),
        ] {
            let stream = write(deltas);
            for cut in (0..stream.len()).step_by(7) {
                let (head, tail) = stream.as_bytes().split_at(cut);
                let (out, state) = run(endpoint, &restorer, &[head, tail]);
                let text = text_of(&out);
                assert!(before.starts_with(&text), "{deltas:?} {cut}: {text:?}");
                assert!(!out.contains(last) && !out.contains("and more"), "{out}");
                assert!(
                    out.trim_end().ends_with("}}") && out.contains("the rule `rule`"),
                    "{out}"
                );
                assert!(state.withheld() == Some(Withheld::Refused) && !state.is_complete());
            }
        }
    }
}

#[test]
fn what_only_looks_like_it_goes_out_whole_and_in_order() {
    let restorer = restorer(&[guardrail(GuardrailAction::Block, words())]);
    for (endpoint, write, last) in DIALECTS {
        for deltas in [
            &["project tita", "nic; a pro", "ject"][..],
            &["ends with project"],
            &["ends with project ti"],
            &["GX-123", "45 and GX-", "12"],
            &["é 😀 pro", "ject 東京"],
        ] {
            let stream = write(deltas);
            for cut in (0..stream.len()).step_by(7) {
                let (head, tail) = stream.as_bytes().split_at(cut);
                let (out, state) = run(endpoint, &restorer, &[head, tail]);
                assert_eq!(text_of(&out), deltas.concat(), "{cut}");
                assert!(out.contains(last) && state.findings().0.is_empty());
                // What waited goes out before its block, or its choice, ends.
                let stops = out
                    .find("finish_reason")
                    .or(out.find("content_block_stop"))
                    .unwrap();
                assert!(
                    !out[stops..].contains("content\":\"") && !out[stops..].contains("text_delta"),
                    "{out}"
                );
            }
        }
    }
}

#[test]
fn what_is_only_told_passes() {
    for (action, dry_run) in [
        (GuardrailAction::Annotate, false),
        (GuardrailAction::Log, false),
        (GuardrailAction::Block, true),
    ] {
        let rule = Guardrail {
            dry_run,
            ..guardrail(action, words())
        };
        let restorer = restorer(&[rule]);
        for (endpoint, write, last) in DIALECTS {
            let (out, state) = run(
                endpoint,
                &restorer,
                &[write(&["my proj", "ect titan, and more"]).as_bytes()],
            );
            assert_eq!(text_of(&out), "my project titan, and more");
            assert!(out.contains(last) && state.withheld().is_none());
            assert_eq!(state.findings().0.len(), 1);
        }
    }
}

#[test]
fn whole_texts_are_judged_before_the_end_is_said() {
    let schema = serde_json::json!({ "type": "object", "required": ["a"] });
    let schema = GuardrailCheck::JsonSchema(SchemaSource::Inline(schema));
    let cited = GuardrailCheck::Citations {
        at_least: 2,
        pattern: None,
    };
    for (check, text, fine) in [
        (schema.clone(), &["{\"a\"", ": 1}"][..], true),
        (schema.clone(), &["{\"b\"", ": 1}"], false),
        (schema, &["Sure: {}"], false),
        (cited.clone(), &["so [1] and [", "2]."], true),
        (cited, &["so [1] and [", "1]."], false),
        (GuardrailCheck::MaxTokens(4), &["a b ", "c d"], true),
        (GuardrailCheck::MaxTokens(3), &["a b ", "c d"], false),
    ] {
        let restorer = restorer(&[guardrail(GuardrailAction::Block, check)]);
        for (endpoint, write, last) in DIALECTS {
            let mut stream = Stream::new(endpoint, restorer.clone(), true, None);
            stream.assume(tollgate_llm::Usage {
                output_tokens: 4,
                ..Default::default()
            });
            let mut out = stream.push(write(text).as_bytes());
            out.extend(stream.end());
            let out = String::from_utf8(out).unwrap();
            assert_eq!(text_of(&out), text.concat());
            assert_eq!(
                (out.contains(last), stream.withheld() == Some(Withheld::Refused)),
                (fine, !fine),
                "{out}"
            );
        }
    }
}

#[test]
fn restored_values_are_judged_too_since_the_client_would_see_them() {
    let engine = Arc::new(Engine::new());
    let key = TenantKey::new([7; 32]);
    let usual = Rules::usual(Operator::Token);
    let mut redactor = Redactor::new(&engine, &usual, key.clone());
    let Verdict::Pass(token) = redactor.text("jane@rival.example") else {
        panic!("blocked")
    };
    let token = token.into_owned();
    let vault = Arc::new(redactor.into_vault());
    let nothing = Arc::new(Rules::builder().build().unwrap());
    let check = GuardrailCheck::Listed {
        words: vec!["rival".to_owned()],
        patterns: Vec::new(),
    };
    let rules = PolicyGuardrails::new(&[guardrail(GuardrailAction::Block, check)], false).unwrap();
    let mut restorer = Restorer::inspecting(Arc::clone(&engine), nothing, vault, key);
    restorer.guardrails = Some(Arc::new(rules));
    let (out, state) = run(
        Endpoint::ChatCompletions,
        &restorer,
        &[chat(&[&token]).as_bytes()],
    );
    assert!(
        state.withheld() == Some(Withheld::Refused) && !out.contains("rival.example"),
        "{out}"
    );
}

#[test]
fn a_text_that_comes_whole_is_looked_at_too() {
    let restorer = restorer(&[guardrail(GuardrailAction::Block, words())]);
    let done = serde_json::json!({
        "type": "response.output_text.done", "item_id": "i", "output_index": 0, "content_index": 0, "text": "project titan"
    });
    let stream = format!("event: response.output_text.done\ndata: {done}\n\n");
    let (out, state) = run(Endpoint::Responses, &restorer, &[stream.as_bytes()]);
    assert!(
        state.withheld() == Some(Withheld::Refused) && !out.contains("titan"),
        "{out}"
    );
}
