//! The chunks of a streamed chat completion as events of a message.
//! Must not know how the chunks were cut.

use std::collections::VecDeque;

use tollgate_llm::Dialect;
use tollgate_llm::sse::encode;

use super::block::{Block, Content};
use super::{Broken, Step, malformed};
use crate::answer::{Head, id_with_prefix};
use crate::errors::Fault;
use crate::json::{Json, Object, Text, object};
use crate::stop;
use crate::usage::Usage;

/// Writes the events of one answer.
#[derive(Debug)]
pub(super) struct Writer {
    model: String,
    fallback_id: String,
    usage: Usage,
    /// `message_start` is out.
    is_started: bool,
    /// Blocks that are not closed. A message has its blocks one after the other, while chat may mix the pieces of
    /// parallel calls: the first block is written as it arrives, the others gather behind it.
    blocks: VecDeque<Block>,
    /// Anthropic's number of the first block in `blocks`.
    next: u64,
    calls: u64,
    has_refused: bool,
    /// What chat said why the answer ended.
    reason: Option<Text<'static>>,
}

impl Writer {
    pub(super) fn new(head: &Head<'_>) -> Self {
        Self {
            model: head.model.to_owned(),
            fallback_id: head.id.to_owned(),
            usage: Usage::default(),
            is_started: false,
            blocks: VecDeque::new(),
            next: 0,
            calls: 0,
            has_refused: false,
            reason: None,
        }
    }

    pub(super) fn event(&mut self, data: &str, out: &mut Vec<u8>) -> Result<Step, Broken> {
        if data.trim() == "[DONE]" {
            self.stop(out);
            return Ok(Step::Done);
        }
        let chunk = Json::parse(data).map_err(malformed)?;
        let Some(chunk) = chunk.as_object() else {
            return Ok(Step::Continue);
        };
        if chunk.get("error").is_some() {
            let fault = Fault::read(chunk, Dialect::OpenAi, None);
            return Err(Broken::ByProvider(
                fault.kind(),
                fault.into_json(Dialect::Anthropic).to_json(),
            ));
        }
        self.usage.read_chat(chunk.get("usage"));
        let choices = chunk.get("choices").and_then(Json::as_array).unwrap_or_default();
        // One choice is all that a messages client can ask for.
        for choice in choices.iter().filter_map(Json::as_object) {
            self.start(chunk.get("id").and_then(Json::as_text), out);
            if let Some(delta) = choice.get("delta").and_then(Json::as_object) {
                self.delta(delta, out);
            }
            if let Some(reason) = choice.get("finish_reason").and_then(Json::as_text) {
                self.reason = Some(reason.clone().into_owned());
                self.write_blocks(true, out);
            }
        }
        Ok(Step::Continue)
    }

    /// A message's own keep-alive, which must not come before its start.
    pub(super) fn keep_alive(&self, out: &mut Vec<u8>) {
        if self.is_started {
            encode(out, Some("ping"), r#"{"type":"ping"}"#);
        } else {
            out.extend_from_slice(super::to_chat::KEEP_ALIVE);
        }
    }

    /// Complete if the reason to stop was said, even if `[DONE]` was not: not every provider sends it.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Step {
        if self.reason.is_none() {
            return Step::Continue;
        }
        self.stop(out);
        Step::Done
    }

    fn start(&mut self, id: Option<&Text<'_>>, out: &mut Vec<u8>) {
        if self.is_started {
            return;
        }
        self.is_started = true;
        let message = object("id", id_with_prefix("msg_", id, &self.fallback_id))
            .with("type", "message")
            .with("role", "assistant")
            .with("model", self.model.as_str())
            .with("content", Vec::new())
            .with("stop_reason", Json::Null)
            .with("stop_sequence", Json::Null)
            .with("usage", self.usage.to_messages());
        write("message_start", |event| event.with("message", message), out);
    }

