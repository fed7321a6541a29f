//! A strict pull scanner: the tokens of one JSON document, in order, with their place in it.
//! Must not know what any field means, and never allocates.

use std::fmt;
use std::ops::Range;

use super::bytes::{digits, escape_length, next_special};
use super::escape::Str;

/// How many arrays and objects may stand inside each other. `serde_json` and most providers stop at 128 as well.
pub const MAX_DEPTH: u8 = 128;

/// One token. Commas and colons are checked and not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The name of an object's member; the colon behind it is consumed.
    Key(Str<'a>),
    /// A string value.
    String(Str<'a>),
    /// A number as it is written: its size and precision are the reader's business.
    Number(&'a str),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
}

/// Why a text is not JSON, and where. Says nothing of the text itself, so it may be shown and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct SyntaxError {
    /// Byte offset of the first byte that cannot be part of a JSON document.
    pub offset: usize,
    /// What is wrong there.
    pub kind: SyntaxErrorKind,
}

/// What is wrong with a text that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The document ends inside a value.
    UnexpectedEnd,
    /// No value starts like this.
    ExpectedValue,
    /// Inside an object only a quoted key or `}` can stand here.
    ExpectedKey,
    /// A key is followed by a colon.
    ExpectedColon,
    /// Between values stands a comma, and after the last one the closing bracket.
    ExpectedCommaOrEnd,
    /// A number with leading zeros, or without digits where there must be some.
    InvalidNumber,
    /// A backslash followed by something that is no escape.
    InvalidEscape,
    /// A control character inside a string must be escaped.
    ControlCharacter,
    /// More than [`MAX_DEPTH`] levels.
    TooDeep,
    /// Something follows the document.
    TrailingData,
}

impl fmt::Display for SyntaxErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnexpectedEnd => "the document ends too early",
            Self::ExpectedValue => "expected a value",
            Self::ExpectedKey => "expected a key in quotes",
            Self::ExpectedColon => "expected a colon",
            Self::ExpectedCommaOrEnd => "expected a comma or a closing bracket",
            Self::InvalidNumber => "invalid number",
            Self::InvalidEscape => "invalid escape in a string",
            Self::ControlCharacter => "unescaped control character in a string",
            Self::TooDeep => "nested too deeply",
            Self::TrailingData => "unexpected data after the document",
        })
    }
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
    Nothing,
}

/// Reads one document, token by token. `Clone` is a cheap way to look ahead.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    token_start: usize,
    token_end: usize,
    /// Bit *n* says whether the container around the *n*th open one from outside is an object.
    around: u128,
    depth: u8,
    /// Whether the innermost open container is an object. Asked at every comma, so it is not read from the bits.
    in_object: bool,
    expect: Expect,
}

