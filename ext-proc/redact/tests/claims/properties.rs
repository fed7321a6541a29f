//! What must hold whatever is claimed: nothing is lost, JSON stays JSON, and the engine's own finds stand.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Texts with entities, names, escapes and what has more than one byte.
fn texts() -> impl Strategy<Value = String> {
    const PARTS: &[&str] = &[
        "ada@example.com",
        "4111 1111 1111 1111",
        "https://u:pw1@h.io",
        "Dr. Jane Doe",
        "Zoë",
        "日本",
        "😀",
        "é",
        "\u{200b}",
        "\"",
        "\\",
        "\n",
        "\u{1}",
        "&#34;",
        " ",
        ". ",
        ", ",
        "of ",
        "1984",
    ];
    prop::collection::vec(prop::sample::select(PARTS), 0..10).prop_map(|parts| parts.concat())
}

/// Ranges of all kinds around a text of so many bytes; names known and unknown.
fn claims(within: usize) -> impl Strategy<Value = Vec<(usize, usize, &'static str, f32)>> {
    let name = prop::sample::select(vec![
        "PERSON",
        "LOCATION",
        "DIAGNOSIS",
        "EMAIL_ADDRESS",
        "URL",
        "NRP",
    ]);
    prop::collection::vec((0..within + 4, 0..within + 4, name, -0.1f32..1.2), 0..8)
}

fn as_claims<'n>(told: &[(usize, usize, &'n str, f32)]) -> Vec<Claim<'n>> {
    told.iter()
        .map(|&(start, end, name, score)| claim(start..end, name, score))
        .collect()
}

/// The JSON as Python writes it by default: nothing beyond ASCII.
fn ascii(value: &Value) -> String {
    let text = value.to_string();
    let mut out = String::new();
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out
}

proptest! {
    #[test]
    fn whatever_is_claimed_comes_back((text, told) in texts().prop_flat_map(|text| {
        let told = claims(text.len());
        (Just(text), told)
    })) {
        let told = as_claims(&told);
        let rules = rules(Operator::Token).build().unwrap();
        let mut redactor = Redactor::new(&ENGINE, &rules, key());
        let redacted = passed(redactor.text_with(&text, &told));
        let vault = redactor.into_vault();
        let nothing = Rules::builder().build().unwrap();
        let back = restore_with(&ENGINE, &nothing, &vault, Kind::Text, &redacted, &[], &mut Counts::default());
        prop_assert_eq!(passed(back), text);
    }

    #[test]
    fn a_claim_beside_the_engines_finds_adds_itself_and_changes_nothing_else(text in texts(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let (a, b) = (*a.get(&boundaries), *b.get(&boundaries));
        let (start, end) = (a.min(b), a.max(b));
        let rules = rules(Operator::Placeholder).build().unwrap();
        let mut spans = Vec::new();
        ENGINE.find_by(&rules, &text, &mut spans);
        // Where they overlap, another test says what stands.
        if start == end || spans.iter().any(|span| span.range.start < end && start < span.range.end) {
            return Ok(());
        }
        let mut places: Vec<(Range<usize>, &str)> =
            spans.into_iter().map(|span| (span.range, span.entity.name())).chain([(start..end, "DIAGNOSIS")]).collect();
        places.sort_by_key(|(range, _)| range.start);
        let mut expected = text.clone();
        for (range, name) in places.into_iter().rev() {
            expected.replace_range(range, &format!("<{name}>"));
        }
        let mut redactor = Redactor::new(&ENGINE, &rules, key());
        let redacted = passed(redactor.text_with(&text, &[claim(start..end, "DIAGNOSIS", 1.0)]));
        prop_assert_eq!(redacted, expected);
    }

    #[test]
    fn json_stays_json_and_says_the_same_when_put_back((value, told) in (texts(), texts(), any::<u32>()).prop_flat_map(|(a, b, n)| {
        let value = serde_json::json!({ a: [b, n, 4111111111111111u64, true, null, {"x": "é"}] });
        let told = claims(ascii(&value).len());
        (Just(value), told)
    })) {
        let told = as_claims(&told);
        for text in [value.to_string(), ascii(&value)] {
            for operator in [Operator::Placeholder, Operator::Mask { keep_last: 3 }, Operator::Hash, Operator::Token] {
                let rules = rules(operator).build().unwrap();
                let mut redactor = Redactor::new(&ENGINE, &rules, key());
                let redacted = passed(redactor.json_with(&text, &told));
                let read: Result<Value, _> = serde_json::from_str(&redacted);
                prop_assert!(read.is_ok(), "{} became {}", text, redacted);
                if operator != Operator::Token {
                    continue;
                }
                let vault = redactor.into_vault();
                let nothing = Rules::builder().build().unwrap();
                let back = passed(restore_with(&ENGINE, &nothing, &vault, Kind::Json, &redacted, &[], &mut Counts::default()));
                let back: Value = serde_json::from_str(&back).unwrap();
                // Numbers that were replaced come back as strings.
                let digits = |value: &Value| value.to_string().replace('"', "");
                prop_assert_eq!(digits(&back), digits(&value), "{} became {}", text, redacted);
            }
        }
    }

    #[test]
    fn broken_json_is_taken(text in texts(), told in claims(60)) {
        let rules = rules(Operator::Placeholder).build().unwrap();
        for text in [format!("{{\"a\": {text}"), format!("[\"{text}"), text] {
            let mut redactor = Redactor::new(&ENGINE, &rules, key());
            passed(redactor.json_with(&text, &as_claims(&told)));
        }
    }

    #[test]
    fn without_claims_all_is_as_before(text in texts()) {
        let rules = Arc::new(rules(Operator::Placeholder).build().unwrap());
        let vault = Arc::new(Vault::new(key()));
        for (kind, text) in [(Kind::Text, text.clone()), (Kind::Json, serde_json::json!([text]).to_string())] {
            let streamed = restore(&ENGINE, &rules, &vault, kind, &text, &mut Counts::default());
            let nobody = [claim(0..1, "NOBODY", 1.0)];
            for claims in [&[][..], &nobody] {
                let whole = restore_with(&ENGINE, &rules, &vault, kind, &text, claims, &mut Counts::default());
                prop_assert_eq!(&whole, &streamed);
            }
        }
    }
}
