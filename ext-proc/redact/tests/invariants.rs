//! What must hold for every text: cuts change nothing, JSON stays JSON, what was redacted comes back.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside test functions"
)]

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use tollgate_redact::{
    Counts, Custom, Engine, Entity, Kind, Operator, Redactor, Rules, TenantKey, Transducer, Vault, Verdict,
    restore,
};

static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| Arc::new(Engine::new()));

fn key() -> TenantKey {
    TenantKey::new([9; 32])
}

fn everything(operator: Operator) -> Rules {
    Entity::ALL
        .iter()
        .fold(Rules::builder(), |rules, entity| rules.entity(*entity, operator))
        .threshold(Entity::Url, 0.5)
        .build()
        .unwrap()
}

/// What makes segments as they are: the usual kinds, names too, and what users define in words and in patterns.
static RULES: LazyLock<Vec<Arc<Rules>>> = LazyLock::new(|| {
    let custom = |words: &[&str], patterns: &[&str]| Custom {
        name: "PROJECT".to_owned(),
        words: words.iter().map(ToString::to_string).collect(),
        patterns: patterns.iter().map(ToString::to_string).collect(),
        context: Vec::new(),
        score: 0.8,
        operator: Operator::Placeholder,
    };
    let beside = |context: &str| Custom {
        name: "BESIDE".to_owned(),
        context: vec![context.to_owned()],
        ..custom(&[], &[r"\d{4}"])
    };
    let usual = || {
        Rules::builder()
            .usual(Operator::Placeholder)
            .threshold(Entity::Url, 0.5)
    };
    vec![
        Arc::new(everything(Operator::Placeholder)),
        Arc::new(usual().build().unwrap()),
        Arc::new(usual().custom(custom(&["word"], &[])).build().unwrap()),
        Arc::new(
            usual()
                .entity(Entity::Person, Operator::Placeholder)
                .custom(custom(&["the word"], &[r"\b[a-z]{3} \d+", r"\d[\]},: ]+.?\d"]))
                .custom(beside("word the"))
                .build()
                .unwrap(),
        ),
    ]
});

/// Pieces that texts are made of: entities, their halves, what separates them, and what confuses.
const PARTS: &[&str] = &[
    "jane@example.com",
    "jane",
    "@",
    "example.com",
    ".",
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111",
    " ",
    " ",
    "\n",
    "  ",
    "078-05-1120",
    "SSN ",
    "GB82 WEST 1234 5698 7654 32",
    "DE89370400440532013000",
    "call ",
    "+49 30 1234567",
    "415-555-0132",
    " mobile",
    "192.168.1.1",
    "2001:db8::1",
    "https://x.org/a?b=c",
    "https://u:pw1@h.io",
    "sk-proj-abcDEF1234567890abcDEF12",
    "AKIAIOSFODNN7EXAMPLE",
    "password: hunter2x",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
    "-----END RSA PRIVATE KEY-----",
    "\\u0040",
    "\\",
    "\\n",
    "&#64;",
    "&#34;",
    "＂",
    "%40",
    "**",
    "*",
    "\u{200b}",
    "４",
    "а",
    "é",
    "日本",
    "😀",
    "\"",
    ",",
    ": ",
    "{",
    "}",
    "word ",
    "the ",
    "March ",
    "may ",
    "AB ",
    "a ",
    "b ",
    "mail\n",
    "48.85837",
    ", ",
    "2.29448 ",
    "5. ",
    "1984 ",
    "born ",
    "://",
    "__",
    "token_",
    "Dr. ",
    "Jane Doe",
    "van ",
    "Rio de Janeiro",
    "Example Ltd.",
    "my name is ",
    "I am ",
    "my email is ",
    "1 2 3 4 5 6 7 8 9 ",
    "12:34",
    "x",
    "(",
    ")",
    "-",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PARTS), 0..14).prop_map(|parts| parts.concat())
}

fn whole(text: &str, kind: Kind, rules: &Arc<Rules>, vault: &Arc<Vault>) -> String {
    let engine = ENGINE.clone();
    match restore(&engine, rules, vault, kind, text, &mut Counts::default()) {
        Verdict::Pass(text) => text.into_owned(),
        Verdict::Blocked(entity) => format!("blocked {entity}"),
    }
}

fn streamed(
    engine: &Arc<Engine>,
    pieces: &[&str],
    kind: Kind,
    rules: &Arc<Rules>,
    vault: &Arc<Vault>,
) -> String {
    let mut transducer = Transducer::new(engine.clone(), rules.clone(), vault.clone(), kind);
    let mut out = String::new();
    for piece in pieces {
        transducer.push(piece, &mut out);
    }
    transducer.finish(&mut out);
    out
}

/// The text cut at every place, and cut everywhere.
fn check_cuts(text: &str, kind: Kind) {
    for rules in RULES.iter() {
        check_cuts_by(text, kind, rules);
    }
}

