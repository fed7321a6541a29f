//! `tollgate inspect`: the engines by themselves, JSON lines in and out, for evaluation and for looking into a case.
//! Must not go through a policy: what is printed is what the engine says.

use std::io::{BufRead as _, Write as _};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use tollgate_redact::{Engine, Entity, Operator, Redactor, Rules, Span, TenantKey, Verdict};
use tollgate_tokens::{Encoding, Family, Tokenizer};

use super::Source;

#[derive(Subcommand)]
pub(crate) enum Inspect {
    /// Count tokens: {"id","text"} in, {"id","tokens","exact"} out
    Tokens(Tokens),
    #[command(about = "Find personal data and secrets: {\"id\",\"text\"} in, \
        {\"id\",\"spans\":[[start,end,type,score]],\"redacted\"} out; offsets in Unicode scalars, end exclusive")]
    Pii,
}

#[derive(Args)]
pub(crate) struct Tokens {
    #[command(flatten)]
    source: Source,
    /// An encoding, such as o200k_base; or `estimate:` and a family, such as estimate:claude
    #[arg(long, conflicts_with = "model", required_unless_present = "model")]
    encoding: Option<String>,
    /// A model of the configuration file, counted as its `encoding` says
    #[arg(long)]
    model: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    text: String,
}

pub(super) fn run(inspect: &Inspect) -> anyhow::Result<()> {
    match inspect {
        Inspect::Tokens(options) => tokens(options),
        Inspect::Pii => pii(),
    }
}

fn tokens(options: &Tokens) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Counted {
        id: serde_json::Value,
        tokens: u64,
        exact: bool,
    }
    let tokenizer = tokenizer(options)?;
    each(|line| {
        let count = tokenizer.count(&line.text);
        Ok(Counted {
            id: line.id,
            tokens: count.tokens as u64,
            exact: count.exact,
        })
    })
}

fn tokenizer(options: &Tokens) -> anyhow::Result<Tokenizer> {
    if let Some(name) = &options.encoding {
        return named(name);
    }
    let config = super::load(&options.source.config)?;
    let name = options.model.as_deref().unwrap_or_default();
    let model = config.model(name).with_context(|| {
        format!(
            "there is no model `{name}` in {}",
            options.source.config.display()
        )
    })?;
    Ok(model.tokenizer)
}

fn named(name: &str) -> anyhow::Result<Tokenizer> {
    Tokenizer::from_name(name).with_context(|| {
        let exact = Encoding::ALL.map(Tokenizer::Exact).into_iter();
        let names: Vec<_> = exact
            .chain(Family::ALL.map(Tokenizer::Estimate))
            .map(|tokenizer| tokenizer.to_string())
            .collect();
        format!("there is no encoding `{name}`; there are {}", names.join(", "))
    })
}

fn pii() -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Found {
        id: serde_json::Value,
        spans: Vec<(usize, usize, &'static str, f32)>,
        redacted: String,
    }
    let engine = Engine::new();
    let mut rules = Rules::builder();
    for entity in Entity::ALL {
        rules = rules
            .entity(*entity, Operator::Placeholder)
            .threshold(*entity, 0.0);
    }
    let rules = rules.build().map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    each(|line| {
        let mut found: Vec<Span> = Vec::new();
        engine.find(&line.text, &mut found);
        let mut redactor = Redactor::new(&engine, &rules, TenantKey::derive(b"inspect", "inspect"));
        let redacted = match redactor.text(&line.text) {
            Verdict::Pass(text) => text.into_owned(),
            Verdict::Blocked(entity) => format!("<{entity}>"),
        };
        let spans = scalar_spans(&line.text, &found);
        Ok(Found {
            id: line.id,
            spans,
            redacted,
        })
    })
}

/// Byte ranges as offsets in Unicode scalars; the spans are in order and don't overlap, so the text is walked once.
fn scalar_spans(text: &str, found: &[Span]) -> Vec<(usize, usize, &'static str, f32)> {
    let (mut byte, mut scalar) = (0, 0);
    let mut to_scalar = |at: usize| {
        scalar += text[byte..at].chars().count();
        byte = at;
        scalar
    };
    found
        .iter()
        .map(|span| {
            (
                to_scalar(span.range.start),
                to_scalar(span.range.end),
                span.entity.name(),
                span.score,
            )
        })
        .collect()
}

fn each<T: Serialize>(work: impl Fn(Line) -> anyhow::Result<T>) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line)
            .with_context(|| format!("line {}: expected {{\"id\", \"text\"}}", number + 1))?;
        serde_json::to_writer(&mut out, &work(line)?)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_by_name() {
        for (name, tokens, exact) in [
            ("o200k_base", 2, true),
            ("o200k_harmony", 2, true),
            ("cl100k_base", 2, true),
            ("p50k_base", 2, true),
            ("r50k_base", 2, true),
            ("estimate:claude", 3, false),
            ("estimate", 2, false),
        ] {
            let count = named(name).unwrap().count("hello world");
            assert_eq!((count.tokens, count.exact), (tokens, exact), "{name}");
        }
        let error = named("estimate:gpt").unwrap_err().to_string();
        assert!(error.contains("estimate:claude, estimate:gemini"), "{error}");
    }
}
