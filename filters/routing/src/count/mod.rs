//! Counts the tokens of a prompt while its body is walked; the one place that ties counting to bodies.
//! Must not know routes, limits or what a count is used for.

mod calls;
mod format;
mod images;
mod tools;
mod typescript;

use std::ops::Range;

use tollgate_llm::image::Detail;
use tollgate_llm::json::{Scanner, Str, Token};
use tollgate_llm::request::{RequestVisitor, Role, Text};
use tollgate_llm::{Endpoint, Image, TextKind};
use tollgate_tokens::{Encoding, Tally, Tokenizer, overhead};

use calls::{Call, Choice, Results};

/// Tokens of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub tokens: u64,
    /// How many there are even if the estimates in `tokens` are as far too high as their measured error allows.
    pub at_least: u64,
    /// Nothing in `tokens` is an estimate: every text was counted with the model's vocabulary, and whatever else there is
    /// costs what the provider documents.
    pub exact: bool,
}

/// Gathers what has to be counted. The model's name may come after the prompt in a body, and with it the vocabulary, so the
/// pieces are kept as ranges of the body; nothing is copied.
pub struct Prompt<'b> {
    body: &'b str,
    endpoint: Endpoint,
    texts: Vec<Piece>,
    tools: Vec<Range<usize>>,
    tool_choice: Option<Range<usize>>,
    formats: Vec<Range<usize>>,
    /// Names of called tools, and the messages that they are in.
    calls: Vec<(usize, Piece)>,
    results: Results,
    /// Keys of JSON that the counter sees in pieces, without the quotes and colons around them.
    keys: u64,
    images: Vec<ImageFacts>,
    messages: usize,
    names: usize,
    token_ids: u64,
    /// Something whose tokens follow no public rule.
    inexact: bool,
    /// The last token was the key `name`: if a text comes next, it is the name of a message's author.
    at_name: bool,
    /// Texts of the message so far, once one has begun: nobody says how several are joined.
    message_texts: Option<usize>,
    /// Where keys of [`UNCOUNTED`] stand.
    uncounted: Vec<usize>,
}

enum Piece {
    /// A string without escapes: its bytes are the text.
    Raw(Range<usize>),
    /// A string with escapes, quotes included.
    Escaped(Range<usize>),
}

impl Piece {
    fn of(str: &Str<'_>) -> Self {
        let range = str.range();
        if str.is_escaped() {
            Self::Escaped(range.start - 1..range.end + 1)
        } else {
            Self::Raw(range)
        }
    }
}

/// What an image costs depends on this.
struct ImageFacts {
    pixels: Option<(u32, u32)>,
    detail: Detail,
}

/// Fields with content that the model reads and that is no text: sound, films, files.
const UNCOUNTED: [&str; 10] = [
    "audio",
    "audio_embeds",
    "audio_url",
    "document_url",
    "file",
    "image_embeds",
    "input_audio",
    "reference_ids",
    "video",
    "video_url",
];

/// What quotes, colons and commas around a key and its value make: two tokens, as in `","to":"`.
const PER_KEY: u64 = 2;

impl<'b> Prompt<'b> {
    /// For a walk over this body.
    pub fn new(endpoint: Endpoint, body: &'b str) -> Self {
        Self {
            body,
            endpoint,
            texts: Vec::new(),
            tools: Vec::new(),
            tool_choice: None,
            formats: Vec::new(),
            calls: Vec::new(),
            results: Results::default(),
            keys: 0,
            images: Vec::new(),
            messages: 0,
            names: 0,
            token_ids: 0,
            // OpenAI documents what surrounds the messages of chats; nobody does for the other conversations.
            inexact: matches!(endpoint, Endpoint::Responses | Endpoint::Messages),
            at_name: false,
            message_texts: None,
            uncounted: Vec::new(),
        }
    }

    /// Counts what was gathered as the model of that public name does.
    pub fn count(&self, tokenizer: Tokenizer, model: &str) -> Count {
        let mut tally = tokenizer.tally();
        let texts: u64 = self
            .texts
            .iter()
            .map(|piece| self.tokens_of(piece, tokenizer, &mut tally))
            .sum();
        // A role is one token in every vocabulary.
        let around = if self.messages > 0 {
            overhead::chat(self.messages, self.names) + self.messages
        } else {
            0
        };
        let choice = self.tool_choice.as_ref();
        let choice = choice.map(|range| Choice::read(self.slice(range), tokenizer));
        let must_call = choice.as_ref().is_some_and(|choice| choice.must_call);
        let chosen = choice.map_or(0, |choice| choice.tokens);
        let tools = tools::count(
            self.tools.iter().map(|range| self.slice(range)),
            tokenizer,
            must_call,
        );
        let images = images::count(&self.images, tokenizer, model);
        let format = |range| format::count(self.slice(range), tokenizer);
        let formats: usize = self.formats.iter().map(format).sum();
        let calls: Vec<Call> = self
            .calls
            .iter()
            .map(|(message, name)| Call {
                message: *message,
                name: self.tokens_of(name, tokenizer, &mut tally) as usize,
            })
            .collect();
        let around = around.saturating_add_signed(calls::count(&calls, &self.results));

        let tokens = texts
            + (around + tools.tokens + chosen + formats + images.tokens) as u64
            + self.token_ids
            + PER_KEY * self.keys;
        // Whoever serves the open models puts a system message of its own before the others.
        let documented = self.messages == 0 || tokenizer != Tokenizer::Exact(Encoding::O200kHarmony);
        let exact = !self.inexact
            && documented
            && formats + chosen == 0
            && !must_call
            && self.uncounted.is_empty()
            && tokenizer.is_exact()
            && tools.exact
            && images.exact;
        let at_least = if exact {
            tokens
        } else if tokenizer.is_exact() {
            // Where texts are joined, two tokens may become one.
            self.token_ids + texts.saturating_sub(self.texts.len() as u64)
        } else {
            self.token_ids + least(texts, tokenizer)
        };
        Count {
            tokens,
            at_least,
            exact,
        }
    }

