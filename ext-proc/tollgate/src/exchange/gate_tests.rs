//! Streams that others must see first, cut anywhere, in every dialect.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate_hooks::Span;
use tollgate_llm::{ApiError, Endpoint, ErrorKind};
use tollgate_redact::{Engine, Entity, Operator, Redactor, Rules, TenantKey, Vault, Verdict};

use super::super::restorer::Restorer;
use super::super::stream::Stream;
use super::windows::{CONTEXT, LEAST, MOST, TAIL};
use super::*;

static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| Arc::new(Engine::new()));

const NAME: &str = "Zoë van den Ørsted";
const JUDGE: Asks = Asks {
    names: false,
    judge: true,
};
const NAMES: Asks = Asks {
    names: true,
    judge: false,
};
const BOTH: Asks = Asks {
    names: true,
    judge: true,
};

/// A restorer whose request held `value`, and the token that stood for it.
fn restorer(value: &str) -> (Restorer, String) {
    let key = TenantKey::new([7; 32]);
    let request = Rules::usual(Operator::Token);
    let mut redactor = Redactor::new(&ENGINE, &request, key.clone());
    let Verdict::Pass(token) = redactor.text(value) else {
        panic!("blocked")
    };
    let token = token.into_owned();
    let rules = Rules::builder()
        .usual(Operator::Placeholder)
        .entity(Entity::Person, Operator::Placeholder)
        .entity(Entity::Location, Operator::Block)
        .build()
        .unwrap();
    let vault = Arc::new(redactor.into_vault());
    (
        Restorer::inspecting(Arc::clone(&ENGINE), Arc::new(rules), vault, key),
        token,
    )
}

fn plain() -> Restorer {
    let key = TenantKey::new([7; 32]);
    let nothing = Arc::new(Rules::builder().build().unwrap());
    Restorer::inspecting(
        Arc::clone(&ENGINE),
        nothing,
        Arc::new(Vault::new(key.clone())),
        key,
    )
}

/// Those who are asked: they know one name and one place, and let "sim-flag" not pass.
#[derive(Default)]
struct Others {
    /// What each was shown, in order.
    named: Vec<String>,
    judged: Vec<String>,
    /// Nothing is known any more from this question on.
    silent_from: Option<usize>,
    refuses: bool,
    asked: usize,
}

impl Others {
    fn hear(&mut self, gate: &mut Gate) {
        while let Some(question) = gate.question() {
            self.asked += 1;
            if self.silent_from.is_some_and(|from| from < self.asked) {
                match question {
                    _ if self.refuses => gate.refuse(&ApiError::new(ErrorKind::Unavailable, "silent")),
                    Question::Names(_) => gate.named(None),
                    Question::Judge(_) => gate.judged(None),
                }
                continue;
            }
            match question {
                Question::Names(texts) => {
                    let shown = texts.shown();
                    let spans = shown.iter().map(|text| names(text)).collect();
                    self.named.extend(shown.into_iter().map(str::to_owned));
                    gate.named(Some(texts.found(spans)));
                }
                Question::Judge(parts) => {
                    let word = |part: &String| {
                        part.contains("sim-flag")
                            .then(|| ApiError::new(ErrorKind::Permission, "flagged").code("content_blocked"))
                    };
                    gate.judged(Some(parts.iter().map(word).collect()));
                    self.judged.extend(parts);
                }
            }
        }
    }
}

/// Only whole names are known.
fn names(text: &str) -> Vec<Span> {
    [(NAME, "PERSON"), ("Timbuktu", "LOCATION")]
        .into_iter()
        .flat_map(|(name, entity)| {
            text.match_indices(name).map(move |(at, _)| Span {
                range: at..at + name.len(),
                entity: entity.to_owned(),
                score: 0.9,
            })
        })
        .collect()
}

/// What the client gets for each chunk.
fn run(
    endpoint: Endpoint,
    restorer: &Restorer,
    asks: Asks,
    others: &mut Others,
    chunks: &[&[u8]],
) -> Vec<String> {
    let mut stream = Stream::new(endpoint, restorer.clone(), true, None);
    stream.hold(asks);
    let mut out = Vec::new();
    for (at, chunk) in chunks.iter().enumerate() {
        let end = at + 1 == chunks.len();
        let gate = stream.gate().unwrap();
        gate.push(chunk, end);
        others.hear(gate);
        let (bytes, _) = gate.release();
        let mut got = stream.push(&bytes);
        if end {
            got.extend(stream.end());
        }
        out.push(String::from_utf8(got).unwrap());
    }
    out
}

fn event(value: &Value) -> String {
    match value["type"].as_str() {
        Some(name) => format!("event: {name}\ndata: {value}\n\n"),
        None => format!("data: {value}\n\n"),
    }
}

