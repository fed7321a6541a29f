//! Every file of `fixtures/`: YAML in; errors (`wrong`) or warnings (`right`) out, compared line by line.
//!
//! A new case is a new file. `UPDATE_FIXTURES=1 cargo test -p tollgate-config` writes what is expected; read the diff.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tollgate_config::{Config, Errors, Guardrail, GuardrailCheck, GuardrailProblem, Known};

const ENTITIES: [&str; 8] = [
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "CREDIT_CARD",
    "IBAN_CODE",
    "US_SSN",
    "IP_ADDRESS",
    "URL",
    "SECRET",
];

fn parse(text: &str) -> Result<Config, Errors> {
    let env = |name: &str| match name {
        "NOT_SET" => None,
        "EMPTY" => Some(String::new()),
        _ => Some("secret-value".to_owned()),
    };
    Config::parse_with(
        text,
        &Known {
            env: &env,
            entities: Some(&ENTITIES),
            custom: None,
            guardrails: Some(&refused),
        },
    )
}

/// Stands for the engine: it refuses what says so.
fn refused(rules: &[Guardrail]) -> Vec<GuardrailProblem> {
    let mut problems = Vec::new();
    for (rule, listed) in rules.iter().enumerate() {
        let GuardrailCheck::Listed { words, patterns } = &listed.check else {
            continue;
        };
        for (field, texts) in [("words", words), ("patterns", patterns)] {
            let wrong = texts.iter().enumerate().filter(|(_, text)| *text == "refused");
            problems.extend(wrong.map(|(at, _)| GuardrailProblem {
                rule,
                field: format!("{field}[{at}]"),
                problem: "is refused".to_owned(),
            }));
        }
    }
    problems
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder);
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|it| it == "yaml"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// Compares with the file, or writes it.
fn check(path: &Path, actual: &str, failures: &mut BTreeMap<PathBuf, String>) {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(path, actual).unwrap();
    } else if std::fs::read_to_string(path).unwrap_or_default() != actual {
        failures.insert(path.to_owned(), actual.to_owned());
    }
}

#[test]
fn right_files_are_accepted_with_their_warnings() {
    let mut failures = BTreeMap::new();
    for path in fixtures("right") {
        match parse(&std::fs::read_to_string(&path).unwrap()) {
            Ok(config) => {
                let mut actual = String::new();
                config
                    .warnings
                    .iter()
                    .for_each(|warning| writeln!(actual, "{warning}").unwrap());
                check(&path.with_extension("warnings"), &actual, &mut failures);
            }
            Err(errors) => panic!("{}:\n{errors}", path.display()),
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn wrong_files_are_refused_with_all_their_errors() {
    let mut failures = BTreeMap::new();
    for path in fixtures("wrong") {
        match parse(&std::fs::read_to_string(&path).unwrap()) {
            Ok(_) => panic!("{} is accepted", path.display()),
            Err(errors) => check(
                &path.with_extension("errors"),
                &format!("{errors}\n"),
                &mut failures,
            ),
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn no_message_repeats_what_may_be_a_secret() {
    for path in fixtures("wrong") {
        let errors = parse(&std::fs::read_to_string(&path).unwrap())
            .err()
            .map(|errors| errors.to_string());
        for secret in ["sk-proj", "sk-ant", "key:secret", "tg-a-key", "secret-value"] {
            assert!(
                !errors.as_deref().unwrap_or_default().contains(secret),
                "{}: {secret}",
                path.display()
            );
        }
    }
}

/// What passes the shape check must deserialise: no value at any place may bring the two apart.
#[test]
fn no_value_at_any_place_gets_past_the_shape_check() {
    let values = ["~", "true", "99999999999999999999", "text", "[]", "{}", "[[5]]"];
    let mut texts = Vec::new();
    for path in fixtures("right") {
        if path.ends_with("full.yaml") || path.ends_with("guardrails.yaml") {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
    let mut tried = 0;
    for text in texts {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(colon) = line
                .find(": ")
                .or_else(|| line.find(":").filter(|at| at + 1 == line.len()))
            else {
                continue;
            };
            for value in values {
                let changed = format!("{}: {value}", &line[..colon]);
                let mut lines = lines.clone();
                // What was nested below the replaced value goes, too.
                let indent = line.len() - line.trim_start_matches([' ', '-']).len();
                let is_deeper = |line: &str| line.len() - line.trim_start_matches(' ').len() > indent;
                let nested = lines[at + 1..].iter().take_while(|line| is_deeper(line)).count();
                lines.splice(at..=at + nested, [changed.as_str()]);
                if let Err(errors) = parse(&lines.join("\n")) {
                    let errors = errors.to_string();
                    assert!(
                        !errors.contains("its shape is right") && !errors.contains("nobody said why"),
                        "{changed}: {errors}"
                    );
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 700);
}

#[test]
fn a_file_that_ends_anywhere_is_refused_or_read_but_never_a_panic() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/right/full.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    for end in (0..text.len()).step_by(23) {
        if let Err(errors) = parse(&text[..end]) {
            assert!(!errors.problems().is_empty());
        }
    }
}
