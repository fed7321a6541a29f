//! What ends a stream: a flag, a kind that is blocked, silence.

use super::*;

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