const DIALECTS: [Endpoint; 4] = [
    Endpoint::ChatCompletions,
    Endpoint::Completions,
    Endpoint::Responses,
    Endpoint::Messages,
];

/// A whole stream that says these pieces; in `/v1/responses` all of it three times more.
fn stream(endpoint: Endpoint, pieces: &[&str]) -> String {
    let whole = pieces.concat();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    let delta: Box<dyn Fn(&str) -> Value> = match endpoint {
        Endpoint::ChatCompletions => {
            tail.push(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }));
            Box::new(
                |text| json!({ "id": "c", "choices": [{ "index": 0, "delta": { "content": text }, "logprobs": { "content": [] } }] }),
            )
        }
        Endpoint::Completions => {
            tail.push(json!({ "choices": [{ "index": 0, "text": "", "finish_reason": "stop" }] }));
            Box::new(|text| json!({ "id": "c", "choices": [{ "index": 0, "text": text }] }))
        }
        Endpoint::Messages => {
            head.push(json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }));
            tail.push(json!({ "type": "content_block_stop", "index": 0 }));
            tail.push(json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 4 } }));
            tail.push(json!({ "type": "message_stop" }));
            Box::new(
                |text| json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } }),
            )
        }
        _ => {
            let part = json!({ "type": "output_text", "text": whole, "annotations": [] });
            let item = json!({ "type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part] });
            tail.push(json!({ "type": "response.output_text.done", "item_id": "m", "output_index": 0, "content_index": 0, "text": whole }));
            tail.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": item }));
            tail.push(json!({ "type": "response.completed", "response": { "id": "r", "status": "completed", "output": [item] } }));
            Box::new(
                |text| json!({ "type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0, "delta": text }),
            )
        }
    };
    let deltas = pieces.iter().map(|piece| delta(piece));
    let mut all: String = head.iter().map(event).collect();
    all.extend(deltas.map(|delta| event(&delta)));
    all.extend(tail.iter().map(event));
    if matches!(endpoint, Endpoint::ChatCompletions | Endpoint::Completions) {
        all += "data: [DONE]\n\n";
    }
    all
}

fn events(stream: &str) -> impl Iterator<Item = Value> + '_ {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
}

/// What a client puts together of the deltas.
fn text_of(stream: &str) -> String {
    let text = |event: Value| {
        let own = event["delta"].as_str().map(str::to_owned);
        let places = ["/choices/0/delta/content", "/choices/0/text", "/delta/text"];
        own.or_else(|| {
            places
                .iter()
                .find_map(|place| Some(event.pointer(place)?.as_str()?.to_owned()))
        })
    };
    events(stream).filter_map(text).collect()
}

fn pieces<'t>(text: &'t str, cuts: &[prop::sample::Index]) -> Vec<&'t str> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
    places.extend([0, text.len()]);
    places.retain(|place| text.is_char_boundary(*place));
    places.sort_unstable();
    places.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