impl<'a> Scanner<'a> {
    /// Starts at the beginning of `text`, which holds one document and optional white space around it.
    pub const fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            token_start: 0,
            token_end: 0,
            around: 0,
            depth: 0,
            in_object: false,
            expect: Expect::Value,
        }
    }

    /// The next token, or `None` when the document has ended and nothing but white space follows.
    /// After an error every further call gives the same error.
    #[expect(
        clippy::should_implement_trait,
        reason = "a Result around the Option reads better with `?`"
    )]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Token<'a>>, SyntaxError> {
        self.skip_white_space();
        self.token_start = self.at;
        if self.expect == Expect::CommaOrEnd {
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.skip_white_space();
                    self.token_start = self.at;
                    self.expect = if self.in_object {
                        Expect::Key
                    } else {
                        Expect::Value
                    };
                }
                Some(b'}') if self.in_object => return Ok(Some(self.close(Token::ObjectEnd))),
                Some(b']') if !self.in_object => return Ok(Some(self.close(Token::ArrayEnd))),
                _ => return Err(self.unexpected(SyntaxErrorKind::ExpectedCommaOrEnd)),
            }
        }
        match self.expect {
            Expect::Key => self.key(),
            Expect::KeyOrEnd if self.peek() == Some(b'}') => Ok(Some(self.close(Token::ObjectEnd))),
            Expect::KeyOrEnd => self.key(),
            Expect::ValueOrEnd if self.peek() == Some(b']') => Ok(Some(self.close(Token::ArrayEnd))),
            Expect::Value | Expect::ValueOrEnd => self.value(),
            Expect::Nothing if self.at == self.text.len() => Ok(None),
            Expect::Nothing | Expect::CommaOrEnd => Err(self.unexpected(SyntaxErrorKind::TrailingData)),
        }
    }

    /// Skips the value that comes next, checking it, and says where it stood. Where no value can come (behind the
    /// last member, say) that is an error.
    pub fn skip_value(&mut self) -> Result<Range<usize>, SyntaxError> {
        let outside = self.depth;
        let first = self.next()?;
        let start = self.token_start;
        match first {
            Some(Token::ObjectStart | Token::ArrayStart) => {
                while self.depth > outside {
                    self.next()?;
                }
                Ok(start..self.token_end)
            }
            Some(Token::String(_) | Token::Number(_) | Token::Bool(_) | Token::Null) => {
                Ok(start..self.token_end)
            }
            Some(Token::ObjectEnd | Token::ArrayEnd | Token::Key(_)) | None => Err(SyntaxError {
                offset: start,
                kind: SyntaxErrorKind::ExpectedValue,
            }),
        }
    }

    /// Where the last token stood, quotes included. A key's range ends before its colon.
    pub const fn span(&self) -> Range<usize> {
        self.token_start..self.token_end
    }

    /// How many objects and arrays are open.
    pub const fn depth(&self) -> u8 {
        self.depth
    }

    #[inline]
    fn value(&mut self) -> Result<Option<Token<'a>>, SyntaxError> {
        let token = match self.peek() {
            Some(b'"') => Token::String(self.string()?),
            Some(b'{') => return self.open(Token::ObjectStart, true),
            Some(b'[') => return self.open(Token::ArrayStart, false),
            Some(b'-' | b'0'..=b'9') => Token::Number(self.number()?),
            Some(b't') => self.literal("true", Token::Bool(true))?,
            Some(b'f') => self.literal("false", Token::Bool(false))?,
            Some(b'n') => self.literal("null", Token::Null)?,
            _ => return Err(self.unexpected(SyntaxErrorKind::ExpectedValue)),
        };
        self.token_end = self.at;
        self.expect = self.after_value();
        Ok(Some(token))
    }

    #[inline]
    fn key(&mut self) -> Result<Option<Token<'a>>, SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(SyntaxErrorKind::ExpectedKey));
        }
        let start = self.at;
        let key = self.string()?;
        self.token_end = self.at;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            let error = self.unexpected(SyntaxErrorKind::ExpectedColon);
            self.at = start;
            return Err(error);
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(Some(Token::Key(key)))
    }

    fn open(&mut self, token: Token<'a>, object: bool) -> Result<Option<Token<'a>>, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(self.unexpected(SyntaxErrorKind::TooDeep));
        }
        self.at += 1;
        self.token_end = self.at;
        let bit = 1_u128 << self.depth;
        self.around = if self.in_object {
            self.around | bit
        } else {
            self.around & !bit
        };
        self.depth += 1;
        self.in_object = object;
        self.expect = if object {
            Expect::KeyOrEnd
        } else {
            Expect::ValueOrEnd
        };
        Ok(Some(token))
    }

    fn close(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        self.token_end = self.at;
        self.depth -= 1;
        self.in_object = self.around >> self.depth & 1 == 1;
        self.expect = self.after_value();
        token
    }

    const fn after_value(&self) -> Expect {
        if self.depth == 0 {
            Expect::Nothing
        } else {
            Expect::CommaOrEnd
        }
    }

    fn literal(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, SyntaxError> {
        let rest = &self.text.as_bytes()[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(token);
        }
        let same = rest
            .iter()
            .zip(word.bytes())
            .take_while(|(a, b)| **a == *b)
            .count();
        let kind = if same == rest.len() {
            SyntaxErrorKind::UnexpectedEnd
        } else {
            SyntaxErrorKind::ExpectedValue
        };
        Err(SyntaxError {
            offset: self.at + same,
            kind,
        })
    }

    /// RFC 8259 section 6: an optional minus, an integer without leading zeros, a fraction, an exponent.
    fn number(&mut self) -> Result<&'a str, SyntaxError> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut at = start + usize::from(bytes[start] == b'-');
        at = if bytes.get(at) == Some(&b'0') {
            at + 1
        } else {
            digits(bytes, at)?
        };
        if bytes.get(at) == Some(&b'.') {
            at = digits(bytes, at + 1)?;
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            at = digits(bytes, at)?;
        }
        self.at = at;
        Ok(&self.text[start..at])
    }

    /// The string whose opening quote stands at `at`. Moves only when the string is well formed.
    #[inline]
    fn string(&mut self) -> Result<Str<'a>, SyntaxError> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = next_special(bytes, at);
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += escape_length(bytes, at)?;
                }
                Some(_) => {
                    return Err(SyntaxError {
                        offset: at,
                        kind: SyntaxErrorKind::ControlCharacter,
                    });
                }
                None => {
                    return Err(SyntaxError {
                        offset: at,
                        kind: SyntaxErrorKind::UnexpectedEnd,
                    });
                }
            }
        }
        self.at = at + 1;
        Ok(Str::new(&self.text[start..at], start, escaped))
    }

    #[inline]
    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What is wrong with the byte that comes next, or that none does.
    #[cold]
    fn unexpected(&self, kind: SyntaxErrorKind) -> SyntaxError {
        let ended = self.at == self.text.len();
        SyntaxError {
            offset: self.at,
            kind: if ended {
                SyntaxErrorKind::UnexpectedEnd
            } else {
                kind
            },
        }
    }
}
