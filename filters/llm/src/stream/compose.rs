//! Events that we make ourselves: text that was held back and belongs on a channel now.
//! Must not know why it was held back.

use super::{StreamReader, Wire};
use crate::json::{Scanner, SyntaxError, Token, escape_into};
use crate::shape::{AUDIO_BLOCK, SUMMARY_BLOCKS};
use crate::{Channel, Endpoint, Part, sse};

impl StreamReader {
    /// An event that carries `text` on `channel`, with its `event:` line where the dialect has one.
    ///
    /// `template` is the data of an earlier event of the same channel, from which ids and the like are copied; an empty
    /// one is allowed and leaves them out. Nothing else of the template is repeated: no other text, no tool's name,
    /// no usage.
    pub fn delta_event(&self, channel: Channel, text: &str, template: &str) -> Vec<u8> {
        let template = Template::read(template);
        let (event, data) = match self.wire {
            Wire::Of(Endpoint::ChatCompletions | Endpoint::Embeddings) => {
                (None, chat(channel, text, &template))
            }
            Wire::Of(Endpoint::Completions) => (None, completion(channel, text, &template)),
            Wire::Of(Endpoint::Messages) => (Some("content_block_delta".to_owned()), message(channel, text)),
            Wire::GenerateContent => (None, content(channel, text)),
            Wire::Of(Endpoint::Responses) => {
                let (event, data) = response(channel, text, &template);
                (Some(event), data)
            }
        };
        let mut out = Vec::with_capacity(data.len() + 64);
        sse::encode(&mut out, event.as_deref(), &data);
        out
    }
}

fn chat(channel: Channel, text: &str, template: &Template<'_>) -> String {
    let mut json = Writer::envelope(template);
    json.raw("\"choices\":[{\"index\":")
        .number(channel.choice)
        .raw(",\"delta\":{");
    let block = channel.block;
    match channel.part {
        Part::Text if block == AUDIO_BLOCK => {
            json.raw("\"audio\":{").string("transcript", text).raw("}");
        }
        Part::Text => {
            json.string("content", text);
        }
        Part::Reasoning if template.has_key("reasoning") && !template.has_key("reasoning_content") => {
            json.string("reasoning", text);
        }
        Part::Reasoning => {
            json.string("reasoning_content", text);
        }
        Part::Refusal => {
            json.string("refusal", text);
        }
        Part::ToolArguments if template.has_key("function_call") => {
            json.raw("\"function_call\":{").string("arguments", text).raw("}");
        }
        Part::ToolArguments => {
            let (tool, field) = if template.has_key("custom") {
                ("\"custom\":{", "input")
            } else {
                ("\"function\":{", "arguments")
            };
            json.raw("\"tool_calls\":[{\"index\":")
                .number(block)
                .raw(",")
                .raw(tool);
            json.string(field, text).raw("}}]");
        }
    }
    json.raw("},\"finish_reason\":null}]}").done()
}

fn completion(channel: Channel, text: &str, template: &Template<'_>) -> String {
    let mut json = Writer::envelope(template);
    json.raw("\"choices\":[{")
        .string("text", text)
        .raw(",\"index\":")
        .number(channel.choice);
    json.raw(",\"logprobs\":null,\"finish_reason\":null}]}").done()
}

fn content(channel: Channel, text: &str) -> String {
    let mut json = Writer::default();
    json.raw("{\"candidates\":[{\"index\":").number(channel.choice);
    json.raw(",\"content\":{\"role\":\"model\",\"parts\":[{");
    json.string("text", text).raw("}]}}]}").done()
}

fn message(channel: Channel, text: &str) -> String {
    let (kind, field) = match channel.part {
        Part::Text | Part::Refusal => ("text_delta", "text"),
        Part::Reasoning => ("thinking_delta", "thinking"),
        Part::ToolArguments => ("input_json_delta", "partial_json"),
    };
    let mut json = Writer::default();
    json.raw("{\"type\":\"content_block_delta\",\"index\":")
        .number(channel.block)
        .raw(",\"delta\":{");
    json.string("type", kind)
        .raw(",")
        .string(field, text)
        .raw("}}")
        .done()
}

