//! What the demo asks the gateway, and what a person should see in the answers.
//! Must not know how the gateway was started.

use serde_json::{Value, json};

use super::gateway::{BACKUP, ENVOY_ADMIN, GATEWAY, PRIMARY};
use crate::http::{self, Answer};
use crate::run::Failure;

const KEY: &str = "tg-demo-acme-app";
const TINY_KEY: &str = "tg-demo-acme-tiny";
const PROMPT: &str = "Write to jane.doe@example.com, or call +1 415 555 2671.";

/// All chapters in order.
pub(crate) fn tell() -> Result<(), Failure> {
    routing()?;
    redaction()?;
    cache()?;
    streaming()?;
    budget()?;
    failover()
}

/// A line to try by hand.
pub(crate) fn curl() -> String {
    format!(
        "curl http://{GATEWAY}/v1/chat/completions -H 'authorization: Bearer {KEY}' -H 'content-type: application/json' \\\n    \
         -d '{{\"model\":\"gpt-4o\",\"messages\":[{{\"role\":\"user\",\"content\":\"My card is 4111 1111 1111 1111\"}}]}}'"
    )
}

fn routing() -> Result<(), Failure> {
    chapter(
        1,
        "Routing and counting",
        "The model in the body chooses the pool; Envoy's wasm filter counts the prompt's tokens.",
    );
    for (model, provider, name) in [
        ("gpt-4o", PRIMARY, "primary"),
        ("claude-sonnet-5", BACKUP, "backup"),
    ] {
        forget(provider)?;
        let answer = chat(KEY, model, "Say hello.", &[], json!({}))?;
        expect(&answer, 200)?;
        check(
            !received(provider)?.is_empty(),
            &format!("{model} goes to {name}"),
        )?;
        println!(
            "  asked   {model}, answered by {name}: {:?}{}",
            content(&answer),
            notes(&answer)
        );
    }
    println!("  stats   {}", stats()?.join("\n          "));
    Ok(())
}

fn redaction() -> Result<(), Failure> {
    chapter(
        2,
        "Redaction",
        "Personal data stays here: the provider sees tokens, the client gets its own words back.",
    );
    forget(PRIMARY)?;
    let answer = chat(KEY, "gpt-4o", PROMPT, &[], json!({}))?;
    expect(&answer, 200)?;
    println!("  sent    {PROMPT:?}");
    println!(
        "  seen    {:?}  (by the provider, which echoes it)",
        last_prompt(PRIMARY)?
    );
    println!("  answer  {:?}", content(&answer));
    check(
        !last_prompt(PRIMARY)?.contains("jane.doe"),
        "the provider does not see the address",
    )?;
    check(content(&answer) == PROMPT, "the client gets its own words back")
}

fn cache() -> Result<(), Failure> {
    chapter(
        3,
        "Cache",
        "The same question again is answered without the provider, also in other words; a near miss is not.",
    );
    forget(PRIMARY)?;
    for (question, found, asked) in [
        (PROMPT, "exact", 0),
        ("How do I enable dark mode?", "miss", 1),
        ("how can I turn on dark mode please", "semantic", 1),
        ("How do I disable dark mode?", "miss", 2),
    ] {
        let answer = chat(KEY, "gpt-4o", question, &[], json!({}))?;
        expect(&answer, 200)?;
        println!("  asked   {question:?}{}", notes(&answer));
        check(
            answer.header("x-tollgate-cache") == Some(found) && received(PRIMARY)?.len() == asked,
            &format!("{question:?} is found like this: {found}"),
        )?;
    }
    println!("  seen    2 requests by the provider");
    Ok(())
}

fn streaming() -> Result<(), Failure> {
    chapter(
        4,
        "A stream",
        "Redaction works inside streams, wherever the chunks are cut.",
    );
    let more = json!({ "stream": true });
    let answer = chat(
        KEY,
        "gpt-4o",
        "I am at 203.0.113.77, card 4111 1111 1111 1111.",
        &[("x-sim", "delta=3")],
        more,
    )?;
    expect(&answer, 200)?;
    let data = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
    let events: Vec<Value> = data.filter_map(|line| serde_json::from_str(line).ok()).collect();
    let pieces: Vec<String> = events
        .iter()
        .map(|event| text(&event["choices"][0]["delta"]["content"]))
        .filter(|piece| !piece.is_empty())
        .collect();
    println!("  seen    {:?}", last_prompt(PRIMARY)?);
    println!("  pieces  {pieces:?}");
    check(
        pieces.concat().contains("203.0.113.77"),
        "the address is restored in the stream",
    )?;
    check(
        !last_prompt(PRIMARY)?.contains("203.0.113.77"),
        "the provider does not see the address",
    )
}

