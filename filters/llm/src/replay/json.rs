//! JSON values as they stand in a text, taken apart one level at a time, and written anew around values that stay.
//! Must not know any field's name.

use std::borrow::Cow;

use crate::BodyError;
use crate::json::{Scanner, SyntaxError, Token, escape_into};

pub(super) const NULL: &str = "null";

/// The members of an object in their order: names, and values as they stand.
#[derive(Debug)]
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Members<'a> {
    pub(super) fn of(json: &'a str) -> Result<Self, BodyError> {
        let mut scanner = Scanner::new(json);
        if scanner.next()? != Some(Token::ObjectStart) {
            return Err(BodyError::NotAnObject);
        }
        let mut members = Vec::new();
        while let Some(Token::Key(key)) = scanner.next()? {
            let value = scanner.skip_value()?;
            members.push((key.decode(), json.get(value).unwrap_or_default()));
        }
        scanner.next()?;
        Ok(Self(members))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, value)| (&**name, *value))
    }

    /// A value, `null` included.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// A value that is not `null`.
    pub(super) fn some(&self, name: &str) -> Option<&'a str> {
        self.get(name).filter(|value| *value != NULL)
    }

    /// The inside of a string.
    pub(super) fn string(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(inside)
    }

    /// A place in a list.
    pub(super) fn index(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }
}

/// The elements of a list as they stand; none of what is no list.
pub(super) fn elements(json: &str) -> Result<Vec<&str>, SyntaxError> {
    let mut scanner = Scanner::new(json);
    let mut elements = Vec::new();
    if scanner.next()? != Some(Token::ArrayStart) {
        return Ok(elements);
    }
    loop {
        let token = scanner.next()?;
        let start = scanner.span().start;
        match token {
            None | Some(Token::ArrayEnd) => return Ok(elements),
            Some(Token::ObjectStart | Token::ArrayStart) => {
                while scanner.depth() > 1 {
                    scanner.next()?;
                }
            }
            Some(_) => {}
        }
        elements.push(json.get(start..scanner.span().end).unwrap_or_default());
    }
}

/// What stands between a string's quotes; `None` of any other value.
pub(super) fn inside(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"')
}

/// The text that the inside of a string means.
pub(super) fn decode(inside: &str) -> Result<String, SyntaxError> {
    let json = format!("\"{inside}\"");
    match Scanner::new(&json).next()? {
        Some(Token::String(str)) => Ok(str.decode().into_owned()),
        _ => Ok(String::new()),
    }
}

/// `text` as the inside of a string.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    escape_into(&mut out, text);
    out
}

/// Whether this is one JSON value and nothing else.
pub(super) fn check(json: &str) -> Result<(), SyntaxError> {
    let mut scanner = Scanner::new(json);
    scanner.skip_value()?;
    scanner.next()?;
    Ok(())
}

/// Whether there is a string in a value that says something.
pub(super) fn says_something(json: &str) -> Result<bool, SyntaxError> {
    let mut scanner = Scanner::new(json);
    while let Some(token) = scanner.next()? {
        if matches!(token, Token::String(str) if !str.is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes one object.
#[derive(Debug)]
pub(super) struct Writer(String);

impl Writer {
    pub(super) fn new() -> Self {
        Self("{".to_owned())
    }

    /// A value as it stands, without white space between its tokens: some clients read an event as one line.
    pub(super) fn value(&mut self, name: &str, json: &str) -> &mut Self {
        self.name(name);
        compact_into(&mut self.0, json);
        self
    }

    /// A value that is compact already.
    pub(super) fn compact(&mut self, name: &str, json: &str) -> &mut Self {
        self.name(name);
        self.0.push_str(json);
        self
    }

    /// A string of which this is the inside.
    pub(super) fn string(&mut self, name: &str, inside: &str) -> &mut Self {
        self.name(name);
        self.0.push('"');
        self.0.push_str(inside);
        self.0.push('"');
        self
    }

    pub(super) fn number(&mut self, name: &str, number: impl Into<u64>) -> &mut Self {
        self.compact(name, &number.into().to_string())
    }

    /// An object.
    pub(super) fn object(&mut self, name: &str, object: Self) -> &mut Self {
        self.compact(name, &object.done())
    }

    /// A list of values that are compact already.
    pub(super) fn list<T: AsRef<str>>(
        &mut self,
        name: &str,
        elements: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        self.name(name);
        self.0.push('[');
        for (position, element) in elements.into_iter().enumerate() {
            if position > 0 {
                self.0.push(',');
            }
            self.0.push_str(element.as_ref());
        }
        self.0.push(']');
        self
    }

    pub(super) fn done(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        self.0.push_str(if self.0.len() > 1 { ",\"" } else { "\"" });
        escape_into(&mut self.0, name);
        self.0.push_str("\":");
    }
}

fn compact_into(out: &mut String, json: &str) {
    let is_space = |char: char| matches!(char, ' ' | '\t' | '\n' | '\r');
    let mut rest = json;
    // In turns: what is outside of strings, and a string.
    while let Some(quote) = rest.find('"') {
        let (outside, string) = rest.split_at(quote);
        out.extend(outside.split(is_space));
        let end = string_end(string);
        let (string, behind) = string.split_at_checked(end).unwrap_or((string, ""));
        out.push_str(string);
        rest = behind;
    }
    out.extend(rest.split(is_space));
}

/// Where the string ends that `json` begins with, quote included.
fn string_end(json: &str) -> usize {
    let bytes = json.as_bytes();
    let mut at = 1;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if bytes.get(at) == Some(&b'"') {
            return at + 1;
        }
        at += 2;
    }
    json.len()
}
