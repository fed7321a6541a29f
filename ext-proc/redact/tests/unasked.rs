//! Kinds that are not on unasked: names, and what users define.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside test functions"
)]

use std::sync::Arc;

use tollgate_redact::{
    Custom, Engine, Entity, Kind, Operator, Redactor, Rules, RulesError, TenantKey, Transducer, Verdict,
};

fn redacted(rules: &Rules, text: &str) -> String {
    let engine = Engine::new();
    match Redactor::new(&engine, rules, TenantKey::new([3; 32])).text(text) {
        Verdict::Pass(text) => text.into_owned(),
        Verdict::Blocked(entity) => format!("blocked {entity}"),
    }
}

fn custom(name: &str) -> Custom {
    Custom {
        name: name.to_owned(),
        words: Vec::new(),
        patterns: Vec::new(),
        context: Vec::new(),
        score: 0.8,
        operator: Operator::Placeholder,
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

#[test]
fn names_of_people_places_and_organizations() {
    let rules = [Entity::Person, Entity::Location, Entity::Organization]
        .iter()
        .fold(Rules::builder(), |rules, entity| {
            rules.entity(*entity, Operator::Placeholder)
        })
        .build()
        .unwrap();
    for (text, expected) in [
        (
            "Ask Dr. Smith or Mrs. Jane van Dyke.",
            "Ask Dr. <PERSON> or Mrs. <PERSON>.",
        ),
        (
            "my name is Kofi Mensah and I live in Kumasi.",
            "my name is <PERSON> and I live in <LOCATION>.",
        ),
        (
            "Mein Name ist Ute Kranz, ich wohne in Celle.",
            "Mein Name ist <PERSON>, ich wohne in <LOCATION>.",
        ),
        (
            "Judith asked John F. Miller, but Sven was out.",
            "<PERSON> asked <PERSON>, but <PERSON> was out.",
        ),
        (
            "She flew from New York to São Paulo via Paris.",
            "She flew from <LOCATION> to <LOCATION> via <LOCATION>.",
        ),
        (
            "Invoice from Blue Harbour Trading Ltd. and Kranz GmbH",
            "Invoice from <ORGANIZATION> and <ORGANIZATION>",
        ),
        (
            "at the University of Otago and at Uppsala University",
            "at the <ORGANIZATION> and at <ORGANIZATION>",
        ),
        // Words that look like names, and names inside of others.
        ("The March report will mark a turkey. Will you? Grace period.", ""),
        (
            "Paris Hilton; Ruby on Rails; class Jane_X; jane.method(); Sarah.rs",
            "",
        ),
        ("This Inc. is none, and AG alone neither.", ""),
        (
            "I live in a house. Dr. No? Dr. who.",
            "I live in a house. Dr. No? Dr. who.",
        ),
    ] {
        let expected = if expected.is_empty() { text } else { expected };
        assert_eq!(redacted(&rules, text), expected);
    }
    let usual = Rules::usual(Operator::Placeholder);
    assert_eq!(
        redacted(&usual, "Dr. Jane Smith of Paris"),
        "Dr. Jane Smith of Paris"
    );
}

#[test]
fn phrases_over_any_gap() {
    let rules = Rules::builder()
        .custom(Custom {
            words: strings(&["Project  Blue Bird"]),
            ..custom("CODE_NAME")
        })
        .custom(Custom {
            patterns: strings(&[r"\bE\d{5}\b"]),
            context: strings(&["employee number", "numéro  de salarié"]),
            ..custom("STAFF_NUMBER")
        })
        .build()
        .unwrap();
    for (text, expected) in [
        ("employee number E12345", "employee number <STAFF_NUMBER>"),
        ("Employee  Number: E12345", "Employee  Number: <STAFF_NUMBER>"),
        ("employee\tnumber E12345", "employee\tnumber <STAFF_NUMBER>"),
        (
            "the employee\nnumber E12345",
            "the employee\nnumber <STAFF_NUMBER>",
        ),
        (
            "the employee\r\n    number E12345",
            "the employee\r\n    number <STAFF_NUMBER>",
        ),
        (
            "employee\u{a0}\u{3000}number E12345",
            "employee\u{a0}\u{3000}number <STAFF_NUMBER>",
        ),
        ("E12345, employee   number", "<STAFF_NUMBER>, employee   number"),
        (
            "E12345 (the second employee   number",
            "E12345 (the second employee   number",
        ),
        (
            "NUMÉRO DE \t SALARIÉ E12345",
            "NUMÉRO DE \t SALARIÉ <STAFF_NUMBER>",
        ),
        ("employee-number E12345", "employee-number E12345"),
        ("employee  numbers E12345", "employee  numbers E12345"),
        (
            "employee  \u{200b} number E12345",
            "employee  \u{200b} number <STAFF_NUMBER>",
        ),
        ("on project blue\t bird", "on <CODE_NAME>"),
        ("on project  blue  birds", "on project  blue  birds"),
    ] {
        assert_eq!(redacted(&rules, text), expected);
    }
}

#[test]
fn words_and_patterns_of_users() {
    let rules = Rules::builder()
        .custom(Custom {
            words: strings(&["Titan", "Project Blue Bird", "Größe", "山田"]),
            ..custom("CODE_NAME")
        })
        .custom(Custom {
            patterns: strings(&[r"\b[A-Z]{3}-\d{4}\b", r"(?i)\bcase no\. \d+"]),
            ..custom("CASE")
        })
        .custom(Custom {
            patterns: strings(&[r"\b\d{5}\b"]),
            context: strings(&["staff", "employee"]),
            operator: Operator::Mask { keep_last: 2 },
            ..custom("STAFF_NUMBER")
        })
        .allow(["ABC-0000"])
        .build()
        .unwrap();
    for (text, expected) in [
        (
            "TITAN and titans, Ｔｉｔａｎ",
            "<CODE_NAME> and titans, <CODE_NAME>",
        ),
        ("the project blue bird flies", "the <CODE_NAME> flies"),
        ("GRÖSSE größe Größen", "<CODE_NAME> <CODE_NAME> Größen"),
        ("名前は山田です", "名前は<CODE_NAME>です"),
        (
            "ABC-1234, ABC-0000 and Case No. 17.",
            "<CASE>, ABC-0000 and <CASE>.",
        ),
        (
            "staff 12345, and then, much later in this very long sentence that says nothing else, 12345",
            "staff ***45, and then, much later in this very long sentence that says nothing else, 12345",
        ),
        ("the employee's id: 54321", "the employee's id: ***21"),
    ] {
        assert_eq!(redacted(&rules, text), expected);
    }
}

#[test]
fn tokens_of_custom_kinds_come_back() {
    let engine = Arc::new(Engine::new());
    let rules = Arc::new(
        Rules::builder()
            .custom(Custom {
                words: strings(&["Titan"]),
                operator: Operator::Token,
                ..custom("CODE_NAME")
            })
            .build()
            .unwrap(),
    );
    let mut redactor = Redactor::new(&engine, &rules, TenantKey::new([3; 32]));
    let Verdict::Pass(text) = redactor.text("about Titan") else {
        panic!("blocked")
    };
    assert!(text.starts_with("about CODE_NAME_"), "{text}");
    assert_eq!(redactor.counts().of(Entity::Custom), 1);
    let vault = Arc::new(redactor.into_vault());
    let mut out = String::new();
    let mut transducer = Transducer::new(engine, rules, vault, Kind::Text);
    for c in text.chars() {
        transducer.push(c.encode_utf8(&mut [0; 4]), &mut out);
    }
    transducer.finish(&mut out);
    assert_eq!(out, "about Titan");
}

#[test]
fn wrong_custom_kinds_are_refused_all_at_once() {
    let errors = Rules::builder()
        .custom(Custom {
            words: strings(&["x"]),
            ..custom("lower")
        })
        .custom(Custom {
            patterns: strings(&["ok", "("]),
            ..custom("A")
        })
        .custom(Custom {
            patterns: strings(&["a*"]),
            score: 1.5,
            ..custom("A")
        })
        .custom(Custom {
            patterns: strings(&["(a{1000}){1000}"]),
            ..custom("B")
        })
        .custom(Custom {
            words: strings(&["yes"]),
            ..custom("IBAN_CODE")
        })
        .custom(custom("EMPTY"))
        .build()
        .unwrap_err();
    let kinds: Vec<String> = errors
        .iter()
        .map(|error| match error {
            RulesError::CustomPattern { kind, pattern, .. } => format!("pattern {kind} {pattern}"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "CustomName(0)",
            "CustomWords(0)",
            "pattern 1 1",
            "CustomName(2)",
            "CustomScore(2)",
            "pattern 2 0",
            "pattern 3 0",
            "CustomName(4)",
            "CustomWords(5)"
        ]
    );
}
