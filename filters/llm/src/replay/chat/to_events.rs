//! The chunks that a chat completion or a completion would have come in.
//! Must not know how chunks become a body again.

use super::TEXTS;
use crate::replay::events::{COMMON, object, pieces};
use crate::replay::json::{Members, NULL, Writer, elements, inside};
use crate::replay::{ReplayError, usage};
use crate::{Endpoint, Usage, sse};

/// What all chunks repeat is refused if it is longer than this: it would make a stream of any size.
const MOST_COMMON: usize = 4096;

/// All chunks of a body.
pub(in crate::replay) fn events(
    endpoint: Endpoint,
    body: &str,
    usage: &Usage,
    include_usage: bool,
) -> Result<Vec<u8>, ReplayError> {
    let body = Members::of(body)?;
    let mut chunks = Chunks::new(endpoint, &body, include_usage)?;
    let mut choices = Vec::new();
    for (position, choice) in elements(body.get("choices").unwrap_or_default())?
        .into_iter()
        .enumerate()
    {
        let members = Members::of(choice)?;
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        choices.push((members.index("index").unwrap_or(position), members));
    }
    // OpenAI's SDK puts the first chunk's choice at its index of an empty list.
    choices.sort_by_key(|(index, _)| *index);
    if choices.is_empty() {
        return Err(ReplayError::Incomplete("there is no choice"));
    }
    if !choices.is_sorted_by(|(one, _), (next, _)| one < next) {
        return Err(ReplayError::contradiction("choices[].index"));
    }
    for (index, members) in &choices {
        let choice = Choice {
            index: *index,
            members,
        };
        if members.string("finish_reason").is_none_or(str::is_empty) {
            return Err(ReplayError::Incomplete("a choice has no reason to end"));
        }
        match endpoint {
            Endpoint::Completions => choice.completion(&mut chunks)?,
            _ => choice.message(&mut chunks)?,
        }
    }
    if include_usage {
        let reported = body.some("usage").map(str::to_owned);
        chunks.usage(&reported.unwrap_or_else(|| usage::of(endpoint, usage)));
    }
    sse::encode(&mut chunks.out, None, "[DONE]");
    Ok(chunks.out)
}

/// Writes chunks.
struct Chunks<'a> {
    out: Vec<u8>,
    /// Members that all chunks have.
    common: Vec<(&'static str, &'a str)>,
    object: &'static str,
    /// Members that stand in the first chunk only.
    once: Vec<(String, &'a str)>,
    include_usage: bool,
}

impl<'a> Chunks<'a> {
    fn new(endpoint: Endpoint, body: &Members<'a>, include_usage: bool) -> Result<Self, ReplayError> {
        let common: Vec<_> = COMMON
            .into_iter()
            .filter_map(|name| Some((name, body.get(name)?)))
            .collect();
        if common.iter().map(|(_, value)| value.len()).sum::<usize>() > MOST_COMMON {
            return Err(ReplayError::no_counterpart("id"));
        }
        let once = body
            .iter()
            .filter(|(name, _)| !COMMON.contains(name) && !matches!(*name, "object" | "choices" | "usage"))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Ok(Self {
            out: Vec::new(),
            common,
            object: object(endpoint),
            once,
            include_usage,
        })
    }

    fn choice(&mut self, choice: Writer) {
        let mut chunk = self.chunk();
        chunk.list("choices", [choice.done()]);
        for (name, value) in std::mem::take(&mut self.once) {
            chunk.value(&name, value);
        }
        if self.include_usage {
            chunk.compact("usage", NULL);
        }
        sse::encode(&mut self.out, None, &chunk.done());
    }

    fn usage(&mut self, usage: &str) {
        let mut chunk = self.chunk();
        chunk.compact("choices", "[]").value("usage", usage);
        sse::encode(&mut self.out, None, &chunk.done());
    }

    fn chunk(&self) -> Writer {
        let mut chunk = Writer::new();
        for (name, value) in &self.common {
            chunk.value(name, value);
            if *name == "id" {
                chunk.compact("object", self.object);
            }
        }
        if self.common.first().is_none_or(|(name, _)| *name != "id") {
            chunk.compact("object", self.object);
        }
        chunk
    }
}

/// One choice of a body.
struct Choice<'a, 'b> {
    index: u32,
    members: &'b Members<'a>,
}

