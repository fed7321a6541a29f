//! Reading a body into a tree: only as far as a translation looks, the rest stays text.
//! Must not know what the members mean, only which of them are looked into.

use std::borrow::Cow;

use tollgate_llm::json::{Scanner, SyntaxError, Token};

use super::{Json, Object, Text};

/// Members whose objects and arrays some translation looks into. What stands under any other name (a tool's schema or
/// input, fields that are not known) is carried over or left out as a whole, so it costs neither time nor memory, and
/// stays as it was written.
const LOOKED_INTO: &[&str] = &[
    "allowed_tools",
    "choices",
    "completion_tokens_details",
    "content",
    "content_block",
    "delta",
    "error",
    "file",
    "format",
    "function",
    "image_url",
    "json_schema",
    "logit_bias",
    "mcp_servers",
    "message",
    "messages",
    "metadata",
    "modalities",
    "output_config",
    "output_tokens_details",
    "prompt_tokens_details",
    "response_format",
    "source",
    "stop",
    "stop_details",
    "stop_sequences",
    "stream_options",
    "system",
    "thinking",
    "tool_calls",
    "tool_choice",
    "tools",
    "usage",
];

/// A tree takes some 60 bytes per value, and a body of 32 MiB can hold 16 million values. Anthropic takes 100,000
/// messages in a request: this is ten values for each.
const MAX_VALUES: usize = 1 << 20;

/// Why a body cannot be translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("{} at byte {}", .0.kind, .0.offset)]
    Syntax(SyntaxError),
    #[error("more than {MAX_VALUES} values")]
    TooManyValues,
}

impl From<SyntaxError> for Unreadable {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

impl<'a> Json<'a> {
    /// Reads one complete JSON text.
    pub(crate) fn parse(body: &'a str) -> Result<Self, Unreadable> {
        let mut reader = Reader {
            body,
            scanner: Scanner::new(body),
            values: 0,
        };
        let Some(first) = reader.scanner.next()? else {
            return Ok(Self::Null);
        };
        let root = reader.value(first)?;
        // The end, or an error for what follows it.
        reader.scanner.next()?;
        Ok(root)
    }
}

/// Whether `text` is one complete JSON object.
pub(crate) fn is_object(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    let mut first = None;
    loop {
        match scanner.next() {
            Ok(Some(token)) => first = first.or(Some(token)),
            Ok(None) => return first == Some(Token::ObjectStart),
            Err(_) => return false,
        }
    }
}

struct Reader<'a> {
    body: &'a str,
    scanner: Scanner<'a>,
    values: usize,
}

impl<'a> Reader<'a> {
    /// The value that `token` starts. Nesting is bounded, since only an object's members of certain names nest.
    fn value(&mut self, token: Token<'a>) -> Result<Json<'a>, Unreadable> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Unreadable::TooManyValues);
        }
        Ok(match token {
            Token::Null | Token::ArrayEnd | Token::ObjectEnd => Json::Null,
            Token::Bool(value) => Json::Bool(value),
            Token::Number(digits) => Json::Number(Cow::Borrowed(digits)),
            Token::String(string) | Token::Key(string) => Json::String(Text(Cow::Borrowed(string.raw()))),
            Token::ArrayStart => {
                let mut items = Vec::new();
                while let Some(item) = self.item()? {
                    items.push(item);
                }
                Json::Array(items)
            }
            Token::ObjectStart => {
                let mut members = Vec::new();
                while let Some(Token::Key(key)) = self.scanner.next()? {
                    let is_looked_into = LOOKED_INTO.iter().any(|name| key.is(name));
                    members.push((Text(Cow::Borrowed(key.raw())), self.member(is_looked_into)?));
                }
                Json::Object(Object(members))
            }
        })
    }

    /// The next item of an array, or `None` at its end. No translation looks for an array directly in an array.
    fn item(&mut self) -> Result<Option<Json<'a>>, Unreadable> {
        let before = self.scanner.clone();
        match self.scanner.next()? {
            None | Some(Token::ArrayEnd) => Ok(None),
            Some(Token::ArrayStart) => {
                self.scanner = before;
                self.whole().map(Some)
            }
            Some(token) => self.value(token).map(Some),
        }
    }

    fn member(&mut self, is_looked_into: bool) -> Result<Json<'a>, Unreadable> {
        let before = self.scanner.clone();
        match self.scanner.next()? {
            None => Ok(Json::Null),
            Some(Token::ArrayStart | Token::ObjectStart) if !is_looked_into => {
                self.scanner = before;
                self.whole()
            }
            Some(token) => self.value(token),
        }
    }

    /// The next value as text.
    fn whole(&mut self) -> Result<Json<'a>, Unreadable> {
        self.values += 1;
        let range = self.scanner.skip_value()?;
        Ok(Json::Verbatim(Cow::Borrowed(
            self.body.get(range).unwrap_or_default(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_looks_into_stays_text() {
        let body = r#"{"input": { "a" : [1e400, 1] }, "content": [ { "text" : "x" }, [ 1 ] ]}"#;
        let Json::Object(root) = Json::parse(body).unwrap() else {
            panic!("an object")
        };
        assert_eq!(
            root.get("input"),
            Some(&Json::Verbatim(Cow::Borrowed(r#"{ "a" : [1e400, 1] }"#)))
        );
        assert_eq!(
            Json::Object(root).to_json(),
            r#"{"input":{ "a" : [1e400, 1] },"content":[{"text":"x"},[ 1 ]]}"#
        );
    }

    #[test]
    fn a_body_of_nothing_but_values_is_refused() {
        let within = format!(r#"{{"other":[{}0]}}"#, "0,".repeat(2 * MAX_VALUES));
        assert!(Json::parse(&within).is_ok());
        let beyond = format!(r#"{{"messages":[{}0]}}"#, "{},".repeat(MAX_VALUES));
        assert_eq!(Json::parse(&beyond), Err(Unreadable::TooManyValues));
    }

    #[test]
    fn broken_bodies_are_refused() {
        for body in [
            "",
            "{",
            r#"{"a":1}x"#,
            r#"{"input":{"a":}}"#,
            r#"{"a" 1}"#,
            "[1,]",
            "nul",
        ] {
            assert!(matches!(Json::parse(body), Err(Unreadable::Syntax(_))), "{body}");
        }
    }

    #[test]
    fn objects_are_told_from_the_rest() {
        for (text, expected) in [
            ("{}", true),
            (" {\"a\":[{}]} ", true),
            ("[]", false),
            ("{", false),
            ("{} {}", false),
            ("", false),
        ] {
            assert_eq!(is_object(text), expected, "{text}");
        }
    }
}
