//! The events that a response would have come in.
//! Must not know how events become a body again.

use crate::replay::ReplayError;
use crate::replay::events::pieces;
use crate::replay::json::{Members, NULL, Writer, elements};
use crate::sse;

/// How an item is told besides its start and its end.
struct Kind {
    name: &'static str,
    /// The field that goes on, and its events without `.delta` and `.done`.
    streamed: Option<(&'static str, &'static str)>,
    /// What is not yet known when the item begins.
    later: &'static [&'static str],
    /// What the provider does before and after the field; a tool that failed ends with `failed`.
    before: &'static [&'static str],
    after: &'static [&'static str],
}

const PLAIN: Kind = Kind {
    name: "",
    streamed: None,
    later: &[],
    before: &[],
    after: &[],
};

static KINDS: &[Kind] = &[
    Kind {
        name: "function_call",
        streamed: Some(("arguments", "response.function_call_arguments")),
        ..PLAIN
    },
    Kind {
        name: "custom_tool_call",
        streamed: Some(("input", "response.custom_tool_call_input")),
        ..PLAIN
    },
    Kind {
        name: "mcp_call",
        streamed: Some(("arguments", "response.mcp_call_arguments")),
        later: &["output", "error"],
        before: &["response.mcp_call.in_progress"],
        after: &["response.mcp_call.completed"],
    },
    Kind {
        name: "code_interpreter_call",
        streamed: Some(("code", "response.code_interpreter_call_code")),
        later: &["outputs"],
        before: &["response.code_interpreter_call.in_progress"],
        after: &[
            "response.code_interpreter_call.interpreting",
            "response.code_interpreter_call.completed",
        ],
    },
    Kind {
        name: "web_search_call",
        before: &[
            "response.web_search_call.in_progress",
            "response.web_search_call.searching",
        ],
        after: &["response.web_search_call.completed"],
        ..PLAIN
    },
    Kind {
        name: "file_search_call",
        later: &["results"],
        before: &[
            "response.file_search_call.in_progress",
            "response.file_search_call.searching",
        ],
        after: &["response.file_search_call.completed"],
        ..PLAIN
    },
    Kind {
        name: "image_generation_call",
        later: &["result"],
        before: &[
            "response.image_generation_call.in_progress",
            "response.image_generation_call.generating",
        ],
        after: &["response.image_generation_call.completed"],
        ..PLAIN
    },
    Kind {
        name: "mcp_list_tools",
        before: &["response.mcp_list_tools.in_progress"],
        after: &["response.mcp_list_tools.completed"],
        ..PLAIN
    },
];

/// All events of a body.
pub(in crate::replay) fn events(body: &str) -> Result<Vec<u8>, ReplayError> {
    let response = Members::of(body)?;
    let last = match response.string("status") {
        Some("completed") => "response.completed",
        Some("incomplete") => "response.incomplete",
        Some("failed" | "cancelled") => return Err(ReplayError::Failed),
        _ => return Err(ReplayError::Incomplete("the response is not completed")),
    };
    let output = response
        .some("output")
        .ok_or_else(|| ReplayError::no_counterpart("output"))?;
    let mut started = Writer::new();
    for (name, value) in response.iter() {
        match name {
            "status" => started.string(name, "in_progress"),
            "output" => started.compact(name, "[]"),
            "usage" | "completed_at" | "incomplete_details" => started.compact(name, NULL),
            "output_text" => &mut started,
            _ => started.value(name, value),
        };
    }
    let started = started.done();
    let mut events = Events::default();
    for kind in ["response.created", "response.in_progress"] {
        events.emit(kind, |event| {
            event.compact("response", &started);
        });
    }
    for (index, item) in elements(output)?.into_iter().enumerate() {
        events.item(index as u64, item)?;
    }
    events.emit(last, |event| {
        event.value("response", body);
    });
    Ok(events.out)
}

/// Numbers events and writes them.
#[derive(Default)]
struct Events {
    out: Vec<u8>,
    number: u64,
}

/// Which item, and which part of it, an event is about.
#[derive(Clone, Copy)]
struct Place<'a> {
    item_id: Option<&'a str>,
    output_index: u64,
    part: Option<(&'static str, u64)>,
}

impl Place<'_> {
    fn write(&self, event: &mut Writer) {
        if let Some(id) = self.item_id {
            event.value("item_id", id);
        }
        event.number("output_index", self.output_index);
        if let Some((name, index)) = self.part {
            event.number(name, index);
        }
    }

    const fn part(mut self, name: &'static str, index: u64) -> Self {
        self.part = Some((name, index));
        self
    }
}

impl Events {
    fn emit(&mut self, kind: &str, write: impl FnOnce(&mut Writer)) {
        let mut event = Writer::new();
        event.string("type", kind).number("sequence_number", self.number);
        self.number += 1;
        write(&mut event);
        sse::encode(&mut self.out, Some(kind), &event.done());
    }