fn check_cuts_by(text: &str, kind: Kind, rules: &Arc<Rules>) {
    let engine = ENGINE.clone();
    let vault = Arc::new(Vault::new(key()));
    let expected = whole(text, kind, rules, &vault);
    for (cut, _) in text.char_indices() {
        let (a, b) = text.split_at(cut);
        assert_eq!(
            streamed(&engine, &[a, b], kind, rules, &vault),
            expected,
            "{text:?} cut at {cut}"
        );
    }
    let chars: Vec<String> = text.chars().map(String::from).collect();
    let chars: Vec<&str> = chars.iter().map(String::as_str).collect();
    assert_eq!(
        streamed(&engine, &chars, kind, rules, &vault),
        expected,
        "{text:?} cut everywhere"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_change_nothing(text in texts()) {
        check_cuts(&text, Kind::Text);
    }

    #[test]
    fn cuts_change_nothing_in_json(a in texts(), b in texts(), n in any::<u64>()) {
        check_cuts(&serde_json::json!({ a: [b, n, null], "n": 4111111111111111u64 }).to_string(), Kind::Json);
    }

    #[test]
    fn cuts_change_nothing_in_what_is_almost_json(text in texts()) {
        check_cuts(&format!("{{\"a\": {text}"), Kind::Json);
    }

    #[test]
    fn json_stays_json(a in texts(), b in texts(), n in any::<u64>(), f in any::<f64>()) {
        let engine = ENGINE.clone();
        let text = serde_json::json!({ a.clone(): [b, n, f, true], "card": 4111111111111111u64, "phone": -4155550132.5f64 }).to_string();
        for operator in [Operator::Token, Operator::Placeholder, Operator::Mask { keep_last: 4 }, Operator::Hash] {
            let rules = everything(operator);
            let mut redactor = Redactor::new(&engine, &rules, key());
            let Verdict::Pass(out) = redactor.json(&text) else { panic!("blocked") };
            let out: Result<serde_json::Value, _> = serde_json::from_str(&out);
            prop_assert!(out.is_ok(), "{} became invalid with {:?}", text, operator);
            prop_assert!(out.is_ok_and(|out| out["card"].is_string() || a == "card"));
        }
        for rules in RULES.iter() {
            let mut redactor = Redactor::new(&engine, rules, key());
            let Verdict::Pass(out) = redactor.json(&text) else { panic!("blocked") };
            prop_assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{} became {}", text, out);
        }
    }

    /// Nothing panics; spans are in order, on whole characters and never empty.
    #[test]
    fn any_text_is_taken(text in "[0-9a-zA-Z@:/.,+*()'\"#_ \n\t\\\\&%;é４а\u{200b}日😀-]{0,160}") {
        let mut spans = Vec::new();
        ENGINE.find(&text, &mut spans);
        let mut end = 0;
        for span in &spans {
            prop_assert!(end <= span.range.start && span.range.start < span.range.end, "{:?}", spans);
            prop_assert!(text.get(span.range.clone()).is_some(), "{:?}", span);
            end = span.range.end;
        }
        check_cuts(&text, Kind::Text);
        check_cuts(&text, Kind::Json);
    }

    #[test]
    fn digits_and_separators_are_taken(text in "[0-9 ./+()xX:@A\n-]{0,100}") {
        check_cuts(&text, Kind::Text);
    }

    #[test]
    fn what_was_redacted_comes_back(text in texts()) {
        let engine = ENGINE.clone();
        let rules = everything(Operator::Token);
        let mut redactor = Redactor::new(&engine, &rules, key());
        let Verdict::Pass(redacted) = redactor.text(&text) else { panic!("blocked") };
        let vault = Arc::new(redactor.into_vault());
        let nothing = Arc::new(Rules::builder().build().unwrap());
        prop_assert_eq!(whole(&redacted, Kind::Text, &nothing, &vault), text.clone(), "via {}", redacted);
        // Also while the answer's own rules are active: what is restored is not redacted again.
        let pieces: Vec<String> = redacted.chars().map(String::from).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        prop_assert_eq!(streamed(&engine, &pieces, Kind::Text, &nothing, &vault), text);
    }
}

#[test]
fn long_texts_without_any_gap_are_cut_alike_and_hold_back_little() {
    for rules in RULES.iter() {
        long_texts(rules);
    }
}

fn long_texts(rules: &Arc<Rules>) {
    let engine = ENGINE.clone();
    let vault = Arc::new(Vault::new(key()));
    for text in [
        "a".repeat(5000) + "jane@example.com" + &"b".repeat(5000),
        "1 ".repeat(4000),
        "1.".repeat(4000),
        "12345678\n".repeat(700),
        "é".repeat(3000),
        "-----BEGIN RSA PRIVATE KEY-----".to_owned() + &"QUJD\n".repeat(4000),
        format!("sk-{}", "aB3".repeat(2000)),
        "@".repeat(3000),
        "a@b.".repeat(2000),
        "0:".repeat(3000),
        "x".repeat(2040) + " 4111 1111 1111 1111 " + &"7".repeat(600),
    ] {
        let expected = whole(&text, Kind::Text, rules, &vault);
        for size in [1, 3, 7, 64, 511, 4096] {
            let mut transducer = Transducer::new(engine.clone(), rules.clone(), vault.clone(), Kind::Text);
            let mut out = String::new();
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let mut cut = rest.len().min(size);
                while !rest.is_char_boundary(cut) {
                    cut += 1;
                }
                transducer.push(&rest[..cut], &mut out);
                assert!(transducer.held() < 8400, "{} held", transducer.held());
                rest = &rest[cut..];
            }
            transducer.finish(&mut out);
            assert_eq!(out, expected, "{}… in pieces of {size}", &text[..20]);
        }
    }
}
