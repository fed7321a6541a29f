//! The hash itself: a stack of open arrays and objects, of which nothing but hashes and keys is kept.
//! Must not know which fields matter; `fields` says.

use sha2::{Digest, Sha256};
use tollgate_llm::Endpoint;
use tollgate_llm::json::{Scanner, Str, SyntaxError, Token};

use super::fields::{Field, is_run_by_client};
use super::number::Number;

/// The hash of one request body in canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BodyDigest([u8; 32]);

impl BodyDigest {
    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why a request has no place in the cache.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Uncacheable {
    /// The answer depends on more than the request, because of this field.
    #[error("`{0}` makes the answer depend on more than the request")]
    Field(&'static str),
    /// A tool that the provider runs, or of a type that is not known.
    #[error("a tool that the client does not run makes the answer depend on more than the request")]
    HostedTool,
    /// An object with more members than any request that somebody sends twice.
    #[error("an object has too many members")]
    TooManyMembers,
    /// The tokens were not those of one whole JSON text.
    #[error("the body was not read to its end")]
    Incomplete,
    /// Not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
}

/// Longer strings in objects are kept as their hash until the object ends.
const INLINE: usize = 64;

/// Of all open objects together, so that a hostile body cannot make us keep several times its size.
const MAX_MEMBERS: usize = 1 << 16;

/// Body, array of tools, tool.
const TOOL_DEPTH: usize = 3;

/// Makes a [`BodyDigest`] of the tokens of a request body, given in the order in which they stand there.
///
/// The digest does not depend on white space, on the order of an object's keys, on how characters are escaped, on how
/// floats are spelled, or on fields that do not change the answer. Everything else changes it. Of a body of `n` bytes
/// it keeps the keys and hashes of objects that are still open, and no tree.
#[derive(Debug, Clone)]
pub struct CanonicalHasher {
    endpoint: Endpoint,
    open: Vec<Open>,
    /// Keys and encoded values of the members of open objects, innermost last.
    bytes: Vec<u8>,
    members: Vec<Member>,
    /// The top-level field that is being read.
    field: Field,
    /// How deep inside an ignored field's value, or `None` outside of one.
    ignoring: Option<u32>,
    outcome: Outcome,
}

/// An array or object whose end has not come.
#[derive(Debug, Clone)]
enum Open {
    Array(Sha256),
    /// Where its members and their bytes begin, and where the bytes of the key that waits for its value do.
    Object {
        first_member: usize,
        first_byte: usize,
        key: usize,
    },
}

/// A key and, right behind it, its value: places in `bytes`.
#[derive(Debug, Clone, Copy)]
struct Member {
    key: usize,
    value: usize,
    end: usize,
}

#[derive(Debug, Clone)]
enum Outcome {
    Reading,
    Done(BodyDigest),
    Never(Uncacheable),
}

/// Hashes a body that is hashed as it stands. Where text is replaced on the way, use [`CanonicalHasher`].
pub fn hash_body(endpoint: Endpoint, body: &str) -> Result<BodyDigest, Uncacheable> {
    let mut hasher = CanonicalHasher::new(endpoint);
    let mut scanner = Scanner::new(body);
    while let Some(token) = scanner.next()? {
        hasher.token(&token);
    }
    hasher.finish()
}

impl CanonicalHasher {
    /// For a body of `endpoint`.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            open: Vec::with_capacity(8),
            bytes: Vec::with_capacity(1024),
            members: Vec::with_capacity(32),
            field: Field::Hashed,
            ignoring: None,
            outcome: Outcome::Reading,
        }
    }

    /// Takes in the next token.
    pub fn token(&mut self, token: &Token<'_>) {
        if !matches!(self.outcome, Outcome::Reading) || self.ignores(token) {
            return;
        }
        match token {
            Token::Key(key) => self.read_key(key),
            Token::ObjectEnd | Token::ArrayEnd => self.end(),
            Token::Null => self.value(&[b"n"]),
            _ if self.is_stateful() => {}
            Token::ObjectStart => self.open.push(Open::Object {
                first_member: self.members.len(),
                first_byte: self.bytes.len(),
                key: self.bytes.len(),
            }),
            Token::ArrayStart => self.open.push(Open::Array(Sha256::new_with_prefix(b"A"))),
            Token::String(str) => self.string(str),
            Token::Number(text) => self.number(text),
            Token::Bool(true) => self.yes(),
            Token::Bool(false) => self.value(&[b"f"]),
        }
    }

