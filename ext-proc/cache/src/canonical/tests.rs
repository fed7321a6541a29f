//! Which bodies are one request and which are two.

use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use tollgate_llm::Endpoint;
use tollgate_llm::json::{Scanner, Token};
use tollgate_llm::request::{self, RequestVisitor, Text};

use super::{BodyDigest, CanonicalHasher, Uncacheable, hash_body};

const CHAT: Endpoint = Endpoint::ChatCompletions;

fn digest(body: &str) -> BodyDigest {
    hash_body(CHAT, body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[test]
fn one_request_however_it_is_written() {
    for (a, b) in [
        (r#"{"a":1,"b":2}"#, r#"{ "b" : 2 ,"a":1 }"#),
        (
            r#"{"a":{"x":[1,{"p":1,"q":2}],"y":null}}"#,
            r#"{"a":{"y":null,"x":[1,{"q":2,"p":1}]}}"#,
        ),
        (
            r#"{"a":"h\u00e9 \/ \n\ud83d\ude00"}"#,
            "{\"a\":\"hé / \\u000a😀\"}",
        ),
        (r#"{"\u0061":1}"#, r#"{"a":1}"#),
        (r#"{"a":"\ufffd\ud83d\ude00\n"}"#, "{\"a\":\"\u{fffd}😀\\n\"}"),
        (r#"{"a":"\ufffd\\ud800"}"#, "{\"a\":\"\u{fffd}\\u005cud800\"}"),
        (r#"{"t":0.70}"#, r#"{"t":7e-1}"#),
        (r#"{"model":"a","x":1}"#, r#"{"x":1,"model":"b"}"#),
        (
            r#"{"x":1,"stream":true,"stream_options":{"include_usage":true}}"#,
            r#"{"x":1,"stream":false}"#,
        ),
        (
            r#"{"user":"u1","metadata":{"a":["b"]},"store":true,"x":1}"#,
            r#"{"x":1}"#,
        ),
        (r#"{"us\u0065r":"u1","x":1}"#, r#"{"x":1}"#),
        (
            r#"{"service_tier":"flex","safety_identifier":"s","prompt_cache_key":"k","x":1}"#,
            r#"{"x":1}"#,
        ),
    ] {
        assert_eq!(digest(a), digest(b), "{a} {b}");
    }
}

#[test]
fn two_requests_however_alike() {
    let long = "x".repeat(65);
    let different = [
        "{}".to_owned(),
        r#"{"a":1}"#.to_owned(),
        r#"{"a":1.0}"#.to_owned(),
        r#"{"a":"1"}"#.to_owned(),
        r#"{"a":[1]}"#.to_owned(),
        r#"{"a":[[1]]}"#.to_owned(),
        r#"{"a":[1,2]}"#.to_owned(),
        r#"{"a":[2,1]}"#.to_owned(),
        r#"{"a":[12]}"#.to_owned(),
        r#"{"a":["1","2"]}"#.to_owned(),
        r#"{"a":["12"]}"#.to_owned(),
        r#"{"a":["12",""]}"#.to_owned(),
        r#"{"a":["1s2"]}"#.to_owned(),
        // Without their lengths, these keys and values would run into each other.
        r#"{"a":null,"ft":null}"#.to_owned(),
        r#"{"an":false,"t":null}"#.to_owned(),
        r#"{"a":0.5}"#.to_owned(),
        r#"{"a":-0.5}"#.to_owned(),
        r#"{"a":null}"#.to_owned(),
        r#"{"a":"null"}"#.to_owned(),
        r#"{"a":true}"#.to_owned(),
        r#"{"a":false}"#.to_owned(),
        r#"{"a":[]}"#.to_owned(),
        r#"{"a":{}}"#.to_owned(),
        r#"{"a":""}"#.to_owned(),
        r#"{"a":[{}]}"#.to_owned(),
        r#"{"a":{"a":1}}"#.to_owned(),
        r#"{"a":{"a":1},"b":2}"#.to_owned(),
        r#"{"a":{"a":1,"b":2}}"#.to_owned(),
        r#"{"b":1}"#.to_owned(),
        r#"{"A":1}"#.to_owned(),
        r#"{"a":1,"a":2}"#.to_owned(),
        r#"{"a":2,"a":1}"#.to_owned(),
        r#"{"a":"é"}"#.to_owned(),
        // The same letter in two code points.
        "{\"a\":\"e\u{301}\"}".to_owned(),
        r#"{"a":"x "}"#.to_owned(),
        r#"{"a":"x"}"#.to_owned(),
        r#"{"a":"X"}"#.to_owned(),
        format!(r#"{{"a":"{long}"}}"#),
        format!(r#"{{"a":"{long}x"}}"#),
        format!(r#"{{"a":"{}y"}}"#, &long[1..]),
        format!(r#"{{"a":["{long}"]}}"#),
        // Halves of surrogate pairs, and the character that decoders put in their place.
        r#"{"a":"\ud800"}"#.to_owned(),
        r#"{"a":"\ud801"}"#.to_owned(),
        r#"{"a":"\\ud801"}"#.to_owned(),
        r#"{"a":"\ufffd"}"#.to_owned(),
        r#"{"a":"\udc00\ud800"}"#.to_owned(),
        r#"{"a":"\ud800\ud800\udc00"}"#.to_owned(),
        r#"{"a":"\ufffd\ud800\udc00"}"#.to_owned(),
        r#"{"\ud800":1}"#.to_owned(),
        r#"{"\ud801":1}"#.to_owned(),
        // Ignored at the top, and only there.
        r#"{"a":{"user":"u1"}}"#.to_owned(),
        r#"{"a":{"user":"u2"}}"#.to_owned(),
        r#"{"messages":[{"role":"user","content":"x"}]}"#.to_owned(),
        r#"{"messages":[{"role":"system","content":"x"}]}"#.to_owned(),
        r#"{"messages":[{"role":"user","content":"x","name":"n"}]}"#.to_owned(),
        r#"{"messages":[{"role":"user","content":"x"}],"seed":1}"#.to_owned(),
        r#"{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#.to_owned(),
        r#"{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"g"}}]}"#.to_owned(),
    ];
    for (i, a) in different.iter().enumerate() {
        for b in different.iter().skip(i + 1) {
            assert_ne!(digest(a), digest(b), "{a} {b}");
        }
    }
}

#[test]
fn responses_repeat_their_request_so_nothing_of_it_is_ignored() {
    for field in [
        r#""user":"u""#,
        r#""metadata":{"a":"b"}"#,
        r#""store":false"#,
        r#""service_tier":"flex""#,
    ] {
        let with = format!(r#"{{"input":"x",{field}}}"#);
        let (with, without) = (with.as_str(), r#"{"input":"x"}"#);
        assert_ne!(
            hash_body(Endpoint::Responses, with),
            hash_body(Endpoint::Responses, without),
            "{field}"
        );
        assert_eq!(hash_body(CHAT, with), hash_body(CHAT, without), "{field}");
    }
}

#[test]
fn what_depends_on_more_than_the_request_is_not_cached() {
    use Uncacheable::{Field, HostedTool};
    for (body, expected) in [
        (r#"{"conversation":"conv_1"}"#, Err(Field("conversation"))),
        (r#"{"conversation":{"id":"conv_1"}}"#, Err(Field("conversation"))),
        (r#"{"conversation":null,"a":true}"#, Ok(())),
        (r#"{"background":true}"#, Err(Field("background"))),
        (r#"{"background":false,"a":true}"#, Ok(())),
        (r#"{"background":[true]}"#, Ok(())),
        (r#"{"web_search_options":{}}"#, Err(Field("web_search_options"))),
        (r#"{"container":"c"}"#, Err(Field("container"))),
        (r#"{"plugins":[]}"#, Err(Field("plugins"))),
        (r#"{"search_parameters":false}"#, Err(Field("search_parameters"))),
        (r#"{"enable_search":true}"#, Err(Field("enable_search"))),
        (r#"{"prompt":"text"}"#, Ok(())),
        (r#"{"mcp_servers":[{}]}"#, Err(Field("mcp_servers"))),
        (r#"{"a":{"conversation":"c","background":true}}"#, Ok(())),
        (
            r#"{"tools":[{"type":"function"},{"type":"web_search_20250305"}]}"#,
            Err(HostedTool),
        ),
        (
            r#"{"tools":[{"name":"n","\u0074ype":"m\u0063p"}]}"#,
            Err(HostedTool),
        ),
        (r#"{"tools":[{"type":"invented_tomorrow"}]}"#, Err(HostedTool)),
        (r#"{"tools":[{"type":"bash_2025012x"}]}"#, Err(HostedTool)),
        (
            r#"{"tools":[{"type":"custom"},{"name":"n","input_schema":{"type":"object"}}]}"#,
            Ok(()),
        ),
        (
            r#"{"tools":[{"function":{"name":"type"},"type":"function"}],"type":"mcp"}"#,
            Ok(()),
        ),
        (
            r#"{"tools":[{"type":"function","parameters":{"type":"mcp"}}]}"#,
            Ok(()),
        ),
        (
            r#"{"tools":[{"type":"bash_20250124","name":"web_search"}]}"#,
            Ok(()),
        ),
        (r#"{"messages":[{"type":"mcp"}]}"#, Ok(())),
        ("", Err(Uncacheable::Incomplete)),
    ] {
        let result = hash_body(CHAT, body).map(|_| ());
        match (&result, body) {
            (Err(Uncacheable::Syntax(_)), "") => {}
            _ => assert_eq!(result, expected, "{body}"),
        }
    }
    assert!(matches!(
        hash_body(CHAT, r#"{"a":1"#),
        Err(Uncacheable::Syntax(_))
    ));
    let mut hasher = CanonicalHasher::new(CHAT);
    hasher.token(&Token::ObjectStart);
    assert_eq!(hasher.finish(), Err(Uncacheable::Incomplete));
    let mut hasher = CanonicalHasher::new(CHAT);
    hasher.token(&Token::ArrayEnd);
    assert_eq!(hasher.finish(), Err(Uncacheable::Incomplete));
}

#[test]
fn a_stored_prompt_is_not_a_text() {
    let body = r#"{"prompt":{"id":"pmpt_1"}}"#;
    assert_eq!(
        hash_body(Endpoint::Responses, body),
        Err(Uncacheable::Field("prompt"))
    );
}

#[test]
fn an_object_of_absurd_size_is_given_up() {
    let object = |members: usize| {
        let members: Vec<_> = (0..members).map(|number| format!("\"{number}\":0")).collect();
        format!("{{\"a\":{{{}}}}}", members.join(","))
    };
    assert!(hash_body(CHAT, &object(60_000)).is_ok());
    assert_eq!(hash_body(CHAT, &object(70_000)), Err(Uncacheable::TooManyMembers));
    let many_small = format!("[{}]", vec![r#"{"a":1,"b":2}"#; 100_000].join(","));
    assert!(hash_body(CHAT, &many_small).is_ok());
}

/// Hashes a body with every string value and every key given as a text through `replace`.
fn with_texts(body: &str, replace: impl Fn(&str) -> String) -> Result<BodyDigest, Uncacheable> {
    let mut hasher = CanonicalHasher::new(CHAT);
    let mut scanner = Scanner::new(body);
    while let Some(token) = scanner.next()? {
        match token {
            Token::String(str) => hasher.text(&replace(&str.decode())),
            Token::Key(key) => hasher.key(&replace(&key.decode())),
            token => hasher.token(&token),
        }
    }
    hasher.finish()
}

#[test]
fn replaced_text_hashes_as_if_it_had_been_sent() {
    let body = r#"{"user":"a@b.c","metadata":{"x":"y"},"messages":[{"content":"mail a@b.c"},"a@b.c"],"n":{"to a@b.c":"a@b.c"}}"#;
    let redacted = body.replace("a@b.c", "[EMAIL]");
    assert_eq!(
        with_texts(body, |text| text.replace("a@b.c", "[EMAIL]")),
        Ok(digest(&redacted))
    );
    assert_eq!(with_texts(body, str::to_owned), Ok(digest(body)));
    assert_ne!(digest(body), digest(&redacted));
    let stateful = r#"{"conversation":"c"}"#;
    assert_eq!(
        with_texts(stateful, str::to_owned),
        Err(Uncacheable::Field("conversation"))
    );
}

/// Hashes what a visitor of requests sees, as the service does.
struct Visitor(CanonicalHasher);

impl RequestVisitor for Visitor {
    fn text(&mut self, text: &Text<'_>) {
        self.0.text(&text.str.decode());
    }

    fn key(&mut self, key: &Text<'_>) {
        self.0.key(&key.str.decode());
    }

    fn other(&mut self, token: &Token<'_>) {
        self.0.token(token);
    }

    fn unknown(&mut self, _: &str) {}
}

#[test]
fn a_request_that_is_walked_hashes_as_its_tokens_do() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../filters/llm/fixtures/request");
    let mut walked = 0;
    for endpoint in Endpoint::ALL {
        let folder = fixtures.join(endpoint.path().trim_start_matches("/v1/").replace('/', "_"));
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let body = std::fs::read_to_string(&path).unwrap();
            let mut visitor = Visitor(CanonicalHasher::new(endpoint));
            request::walk(endpoint, &body, &mut visitor).unwrap();
            assert_eq!(
                visitor.0.finish(),
                hash_body(endpoint, &body),
                "{}",
                path.display()
            );
            walked += 1;
        }
    }
    assert!(walked > 10, "only {walked} fixtures found");
}

/// JSON values whose keys are unique in their object, as `serde_json` keeps them.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        ".{0,80}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-c\u{e9}\"]{0,3}", inner, 0..6)
                .prop_map(|map| { Value::Object(map.into_iter().collect()) }),
        ]
    })
}

/// Writes `value` with keys reversed, white space everywhere and every character escaped.
fn written_otherwise(value: &Value) -> String {
    let escaped = |text: &str| {
        let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        format!("\t\"{units}\"\n")
    };
    match value {
        Value::Array(items) => format!(
            " [ {} ]",
            items
                .iter()
                .map(written_otherwise)
                .collect::<Vec<_>>()
                .join(" , ")
        ),
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .rev()
                .map(|(key, value)| format!("{} : {}", escaped(key), written_otherwise(value)))
                .collect();
            format!("{{ {} }}\r\n", members.join(","))
        }
        Value::String(text) => escaped(text),
        Value::Number(number) if number.is_f64() => format!(" {:e}", number.as_f64().unwrap()),
        other => format!(" {other} "),
    }
}

proptest! {
    #[test]
    fn writing_a_value_otherwise_changes_nothing(value in json()) {
        let (plain, other) = (value.to_string(), written_otherwise(&value));
        prop_assert_eq!(serde_json::from_str::<Value>(&other).unwrap(), value);
        prop_assert_eq!(hash_body(CHAT, &plain), hash_body(CHAT, &other));
        prop_assert_eq!(with_texts(&plain, str::to_owned), hash_body(CHAT, &plain));
    }

    #[test]
    fn different_values_have_different_hashes(a in json(), b in json()) {
        prop_assert_eq!(a == b, digest(&a.to_string()) == digest(&b.to_string()));
    }
}

#[test]
fn a_hole_stands_for_any_string_and_for_nothing_else() {
    let holed = |body: &str, text: &str| {
        let mut hasher = CanonicalHasher::new(Endpoint::ChatCompletions);
        let mut scanner = Scanner::new(body);
        while let Some(token) = scanner.next().unwrap() {
            match &token {
                Token::String(str) if str.is(text) => {
                    let mut rest = hasher.clone();
                    hasher.text(text);
                    rest.hole();
                    // The clone goes its own way.
                    while let Some(token) = scanner.next().unwrap() {
                        hasher.token(&token);
                        rest.token(&token);
                    }
                    return (hasher.finish().unwrap(), rest.finish().unwrap());
                }
                token => hasher.token(token),
            }
        }
        panic!("{text} is not in {body}");
    };
    let body = |text: &str, temperature: &str| {
        format!(r#"{{"messages":[{{"role":"user","content":"{text}"}}],"temperature":{temperature}}}"#)
    };
    let (a, rest_of_a) = holed(&body("a", "1"), "a");
    let (b, rest_of_b) = holed(&body("b", "1"), "b");
    assert_eq!(
        a,
        digest(&body("a", "1")),
        "the original is not changed by its clone"
    );
    assert_ne!(a, b);
    assert_eq!(rest_of_a, rest_of_b);
    assert_ne!(rest_of_a, holed(&body("a", "2"), "a").1);
    for text in ["", "h", "a"] {
        assert_ne!(rest_of_a, digest(&body(text, "1")));
    }
}
