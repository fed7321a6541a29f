//! Requests: what a visitor sees of each fixture, and that it sees all of it.

use std::fmt::Write;

use tollgate_llm::image::Image;
use tollgate_llm::json::{Scanner, Splice, Str, Token};
use tollgate_llm::request::{RequestVisitor, Role, Text, TextKind, walk};
use tollgate_llm::{BodyError, Endpoint};

use crate::support::fixtures;

/// Writes down what it sees.
#[derive(Default)]
struct Scribe {
    said: String,
    /// Every token as it was seen, texts and keys included.
    seen: Vec<String>,
    splice: Splice,
}

impl RequestVisitor for Scribe {
    fn text(&mut self, text: &Text<'_>) {
        let Text {
            str,
            role,
            kind,
            message,
        } = text;
        writeln!(self.said, "{kind:?} of {role:?} in {message}: {:?}", str.decode()).unwrap();
        self.seen.push(format!("{:?}", Token::String(*str)));
        self.splice.replace_text(str, &marked(&str.decode()));
    }

    fn other(&mut self, token: &Token<'_>) {
        self.seen.push(format!("{token:?}"));
    }

    fn key(&mut self, key: &Text<'_>) {
        writeln!(
            self.said,
            "key of {:?} in {}: {:?}",
            key.role,
            key.message,
            key.str.decode()
        )
        .unwrap();
        self.other(&Token::Key(key.str));
    }

    fn message(&mut self, role: Role) {
        writeln!(self.said, "message of {role:?}").unwrap();
    }

    fn tool(&mut self, definition: &str) {
        writeln!(self.said, "tool: {definition}").unwrap();
    }

    fn call(&mut self, name: &Str<'_>) {
        writeln!(self.said, "call of {:?}", name.decode()).unwrap();
    }

    fn tool_choice(&mut self, choice: &str) {
        writeln!(self.said, "tool choice: {choice}").unwrap();
    }

    fn format(&mut self, format: &str) {
        writeln!(self.said, "format: {format}").unwrap();
    }

    fn image(&mut self, image: &Image<'_>) {
        let detail = image.detail();
        let url = image.url().map(|url| url.decode().into_owned());
        let file = image.file_id().map(|id| id.decode().into_owned());
        let size = image.base64().map(str::len);
        let media_type = image.media_type();
        let pixels = image.pixels();
        writeln!(
            self.said,
            "image: {detail:?} url={url:?} file={file:?} base64={size:?} {media_type:?} pixels={pixels:?}"
        )
        .unwrap();
    }

    fn tokens(&mut self, count: u64) {
        writeln!(self.said, "tokens: {count}").unwrap();
    }

    fn unknown(&mut self, path: &str) {
        writeln!(self.said, "unknown: {path}").unwrap();
    }
}

fn marked(text: &str) -> String {
    format!("<{text}\">")
}

#[test]
fn every_request_is_read_as_its_golden_file_says() {
    for fixture in fixtures("request", "json") {
        let mut scribe = Scribe::default();
        let facts = walk(fixture.endpoint, fixture.text(), &mut scribe);
        let facts = facts.unwrap_or_else(|error| panic!("{}: {error}", fixture.path.display()));
        writeln!(scribe.said, "{facts:#?}").unwrap();
        fixture.check(&scribe.said);
    }
}

#[test]
fn visitors_see_every_token_once_and_in_order() {
    for fixture in fixtures("request", "json") {
        let mut scribe = Scribe::default();
        walk(fixture.endpoint, fixture.text(), &mut scribe).unwrap();
        let mut scanner = Scanner::new(fixture.text());
        let mut tokens = Vec::new();
        while let Some(token) = scanner.next().unwrap() {
            tokens.push(format!("{token:?}"));
        }
        assert_eq!(scribe.seen, tokens, "{}", fixture.path.display());
    }
}

/// Replacing every text keeps the body JSON, and a second walk finds the replacements where the texts were.
#[test]
fn every_text_can_be_replaced() {
    for fixture in fixtures("request", "json") {
        let mut before = Texts::default();
        walk(fixture.endpoint, fixture.text(), &mut before).unwrap();
        let mut scribe = Scribe::default();
        walk(fixture.endpoint, fixture.text(), &mut scribe).unwrap();
        let edited = String::from_utf8(scribe.splice.apply(fixture.text())).unwrap();
        serde_json::from_str::<serde_json::Value>(&edited).unwrap();
        let mut after = Texts::default();
        walk(fixture.endpoint, &edited, &mut after).unwrap();
        let expected: Vec<String> = before.0.iter().map(|text| marked(text)).collect();
        assert_eq!(after.0, expected, "{}", fixture.path.display());
    }
}

#[derive(Default)]
struct Texts(Vec<String>);

impl RequestVisitor for Texts {
    fn text(&mut self, text: &Text<'_>) {
        self.0.push(text.str.decode().into_owned());
    }

    fn unknown(&mut self, _path: &str) {}
}

