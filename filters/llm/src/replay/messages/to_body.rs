//! The message that events make together.
//! Must not know how events are made.

use std::collections::BTreeMap;

use crate::replay::events::{Seen, each};
use crate::replay::fields::{Fields, How, Table};
use crate::replay::json::{Members, Writer, check, decode, elements, inside};
use crate::replay::{ReplayError, usage};
use crate::{Endpoint, Usage};

use How::{Append, Drop, Grow, Last, Object, Once};

/// The message: what `message_start` says, and what `message_delta` adds to it.
static MESSAGE: Table = Table {
    fields: &[
        ("usage", Object(&USAGE)),
        ("stop_reason", Last),
        ("stop_sequence", Last),
        ("stop_details", Last),
        ("container", Last),
        ("context_management", Last),
    ],
    others: Once,
};

/// Later figures hold.
static USAGE: Table = Table {
    fields: &[],
    others: Last,
};

/// `message_delta`, whose `delta` is merged into the message like the rest of it.
static MESSAGE_DELTA: Table = Table {
    fields: &[
        ("type", Drop),
        ("delta", Drop),
        ("usage", Object(&USAGE)),
        ("context_management", Last),
        ("input_transformations", Last),
    ],
    others: Once,
};

/// What a block's start says of it. The fields that go on begin there.
static BLOCK: Table = Table {
    fields: &[
        ("text", Grow),
        ("thinking", Grow),
        ("content", Grow),
        ("citations", Append),
        ("index", Drop),
    ],
    others: Once,
};

/// A block while its pieces arrive.
#[derive(Default)]
struct Block {
    fields: Fields,
    /// The inside of a string that holds the JSON of a tool's input.
    input: String,
    is_whole: bool,
}

/// The body that a stream's events make.
pub(in crate::replay) fn body(stored: &[u8], usage: &Usage) -> Result<String, ReplayError> {
    let mut message = Fields::default();
    let mut has_begun = false;
    let mut blocks: BTreeMap<u32, Block> = BTreeMap::new();
    each(Endpoint::Messages, stored, true, |Seen { data, .. }| {
        let event = Members::of(data)?;
        let index = || {
            event
                .index("index")
                .ok_or_else(|| ReplayError::no_counterpart("index"))
        };
        match event.string("type").unwrap_or_default() {
            "message_start" => {
                let start = Members::of(event.get("message").unwrap_or_default())?;
                let content = start.some("content").unwrap_or("[]");
                if !content.starts_with('[') || !elements(content)?.is_empty() {
                    return Err(ReplayError::no_counterpart("message.content"));
                }
                if std::mem::replace(&mut has_begun, true) {
                    return Err(ReplayError::contradiction("message_start"));
                }
                message.merge(&MESSAGE, &start)
            }
            "content_block_start" => {
                let block = blocks.entry(index()?).or_default();
                if block.fields.has("type") {
                    return Err(ReplayError::contradiction("index"));
                }
                block.fields.merge(
                    &BLOCK,
                    &Members::of(event.get("content_block").unwrap_or_default())?,
                )
            }
            "content_block_delta" => {
                let delta = Members::of(event.get("delta").unwrap_or_default())?;
                open(&mut blocks, index()?)?.delta(&delta)
            }
            "content_block_stop" => open(&mut blocks, index()?)?.stop(),
            "message_delta" => {
                message.merge(&MESSAGE_DELTA, &event)?;
                message.merge(&MESSAGE, &Members::of(event.some("delta").unwrap_or("{}"))?)
            }
            // `message_stop` and keep-alives: the reader knows no others.
            _ => Ok(()),
        }
    })?;
    if !has_begun {
        return Err(ReplayError::Incomplete("there is no message_start"));
    }
    let reason = message.json("stop_reason").and_then(inside);
    if reason.is_none_or(str::is_empty) {
        return Err(ReplayError::Incomplete("the message has no reason to end"));
    }
    let mut content = Vec::with_capacity(blocks.len());
    for block in blocks.values() {
        if !block.is_whole {
            return Err(ReplayError::Incomplete("a block has no end"));
        }
        content.push(block.fields.write());
    }
    message.replace("content", format!("[{}]", content.join(",")))?;
    if message.object("usage").is_none() {
        message.replace("usage", usage::of(Endpoint::Messages, usage))?;
    }
    let mut json = Writer::new();
    message.write_into(&mut json, &[]);
    Ok(json.done())
}

/// A block that has begun and not ended.
fn open(blocks: &mut BTreeMap<u32, Block>, index: u32) -> Result<&mut Block, ReplayError> {
    blocks
        .get_mut(&index)
        .filter(|block| !block.is_whole)
        .ok_or_else(|| ReplayError::contradiction("index"))
}

impl Block {
    fn delta(&mut self, delta: &Members<'_>) -> Result<(), ReplayError> {
        let value = |name: &str| delta.get(name).unwrap_or_default();
        match delta.string("type").unwrap_or_default() {
            "text_delta" => self.fields.take("text", Grow, value("text")),
            "thinking_delta" => self.fields.take("thinking", Grow, value("thinking")),
            "signature_delta" => self.fields.take("signature", Once, value("signature")),
            "citations_delta" => self
                .fields
                .take("citations", Append, &format!("[{}]", value("citation"))),
            "compaction_delta" => {
                self.fields.take("content", Grow, value("content"))?;
                match delta.some("encrypted_content") {
                    Some(encrypted) => self.fields.take("encrypted_content", Once, encrypted),
                    None => Ok(()),
                }
            }
            "input_json_delta" => {
                self.input
                    .push_str(delta.string("partial_json").unwrap_or_default());
                Ok(())
            }
            _ => Err(ReplayError::no_counterpart("delta.type")),
        }
    }

    /// Puts the input together. Without any piece the one of the block's start holds.
    fn stop(&mut self) -> Result<(), ReplayError> {
        self.is_whole = true;
        let input = decode(&self.input)?;
        if input.trim().is_empty() {
            return Ok(());
        }
        check(&input).map_err(|_| ReplayError::Incomplete("a tool's input is not whole"))?;
        let start = self.fields.json("input").unwrap_or("{}");
        if Members::of(start)?.iter().next().is_some() {
            return Err(ReplayError::contradiction("input"));
        }
        self.fields.replace("input", input)
    }
}
