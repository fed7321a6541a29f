//! Counts the tokens of a prompt while its body is walked; the one place that ties counting to bodies.
//! Must not know routes, limits or what a count is used for.

use std::borrow::Cow;
use std::ops::Range;

use tollgate_llm::json::{Scanner, Token};
use tollgate_llm::request::{RequestVisitor, Role, Text};
use tollgate_tokens::Encoding;

/// Tokens of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub tokens: u64,
    /// Counted with the model's vocabulary, not estimated.
    pub exact: bool,
}

/// What OpenAI adds around each message (three tokens, and one for the role), and once to prime the answer.
/// <https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken>
const PER_MESSAGE: u64 = 4;
const PRIMING: u64 = 3;

/// Gathers what has to be counted. The model's name may come after the prompt in a body, and with it the vocabulary, so the
/// pieces are kept as ranges of the body; nothing is copied.
#[derive(Default)]
pub struct Prompt {
    texts: Vec<Piece>,
    messages: u64,
    token_ids: u64,
    /// Something whose tokens follow no public rule: tools, images.
    inexact: bool,
}

enum Piece {
    /// A string without escapes: its bytes are the text.
    Raw(Range<usize>),
    /// A string with escapes, quotes included.
    Escaped(Range<usize>),
}

impl Prompt {
    /// Counts the gathered pieces of `body`.
    pub fn count(&self, body: &str, encoding: Option<Encoding>) -> Count {
        let mut tokens = self.token_ids;
        for piece in &self.texts {
            let text = match piece {
                Piece::Raw(range) => Cow::Borrowed(body.get(range.clone()).unwrap_or_default()),
                Piece::Escaped(range) => decode(body.get(range.clone()).unwrap_or_default()),
            };
            tokens += count_text(&text, encoding);
        }
        if self.messages > 0 {
            tokens += self.messages * PER_MESSAGE + PRIMING;
        }
        Count { tokens, exact: !self.inexact && encoding.is_some_and(Encoding::is_available) }
    }
}

fn decode(quoted: &str) -> Cow<'_, str> {
    match Scanner::new(quoted).next() {
        Ok(Some(Token::String(str) | Token::Key(str))) => str.decode(),
        _ => Cow::Borrowed(quoted),
    }
}

/// Tokens of one text; an estimate where there is no vocabulary.
pub fn count_text(text: &str, encoding: Option<Encoding>) -> u64 {
    let counted = encoding.and_then(|encoding| encoding.count(text));
    counted.map_or_else(|| estimate_bytes(text.len()), |count| count as u64)
}

/// About four bytes of prose make a token in every vocabulary of today.
pub const fn estimate_bytes(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}

impl RequestVisitor for Prompt {
    fn text(&mut self, text: &Text<'_>) {
        let range = text.str.range();
        self.texts.push(if text.str.is_escaped() {
            Piece::Escaped(range.start - 1..range.end + 1)
        } else {
            Piece::Raw(range)
        });
    }

    fn key(&mut self, key: &Text<'_>) {
        self.text(key);
    }

    fn message(&mut self, role: Role) {
        if role != Role::Input {
            self.messages += 1;
        }
    }

    fn tokens(&mut self, count: u64) {
        self.token_ids += count;
    }

    fn unknown(&mut self, _path: &str) {
        self.inexact = true;
    }
}