/// A body that is cut off anywhere is refused, never read as if it were whole.
#[test]
fn no_cut_request_is_accepted() {
    for fixture in fixtures("request", "json") {
        let whole = fixture.text().trim_end();
        for end in (0..whole.len()).filter(|&end| whole.is_char_boundary(end)) {
            let result = walk(fixture.endpoint, &whole[..end], &mut Texts::default());
            assert!(result.is_err(), "{} cut at {end}", fixture.path.display());
        }
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_the_field_at_fault() {
    use Endpoint::{ChatCompletions as Chat, Completions, Embeddings, Messages, Responses};
    let cases = [
        (
            Chat,
            "",
            "invalid_json",
            None,
            "the body is not valid JSON: the document ends too early at byte 0",
        ),
        (Chat, "[]", "invalid_json", None, "the body must be a JSON object"),
        (
            Chat,
            "null",
            "invalid_json",
            None,
            "the body must be a JSON object",
        ),
        (
            Chat,
            "[1",
            "invalid_json",
            None,
            "the body is not valid JSON: the document ends too early at byte 2",
        ),
        (
            Chat,
            "{} {}",
            "missing_required_parameter",
            Some("model"),
            "`model` is required",
        ),
        (
            Chat,
            r#"{"model":"m","messages":[]} {}"#,
            "invalid_json",
            None,
            "the body is not valid JSON: unexpected data after the document at byte 28",
        ),
        (
            Chat,
            r#"{"messages":[]}"#,
            "missing_required_parameter",
            Some("model"),
            "`model` is required",
        ),
        (
            Chat,
            r#"{"model":"m"}"#,
            "missing_required_parameter",
            Some("messages"),
            "`messages` is required",
        ),
        (
            Messages,
            r#"{"model":"m"}"#,
            "missing_required_parameter",
            Some("messages"),
            "`messages` is required",
        ),
        (
            Embeddings,
            r#"{"model":"m"}"#,
            "missing_required_parameter",
            Some("input"),
            "`input` is required",
        ),
        (
            Completions,
            r#"{"model":"m"}"#,
            "missing_required_parameter",
            Some("prompt"),
            "`prompt` is required",
        ),
        (
            Chat,
            r#"{"model":7,"messages":[]}"#,
            "invalid_type",
            Some("model"),
            "`model` must be a string",
        ),
        (
            Chat,
            r#"{"model":null,"messages":[]}"#,
            "invalid_type",
            Some("model"),
            "`model` must be a string",
        ),
        (
            Responses,
            r#"{"model":["m"]}"#,
            "invalid_type",
            Some("model"),
            "`model` must be a string",
        ),
        (
            Chat,
            r#"{"model":"m","messages":"hi"}"#,
            "invalid_type",
            Some("messages"),
            "`messages` must be an array",
        ),
        (
            Chat,
            r#"{"model":"m","messages":null}"#,
            "invalid_type",
            Some("messages"),
            "`messages` must be an array",
        ),
        (
            Messages,
            r#"{"model":"m","messages":{}}"#,
            "invalid_type",
            Some("messages"),
            "`messages` must be an array",
        ),
        (
            Chat,
            r#"{"model":"m","messages":[],"stream":"true"}"#,
            "invalid_type",
            Some("stream"),
            "`stream` must be a boolean",
        ),
        (
            Chat,
            r#"{"model":"m","messages":[],"stream_options":{"include_usage":1}}"#,
            "invalid_type",
            Some("stream_options.include_usage"),
            "`stream_options.include_usage` must be a boolean",
        ),
        (
            Chat,
            r#"{"model":"m","messages":[],"mod\u0065l":"n"}"#,
            "duplicate_parameter",
            Some("model"),
            "`model` appears more than once",
        ),
        (
            Chat,
            r#"{"model":"m","messages":[{"role":"user","content":"a"},{"role":"user","content":"a","content":"b"}]}"#,
            "duplicate_parameter",
            Some("messages[1].content"),
            "`messages[1].content` appears more than once",
        ),
        (
            Messages,
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","data":"x","type":"text"}}]}]}"#,
            "duplicate_parameter",
            Some("messages[0].content[0].source.type"),
            "`messages[0].content[0].source.type` appears more than once",
        ),
    ];
    for (endpoint, body, code, field, message) in cases {
        let error = walk(endpoint, body, &mut Texts::default()).unwrap_err();
        assert_eq!(
            (error.code(), error.field(), &*error.to_string()),
            (code, field, message),
            "{body}"
        );
    }
    let deep = format!(
        r#"{{"model":"m","messages":[],"x":{}{}}}"#,
        "[".repeat(128),
        "]".repeat(128)
    );
    let error = walk(Chat, &deep, &mut Texts::default()).unwrap_err();
    assert_eq!(error.code(), "json_too_deep");
    assert!(matches!(error, BodyError::Syntax(_)));
}

#[test]
fn kinds_tell_what_a_replacement_must_stay() {
    #[derive(Default)]
    struct Json(usize);
    impl RequestVisitor for Json {
        fn text(&mut self, text: &Text<'_>) {
            if text.kind == TextKind::Json && !text.str.is_empty() {
                serde_json::from_str::<serde_json::Value>(&text.str.decode()).unwrap();
                self.0 += 1;
            }
        }
        fn unknown(&mut self, _path: &str) {}
    }
    let mut json = Json::default();
    for fixture in fixtures("request", "json") {
        walk(fixture.endpoint, fixture.text(), &mut json).unwrap();
    }
    assert!(json.0 > 3);
}
