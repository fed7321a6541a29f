//! What holds for any text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use tollgate_similar::{Limits, Mismatch, check, eligible, normalize};

const WORDS: &[&str] = &[
    "how",
    "do",
    "i",
    "not",
    "never",
    "turn",
    "on",
    "off",
    "the",
    "wifi",
    "from",
    "to",
    "Paris",
    "USD",
    "5",
    "20kg",
    "5pm",
    "3.10",
    "two",
    "hundred",
    "first",
    "can",
    "must",
    "what",
    "is",
    "was",
    "C++",
    "a.b_c",
    "can't",
    "who",
    "beat",
    "by",
    "between",
    "and",
    "?",
    ",",
    ".",
    "World",
    "War",
    "II",
    "$5",
    "%",
    "delete",
    "remove",
    "password",
    "wie",
    "nicht",
    "ne",
    "pas",
    "日本語",
    "-3",
    "10/2",
    "I",
    "you",
    "my",
    "your",
];
const ENGLISH: &[&str] = &[
    "not", "turn", "off", "the", "wifi", "from", "to", "Paris", "USD", "20kg", "5pm", "two", "first", "C++",
    "beat", "between", "and", "delete", "password", "my", "in", "on", "cats", "annual", "report",
];

fn prompt() -> impl Strategy<Value = String> {
    prompt_of(WORDS)
}

fn prompt_of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(words), 0..14).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn identical_texts_pass(text in "\\PC{0,80}") {
        prop_assert_eq!(check(&text, &text), Ok(()));
        prop_assert_eq!(check(&text, &format!(" {text}\n")), Ok(()));
    }

    #[test]
    fn case_of_a_lower_case_prompt_does_not_matter(text in prompt()) {
        let lower = text.to_lowercase();
        prop_assert_eq!(check(&lower, &format!("{lower} ?")), Ok(()));
    }

    #[test]
    fn any_unicode_is_survived(a in "\\PC{0,60}", b in any::<String>()) {
        let _ = check(&a, &b);
        let _ = normalize(&b);
        let _ = eligible(&b, Limits::default());
    }

    #[test]
    fn who_asked_first_does_not_matter(a in prompt(), b in prompt()) {
        prop_assert_eq!(check(&a, &b).is_ok(), check(&b, &a).is_ok(), "{} | {}", a, b);
    }

    #[test]
    fn another_number_is_a_mismatch(text in "[a-z ]{5,40}", a in 3u32..5000, b in 3u32..5000) {
        prop_assume!(a != b);
        let (a, b) = (format!("{text} {a}"), format!("{text} {b}"));
        prop_assert!(check(&a, &b).is_err(), "{} | {}", a, b);
    }

    #[test]
    fn politeness_is_not(text in prompt_of(ENGLISH)) {
        let (polite, plain) = (format!("please, how do i {text}"), format!("how do i {text}"));
        prop_assert_eq!(check(&polite, &plain), Ok(()));
    }

    #[test]
    fn a_normal_form_stays(text in "[a-z ]{0,60}") {
        let once = normalize(&text);
        prop_assert_eq!(normalize(&once), once);
    }
}

#[test]
fn long_texts_take_linear_time() {
    for word in [
        "zarb ",
        "a,b.c-d'e/f_g ",
        "1",
        "1,",
        "'",
        "::",
        "not ",
        "turn ",
        "-1 ",
        "😀",
    ] {
        let text = word.repeat(100_000 / word.len());
        let other = format!("{text} more");
        let start = Instant::now();
        assert_eq!(check(&text, &text), Ok(()));
        let _ = (
            check(&text, &other),
            normalize(&text),
            eligible(
                &text,
                Limits {
                    bytes: usize::MAX,
                    words: 1,
                },
            ),
        );
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{word}: {:?}",
            start.elapsed()
        );
    }
    let long = "some words ".repeat(1_000);
    assert_eq!(check(&long, &format!("{long} more")), Err(Mismatch::Length));
    assert_eq!(check(&long, &long.to_uppercase()), Ok(()));
}