/// What was shown, without what was shown before.
fn joined(shown: &[String]) -> String {
    let mut all = String::new();
    for part in shown {
        let known = (0..=part.len().min(CONTEXT))
            .rev()
            .filter(|at| part.is_char_boundary(*at));
        let known = known.into_iter().find(|at| all.ends_with(&part[..*at])).unwrap();
        all.push_str(&part[known..]);
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_goes_out_that_was_not_judged(
        words in prop::collection::vec(
            prop::sample::select(vec!["plain ", "words. ", "42 ", "字", "line\n", "mail bob@example.com ", NAME, " ", "x", "\"q\" "]),
            0..500,
        ),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        chunks in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        endpoint in prop::sample::select(DIALECTS.to_vec()),
        asks in prop::sample::select(vec![JUDGE, NAMES, BOTH]),
    ) {
        let text = words.concat();
        let (restorer, _) = restorer("jane.doe@example.org");
        let sent = stream(endpoint, &pieces(&text, &cuts));
        let mut others = Others::default();
        let whole = run(endpoint, &restorer, asks, &mut others, &[sent.as_bytes()]).concat();
        let redacted = text.replace("bob@example.com", "<EMAIL_ADDRESS>");
        let expected = if asks.names { redacted.replace(NAME, "<PERSON>") } else { redacted };
        prop_assert_eq!(text_of(&whole), expected.clone());
        if asks.names {
            prop_assert!(!whole.contains("Ørsted"), "nor where it is repeated");
        }
        if asks.judge {
            let judged = joined(&others.judged);
            prop_assert_eq!(judged.trim_end(), expected.trim_end());
        }

        let mut places: Vec<usize> = chunks.iter().map(|cut| cut.index(sent.len() + 1)).collect();
        places.extend([0, sent.len()]);
        places.sort_unstable();
        let cut: Vec<&[u8]> = places.windows(2).map(|pair| &sent.as_bytes()[pair[0]..pair[1]]).collect();
        let mut again = Others::default();
        let got = run(endpoint, &restorer, asks, &mut again, &cut);
        prop_assert_eq!(text_of(&got.concat()), expected.clone(), "however it is cut");
        prop_assert_eq!(&again.judged, &others.judged, "the same windows");
        prop_assert_eq!(&again.named, &others.named);

        // Once more, to see what has gone out at each moment.
        if asks.judge {
            let mut stream = Stream::new(endpoint, restorer, true, None);
            stream.hold(asks);
            let mut sent = String::new();
            let mut others = Others::default();
            for (at, chunk) in cut.iter().enumerate() {
                let gate = stream.gate().unwrap();
                gate.push(chunk, at + 1 == cut.len());
                others.hear(gate);
                prop_assert!(gate.waits() <= chunk.len() + 12 * MOST, "{}", gate.waits());
                let (bytes, _) = gate.release();
                sent += &String::from_utf8(stream.push(&bytes)).unwrap();
                let (judged, got) = (joined(&others.judged), text_of(&sent));
                prop_assert!(judged.starts_with(got.trim_end()), "{judged:?} {got:?}");
            }
        }
    }
}

#[test]
fn names_are_found_wherever_a_window_ends() {
    let (restorer, _) = restorer("jane.doe@example.org");
    for before in (0..2 * (LEAST + TAIL)).step_by(3) {
        let filler = "lorem ipsum ".repeat(before / 12 + 1);
        let text = format!("{}. {NAME}. {}", &filler[..before], "dolor sit. ".repeat(40));
        let sent = stream(Endpoint::ChatCompletions, &[&text]);
        let got = run(
            Endpoint::ChatCompletions,
            &restorer,
            NAMES,
            &mut Others::default(),
            &[sent.as_bytes()],
        );
        assert_eq!(text_of(&got.concat()), text.replace(NAME, "<PERSON>"), "{before}");
    }
}

#[test]
fn a_flag_ends_the_stream_before_its_window() {
    let first = format!("{}fine. ", "All is ".repeat(40));
    let second = format!("{}sim-flag here. ", "Then it ".repeat(40));
    let text = format!("{first}{second}And more. ");
    for endpoint in DIALECTS {
        for size in [7, 60, 100_000] {
            let deltas: Vec<&str> = text
                .as_bytes()
                .chunks(size)
                .map(|piece| std::str::from_utf8(piece).unwrap())
                .collect();
            let sent = stream(endpoint, &deltas);
            for chunk in [1, 90, sent.len()] {
                let chunks: Vec<&[u8]> = sent.as_bytes().chunks(chunk).collect();
                let got = run(endpoint, &plain(), JUDGE, &mut Others::default(), &chunks).concat();
                assert_eq!(text_of(&got), first, "{endpoint:?} {size} {chunk}");
                assert!(!got.contains("Then it"), "{got}");
                assert!(
                    events(&got).last().unwrap().to_string().contains("flagged"),
                    "nothing comes behind it: {got}"
                );
            }
        }
    }
}

#[test]
fn silence_refuses_or_lets_pass_and_nobody_is_asked_again() {
    let text = "One more sentence without an end. ".repeat(60);
    for (asks, refuses) in [
        (JUDGE, true),
        (NAMES, true),
        (BOTH, true),
        (JUDGE, false),
        (NAMES, false),
        (BOTH, false),
    ] {
        let deltas: Vec<&str> = text.split_inclusive(' ').collect();
        let sent = stream(Endpoint::Messages, &deltas);
        let chunks: Vec<&[u8]> = sent.as_bytes().chunks(300).collect();
        let mut others = Others {
            silent_from: Some(1),
            refuses,
            ..Others::default()
        };
        let got = run(Endpoint::Messages, &plain(), asks, &mut others, &chunks).concat();
        let most = if asks == BOTH && !refuses { 3 } else { 2 };
        assert_eq!(others.asked, most, "nobody is asked again: {asks:?} {refuses}");
        let said = text_of(&got);
        if refuses {
            assert!(
                text.starts_with(&said) && said.len() < 2 * MOST && got.contains("silent"),
                "{said}"
            );
        } else {
            assert_eq!(said, text);
            assert!(got.contains("message_stop") && !got.contains("silent"));
        }
    }
}

#[test]
fn what_is_blocked_ends_the_stream_and_tokens_come_back() {
    let (restorer, token) = restorer("jane.doe@example.org");
    let sent = stream(Endpoint::Responses, &[&format!("Ask {token} about "), NAME, "."]);
    let mut others = Others::default();
    let got = run(
        Endpoint::Responses,
        &restorer,
        BOTH,
        &mut others,
        &[sent.as_bytes()],
    )
    .concat();
    assert_eq!(text_of(&got), "Ask jane.doe@example.org about <PERSON>.");
    assert_eq!(
        got.matches("jane.doe@example.org about <PERSON>.").count(),
        3,
        "wherever it is repeated: {got}"
    );
    assert_eq!(
        others.judged,
        [format!("Ask {token} about <PERSON>.")],
        "who judges never gets what was put back"
    );

    let sent = stream(Endpoint::Responses, &["Go to Timb", "uktu now."]);
    let got = run(
        Endpoint::Responses,
        &restorer,
        BOTH,
        &mut Others::default(),
        &[sent.as_bytes()],
    )
    .concat();
    assert_eq!(text_of(&got), "Go to ");
    assert!(got.contains("content_blocked") && !got.contains("uktu"), "{got}");
}

#[test]
fn arguments_of_tools_stay_json() {
    let arguments = json!({ "to": [NAME, "a\\b\n"], "text": "x. ".repeat(400), "Zo\"ë": 1 }).to_string();
    let escaped = arguments.replace('Ø', "\\u00d8").replace('ë', "\\u00eb");
    let (restorer, _) = restorer("jane.doe@example.org");
    for written in [arguments, escaped] {
        let deltas: Vec<String> = written
            .as_bytes()
            .chunks(50)
            .map(|piece| String::from_utf8_lossy(piece).into_owned())
            .collect();
        let whole = deltas.concat();
        if whole != written {
            continue;
        }
        let mut sent = String::new();
        for delta in &deltas {
            let call = json!({ "index": 0, "id": "c", "type": "function", "function": { "name": "f", "arguments": delta } });
            sent += &event(&json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] } }] }));
        }
        sent += "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
        for (asks, name) in [(BOTH, "<PERSON>"), (JUDGE, NAME)] {
            let got = run(
                Endpoint::ChatCompletions,
                &restorer,
                asks,
                &mut Others::default(),
                &[sent.as_bytes()],
            )
            .concat();
            let place = "/choices/0/delta/tool_calls/0/function/arguments";
            let said: String = events(&got)
                .filter_map(|event| Some(event.pointer(place)?.as_str()?.to_owned()))
                .collect();
            let said: Value = serde_json::from_str(&said).unwrap();
            assert_eq!(said["to"], json!([name, "a\\b\n"]));
            assert_eq!(said["Zo\"ë"], 1);
        }
    }
}

