//! What somebody else found in a text: it counts like the engine's own finds, and whatever it says does no harm.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside test functions"
)]

mod properties;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use tollgate_redact::{
    Claim, Counts, Custom, Engine, Entity, Kind, Operator, Redactor, Rules, RulesBuilder, RulesError,
    TenantKey, Vault, Verdict, restore, restore_with,
};

static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| Arc::new(Engine::new()));

fn key() -> TenantKey {
    TenantKey::new([9; 32])
}

/// The usual kinds, names of persons and places, and a kind that only others find.
fn rules(operator: Operator) -> RulesBuilder {
    Rules::builder()
        .usual(operator)
        .entity(Entity::Person, operator)
        .entity(Entity::Location, operator)
        .claimed("DIAGNOSIS", operator, 0.7)
}

/// A claim on where `part` first stands in `text`.
fn on<'n>(text: &str, part: &str, name: &'n str, score: f32) -> Claim<'n> {
    let start = text.find(part).expect("a part of the text");
    claim(start..start + part.len(), name, score)
}

fn claim(range: Range<usize>, name: &str, score: f32) -> Claim<'_> {
    Claim { range, name, score }
}

fn passed(verdict: Verdict<'_>) -> String {
    match verdict {
        Verdict::Pass(text) => text.into_owned(),
        Verdict::Blocked(entity) => panic!("blocked for {entity}"),
    }
}

#[test]
fn claims_count_like_the_engines_own_finds() {
    let rules = rules(Operator::Placeholder)
        .allow(["zoë ørsted", "*-allowed"])
        .build()
        .unwrap();
    let mail = "write to grace.hopper@example.com now";
    for (text, part, name, score, expected) in [
        (
            "met brynja with 😀 flu",
            "brynja",
            "PERSON",
            0.85,
            "met <PERSON> with 😀 flu",
        ),
        (
            "met brynja with 😀 flu",
            "flu",
            "DIAGNOSIS",
            0.7,
            "met brynja with 😀 <DIAGNOSIS>",
        ),
        // Below the threshold, or of a kind that nobody wants to know about.
        ("met brynja", "brynja", "PERSON", 0.49, "met brynja"),
        ("met brynja", "brynja", "DIAGNOSIS", 0.69, "met brynja"),
        ("met brynja", "brynja", "ORGANIZATION", 0.9, "met brynja"),
        ("met brynja", "brynja", "NRP", 0.9, "met brynja"),
        ("met brynja", "brynja", "person", 0.9, "met brynja"),
        ("met brynja", "brynja", "PERSON", 1.1, "met brynja"),
        ("met brynja", "brynja", "PERSON", f32::NAN, "met brynja"),
        // What may pass, may pass.
        (
            "met Zoë ØRSTED and Zoë",
            "Zoë ØRSTED",
            "PERSON",
            0.9,
            "met Zoë ØRSTED and Zoë",
        ),
        ("met x-allowed", "x-allowed", "PERSON", 0.9, "met x-allowed"),
        // What has a form of its own stays that, whatever is said of it or of a part of it.
        (
            mail,
            "grace.hopper",
            "PERSON",
            1.0,
            "write to <EMAIL_ADDRESS> now",
        ),
        (
            mail,
            "grace.hopper@example.com now",
            "DIAGNOSIS",
            1.0,
            "write to <EMAIL_ADDRESS> now",
        ),
        (mail, "write", "PERSON", 1.0, "<PERSON> to <EMAIL_ADDRESS> now"),
        // Over segments, lines and far more than a recognizer sees.
        ("a\nb. c, (d)", "a\nb. c, (d", "PERSON", 1.0, "<PERSON>)"),
    ] {
        let mut redactor = Redactor::new(&ENGINE, &rules, key());
        let claims = [on(text, part, name, score)];
        assert_eq!(
            passed(redactor.text_with(text, &claims)),
            expected,
            "{name} {score} on {part}"
        );
    }
}

#[test]
fn of_overlapping_claims_the_surer_one_stands_then_the_longer() {
    let rules = rules(Operator::Placeholder).build().unwrap();
    let text = "met york minster again";
    for (claims, expected) in [
        (
            vec![
                on(text, "york", "PERSON", 0.8),
                on(text, "york minster", "LOCATION", 0.8),
            ],
            "met <LOCATION> again",
        ),
        (
            vec![
                on(text, "york", "PERSON", 0.9),
                on(text, "york minster", "LOCATION", 0.8),
            ],
            "met <PERSON> minster again",
        ),
        (
            vec![on(text, "york", "PERSON", 0.8), on(text, "york", "PERSON", 0.8)],
            "met <PERSON> minster again",
        ),
        (
            vec![
                on(text, "minster", "LOCATION", 0.8),
                on(text, "york", "PERSON", 0.8),
            ],
            "met <PERSON> <LOCATION> again",
        ),
        (
            vec![
                on(text, "york minster", "LOCATION", 0.8),
                on(text, "minster again", "PERSON", 0.9),
            ],
            "met york <PERSON>",
        ),
    ] {
        let mut redactor = Redactor::new(&ENGINE, &rules, key());
        assert_eq!(passed(redactor.text_with(text, &claims)), expected, "{claims:?}");
    }
}

