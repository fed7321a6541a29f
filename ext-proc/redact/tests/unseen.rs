//! Text of fifteen languages, secrets and look-alikes that were written before the recognizers were looked at.
//! Half of the lines (by a hash of the line) was used to better the engine, the other half only to measure it.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside test functions"
)]

use std::collections::BTreeMap;

use tollgate_redact::{Engine, Entity, Span};

/// A fixture, and for each half (the one used, the one only measured) how many values may be missed and how many findings be false.
struct Suite {
    name: &'static str,
    text: &'static str,
    missed: [usize; 2],
    wrong: [usize; 2],
}

const SUITES: [Suite; 4] = [
    Suite {
        name: "values",
        text: include_str!("fixtures/unseen-values.txt"),
        missed: [1, 3],
        wrong: [0, 0],
    },
    Suite {
        name: "prose",
        text: include_str!("fixtures/unseen-prose.txt"),
        missed: [0, 0],
        wrong: [0, 2],
    },
    Suite {
        name: "secrets",
        text: include_str!("fixtures/unseen-secrets.txt"),
        missed: [2, 2],
        wrong: [0, 0],
    },
    Suite {
        name: "lookalikes",
        text: include_str!("fixtures/unseen-lookalikes.txt"),
        missed: [0, 0],
        wrong: [1, 1],
    },
];

/// Which half a line belongs to: 0 was used, 1 only measured. FNV-1a, one of its middle bits.
fn half(line: &str) -> usize {
    let hash = line.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::from(hash >> 20 & 1 == 1)
}

type Marked = (Entity, std::ops::Range<usize>);

/// Splits a line into its plain text and what is marked in it.
fn unmark(line: &str) -> (String, Vec<Marked>) {
    let line = line.replace("\\n", "\n").replace('¦', "");
    let (mut text, mut marks) = (String::new(), Vec::new());
    let mut rest = line.as_str();
    while let Some((before, inner)) = rest.split_once('«') {
        let (inner, after) = inner.split_once('»').expect("closed");
        let (name, value) = inner.split_once(':').expect("named");
        text.push_str(before);
        let start = text.len();
        text.push_str(value);
        marks.push((name.parse().expect("a kind's name"), start..text.len()));
        rest = after;
    }
    text.push_str(rest);
    (text, marks)
}

/// Whether the found span has the kind and at least half of the length in common. A secret is found if none of it is left.
fn hits(found: &Span, (entity, range): &Marked) -> bool {
    let start = found.range.start.max(range.start);
    let common = found.range.end.min(range.end).saturating_sub(start);
    let all = found.range.end.max(range.end) - found.range.start.min(range.start);
    let enough = if *entity == Entity::Secret {
        common == range.len()
    } else {
        common * 2 >= all
    };
    found.entity == *entity && enough
}

/// Links without a password and UUIDs are not acted upon unasked, so none of them is a false find.
fn counts(span: &Span) -> bool {
    span.entity.is_usual() && (span.entity != Entity::Url || span.score >= 0.9)
}

#[test]
fn what_was_never_tuned_on_is_found_as_well() {
    let engine = Engine::new();
    let mut failed = Vec::new();
    for suite in &SUITES {
        let mut group = "";
        let (mut missed, mut wrong, mut marked) = ([0; 2], [0; 2], [0; 2]);
        let mut kinds: BTreeMap<(usize, String), (usize, usize)> = BTreeMap::new();
        for line in suite.text.lines() {
            if let Some(title) = line.strip_prefix("## ") {
                group = title;
                continue;
            }
            let which = half(line);
            let (text, marks) = unmark(line);
            let mut spans = Vec::new();
            engine.find(&text, &mut spans);
            for mark in &marks {
                marked[which] += 1;
                let hit = spans.iter().any(|span| hits(span, mark));
                for key in [format!("in {group}"), mark.0.to_string()] {
                    let count = kinds.entry((which, key)).or_default();
                    count.0 += usize::from(hit);
                    count.1 += 1;
                }
                if !hit {
                    missed[which] += 1;
                    if which == 0 {
                        println!("{}: missed {} in {text:?}: found {spans:?}", suite.name, mark.0);
                    }
                }
            }
            for span in spans.iter().filter(|span| counts(span)) {
                let known = |mark: &Marked| span.range.start < mark.1.end && mark.1.start < span.range.end;
                if !marks.iter().any(known) {
                    wrong[which] += 1;
                    if which == 0 {
                        println!(
                            "{}: wrong {} {:?} in {text:?}",
                            suite.name,
                            span.entity,
                            &text[span.range.clone()]
                        );
                    }
                }
            }
        }
        for ((which, key), (hit, all)) in &kinds {
            println!("{} half {which}: {key}: {hit} of {all}", suite.name);
        }
        println!(
            "{}: marked {marked:?} missed {missed:?} wrong {wrong:?}",
            suite.name
        );
        for which in [0, 1] {
            if missed[which] > suite.missed[which] || wrong[which] > suite.wrong[which] {
                failed.push(suite.name);
            }
        }
    }
    assert!(
        failed.is_empty(),
        "worse than before: {failed:?} (--nocapture says how)"
    );
}
