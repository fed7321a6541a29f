//! Small JSON texts as a tree, and objects written member by member: configuration, definitions of tools, schemas, errors.
//! Must not know what any field means; bodies are read by walkers, without building anything.
//!
//! `serde_json` does this too, but in the filters it was a quarter of the code, all of which Envoy's V8 compiles at every start.

use std::borrow::Cow;
use std::fmt;

use super::{Scanner, SyntaxError, SyntaxErrorKind, Token, escape_into};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As written.
    Number(&'a str),
    /// What the string means.
    String(Cow<'a, str>),
    /// In order.
    Array(Vec<Value<'a>>),
    /// In the order in which they are written; names may come twice.
    Object(Vec<Member<'a>>),
}

/// A name and its value.
pub type Member<'a> = (Cow<'a, str>, Value<'a>);

impl<'a> Value<'a> {
    /// Reads one complete JSON text.
    pub fn parse(text: &'a str) -> Result<Self, SyntaxError> {
        let mut scanner = Scanner::new(text);
        let value = Self::next(&mut scanner)?;
        let value = value.ok_or(SyntaxError {
            offset: text.len(),
            kind: SyntaxErrorKind::UnexpectedEnd,
        })?;
        // Nothing but white space may follow.
        scanner.next()?;
        Ok(value)
    }

    /// The next value, or `None` at the end of an array. The scanner bounds the depth.
    fn next(scanner: &mut Scanner<'a>) -> Result<Option<Self>, SyntaxError> {
        Ok(Some(match scanner.next()? {
            None | Some(Token::ArrayEnd | Token::ObjectEnd) => return Ok(None),
            Some(Token::Null) => Self::Null,
            Some(Token::Bool(value)) => Self::Bool(value),
            Some(Token::Number(digits)) => Self::Number(digits),
            Some(Token::String(text) | Token::Key(text)) => Self::String(text.decode()),
            Some(Token::ArrayStart) => {
                let mut items = Vec::new();
                while let Some(item) = Self::next(scanner)? {
                    items.push(item);
                }
                Self::Array(items)
            }
            Some(Token::ObjectStart) => {
                let mut members = Vec::new();
                while let Some(Token::Key(name)) = scanner.next()? {
                    if let Some(value) = Self::next(scanner)? {
                        members.push((name.decode(), value));
                    }
                }
                Self::Object(members)
            }
        }))
    }

    /// An object's member; the last one of a name counts.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let (_, value) = self.members()?.iter().rev().find(|(key, _)| key == name)?;
        Some(value)
    }

    /// An object's members.
    pub fn members(&self) -> Option<&[Member<'a>]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// An array's items.
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// A string's text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number that is not negative; `3.0` and `3e0` are not written as one.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Appends the value as compact JSON.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(digits) => out.push_str(digits),
            Self::String(text) => quote(out, text),
            Self::Array(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                let mut object = ObjectWriter::new(out);
                for (name, value) in members {
                    value.write(object.member(name));
                }
                object.end();
            }
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut json = String::new();
        self.write(&mut json);
        f.write_str(&json)
    }
}

/// Appends a string in its quotes.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    escape_into(out, text);
    out.push('"');
}

/// Writes an object, member by member.
pub struct ObjectWriter<'o> {
    out: &'o mut String,
    is_empty: bool,
}

impl<'o> ObjectWriter<'o> {
    /// Begins an object at the end of `out`.
    pub fn new(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, is_empty: true }
    }

    /// Begins a member; its value is to be appended to what is returned.
    pub fn member(&mut self, name: &str) -> &mut String {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.push(',');
        }
        quote(self.out, name);
        self.out.push(':');
        self.out
    }

    /// A member that is a string.
    pub fn text(&mut self, name: &str, value: &str) {
        quote(self.member(name), value);
    }

    /// A member that is a string, or `null`.
    pub fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.member(name).push_str("null"),
        }
    }

    /// A member that is a boolean.
    pub fn bool(&mut self, name: &str, value: bool) {
        self.member(name).push_str(if value { "true" } else { "false" });
    }

    /// A member that is a whole number.
    pub fn number(&mut self, name: &str, value: u64) {
        self.member(name).push_str(&value.to_string());
    }

    /// A member that is an object.
    pub fn object(&mut self, name: &str, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        let mut inner = ObjectWriter::new(self.member(name));
        write(&mut inner);
        inner.end();
    }

    /// Ends the object.
    pub fn end(self) {
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_serde_reads_and_is_written_as_it_writes() {
        for text in [
            r#"{"a":[1,2.5,-7,true,false,null,[],{}],"b":{"c":{"d":""}},"e":"\"\\\n\u0001é😀"}"#,
            r#""x""#,
            "7",
            "[]",
            "[[[]],{}]",
        ] {
            let value = Value::parse(text).unwrap();
            assert_eq!(value.to_string(), text);
            let spaced =
                serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap());
            assert_eq!(Value::parse(&spaced.unwrap()).unwrap(), value);
        }
        for broken in ["", " ", "{", "[1,]", "{\"a\"}", "1 2", "]", &"[".repeat(1000)] {
            assert!(Value::parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn numbers_stay_as_written_and_escapes_do_not() {
        let value = Value::parse(r#"[1.50, 1e400, "\u0041\/"]"#).unwrap();
        assert_eq!(value.to_string(), r#"[1.50,1e400,"A/"]"#);
    }

    #[test]
    fn members_are_found_by_what_their_names_mean() {
        let value = Value::parse(r#"{"a":1,"\u0061":2,"b":"x","c":true,"d":[3]}"#).unwrap();
        assert_eq!(value.get("a").and_then(Value::as_u64), Some(2), "the last one");
        assert_eq!(value.get("b").and_then(Value::as_str), Some("x"));
        assert_eq!(value.get("c").and_then(Value::as_bool), Some(true));
        assert_eq!(
            value.get("d").and_then(Value::items).map(<[Value<'_>]>::len),
            Some(1)
        );
        assert_eq!(value.get("e"), None);
        let item = value.get("d").unwrap();
        assert_eq!((item.get("a"), item.as_u64(), item.as_str()), (None, None, None));
    }

    #[test]
    fn objects_are_written_as_serde_writes_them() {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object.text("te\"xt", "a\n");
        object.bool("yes", true);
        object.object("inner", |inner| inner.number("n", u64::MAX));
        object.object("empty", |_| {});
        object.text_or_null("none", None);
        object.end();
        let expected = serde_json::json!({"te\"xt": "a\n", "yes": true, "inner": {"n": u64::MAX}, "empty": {}, "none": null});
        assert_eq!(out, expected.to_string());
    }
}
