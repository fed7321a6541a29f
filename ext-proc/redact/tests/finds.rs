//! What is found and what is not: one line a case. Marks: `«NAME:value»`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside test functions"
)]

use tollgate_redact::{Engine, Entity, Span};

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

const FOUND: [&str; 3] = [
    include_str!("fixtures/basic.txt"),
    include_str!("fixtures/ids.txt"),
    include_str!("fixtures/phones.txt"),
];
const NOT_FOUND: &str = include_str!("fixtures/negative.txt");

fn cases(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("##"))
}

#[test]
fn each_kind_has_a_case_for_it_and_one_against() {
    // These are only found when asked for: `unasked.rs` has their cases.
    let unasked = [
        Entity::Person,
        Entity::Location,
        Entity::Organization,
        Entity::Custom,
    ];
    for entity in Entity::ALL.iter().filter(|entity| !unasked.contains(entity)) {
        let mark = format!("«{entity}:");
        assert!(
            FOUND.iter().any(|file| file.contains(&mark)),
            "no case for {entity}"
        );
        let line = format!("{entity}|");
        assert!(
            NOT_FOUND.lines().any(|other| other.starts_with(&line)),
            "no case against {entity}"
        );
    }
}

#[test]
fn what_is_none_is_not_found() {
    let engine = Engine::new();
    let mut wrong = Vec::new();
    for (name, text) in cases(NOT_FOUND).filter_map(|line| line.split_once('|')) {
        let entity: Entity = name.parse().expect("a kind's name");
        let mut spans = Vec::new();
        engine.find(text, &mut spans);
        wrong.extend(
            spans
                .iter()
                .filter(|span| span.entity == entity)
                .map(|span| format!("{entity} in {text:?}: {:?}", &text[span.range.clone()])),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_line_of_the_fixtures_is_found_as_marked() {
    let engine = Engine::new();
    let mut wrong = Vec::new();
    for file in FOUND {
        for line in cases(file) {
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