#[test]
fn logprobs_do_not_run_ahead() {
    let mut sent = event(
        &json!({ "choices": [{ "index": 0, "delta": { "content": "secret" }, "logprobs": { "content": [{ "token": "secret" }] } }] }),
    );
    let mut stream = Stream::new(Endpoint::ChatCompletions, plain(), true, None);
    stream.hold(JUDGE);
    let gate = stream.gate().unwrap();
    gate.push(sent.as_bytes(), false);
    assert!(gate.question().is_none(), "there is no window yet");
    let (bytes, _) = gate.release();
    sent = String::from_utf8(stream.push(&bytes)).unwrap();
    assert!(
        !sent.contains("secret") && sent.contains("\"logprobs\":null"),
        "{sent}"
    );
}

#[test]
fn what_nobody_streamed_is_judged_before_it_passes() {
    let item = json!({ "type": "message", "id": "m", "role": "assistant", "content": [{ "type": "output_text", "text": "sim-flag" }] });
    let sent = event(&json!({ "type": "response.output_item.done", "output_index": 0, "item": item }))
        + &event(
            &json!({ "type": "response.completed", "response": { "id": "r", "status": "completed", "output": [item] } }),
        );
    let mut others = Others::default();
    let got = run(
        Endpoint::Responses,
        &plain(),
        JUDGE,
        &mut others,
        &[sent.as_bytes()],
    )
    .concat();
    assert_eq!(others.judged, ["sim-flag"]);
    assert!(
        !got.contains("sim-flag") && got.contains("content_blocked"),
        "{got}"
    );
}

#[test]
fn what_never_ends_is_not_kept() {
    let mut gate = Gate::new(Endpoint::ChatCompletions, plain(), NAMES);
    let call = json!({ "index": 0, "id": "c", "type": "function", "function": { "name": "f", "arguments": "x".repeat(1 << 20) } });
    let sent = event(&json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] } }] }));
    for _ in 0..20 {
        gate.push(sent.as_bytes(), false);
        assert!(gate.question().is_none());
        gate.release();
    }
    assert!(gate.waits() <= 10 << 20);
    let mut reader = StreamReader::new(Endpoint::ChatCompletions);
    let read = reader.read(None, "{\"choices\":[]}").unwrap();
    assert!(gate.refusal(&read).is_some());
}
