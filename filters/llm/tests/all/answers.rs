//! Whole answers: what a visitor sees of each fixture.

use std::fmt::Write;
use std::ops::Range;

use tollgate_llm::answer::{AnswerVisitor, Channel, walk};
use tollgate_llm::json::{Splice, Str};
use tollgate_llm::{Endpoint, TextKind};

use crate::support::fixtures;

/// Writes down what it sees, and replaces all of it.
#[derive(Default)]
struct Scribe {
    said: String,
    texts: Vec<String>,
    splice: Splice,
}

impl AnswerVisitor for Scribe {
    fn text(&mut self, channel: Channel, str: &Str<'_>, kind: TextKind) {
        let Channel { choice, block, part } = channel;
        writeln!(
            self.said,
            "{part:?} {choice}.{block} as {kind:?}: {:?}",
            str.decode()
        )
        .unwrap();
        self.texts.push(str.decode().into_owned());
        self.splice.replace_text(str, &format!("<{}\">", str.decode()));
    }

    fn logprobs(&mut self, value: Range<usize>, path: &str) {
        writeln!(self.said, "logprobs: {path}").unwrap();
        self.splice.replace(value, "null");
    }

    fn unknown(&mut self, path: &str) {
        writeln!(self.said, "unknown: {path}").unwrap();
    }
}

#[test]
fn every_answer_is_read_as_its_golden_file_says() {
    for fixture in fixtures("answer", "json") {
        let mut scribe = Scribe::default();
        let facts = walk(fixture.endpoint, fixture.text(), &mut scribe);
        let facts = facts.unwrap_or_else(|error| panic!("{}: {error}", fixture.path.display()));
        writeln!(scribe.said, "{facts:#?}").unwrap();
        fixture.check(&scribe.said);
    }
}

#[test]
fn every_text_can_be_replaced() {
    for fixture in fixtures("answer", "json") {
        let mut before = Scribe::default();
        walk(fixture.endpoint, fixture.text(), &mut before).unwrap();
        let edited = String::from_utf8(before.splice.apply(fixture.text())).unwrap();
        serde_json::from_str::<serde_json::Value>(&edited).unwrap();
        let mut after = Scribe::default();
        walk(fixture.endpoint, &edited, &mut after).unwrap();
        let expected: Vec<String> = before.texts.iter().map(|text| format!("<{text}\">")).collect();
        assert_eq!(after.texts, expected, "{}", fixture.path.display());
        assert!(!after.said.contains("logprobs"), "{}", fixture.path.display());
    }
}

#[test]
fn no_cut_answer_is_accepted() {
    for fixture in fixtures("answer", "json") {
        let whole = fixture.text().trim_end();
        for end in (0..whole.len()).filter(|&end| whole.is_char_boundary(end)) {
            assert!(walk(fixture.endpoint, &whole[..end], &mut Scribe::default()).is_err());
        }
    }
}

#[test]
fn an_answer_that_is_none_is_not_complete() {
    for endpoint in Endpoint::ALL {
        let facts = walk(endpoint, "{}", &mut Scribe::default()).unwrap();
        assert!(!facts.complete && !facts.error, "{endpoint:?}");
        assert!(walk(endpoint, "[]", &mut Scribe::default()).is_err());
        assert!(walk(endpoint, "upstream connect error", &mut Scribe::default()).is_err());
    }
}

/// By default nobody overlooks what repeats the text in another form.
#[test]
fn logprobs_are_unknown_to_a_visitor_that_does_not_handle_them() {
    struct Plain(Vec<String>);
    impl AnswerVisitor for Plain {
        fn text(&mut self, _channel: Channel, _str: &Str<'_>, _kind: TextKind) {}
        fn unknown(&mut self, path: &str) {
            self.0.push(path.to_owned());
        }
    }
    let mut plain = Plain(Vec::new());
    let body = r#"{"choices":[{"message":{"content":"a"},"logprobs":{"content":[]}}]}"#;
    walk(Endpoint::ChatCompletions, body, &mut plain).unwrap();
    assert_eq!(plain.0, ["choices[0].logprobs"]);
}

#[test]
fn calls_are_named_with_the_channel_of_their_arguments() {
    #[derive(Default)]
    struct Calls(Vec<(Channel, String)>, Vec<Channel>);
    impl AnswerVisitor for Calls {
        fn text(&mut self, channel: Channel, _: &Str<'_>, _: TextKind) {
            self.1.push(channel);
        }
        fn call(&mut self, channel: Channel, name: &Str<'_>) {
            self.0.push((channel, name.decode().into_owned()));
        }
        fn unknown(&mut self, path: &str) {
            panic!("{path}");
        }
    }
    for (endpoint, body) in [
        (
            Endpoint::ChatCompletions,
            r#"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#,
        ),
        (
            Endpoint::Responses,
            r#"{"status":"completed","output":[{"type":"function_call","id":"a","call_id":"a","name":"f","arguments":"{}"},{"type":"function_call","id":"b","call_id":"b","name":"g","arguments":"{}"}]}"#,
        ),
        (
            Endpoint::Messages,
            r#"{"type":"message","role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x":"y"}},{"type":"tool_use","id":"b","name":"g","input":{"x":"y"}}],"stop_reason":"tool_use"}"#,
        ),
    ] {
        let mut calls = Calls::default();
        walk(endpoint, body, &mut calls).unwrap();
        let Calls(calls, mut channels) = calls;
        channels.dedup();
        let (named, names): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
        assert_eq!(names, ["f", "g"], "{endpoint:?}");
        assert_eq!(named, channels[channels.len() - 2..], "{endpoint:?}");
    }
}
