//! Every fixture is translated and compared with the file next to it; every stream is cut at every byte.
//!
//! A new case is a new file in `fixtures/`. `UPDATE_GOLDEN=1 cargo test -p tollgate-translate` writes what is expected;
//! read the difference before committing it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tollgate_llm::{Dialect, Endpoint};
use tollgate_translate::{Defaults, Head, StreamTranslator, Tuning};

const HEAD: Head<'_> = Head {
    model: "public-model",
    created: 1_700_000_000,
    id: "f00",
};

const DIRECTIONS: [(&str, Endpoint, Dialect); 2] = [
    ("chat-on-anthropic", Endpoint::ChatCompletions, Dialect::Anthropic),
    ("messages-on-openai", Endpoint::Messages, Dialect::OpenAi),
];

#[test]
fn requests() {
    each("requests", "json", |input, client, provider| {
        let defaults = Defaults {
            effort: Tuning::Translate,
            ..Defaults::default()
        };
        match tollgate_translate::request(client, provider, input, "provider-model", &defaults) {
            Ok(out) => {
                let body: Value = serde_json::from_slice(&out.body).unwrap();
                pretty(&serde_json::json!({
                    "path": out.path, "stream": out.stream, "include_usage": out.include_usage, "body": body
                }))
            }
            Err(error) => pretty(&serde_json::json!({
                "status": error.status, "param": error.param, "code": error.code, "message": error.message
            })),
        }
    });
}

#[test]
fn answers() {
    each(
        "answers",
        "json",
        |input, client, provider| match tollgate_translate::answer(client, provider, input, &HEAD) {
            Ok(body) => pretty(&serde_json::from_slice(&body).unwrap()),
            Err(error) => pretty(&serde_json::json!({ "status": error.status, "message": error.message })),
        },
    );
}

#[test]
fn streams() {
    each("streams", "sse", |input, client, provider| {
        let translate = |chunks: &[&[u8]]| {
            let mut translator = StreamTranslator::new(client, provider, &HEAD, true).unwrap();
            let mut out: Vec<u8> = chunks.iter().flat_map(|chunk| translator.push(chunk)).collect();
            out.extend(translator.finish());
            assert!(
                translator.push(b"data: {}\n\n").is_empty(),
                "nothing follows the end"
            );
            assert!(translator.finish().is_empty(), "the end comes once");
            String::from_utf8(out).unwrap()
        };
        let whole = translate(&[input]);
        for cut in 0..input.len() {
            assert_eq!(
                translate(&[&input[..cut], &input[cut..]]),
                whole,
                "cut at byte {cut}"
            );
        }
        for size in [1, 3, 7] {
            let chunks: Vec<&[u8]> = input.chunks(size).collect();
            assert_eq!(translate(&chunks), whole, "chunks of {size}");
        }
        whole
    });
}

/// Calls `translate` with every fixture of `kind` and compares what it gives with the golden file.
fn each(kind: &str, extension: &str, translate: impl Fn(&[u8], Endpoint, Dialect) -> String) {
    let mut wrong = Vec::new();
    for (folder, client, provider) in DIRECTIONS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(kind)
            .join(folder);
        let mut inputs: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension().is_some_and(|found| found == extension)
                    && !path.to_string_lossy().ends_with(&format!(".out.{extension}"))
            })
            .collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{folder:?} holds no fixtures");
        for input in inputs {
            let found = translate(&fs::read(&input).unwrap(), client, provider);
            let golden = input.with_extension(format!("out.{extension}"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&golden, &found).unwrap();
            }
            let expected = fs::read_to_string(&golden).unwrap_or_default();
            if found != expected {
                wrong.push(format!(
                    "{}\n--- expected\n{expected}\n--- found\n{found}",
                    input.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
