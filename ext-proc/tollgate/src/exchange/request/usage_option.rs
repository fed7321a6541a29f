//! The option by which a client of OpenAI's asks for a stream's usage, found on the way through a body, and set.
//! Must not know anything else of a body.

use std::ops::Range;

use tollgate_llm::json::{Scanner, Splice, Token};

/// OpenAI's streams report usage only to those who ask (`stream_options.include_usage`). The gateway asks for everybody and
/// keeps the report from clients who did not ask ([`crate::exchange::answer::stream`]).
#[derive(Default)]
pub(super) struct UsageOption {
    depth: usize,
    /// Where the key `stream_options` ends, and while its value is open, true.
    options: Option<usize>,
    inside: bool,
    /// Where the key `include_usage` ends.
    include_usage: Option<usize>,
}

impl UsageOption {
    pub(super) fn token(&mut self, token: &Token<'_>) {
        match token {
            Token::ObjectStart | Token::ArrayStart => self.depth += 1,
            Token::ObjectEnd | Token::ArrayEnd => self.depth -= 1,
            Token::Key(key) if self.depth == 1 => {
                self.inside = key.is("stream_options");
                if self.inside {
                    self.options = Some(key.range().end + 1);
                }
            }
            Token::Key(key) if self.depth == 2 && self.inside && key.is("include_usage") => {
                self.include_usage = Some(key.range().end + 1);
            }
            _ => {}
        }
    }

    /// Edits the body so that it asks.
    pub(super) fn ask(&self, body: &str, edits: &mut Splice) {
        const ASKED: &str = "{\"include_usage\":true}";
        if let Some(key) = self.include_usage {
            let value = value_at(body, key);
            if body.get(value.clone()) != Some("true") {
                edits.replace(value, "true");
            }
        } else if let Some(key) = self.options {
            let value = value_at(body, key);
            match body.get(value.clone()) {
                Some(object) if object.starts_with('{') => {
                    let empty = object[1..].trim_start().starts_with('}');
                    let member = if empty {
                        "\"include_usage\":true"
                    } else {
                        "\"include_usage\":true,"
                    };
                    edits.replace(value.start + 1..value.start + 1, member);
                }
                _ => edits.replace(value, ASKED),
            }
        } else if let Some(end) = body.rfind('}') {
            // The body is an object with members (`model` is required), so a comma is right.
            edits.replace(end..end, format!(",\"stream_options\":{ASKED}"));
        }
    }
}

/// The range of the value whose key ends at `key`.
fn value_at(body: &str, key: usize) -> Range<usize> {
    let rest = body.get(key..).unwrap_or_default();
    let colon = rest.find(':').map_or(0, |at| at + 1);
    let blank = rest[colon..].len() - rest[colon..].trim_start().len();
    let start = key + colon + blank;
    let rest = body.get(start..).unwrap_or_default();
    let value = Scanner::new(rest).skip_value().unwrap_or_default();
    start..start + value.end
}

#[cfg(test)]
mod tests {
    use tollgate_llm::Endpoint;
    use tollgate_llm::request::{self, RequestVisitor, Text};

    use super::*;

    struct Options(UsageOption);

    impl RequestVisitor for Options {
        fn text(&mut self, _: &Text<'_>) {}
        fn other(&mut self, token: &Token<'_>) {
            self.0.token(token);
        }
        fn unknown(&mut self, _: &str) {}
    }

    #[test]
    fn every_stream_is_asked_for_its_usage() {
        for (options, expected) in [
            ("", r#","stream_options":{"include_usage":true}"#),
            (
                r#","stream_options":null"#,
                r#","stream_options":{"include_usage":true}"#,
            ),
            (
                r#","stream_options": {}"#,
                r#","stream_options": {"include_usage":true}"#,
            ),
            (
                r#","stream_options":{"include_usage" : false }"#,
                r#","stream_options":{"include_usage" : true }"#,
            ),
            (
                r#","stream_options":{"include_usage":true}"#,
                r#","stream_options":{"include_usage":true}"#,
            ),
            (
                r#","stream_options":{"x":1}"#,
                r#","stream_options":{"include_usage":true,"x":1}"#,
            ),
        ] {
            let body = |options| {
                format!(
                    r#"{{"model":"m","messages":[{{"role":"user","content":"}}"}}],"stream":true{options}}}"#
                )
            };
            let mut visitor = Options(UsageOption::default());
            request::walk(Endpoint::ChatCompletions, &body(options), &mut visitor).unwrap();
            let mut edits = Splice::new();
            visitor.0.ask(&body(options), &mut edits);
            assert_eq!(
                String::from_utf8(edits.apply(body(options))).unwrap(),
                body(expected),
                "{options}"
            );
        }
    }
}
