//! The scanner beside `serde_json`: both must accept the same documents and read the same strings from them.

use proptest::prelude::*;

use super::{Scanner, SyntaxError, SyntaxErrorKind, Token, escape_into};

/// The document as the scanner sees it, written again without white space.
fn rewrite(text: &str) -> Result<String, SyntaxError> {
    let mut scanner = Scanner::new(text);
    let mut out = String::new();
    while let Some(token) = scanner.next()? {
        let closes = matches!(token, Token::ObjectEnd | Token::ArrayEnd);
        if !closes && !out.is_empty() && !out.ends_with(['{', '[', ':']) {
            out.push(',');
        }
        let span = &text[scanner.span()];
        match token {
            Token::Key(str) | Token::String(str) => {
                assert_eq!(span, format!("\"{}\"", str.raw()));
                assert_eq!(&text[str.range()], str.raw());
                assert_eq!(str.is_escaped(), str.raw().contains('\\'));
                out.push_str(span);
                if matches!(token, Token::Key(_)) {
                    out.push(':');
                }
            }
            _ => out.push_str(span),
        }
    }
    Ok(out)
}

/// Accepting and refusing must agree with `serde_json`, which is asked not to build anything: it would refuse lone
/// surrogates and huge numbers, which the grammar allows.
fn agrees_with_serde(text: &str) {
    let ours = rewrite(text);
    let theirs = serde_json::from_str::<serde::de::IgnoredAny>(text);
    assert_eq!(ours.is_ok(), theirs.is_ok(), "{text:?}: {ours:?}, {theirs:?}");
    let mut scanner = Scanner::new(text);
    let skipped = scanner
        .skip_value()
        .and_then(|range| Ok((range, scanner.next()?)));
    assert_eq!(skipped.is_ok(), theirs.is_ok(), "{text:?}");
    if let Ok((range, next)) = skipped {
        assert_eq!(
            (&text[range], next),
            (text.trim_matches([' ', '\n', '\r', '\t']), None)
        );
    }
    if let (Ok(ours), Ok(value)) = (ours, serde_json::from_str::<serde_json::Value>(text)) {
        assert_eq!(serde_json::from_str::<serde_json::Value>(&ours).unwrap(), value);
    }
}

const DOCUMENTS: &[&str] = &[
    "",
    " ",
    "null",
    " true\r\n\t",
    "false",
    "truex",
    "tru",
    "nul1",
    "[]",
    "{}",
    "[ ]",
    "{ }",
    "[,]",
    "[1,]",
    "[1 2]",
    "[1}",
    "{\"a\":1]",
    "{,}",
    "{\"a\":1,}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\"::1}",
    "{\"a\" : 1 , \"b\":[{},[],\"\"]}",
    "{a:1}",
    "{1:1}",
    "{\"a\":1 \"b\":2}",
    "[1]]",
    "[1] x",
    "1 1",
    "0",
    "-0",
    "-",
    "01",
    "-01",
    "1.",
    ".5",
    "1.5",
    "1e",
    "1e+",
    "1E-07",
    "1.e3",
    "1e999",
    "+1",
    "0x10",
    "NaN",
    "Infinity",
    "\"",
    "\"\\",
    "\"\\u12",
    "\"\\u12\"",
    "\"\\u12G4\"",
    "\"\\u00e9\\ud83d\"",
    "\"\\x\"",
    "\"\\'\"",
    "'a'",
    "\"tab\there\"",
    "\"12345678\u{1}\"",
    "\"\u{7f}\u{80}é\u{2028}😀\"",
    "[1,2,3",
    "[1,2,",
    "{\"a\":1",
    "{\"a\":",
    "{\"a\"",
    "{\"a",
    "{\"a\":1,",
    "{\"a\":1,2}",
    "// comment\n1",
    "\u{feff}1",
    "\u{a0}1",
    "[1]\0",
    "{\"a\":1,\"a\":2}",
];

#[test]
fn documents_are_accepted_as_serde_json_accepts_them() {
    for document in DOCUMENTS {
        agrees_with_serde(document);
    }
}

