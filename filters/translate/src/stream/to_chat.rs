//! The events of a streamed message as chunks of a chat completion.
//! Must not know how the events were cut.

use tollgate_llm::Dialect;
use tollgate_llm::sse::encode;

use super::{Broken, Step, malformed};
use crate::answer::{Head, id_with_prefix};
use crate::errors::Fault;
use crate::json::{Json, Object, Text, object};
use crate::stop;
use crate::usage::Usage;

/// A comment: every SSE reader skips it, every proxy sees that the stream lives.
pub(super) const KEEP_ALIVE: &[u8] = b": ping\n\n";

/// Writes the chunks of one answer.
#[derive(Debug)]
pub(super) struct Writer {
    id: String,
    fallback_id: String,
    model: String,
    created: u64,
    include_usage: bool,
    usage: Usage,
    /// The first chunk, with the role, is out.
    is_started: bool,
    /// The chunk with the finish reason is out.
    is_finished: bool,
    /// The tool call that is being written: Anthropic writes one block after the other.
    call: Option<Call>,
    calls: u64,
}

#[derive(Debug)]
struct Call {
    /// Anthropic's number of the block.
    block: Option<u64>,
    /// Chat's number of the call.
    position: u64,
    has_arguments: bool,
}

impl Writer {
    pub(super) fn new(head: &Head<'_>, include_usage: bool) -> Self {
        Self {
            id: id_with_prefix("chatcmpl-", None, head.id),
            fallback_id: head.id.to_owned(),
            model: head.model.to_owned(),
            created: head.created,
            include_usage,
            usage: Usage::default(),
            is_started: false,
            is_finished: false,
            call: None,
            calls: 0,
        }
    }

    pub(super) fn event(&mut self, data: &str, out: &mut Vec<u8>) -> Result<Step, Broken> {
        let event = Json::parse(data).map_err(malformed)?;
        let Some(event) = event.as_object() else {
            return Ok(Step::Continue);
        };
        // The type stands in the data too, so a stream without `event:` lines is as good.
        let Some(kind) = event.get("type").and_then(Json::as_text) else {
            return Ok(Step::Continue);
        };
        if kind.is("content_block_delta") {
            self.delta(event, out);
        } else if kind.is("content_block_start") {
            self.block_start(event, out);
        } else if kind.is("content_block_stop") {
            self.block_stop(out);
        } else if kind.is("ping") {
            out.extend_from_slice(KEEP_ALIVE);
        } else if kind.is("message_start") {
            self.message_start(event, out);
        } else if kind.is("message_delta") {
            self.message_delta(event, out);
        } else if kind.is("message_stop") {
            self.stop(out);
            return Ok(Step::Done);
        } else if kind.is("error") {
            let fault = Fault::read(event, Dialect::Anthropic, None);
            return Err(Broken::ByProvider(
                fault.kind(),
                fault.into_json(Dialect::OpenAi).to_json(),
            ));
        }
        // Anthropic may add kinds of events, and asks that unknown ones be ignored.
        Ok(Step::Continue)
    }