    /// Takes in `text` in the place of the string that is the next token: the same as a token whose string means
    /// `text`, so that a text that was not replaced hashes the same either way.
    pub fn text(&mut self, text: &str) {
        if self.takes_string() {
            self.write_string(text.as_bytes());
        }
    }

    /// Leaves a hole in the place of the string that is the next token: bodies that differ only there have one digest, which no
    /// body without a hole has. A clone that goes on with a hole where the original goes on with the text costs no second
    /// reading of what came before.
    pub fn hole(&mut self) {
        if self.takes_string() {
            self.value(&[b"h"]);
        }
    }

    /// Whether the string that is the next token is part of the hash.
    fn takes_string(&mut self) -> bool {
        if !matches!(self.outcome, Outcome::Reading) {
            return false;
        }
        match self.ignoring {
            Some(0) => {
                self.ignoring = None;
                false
            }
            Some(_) => false,
            None => !self.is_stateful(),
        }
    }

    /// Takes in `name` in the place of the key that is the next token, as [`text`](Self::text) does for strings.
    pub fn key(&mut self, name: &str) {
        if matches!(self.outcome, Outcome::Reading) && self.ignoring.is_none() {
            self.write_key(name.as_bytes());
        }
    }

    /// The digest, if the tokens were those of one whole body that may be cached.
    pub fn finish(self) -> Result<BodyDigest, Uncacheable> {
        match self.outcome {
            Outcome::Done(digest) => Ok(digest),
            Outcome::Never(why) => Err(why),
            Outcome::Reading => Err(Uncacheable::Incomplete),
        }
    }

    /// Whether the token belongs to an ignored field's value; follows that value to its end.
    fn ignores(&mut self, token: &Token<'_>) -> bool {
        let Some(depth) = self.ignoring else { return false };
        let depth = match token {
            Token::ObjectStart | Token::ArrayStart => depth + 1,
            Token::ObjectEnd | Token::ArrayEnd => depth.saturating_sub(1),
            _ => depth,
        };
        self.ignoring = (depth > 0).then_some(depth);
        true
    }

    /// Whether a value that is not null starts here in a field that must not have one.
    fn is_stateful(&mut self) -> bool {
        match self.field {
            Field::Stateful(name) => {
                self.outcome = Outcome::Never(Uncacheable::Field(name));
                true
            }
            _ => false,
        }
    }

    fn yes(&mut self) {
        match self.field {
            Field::Flag(name) if self.open.len() == 1 => {
                self.outcome = Outcome::Never(Uncacheable::Field(name))
            }
            _ => self.value(&[b"t"]),
        }
    }

    fn read_key(&mut self, str: &Str<'_>) {
        let name = str.decode();
        match lone_surrogate(str, &name) {
            Some(raw) => self.write_key(&raw),
            None => self.write_key(name.as_bytes()),
        }
    }

    fn write_key(&mut self, name: &[u8]) {
        if self.open.len() == 1 {
            self.field =
                std::str::from_utf8(name).map_or(Field::Hashed, |name| Field::of(self.endpoint, name));
            if self.field == Field::Ignored {
                self.ignoring = Some(0);
                return;
            }
        }
        if let Some(Open::Object { key, .. }) = self.open.last_mut() {
            *key = self.bytes.len();
        }
        self.bytes.extend_from_slice(name);
    }

    fn string(&mut self, str: &Str<'_>) {
        let text = str.decode();
        if self.is_tool_type() && !is_run_by_client(&text) {
            self.outcome = Outcome::Never(Uncacheable::HostedTool);
            return;
        }
        match lone_surrogate(str, &text) {
            Some(raw) => self.write_string(&raw),
            None => self.write_string(text.as_bytes()),
        }
    }

    fn write_string(&mut self, text: &[u8]) {
        let length = length(text);
        // In an array the bytes go straight into its hash. In an object they wait for the keys to be sorted.
        if text.len() > INLINE && matches!(self.open.last(), Some(Open::Object { .. })) {
            self.value(&[b"S", &length, &Sha256::digest(text)]);
        } else {
            self.value(&[b"s", &length, text]);
        }
    }