#[test]
fn errors_say_where_and_stay() {
    let cases = [
        ("", 0, SyntaxErrorKind::UnexpectedEnd),
        ("{\"a\"::1}", 5, SyntaxErrorKind::ExpectedValue),
        ("{\"a\" 1}", 5, SyntaxErrorKind::ExpectedColon),
        ("{\"a\":1,}", 7, SyntaxErrorKind::ExpectedKey),
        ("[1,]", 3, SyntaxErrorKind::ExpectedValue),
        ("[1 2]", 3, SyntaxErrorKind::ExpectedCommaOrEnd),
        ("[01]", 2, SyntaxErrorKind::ExpectedCommaOrEnd),
        ("[-x]", 2, SyntaxErrorKind::InvalidNumber),
        ("[\"ab\\q\"]", 4, SyntaxErrorKind::InvalidEscape),
        ("[\"a\nb\"]", 3, SyntaxErrorKind::ControlCharacter),
        ("[trux]", 4, SyntaxErrorKind::ExpectedValue),
        ("{} x", 3, SyntaxErrorKind::TrailingData),
    ];
    for (text, offset, kind) in cases {
        let mut scanner = Scanner::new(text);
        let error = loop {
            match scanner.next() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("accepted {text}"),
                Err(error) => break error,
            }
        };
        assert_eq!(error, SyntaxError { offset, kind }, "{text}");
        assert_eq!(scanner.next(), Err(error), "{text}");
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(rewrite(&nested(128)).is_ok());
    assert_eq!(rewrite(&nested(129)).unwrap_err().kind, SyntaxErrorKind::TooDeep);
    let objects = format!("{}1{}", "{\"a\":[".repeat(64), "]}".repeat(64));
    assert_eq!(rewrite(&objects).unwrap(), objects);
}

#[test]
fn skipping_refuses_where_no_value_can_stand() {
    let mut scanner = Scanner::new("[]");
    scanner.next().unwrap();
    assert_eq!(
        scanner.skip_value().unwrap_err().kind,
        SyntaxErrorKind::ExpectedValue
    );
    let mut scanner = Scanner::new("{\"a\" : [1, {\"b\":2}] , \"c\":3}");
    scanner.next().unwrap();
    scanner.next().unwrap();
    assert_eq!(scanner.skip_value().unwrap(), 7..19);
    assert!(matches!(scanner.next().unwrap(), Some(Token::Key(key)) if key.is("c")));
}

/// JSON, nearly: pieces in random order are mostly wrong, sometimes right, and never far from right.
fn nearly_json() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"\\n\"",
        "1",
        "-",
        "0",
        ".",
        "e",
        "true",
        "null",
        " ",
        "\\",
        "\\u00e9",
        "\\ud83d",
        "é",
        "\u{1}",
        "\"key\":",
        "[1]",
        "{\"k\":[]}",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

/// Values of every shape.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nearly_json_is_accepted_as_serde_json_accepts_it(text in nearly_json()) {
        agrees_with_serde(&text);
    }

    #[test]
    fn every_value_is_read(value in value(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.unwrap();
        agrees_with_serde(&text);
        // A cut document is never taken for a whole one, unless what is cut off is white space or digits.
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            agrees_with_serde(&text[..end]);
        }
    }

    #[test]
    fn strings_decode_as_serde_json_decodes_them(text in any::<String>(), escapes in any::<u64>()) {
        // Each UTF-16 unit is escaped or not as a bit says, so that pairs are split into two escapes or left alone.
        let mut json = String::from("\"");
        for (index, char) in text.chars().enumerate() {
            if escapes >> (index % 64) & 1 == 1 {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    json.push_str(&format!("\\u{unit:04X}"));
                }
            } else {
                escape_into(&mut json, char.encode_utf8(&mut [0; 4]));
            }
        }
        json.push('"');
        let Some(Token::String(str)) = Scanner::new(&json).next().unwrap() else { panic!("no string") };
        prop_assert_eq!(str.decode().into_owned(), serde_json::from_str::<String>(&json).unwrap());
        prop_assert!(str.is(&text));
    }
}