    /// Complete if the reason to stop was said, even if `message_stop` was not.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Step {
        if !self.is_finished {
            return Step::Continue;
        }
        self.stop(out);
        Step::Done
    }

    fn message_start(&mut self, event: &Object<'_>, out: &mut Vec<u8>) {
        if let Some(message) = event.get("message").and_then(Json::as_object) {
            self.id = id_with_prefix(
                "chatcmpl-",
                message.get("id").and_then(Json::as_text),
                &self.fallback_id,
            );
            self.usage.read_messages(message.get("usage"));
        }
        self.start(out);
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        if !self.is_started {
            self.is_started = true;
            let delta = object("role", "assistant")
                .with("content", "")
                .with("refusal", Json::Null);
            self.chunk(delta, None, out);
        }
    }

    fn block_start(&mut self, event: &Object<'_>, out: &mut Vec<u8>) {
        self.start(out);
        let Some(block) = event.get("content_block").and_then(Json::as_object) else {
            return;
        };
        let text = |name: &str| block.get(name).and_then(Json::as_text);
        let Some(kind) = text("type") else { return };
        if kind.is("text") {
            self.text("content", text("text"), out);
        } else if kind.is("thinking") {
            self.text("reasoning_content", text("thinking"), out);
        } else if kind.is("tool_use") {
            self.block_stop(out);
            let position = self.calls;
            self.calls += 1;
            let id = match text("id") {
                Some(id) => id.clone(),
                None => Text::plain(&format!("call_{}_{position}", self.fallback_id)).into_owned(),
            };
            let name = text("name").cloned().unwrap_or_else(|| Text::plain(""));
            let call = object("index", position)
                .with("id", id)
                .with("type", "function")
                .with("function", object("name", name).with("arguments", ""));
            self.chunk(object("tool_calls", vec![call.into()]), None, out);
            let block_number = event.get("index").and_then(Json::as_u64);
            self.call = Some(Call {
                block: block_number,
                position,
                has_arguments: false,
            });
            // Anthropic starts with an empty input and streams it; compatible servers may send all of it at once.
            if let Some(input) = block.get("input")
                && !input.look_into().is_empty()
            {
                self.arguments(&Text::plain(&input.to_json()), out);
            }
        }
    }

    fn delta(&mut self, event: &Object<'_>, out: &mut Vec<u8>) {
        self.start(out);
        let Some(delta) = event.get("delta").and_then(Json::as_object) else {
            return;
        };
        let text = |name: &str| delta.get(name).and_then(Json::as_text);
        let Some(kind) = text("type") else { return };
        if kind.is("text_delta") {
            self.text("content", text("text"), out);
        } else if kind.is("thinking_delta") {
            self.text("reasoning_content", text("thinking"), out);
        } else if kind.is("input_json_delta") {
            // Anthropic's own tools stream their input too, in blocks that are none of the client's tool calls.
            let block = event.get("index").and_then(Json::as_u64);
            if let Some(fragment) = text("partial_json")
                && self.call.as_ref().is_some_and(|call| call.block == block)
            {
                self.arguments(fragment, out);
            }
        }
    }

    fn arguments(&mut self, fragment: &Text<'_>, out: &mut Vec<u8>) {
        let Some(call) = &mut self.call else { return };
        if fragment.is_empty() {
            return;
        }
        call.has_arguments = true;
        let call = object("index", call.position).with("function", object("arguments", fragment.clone()));
        self.chunk(object("tool_calls", vec![call.into()]), None, out);
    }

    /// A call without input streams none, but chat's clients parse the arguments as JSON.
    fn block_stop(&mut self, out: &mut Vec<u8>) {
        if self.call.as_ref().is_some_and(|call| !call.has_arguments) {
            self.arguments(&Text::plain("{}"), out);
        }
        self.call = None;
    }

    fn text(&self, name: &'static str, text: Option<&Text<'_>>, out: &mut Vec<u8>) {
        if let Some(text) = text
            && !text.is_empty()
        {
            self.chunk(object(name, text.clone()), None, out);
        }
    }

    fn message_delta(&mut self, event: &Object<'_>, out: &mut Vec<u8>) {
        self.usage.read_messages(event.get("usage"));
        let Some(delta) = event.get("delta").and_then(Json::as_object) else {
            return;
        };
        let Some(reason) = delta.get("stop_reason").and_then(Json::as_text) else {
            return;
        };
        self.start(out);
        self.block_stop(out);
        let details = delta.get("stop_details").and_then(Json::as_object);
        self.text(
            "refusal",
            details
                .and_then(|details| details.get("explanation"))
                .and_then(Json::as_text),
            out,
        );
        if !self.is_finished {
            self.is_finished = true;
            self.chunk(Object::default(), Some(stop::to_chat(Some(reason))), out);
        }
    }

    fn stop(&mut self, out: &mut Vec<u8>) {
        self.start(out);
        self.block_stop(out);
        if !self.is_finished {
            self.is_finished = true;
            self.chunk(Object::default(), Some(stop::to_chat(None)), out);
        }
        if self.include_usage {
            let usage = self.usage.to_chat().map_or(Json::Null, Json::from);
            self.write(Vec::new(), usage, out);
        }
        encode(out, None, "[DONE]");
    }

    fn chunk(&self, delta: Object<'_>, finish_reason: Option<&'static str>, out: &mut Vec<u8>) {
        let choice = object("index", 0u64)
            .with("delta", delta)
            .with("logprobs", Json::Null)
            .with("finish_reason", finish_reason.map_or(Json::Null, Json::from));
        self.write(vec![choice.into()], Json::Null, out);
    }

    /// `usage` stands in every chunk of a client that asked for it, and in none of another's.
    fn write<'a>(&'a self, choices: Vec<Json<'a>>, usage: Json<'a>, out: &mut Vec<u8>) {
        let mut chunk = object("id", self.id.as_str())
            .with("object", "chat.completion.chunk")
            .with("created", self.created)
            .with("model", self.model.as_str())
            .with("choices", choices);
        if self.include_usage {
            chunk.push("usage", usage);
        }
        encode(out, None, &Json::Object(chunk).to_json());
    }
}