    fn delta(&mut self, delta: &Object<'_>, out: &mut Vec<u8>) {
        let text = |name: &str| {
            delta
                .get(name)
                .and_then(Json::as_text)
                .filter(|text| !text.is_empty())
        };
        // Thoughts without Anthropic's signature must not come back to Anthropic, so the client does not get them; it
        // learns that the model is at work.
        if text("reasoning_content").or_else(|| text("reasoning")).is_some() {
            self.keep_alive(out);
        }
        if let Some(content) = text("content") {
            self.text(content);
        }
        if let Some(refusal) = text("refusal") {
            self.has_refused = true;
            self.text(refusal);
        }
        let calls = delta
            .get("tool_calls")
            .and_then(Json::as_array)
            .unwrap_or_default();
        for call in calls.iter().filter_map(Json::as_object) {
            self.call(call);
        }
        self.write_blocks(false, out);
    }

    fn text(&mut self, text: &Text<'_>) {
        if !matches!(
            self.blocks.back(),
            Some(Block {
                content: Content::Text,
                ..
            })
        ) {
            self.blocks.push_back(Block::text());
        }
        if let Some(block) = self.blocks.back_mut() {
            block.push(text);
        }
    }

    fn call(&mut self, call: &Object<'_>) {
        let position = call.get("index").and_then(Json::as_u64);
        let id = call.get("id").and_then(Json::as_text).filter(|id| !id.is_empty());
        let function = call.get("function").and_then(Json::as_object);
        let word = |name: &str| {
            function
                .and_then(|function| function.get(name))
                .and_then(Json::as_text)
        };
        if !self.blocks.iter().any(|block| block.is_call(position, id)) {
            // A fragment of a call that is whole already: white space behind its arguments.
            if id.is_none() && word("name").is_none() {
                return;
            }
            let position = position.unwrap_or(self.calls);
            let id = match id {
                Some(id) => id.clone().into_owned(),
                None => Text::plain(&format!("call_{}_{}", self.fallback_id, self.calls)).into_owned(),
            };
            self.calls += 1;
            self.blocks.push_back(Block::call(position, id));
        }
        // The newest of several with the same number: some providers number every call 0 and tell them apart by id.
        let Some(block) = self
            .blocks
            .iter_mut()
            .rev()
            .find(|block| block.is_call(position, id))
        else {
            return;
        };
        if let Some(name) = word("name") {
            block.name(name);
        }
        if let Some(arguments) = word("arguments") {
            block.push(arguments);
        }
    }

    /// Writes what can be written; `all`: nothing more will come.
    fn write_blocks(&mut self, all: bool, out: &mut Vec<u8>) {
        while let Some(block) = self.blocks.front_mut() {
            let index = self.next;
            if let Some(start) = block.open() {
                write(
                    "content_block_start",
                    |event| event.with("index", index).with("content_block", start),
                    out,
                );
            }
            if let Some(delta) = block.take_delta() {
                write(
                    "content_block_delta",
                    |event| event.with("index", index).with("delta", delta),
                    out,
                );
            }
            let (is_open, is_whole) = (block.is_open(), block.is_whole());
            if !(all || (is_whole && self.blocks.len() > 1)) {
                return;
            }
            self.blocks.pop_front();
            if is_open {
                write("content_block_stop", |event| event.with("index", index), out);
                self.next += 1;
            }
        }
    }

    fn stop(&mut self, out: &mut Vec<u8>) {
        self.start(None, out);
        self.write_blocks(true, out);
        let reason = stop::to_messages(self.reason.as_ref(), self.calls > 0, self.has_refused);
        let delta = object("stop_reason", reason).with("stop_sequence", Json::Null);
        let usage = self.usage.to_messages();
        write(
            "message_delta",
            |event| event.with("delta", delta).with("usage", usage),
            out,
        );
        write("message_stop", |event| event, out);
    }
}

/// An event whose `type` repeats its name, as every event of a message.
fn write<'a>(name: &'static str, fill: impl FnOnce(Object<'a>) -> Object<'a>, out: &mut Vec<u8>) {
    encode(
        out,
        Some(name),
        &Json::Object(fill(object("type", name))).to_json(),
    );
}