fn response(channel: Channel, text: &str, template: &Template<'_>) -> (String, String) {
    let summary = channel.block >= SUMMARY_BLOCKS;
    let own = match channel.part {
        Part::Text => "response.output_text.delta",
        Part::Refusal => "response.refusal.delta",
        Part::Reasoning if summary => "response.reasoning_summary_text.delta",
        Part::Reasoning => "response.reasoning_text.delta",
        Part::ToolArguments => "response.function_call_arguments.delta",
    };
    // The template knows whether arguments are a function's, a custom tool's or an MCP tool's.
    let kind = template
        .string("type")
        .filter(|kind| kind.ends_with(".delta"))
        .unwrap_or(own);
    let mut json = Writer::default();
    json.raw("{").string("type", kind);
    for name in ["sequence_number", "item_id"] {
        json.copy(template, name);
    }
    json.raw(",\"output_index\":").number(channel.choice);
    if channel.part != Part::ToolArguments {
        let (name, index) = if summary {
            (",\"summary_index\":", channel.block - SUMMARY_BLOCKS)
        } else {
            (",\"content_index\":", channel.block)
        };
        json.raw(name).number(index);
    }
    json.raw(",").string("delta", text);
    if kind == "response.output_text.delta" {
        json.raw(",\"logprobs\":[]");
    }
    (kind.to_owned(), json.raw("}").done())
}

/// The members of an event's outermost object.
struct Template<'a> {
    data: &'a str,
    members: Vec<(&'a str, &'a str)>,
}

impl<'a> Template<'a> {
    /// What can be read of it; a template that is no JSON has nothing to copy.
    fn read(data: &'a str) -> Self {
        let mut members = Vec::new();
        let mut read = || -> Result<(), SyntaxError> {
            let mut scanner = Scanner::new(data);
            scanner.next()?;
            while let Some(Token::Key(key)) = scanner.next()? {
                let value = scanner.skip_value()?;
                members.push((key.raw(), data.get(value).unwrap_or_default()));
            }
            Ok(())
        };
        if read().is_err() {
            members.clear();
        }
        Self { data, members }
    }

    fn member(&self, name: &str) -> Option<&'a str> {
        self.members
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    }

    fn string(&self, name: &str) -> Option<&'a str> {
        self.member(name)?.strip_prefix('"')?.strip_suffix('"')
    }

    /// Whether there is a key of this name, at any depth, whose value is not `null`.
    fn has_key(&self, name: &str) -> bool {
        let mut scanner = Scanner::new(self.data);
        while let Ok(Some(token)) = scanner.next() {
            if matches!(token, Token::Key(key) if key.is(name)) {
                return !matches!(scanner.next(), Ok(Some(Token::Null)));
            }
        }
        false
    }
}

/// Writes JSON whose structure is fixed and whose strings are not.
#[derive(Default)]
struct Writer {
    json: String,
}

impl Writer {
    /// An object that starts with what all chunks of an OpenAI stream have in common.
    fn envelope(template: &Template<'_>) -> Self {
        let mut json = Self { json: "{".to_owned() };
        for name in [
            "id",
            "object",
            "created",
            "model",
            "provider",
            "system_fingerprint",
            "service_tier",
        ] {
            if let Some(value) = template.member(name) {
                json.raw("\"").raw(name).raw("\":").raw(value).raw(",");
            }
        }
        json
    }

    fn raw(&mut self, json: &str) -> &mut Self {
        self.json.push_str(json);
        self
    }

    fn number(&mut self, number: u32) -> &mut Self {
        self.raw(&number.to_string())
    }

    fn string(&mut self, name: &str, text: &str) -> &mut Self {
        self.raw("\"").raw(name).raw("\":\"");
        escape_into(&mut self.json, text);
        self.raw("\"")
    }

    /// A member of the template, with a comma before it.
    fn copy(&mut self, template: &Template<'_>, name: &str) {
        if let Some(value) = template.member(name) {
            self.raw(",\"").raw(name).raw("\":").raw(value);
        }
    }

    fn done(&mut self) -> String {
        std::mem::take(&mut self.json)
    }
}