    fn at(&mut self, kind: &str, place: &Place<'_>, write: impl FnOnce(&mut Writer)) {
        self.emit(kind, |event| {
            place.write(event);
            write(event);
        });
    }

    fn item(&mut self, output_index: u64, json: &str) -> Result<(), ReplayError> {
        let item = Members::of(json)?;
        let name = item.string("type").unwrap_or("message");
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap_or(&PLAIN);
        let in_parts: &[&str] = match name {
            "message" => &["content"],
            "reasoning" => &["summary", "content"],
            _ => &[],
        };
        let is_list = |value: &str| value.starts_with('[');
        let mut added = Writer::new();
        for (name, value) in item.iter() {
            match name {
                "status" => added.string(name, "in_progress"),
                _ if in_parts.contains(&name) && is_list(value) => added.compact(name, "[]"),
                _ if in_parts.contains(&name) && value != NULL => {
                    return Err(ReplayError::no_counterpart(&format!("output[].{name}")));
                }
                _ if kind.streamed.is_some_and(|(field, _)| field == name) && value != NULL => {
                    added.string(name, "")
                }
                _ if kind.later.contains(&name) => added.compact(name, NULL),
                _ => added.value(name, value),
            };
        }
        self.emit("response.output_item.added", |event| {
            event.number("output_index", output_index).object("item", added);
        });

        let place = Place {
            item_id: item.some("id"),
            output_index,
            part: None,
        };
        for kind in kind.before {
            self.at(kind, &place, |_| {});
        }
        if let Some((field, events)) = kind.streamed
            && let Some(text) = item.string(field)
        {
            self.text(events, field, text, None, &place);
        }
        for after in kind.after {
            let failed = item.some("error").and(after.strip_suffix("completed"));
            match failed {
                Some(stem) => self.at(&format!("{stem}failed"), &place, |_| {}),
                None => self.at(after, &place, |_| {}),
            }
        }
        for list in in_parts {
            for (index, part) in elements(item.get(list).unwrap_or(NULL))?.into_iter().enumerate() {
                self.part(list, index as u64, part, &place)?;
            }
        }
        self.emit("response.output_item.done", |event| {
            event.number("output_index", output_index).value("item", json);
        });
        Ok(())
    }

    fn part(&mut self, list: &str, index: u64, json: &str, place: &Place<'_>) -> Result<(), ReplayError> {
        let part = Members::of(json)?;
        let (place, prefix) = match list {
            "summary" => (
                place.part("summary_index", index),
                "response.reasoning_summary_part",
            ),
            _ => (place.part("content_index", index), "response.content_part"),
        };
        let kind = part.string("type").unwrap_or_default();
        let (field, events) = match (list, kind) {
            ("summary", "summary_text") => ("text", "response.reasoning_summary_text"),
            ("content", "output_text") => ("text", "response.output_text"),
            ("content", "reasoning_text") => ("text", "response.reasoning_text"),
            ("content", "refusal") => ("refusal", "response.refusal"),
            _ => return Err(ReplayError::no_counterpart(&format!("output[].{list}[].type"))),
        };
        let text = part
            .string(field)
            .ok_or_else(|| ReplayError::no_counterpart(&format!("output[].{list}[].{field}")))?;
        let mut added = Writer::new();
        for (name, value) in part.iter() {
            match name {
                _ if name == field => added.string(name, ""),
                "annotations" | "logprobs" if value != NULL => added.compact(name, "[]"),
                _ => added.value(name, value),
            };
        }
        self.at(&format!("{prefix}.added"), &place, |event| {
            event.object("part", added);
        });
        // Deltas and the end of an answer's text always have the field.
        let logprobs = (kind == "output_text").then(|| part.some("logprobs").unwrap_or("[]"));
        self.text(events, field, text, logprobs, &place);
        let annotations = part.get("annotations").unwrap_or(NULL);
        for (index, annotation) in elements(annotations)?.into_iter().enumerate() {
            self.at("response.output_text.annotation.added", &place, |event| {
                event
                    .number("annotation_index", index as u64)
                    .value("annotation", annotation);
            });
        }
        self.at(&format!("{prefix}.done"), &place, |event| {
            event.value("part", json);
        });
        Ok(())
    }

    /// The deltas of a text and its end.
    fn text(&mut self, events: &str, field: &str, text: &str, logprobs: Option<&str>, place: &Place<'_>) {
        // Token by token with its logprobs a text could be cut only where tokens end.
        let is_whole = logprobs.is_some_and(|logprobs| logprobs != "[]");
        let cut: Vec<&str> = if is_whole && !text.is_empty() {
            vec![text]
        } else {
            pieces(text).collect()
        };
        for piece in cut {
            self.at(&format!("{events}.delta"), place, |event| {
                event.string("delta", piece);
                if let Some(logprobs) = logprobs {
                    event.value("logprobs", logprobs);
                }
            });
        }
        self.at(&format!("{events}.done"), place, |event| {
            event.string(field, text);
            if let Some(logprobs) = logprobs {
                event.value("logprobs", logprobs);
            }
        });
    }
}