impl<'a> Choice<'a, '_> {
    fn logprobs(&self) -> Option<&'a str> {
        self.members.some("logprobs")
    }

    /// Writes `logprobs` if the body has them, as `null` unless they belong to this chunk.
    fn write_logprobs(&self, choice: &mut Writer, logprobs: Option<&str>) {
        if self.members.get("logprobs").is_some() {
            choice.value("logprobs", logprobs.unwrap_or(NULL));
        }
    }

    fn completion(&self, chunks: &mut Chunks<'_>) -> Result<(), ReplayError> {
        let text = self.members.string("text");
        let text = text.ok_or(ReplayError::Incomplete("a choice has no text"))?;
        // Token by token with its logprobs a text could be cut only where tokens end.
        let whole = self.logprobs().filter(|_| !text.is_empty());
        let cut = match whole {
            Some(_) => vec![text],
            None => pieces(text).collect(),
        };
        for piece in cut {
            let mut choice = Writer::new();
            choice.string("text", piece).number("index", self.index);
            self.write_logprobs(&mut choice, whole);
            choice.compact("finish_reason", NULL);
            chunks.choice(choice);
        }
        let mut choice = Writer::new();
        choice.string("text", "").number("index", self.index);
        let logprobs = self.logprobs().filter(|_| whole.is_none());
        self.finish(choice, "text", logprobs, chunks)
    }

    fn message(&self, chunks: &mut Chunks<'_>) -> Result<(), ReplayError> {
        let message = self.members.some("message");
        let message = Members::of(message.ok_or(ReplayError::Incomplete("a choice has no message"))?)?;
        let mut role = Writer::new();
        let mut later = Vec::new();
        for (name, value) in message.iter() {
            let is_list = value.starts_with('[') && !elements(value)?.is_empty();
            match inside(value) {
                Some(text) if TEXTS.contains(&name) && !text.is_empty() => {
                    if name == "content" {
                        role.string(name, "");
                    }
                    later.push((name, value));
                }
                None if is_list || value.starts_with('{') => later.push((name, value)),
                _ => {
                    role.value(name, value);
                }
            }
        }
        self.delta(role, None, chunks);
        // A model thinks before it speaks, and calls tools at the end.
        later.sort_by_key(|(name, _)| match *name {
            "reasoning" | "reasoning_content" | "reasoning_details" | "thinking_blocks" => 0,
            "tool_calls" | "function_call" => 2,
            _ => 1,
        });
        let mut logprobs = self.logprobs();
        for (name, value) in later {
            match (name, inside(value)) {
                // Token by token with its logprobs a text could be cut only where tokens end.
                ("content" | "refusal", Some(text)) if self.logprobs().is_some() => {
                    let mut delta = Writer::new();
                    delta.string(name, text);
                    self.delta(delta, logprobs.take(), chunks);
                }
                (_, Some(text)) => {
                    for piece in pieces(text) {
                        let mut delta = Writer::new();
                        delta.string(name, piece);
                        self.delta(delta, None, chunks);
                    }
                }
                ("tool_calls", None) => self.calls(value, chunks)?,
                ("function_call", None) => {
                    let call = Function::of(value, "arguments")?;
                    call.each(|function| {
                        let mut delta = Writer::new();
                        delta.object(name, function);
                        self.delta(delta, None, chunks);
                    });
                }
                (_, None) => {
                    let mut delta = Writer::new();
                    delta.value(name, value);
                    self.delta(delta, None, chunks);
                }
            }
        }
        let mut choice = Writer::new();
        choice.number("index", self.index).object("delta", Writer::new());
        self.finish(choice, "message", logprobs, chunks)
    }

    /// Each call begins with its id and its name; then come its arguments.
    fn calls(&self, calls: &str, chunks: &mut Chunks<'_>) -> Result<(), ReplayError> {
        for (position, call) in elements(calls)?.into_iter().enumerate() {
            let call = Members::of(call)?;
            // Some servers number the calls of a body, and some of them number every call 0.
            let index = position as u64;
            let kind = ["function", "custom"]
                .into_iter()
                .find(|kind| call.some(kind).is_some());
            let field = if kind == Some("custom") {
                "input"
            } else {
                "arguments"
            };
            let function = match kind {
                Some(kind) => Some((kind, Function::of(call.get(kind).unwrap_or_default(), field)?)),
                None => None,
            };
            let mut is_first = true;
            let mut one = |function: Option<(&str, Writer)>| {
                let mut json = Writer::new();
                json.number("index", index);
                if std::mem::take(&mut is_first) {
                    for (name, value) in call.iter() {
                        if name != "index" && Some(name) != kind {
                            json.value(name, value);
                        }
                    }
                }
                if let Some((kind, function)) = function {
                    json.object(kind, function);
                }
                let mut delta = Writer::new();
                delta.list("tool_calls", [json.done()]);
                self.delta(delta, None, chunks);
            };
            match function {
                Some((kind, function)) => function.each(|function| one(Some((kind, function)))),
                None => one(None),
            }
        }
        Ok(())
    }

    fn delta(&self, delta: Writer, logprobs: Option<&str>, chunks: &mut Chunks<'_>) {
        let mut choice = Writer::new();
        choice.number("index", self.index).object("delta", delta);
        self.write_logprobs(&mut choice, logprobs);
        choice.compact("finish_reason", NULL);
        chunks.choice(choice);
    }

    /// The chunk that says why the choice ended, and whatever else is said of the choice but its `content`, which is out.
    fn finish(
        &self,
        mut choice: Writer,
        content: &str,
        logprobs: Option<&str>,
        chunks: &mut Chunks<'_>,
    ) -> Result<(), ReplayError> {
        self.write_logprobs(&mut choice, logprobs);
        for (name, value) in self.members.iter() {
            match name {
                "index" | "logprobs" => {}
                _ if name == content => {}
                "message" | "text" | "delta" => {
                    return Err(ReplayError::no_counterpart(&format!("choices[].{name}")));
                }
                _ => {
                    choice.value(name, value);
                }
            }
        }
        chunks.choice(choice);
        Ok(())
    }
}

/// What a call wants to call, and with what.
struct Function<'a> {
    members: Members<'a>,
    field: &'static str,
}

impl<'a> Function<'a> {
    fn of(json: &'a str, field: &'static str) -> Result<Self, ReplayError> {
        let members = Members::of(json)?;
        Ok(Self { members, field })
    }

    /// The name, and then the arguments in pieces.
    fn each(&self, mut each: impl FnMut(Writer)) {
        let mut first = Writer::new();
        for (name, value) in self.members.iter() {
            if name == self.field && inside(value).is_some() {
                first.string(name, "");
            } else {
                first.value(name, value);
            }
        }
        each(first);
        for piece in pieces(self.members.string(self.field).unwrap_or_default()) {
            let mut json = Writer::new();
            json.string(self.field, piece);
            each(json);
        }
    }
}