    fn number(&mut self, text: &str) {
        match Number::read(text) {
            Number::AsWritten(text) => self.value(&[b"i", &length(text.as_bytes()), text.as_bytes()]),
            Number::Float {
                negative,
                head,
                tail,
                exponent,
            } => {
                let sign: &[u8] = if negative { b"-" } else { b"+" };
                let digits = u64::try_from(head.len() + tail.len())
                    .unwrap_or(u64::MAX)
                    .to_le_bytes();
                let exponent = exponent.to_le_bytes();
                self.value(&[b"d", sign, &exponent, &digits, head.as_bytes(), tail.as_bytes()]);
            }
        }
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Open::Array(hasher)) => {
                let digest = hasher.finalize();
                self.value(&[b"a", &digest]);
            }
            Some(Open::Object {
                first_member,
                first_byte,
                ..
            }) => {
                let digest = self.hash_members(first_member);
                self.members.truncate(first_member);
                self.bytes.truncate(first_byte);
                self.value(&[b"o", &digest]);
            }
            None => self.outcome = Outcome::Never(Uncacheable::Incomplete),
        }
    }

    /// Equal keys stay in their order: readers differ in which of them they believe.
    fn hash_members(&mut self, first: usize) -> [u8; 32] {
        let bytes = &self.bytes;
        let mut hasher = Sha256::new_with_prefix(b"O");
        if let Some(members) = self.members.get_mut(first..) {
            members.sort_by(|a, b| bytes[a.key..a.value].cmp(&bytes[b.key..b.value]));
            for member in members {
                hasher.update(length(&bytes[member.key..member.value]));
                hasher.update(&bytes[member.key..member.end]);
            }
        }
        hasher.finalize().into()
    }

    /// Adds a value's encoding, which says by itself where it ends, to what is open.
    fn value(&mut self, parts: &[&[u8]]) {
        match self.open.last_mut() {
            Some(Open::Array(hasher)) => parts.iter().for_each(|part| hasher.update(part)),
            Some(Open::Object { .. }) if self.members.len() >= MAX_MEMBERS => {
                self.outcome = Outcome::Never(Uncacheable::TooManyMembers);
            }
            Some(Open::Object { key, .. }) => {
                // Whatever the value holds has been taken off again when it ended, so its key is still the last.
                let (key, value) = (*key, self.bytes.len());
                parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
                self.members.push(Member {
                    key,
                    value,
                    end: self.bytes.len(),
                });
            }
            None => {
                let mut hasher = Sha256::new_with_prefix(b"body");
                parts.iter().for_each(|part| hasher.update(part));
                self.outcome = Outcome::Done(BodyDigest(hasher.finalize().into()));
            }
        }
    }

    /// Whether the value that comes next is the `type` of one of the request's `tools`.
    fn is_tool_type(&self) -> bool {
        match self.open.last() {
            Some(Open::Object { key, .. }) if self.field == Field::Tools && self.open.len() == TOOL_DEPTH => {
                self.bytes.get(*key..) == Some(b"type")
            }
            _ => false,
        }
    }
}

fn length(bytes: &[u8]) -> [u8; 8] {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes()
}

/// What to hash for a string that holds half a surrogate pair, which no text can: decoding makes the same character of
/// all of them, and of that character itself. Such a string is taken as written, behind a byte that no text has.
fn lone_surrogate(str: &Str<'_>, decoded: &str) -> Option<Vec<u8>> {
    let suspicious = str.is_escaped() && decoded.contains(char::REPLACEMENT_CHARACTER);
    (suspicious && has_lone_surrogate(str.raw())).then(|| [b"\xff", str.raw().as_bytes()].concat())
}

/// Whether a string that the scanner has accepted holds an escaped surrogate without its partner.
fn has_lone_surrogate(raw: &str) -> bool {
    let unit = |at: usize| {
        let digits = raw.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut at = 0;
    while let Some(escape) = raw.get(at..).and_then(|rest| rest.find('\\')) {
        at += escape;
        at += match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => return true,
            (Some(_), _) => 6,
            (None, _) => 2,
        };
    }
    false
}
