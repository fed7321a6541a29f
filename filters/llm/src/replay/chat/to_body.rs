//! The chat completion or completion that chunks make together.
//! Must not know how chunks are made.

use std::collections::BTreeMap;

use crate::replay::events::{Seen, each};
use crate::replay::fields::{Fields, How, Table};
use crate::replay::json::{Members, Writer, elements, inside};
use crate::replay::{ReplayError, usage};
use crate::{Endpoint, Usage};

use How::{Append, Drop, Figure, First, Grow, Indexed, Last, Longer, Object, Once, Thoughts};

/// A chunk. Azure's first has an empty id and no model; some servers tell the time anew in each.
static CHUNK: Table = Table {
    fields: &[
        ("id", First),
        ("created", First),
        ("model", First),
        ("object", Drop),
        ("choices", Drop),
        ("obfuscation", Drop),
        ("usage", Last),
        ("service_tier", Last),
        ("system_fingerprint", Last),
        // Perplexity repeats what it has found so far.
        ("citations", Longer),
        ("search_results", Longer),
        ("related_questions", Longer),
        ("x_groq", Last),
    ],
    others: Figure,
};

static CHOICE: Table = Table {
    fields: &[
        ("index", Drop),
        ("delta", Object(&MESSAGE)),
        ("text", Grow),
        ("logprobs", Object(&LOGPROBS)),
        ("token_ids", Append),
        ("prompt_token_ids", Append),
    ],
    // Figures, enums and filters' verdicts: whatever else can hold text there is unknown to the crate.
    others: Last,
};

static MESSAGE: Table = Table {
    fields: &[
        ("content", Grow),
        ("refusal", Grow),
        ("reasoning_content", Grow),
        ("reasoning", Grow),
        ("reasoning_details", Thoughts(&THOUGHT)),
        ("tool_calls", Indexed(&CALL)),
        ("function_call", Object(&FUNCTION)),
        ("audio", Object(&AUDIO)),
        ("annotations", Append),
    ],
    others: Once,
};

static CALL: Table = Table {
    fields: &[
        ("index", Drop),
        ("function", Object(&FUNCTION)),
        ("custom", Object(&FUNCTION)),
    ],
    others: Once,
};

static FUNCTION: Table = Table {
    fields: &[("arguments", Grow), ("input", Grow)],
    others: Once,
};

static AUDIO: Table = Table {
    fields: &[("transcript", Grow)],
    others: Once,
};

static THOUGHT: Table = Table {
    fields: &[("text", Grow), ("summary", Grow)],
    others: Once,
};

/// Lists that run beside the text.
static LOGPROBS: Table = Table {
    fields: &[],
    others: Append,
};

/// The body that a stream's chunks make.
pub(in crate::replay) fn body(
    endpoint: Endpoint,
    stored: &[u8],
    usage: &Usage,
) -> Result<String, ReplayError> {
    let mut top = Fields::default();
    let mut choices: BTreeMap<u32, Fields> = BTreeMap::new();
    each(endpoint, stored, true, |Seen { data, said, .. }| {
        if said.last {
            return Ok(());
        }
        let chunk = Members::of(data)?;
        top.merge(&CHUNK, &chunk)?;
        let list = chunk.get("choices").unwrap_or_default();
        for (position, choice) in elements(list)?.into_iter().enumerate() {
            let members = Members::of(choice)?;
            if members.some("message").is_some() {
                return Err(ReplayError::no_counterpart("choices[].message"));
            }
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            let index = members.index("index").unwrap_or(position);
            choices.entry(index).or_default().merge(&CHOICE, &members)?;
        }
        Ok(())
    })?;
    if choices.is_empty() {
        return Err(ReplayError::Incomplete("there is no choice"));
    }
    let mut written = Vec::with_capacity(choices.len());
    for (index, choice) in &choices {
        if choice
            .json("finish_reason")
            .and_then(inside)
            .is_none_or(str::is_empty)
        {
            return Err(ReplayError::Incomplete("a choice has no reason to end"));
        }
        written.push(write_choice(endpoint, *index, choice)?);
    }

    let mut json = Writer::new();
    if let Some(id) = top.written("id") {
        json.compact("id", &id);
    }
    let object = match endpoint {
        Endpoint::Completions => "text_completion",
        _ => "chat.completion",
    };
    json.string("object", object);
    for name in ["created", "model"] {
        if let Some(value) = top.written(name) {
            json.compact(name, &value);
        }
    }
    json.list("choices", written);
    let reported = top.json("usage").map(str::to_owned);
    json.compact("usage", &reported.unwrap_or_else(|| usage::of(endpoint, usage)));
    top.write_into(&mut json, &["id", "created", "model", "usage"]);
    Ok(json.done())
}

fn write_choice(endpoint: Endpoint, index: u32, choice: &Fields) -> Result<String, ReplayError> {
    let mut json = Writer::new();
    if endpoint == Endpoint::Completions {
        if choice.has("delta") {
            return Err(ReplayError::no_counterpart("choices[].delta"));
        }
        json.compact(
            "text",
            &choice.written("text").unwrap_or_else(|| "\"\"".to_owned()),
        );
        json.number("index", index);
        choice.write_into(&mut json, &["text"]);
        return Ok(json.done());
    }
    if choice.has("text") {
        return Err(ReplayError::no_counterpart("choices[].text"));
    }
    json.number("index", index);
    let mut message = Writer::new();
    let delta = choice.object("delta");
    if delta.is_none_or(|delta| !delta.has("role")) {
        message.string("role", "assistant");
    }
    if let Some(delta) = delta {
        delta.write_into(&mut message, &[]);
    }
    if delta.is_none_or(|delta| !delta.has("content")) {
        message.compact("content", "null");
    }
    json.object("message", message);
    choice.write_into(&mut json, &["delta"]);
    Ok(json.done())
}
