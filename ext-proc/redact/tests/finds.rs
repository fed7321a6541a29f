//! What is found and what is not: one line a case. Marks: `«NAME:value»`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside test functions"
)]

use tollgate_redact::{Engine, Span};

/// Splits a marked text into the plain text and its spans.
fn unmark(marked: &str) -> (String, Vec<(String, String)>) {
    let mut text = String::new();
    let mut spans = Vec::new();
    let mut rest = marked;
    while let Some(open) = rest.find('«') {
        let close = rest[open..].find('»').expect("closed") + open;
        let inner = &rest[open + '«'.len_utf8()..close];
        let (name, value) = inner.split_once(':').expect("named");
        text.push_str(&rest[..open]);
        text.push_str(value);
        spans.push((name.to_owned(), value.to_owned()));
        rest = &rest[close + '»'.len_utf8()..];
    }
    text.push_str(rest);
    (text, spans)
}

#[test]
fn each_line_of_the_fixtures_is_found_as_marked() {
    let engine = Engine::new();
    let mut wrong = Vec::new();
    for file in [
        include_str!("fixtures/basic.txt"),
        include_str!("fixtures/ids.txt"),
    ] {
        for line in file
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("##"))
        {
            let (text, expected) = unmark(&line.replace("\\n", "\n"));
            let mut spans: Vec<Span> = Vec::new();
            engine.find(&text, &mut spans);
            let found: Vec<_> = spans
                .iter()
                .map(|s| (s.entity.name().to_owned(), text[s.range.clone()].to_owned()))
                .collect();
            if found != expected {
                wrong.push(format!("{line}\n   found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