    fn tokens_of(&self, piece: &Piece, tokenizer: Tokenizer, tally: &mut Tally) -> u64 {
        let tokens = match piece {
            Piece::Raw(range) => tokenizer.count(self.slice(range)).tokens,
            Piece::Escaped(range) => {
                if let Ok(Some(Token::String(str) | Token::Key(str))) = Scanner::new(self.slice(range)).next()
                {
                    push_joined(&str, tally);
                }
                tally.finish()
            }
        };
        tokens as u64
    }

    /// Where a part of the body stands in it, which is the distance of the two addresses. Whatever it calls its fields, they
    /// are not those of [`UNCOUNTED`].
    fn range_of(&mut self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr().wrapping_sub(self.body.as_ptr().addr());
        self.uncounted.retain(|at| *at < start);
        start..start.saturating_add(part.len())
    }

    fn slice(&self, range: &Range<usize>) -> &'b str {
        self.body.get(range.clone()).unwrap_or_default()
    }
}

/// Counts an escaped string. Every push looks for a seam anew, so the short parts between many escapes (code, JSON inside
/// JSON) are pushed together.
fn push_joined(str: &Str<'_>, tally: &mut Tally) {
    const LONG: usize = 512;
    let mut short = String::new();
    str.parts(|part| {
        if part.len() < LONG {
            short.push_str(part);
        }
        if part.len() >= LONG || short.len() >= 4 * LONG {
            tally.push(&short);
            short.clear();
        }
        if part.len() >= LONG {
            tally.push(part);
        }
    });
    tally.push(&short);
}

/// The true number behind an estimate that is too high by its measured error: 95 of 100 texts are not below.
fn least(estimate: u64, tokenizer: Tokenizer) -> u64 {
    let error = tokenizer.family().error().p95;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a quotient of positive numbers, smaller than the whole number that it came from"
    )]
    let least = (estimate as f64 / (1.0 + error)) as u64;
    least
}

impl RequestVisitor for Prompt<'_> {
    fn text(&mut self, text: &Text<'_>) {
        self.texts.push(Piece::of(&text.str));
        if std::mem::take(&mut self.at_name) && self.endpoint == Endpoint::ChatCompletions {
            if text.role == Role::Tool {
                self.results.named += 1;
                self.inexact = true;
            } else {
                self.names += 1;
            }
            return;
        }
        // Text outside of messages (a suffix, documents) is placed by rules that are not public, as calls of tools are.
        let first = self
            .message_texts
            .as_mut()
            .map(|texts| std::mem::replace(texts, *texts + 1))
            == Some(0);
        self.inexact |= !first || text.kind != TextKind::Text || text.role == Role::Tool;
    }

    fn other(&mut self, token: &Token<'_>) {
        self.at_name = false;
        if let Token::Key(key) = token {
            self.at_name = key.is("name");
            if UNCOUNTED.iter().any(|field| key.is(field)) {
                self.uncounted.push(key.range().start);
            }
        }
    }

    fn key(&mut self, key: &Text<'_>) {
        self.at_name = false;
        self.text(key);
        self.keys += 1;
        self.inexact = true;
    }

    fn call(&mut self, name: &Str<'_>) {
        self.calls.push((self.messages, Piece::of(name)));
        self.inexact = true;
    }

    fn message(&mut self, role: Role) {
        self.messages += usize::from(role != Role::Input);
        self.results.all += usize::from(role == Role::Tool);
        self.message_texts = Some(0);
    }

    fn tool(&mut self, definition: &str) {
        let range = self.range_of(definition);
        self.tools.push(range);
    }

    fn tool_choice(&mut self, choice: &str) {
        self.tool_choice = Some(self.range_of(choice));
    }

    fn format(&mut self, format: &str) {
        let range = self.range_of(format);
        self.formats.push(range);
    }

    fn image(&mut self, image: &Image<'_>) {
        self.images.push(ImageFacts {
            pixels: image.pixels(),
            detail: image.detail(),
        });
    }

    fn tokens(&mut self, count: u64) {
        self.token_ids += count;
    }

    fn unknown(&mut self, _path: &str) {
        self.inexact = true;
    }
}

#[cfg(test)]
mod tests;
