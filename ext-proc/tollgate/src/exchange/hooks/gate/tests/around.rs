//! What could pass beside the windows: probabilities, texts that nobody streamed, texts without an end.

use super::*;

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