fn budget() -> Result<(), Failure> {
    chapter(
        5,
        "Budget",
        "A key with 0.002 USD: the cost is reserved before the provider is asked, and settled after.",
    );
    for (question, status) in [("What may I spend?", 200), ("And now?", 429)] {
        let more = json!({ "max_tokens": 100 });
        let answer = chat(
            TINY_KEY,
            "gpt-4o",
            question,
            &[("x-sim", "completion_tokens=150")],
            more,
        )?;
        expect(&answer, status)?;
        let said = if answer.status == 200 {
            content(&answer)
        } else {
            text(&answer.json()["error"]["message"])
        };
        println!("  {}     {said:?}{}", answer.status, notes(&answer));
    }
    Ok(())
}

fn failover() -> Result<(), Failure> {
    chapter(
        6,
        "Failover and translation",
        "The primary provider answers 503, so the backup is asked, in Anthropic's dialect; the client never knows.",
    );
    forget(BACKUP)?;
    let headers = [("x-sim-primary", "status=503")];
    let answer = chat(KEY, "gpt-4o", "Who answers this?", &headers, json!({}))?;
    expect(&answer, 200)?;
    let request = received(BACKUP)?.pop().unwrap_or_default();
    check(
        request["path"] == "/v1/messages",
        "the backup is asked in its own dialect",
    )?;
    println!("  seen    {} {}", text(&request["path"]), text(&request["body"]));
    println!(
        "  answer  {:?} (id {}, object {})",
        content(&answer),
        text(&answer.json()["id"]),
        text(&answer.json()["object"])
    );
    Ok(())
}

/// The demo is run by `cargo verify` too: what it tells must be so.
fn check(holds: bool, what: &str) -> Result<(), Failure> {
    let way_out = "see the logs in target/demo";
    if holds {
        Ok(())
    } else {
        Err(Failure::new(
            format!("it should be so, and is not: {what}"),
            way_out,
        ))
    }
}

fn chapter(number: u8, title: &str, what: &str) {
    println!("\n{number}. {title}\n   {what}");
}

fn chat(
    key: &str,
    model: &str,
    prompt: &str,
    headers: &[(&str, &str)],
    more: Value,
) -> Result<Answer, Failure> {
    let mut body = json!({ "model": model, "messages": [{ "role": "user", "content": prompt }] });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    let authorization = format!("Bearer {key}");
    let mut all = vec![
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    all.extend(headers);
    ask("POST", GATEWAY, "/v1/chat/completions", &all, &body.to_string())
}

fn ask(
    method: &str,
    address: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer, Failure> {
    http::request(method, address, path, headers, body).map_err(|error| {
        Failure::new(
            format!("{method} http://{address}{path}: {error}"),
            "see the logs in target/demo",
        )
    })
}

fn expect(answer: &Answer, status: u16) -> Result<(), Failure> {
    if answer.status == status {
        return Ok(());
    }
    let what = format!(
        "expected {status}, but the gateway answered {}: {}",
        answer.status, answer.body
    );
    Err(Failure::new(what, "see the logs in target/demo"))
}

fn received(provider: &str) -> Result<Vec<Value>, Failure> {
    let answer = ask("GET", provider, "/sim/requests", &[], "")?;
    Ok(answer.json().as_array().cloned().unwrap_or_default())
}

fn last_prompt(provider: &str) -> Result<String, Failure> {
    let body = received(provider)?
        .pop()
        .map(|request| text(&request["body"]))
        .unwrap_or_default();
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    Ok(text(&body["messages"][0]["content"]))
}

fn forget(provider: &str) -> Result<(), Failure> {
    ask("DELETE", provider, "/sim/requests", &[], "").map(drop)
}

/// Envoy's counters of prompt tokens.
fn stats() -> Result<Vec<String>, Failure> {
    let answer = ask(
        "GET",
        ENVOY_ADMIN,
        "/stats?filter=tollgate.*prompt_tokens",
        &[],
        "",
    )?;
    Ok(answer.body.lines().map(str::to_owned).collect())
}

fn content(answer: &Answer) -> String {
    text(&answer.json()["choices"][0]["message"]["content"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What the gateway adds for people: its `x-tollgate-*` headers.
fn notes(answer: &Answer) -> String {
    [
        "x-tollgate-cache",
        "x-tollgate-cache-similarity",
        "x-tollgate-cost-usd",
        "x-should-retry",
    ]
    .iter()
    .filter_map(|name| answer.header(name).map(|value| format!("  {name}: {value}")))
    .collect()
}