#[test]
fn claims_that_cannot_be_count_for_nothing() {
    let rules = rules(Operator::Placeholder).build().unwrap();
    let text = "Zoë é 😀";
    #[allow(clippy::reversed_empty_ranges, reason = "whoever claims may be wrong")]
    for range in [
        0..0,
        2..1,
        0..99,
        99..100,
        2..3,
        3..6,
        7..9,
        0..usize::MAX,
        usize::MAX..usize::MAX,
    ] {
        let mut redactor = Redactor::new(&ENGINE, &rules, key());
        assert_eq!(
            passed(redactor.text_with(text, &[claim(range.clone(), "PERSON", 0.9)])),
            text,
            "{range:?}"
        );
    }
}

#[test]
fn each_operator_takes_claims() {
    let text = "met Brynja again";
    for (operator, expected) in [
        (Operator::Mask { keep_last: 2 }, "met ****ja again"),
        (Operator::Log, text),
    ] {
        let rules = rules(operator).build().unwrap();
        let mut redactor = Redactor::new(&ENGINE, &rules, key());
        assert_eq!(
            passed(redactor.text_with(text, &[on(text, "Brynja", "DIAGNOSIS", 0.9)])),
            expected
        );
        assert_eq!(
            (redactor.counts().of(Entity::Custom), redactor.counts().total()),
            (1, 1)
        );
    }
    let rules = rules(Operator::Block).build().unwrap();
    let mut redactor = Redactor::new(&ENGINE, &rules, key());
    let verdict = redactor.text_with(text, &[on(text, "Brynja", "PERSON", 0.9)]);
    assert_eq!(verdict, Verdict::Blocked(Entity::Person));
}

#[test]
fn a_name_in_json_is_the_same_name_and_comes_back() {
    let rules = rules(Operator::Token).build().unwrap();
    let mut redactor = Redactor::new(&ENGINE, &rules, key());
    let plain = passed(redactor.text_with("Zoë", &[claim(0..4, "PERSON", 0.9)]));
    let json = r#"{"to":"Zo\u00eb","n":1}"#;
    let written = passed(redactor.json_with(json, &[on(json, r"Zo\u0", "PERSON", 0.9)]));
    assert_eq!(written, format!(r#"{{"to":"{plain}","n":1}}"#));
    let vault = redactor.into_vault();
    let nothing = Rules::builder().build().unwrap();
    let back = |kind, text: &str| {
        passed(restore_with(
            &ENGINE,
            &nothing,
            &vault,
            kind,
            text,
            &[],
            &mut Counts::default(),
        ))
    };
    assert_eq!(back(Kind::Text, &plain), "Zoë");
    assert_eq!(back(Kind::Json, &written), r#"{"to":"Zoë","n":1}"#);
}

#[test]
fn answers_take_claims_beside_what_is_put_back() {
    let rules = rules(Operator::Token).build().unwrap();
    let mut redactor = Redactor::new(&ENGINE, &rules, key());
    let token = passed(redactor.text("ada@example.com"));
    let vault = redactor.into_vault();
    let answer = format!("{token} wrote to Brynja");
    let claims = [
        on(&answer, "Brynja", "PERSON", 0.9),
        on(&answer, &token[..5], "PERSON", 1.0),
    ];
    let mut counts = Counts::default();
    let answer = passed(restore_with(
        &ENGINE,
        &rules,
        &vault,
        Kind::Text,
        &answer,
        &claims,
        &mut counts,
    ));
    assert!(answer.starts_with("ada@example.com wrote to PERSON_"), "{answer}");
    assert_eq!((counts.of(Entity::Person), counts.total()), (1, 1));
}

#[test]
fn names_of_claims_are_checked() {
    let custom = Custom {
        name: "PROJECT".to_owned(),
        words: vec!["Titan".to_owned()],
        patterns: Vec::new(),
        context: Vec::new(),
        score: 0.8,
        operator: Operator::Placeholder,
    };
    let errors = Rules::builder()
        .custom(custom.clone())
        .claimed("DIAGNOSIS", Operator::Token, 0.5)
        .claimed("PERSON", Operator::Token, 0.5)
        .claimed("PROJECT", Operator::Token, 0.5)
        .claimed("DIAGNOSIS", Operator::Token, 0.5)
        .claimed("diagnosis", Operator::Token, 1.5)
        .build()
        .unwrap_err();
    use RulesError::{ClaimedName, ClaimedThreshold};
    assert_eq!(
        errors,
        [
            ClaimedName(1),
            ClaimedName(2),
            ClaimedName(3),
            ClaimedName(4),
            ClaimedThreshold(4)
        ]
    );
    // A kind with words of its own can be claimed too.
    let rules = Rules::builder()
        .custom(custom)
        .claimed("DIAGNOSIS", Operator::Log, 0.5)
        .build()
        .unwrap();
    let text = "Titan and Kronos";
    let claims = [
        on(text, "Kronos", "PROJECT", 0.5),
        on(text, "and", "DIAGNOSIS", 0.5),
    ];
    let mut redactor = Redactor::new(&ENGINE, &rules, key());
    assert_eq!(
        passed(redactor.text_with(text, &claims)),
        "<PROJECT> and <PROJECT>"
    );
    assert_eq!(redactor.counts().of(Entity::Custom), 3);
}
