//! A content block of a streamed message while its pieces arrive.
//! Must not know the dialect that they come from.

use crate::json::{Json, Object, Text, object};

/// One block. Pieces gather in it until it is its turn to be written.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) content: Content,
    /// What arrived and was not written yet.
    pending: Text<'static>,
    is_open: bool,
}

#[derive(Debug)]
pub(super) enum Content {
    Text,
    Call(Call),
}

/// A tool call whose arguments are on their way.
#[derive(Debug)]
pub(super) struct Call {
    /// Chat's number of the call.
    position: u64,
    id: Text<'static>,
    name: Text<'static>,
    arguments: Nesting,
}

/// How deep in a JSON value its pieces have led so far.
#[derive(Debug, Default)]
struct Nesting {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    is_complete: bool,
}

impl Block {
    pub(super) fn text() -> Self {
        Self {
            content: Content::Text,
            pending: Text::empty(),
            is_open: false,
        }
    }

    pub(super) fn call(position: u64, id: Text<'static>) -> Self {
        let call = Call {
            position,
            id,
            name: Text::empty(),
            arguments: Nesting::default(),
        };
        Self {
            content: Content::Call(call),
            pending: Text::empty(),
            is_open: false,
        }
    }

    /// Whether this is the call that a piece belongs to. Only a call's first piece has to have an id.
    pub(super) fn is_call(&self, position: Option<u64>, id: Option<&Text<'_>>) -> bool {
        let Content::Call(call) = &self.content else {
            return false;
        };
        position.is_none_or(|position| position == call.position)
            && id.is_none_or(|id| id.is(&call.id.decode()))
    }

    /// Takes a call's name, which comes whole and once.
    pub(super) fn name(&mut self, name: &Text<'_>) {
        if let Content::Call(call) = &mut self.content
            && call.name.is_empty()
        {
            call.name = name.clone().into_owned();
        }
    }

    /// Takes the next piece: text, or a fragment of a call's arguments.
    pub(super) fn push(&mut self, piece: &Text<'_>) {
        if let Content::Call(call) = &mut self.content {
            call.arguments.read(&piece.decode());
        }
        self.pending.push(piece);
    }

    /// Whether nothing more can come, given that a later block has begun.
    pub(super) fn is_whole(&self) -> bool {
        match &self.content {
            Content::Text => true,
            Content::Call(call) => call.arguments.is_complete,
        }
    }

    /// The block's start, once it can be written and was not yet. A call's start names the tool.
    pub(super) fn open(&mut self) -> Option<Object<'_>> {
        if self.is_open {
            return None;
        }
        let start = match &self.content {
            Content::Text if self.pending.is_empty() => return None,
            Content::Text => object("type", "text").with("text", ""),
            Content::Call(call) if call.name.is_empty() => return None,
            Content::Call(call) => object("type", "tool_use")
                .with("id", call.id.clone())
                .with("name", call.name.clone())
                .with("input", Object::default()),
        };
        self.is_open = true;
        Some(start)
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// What can be written of an open block: its delta object.
    pub(super) fn take_delta(&mut self) -> Option<Object<'static>> {
        if !self.is_open || self.pending.is_empty() {
            return None;
        }
        let pending = Json::from(std::mem::replace(&mut self.pending, Text::empty()));
        Some(match &self.content {
            Content::Text => object("type", "text_delta").with("text", pending),
            Content::Call(_) => object("type", "input_json_delta").with("partial_json", pending),
        })
    }
}

impl Nesting {
    fn read(&mut self, fragment: &str) {
        for byte in fragment.bytes() {
            if self.in_string {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.is_complete = self.depth == 0;
                }
                _ => {}
            }
        }
    }
}
