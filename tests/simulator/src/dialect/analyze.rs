//! Presidio Analyzer's `/analyze`: <https://microsoft.github.io/presidio/api-docs/api-docs.html>.
//! Must not know other operations.

use std::io;

use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::judge;
use crate::request::Asked;

/// Results for one text, or a list of them for a list of texts.
pub(super) fn plain(asked: &Asked, answer: &Answer) -> Value {
    let mut results = asked.inputs.iter().map(|text| results(text, asked, answer));
    if asked.is_list {
        results.collect()
    } else {
        results.next().unwrap_or_else(|| json!([]))
    }
}

fn results(text: &str, asked: &Asked, answer: &Answer) -> Value {
    let found = judge::names(text, &answer.names);
    let wanted = found.into_iter().filter(|found| {
        answer.score >= asked.threshold
            && (asked.entities.is_empty() || asked.entities.contains(&found.entity))
    });
    // In the order of Python's `sort_keys`.
    wanted
        .map(|found| {
            json!({
                "analysis_explanation": null,
                "end": found.end,
                "entity_type": found.entity,
                "score": answer.score,
                "start": found.start,
            })
        })
        .collect()
}

/// JSON as Python's `json.dumps` writes it: a space behind commas and colons. Beyond ASCII there is nothing to escape.
pub(super) fn written(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut out, Spaced));
    out
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
