//! `tollgate inspect`: the engines by themselves, JSON lines in and out, for evaluation and for looking into a case.
//! Must not go through a policy: what is printed is what the engine says.

use std::io::{BufRead as _, Write as _};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use tollgate_redact::{Engine, Entity, Operator, Redactor, Rules, Span, TenantKey, Verdict};
use tollgate_tokens::Encoding;

use super::Source;

#[derive(Subcommand)]
pub(crate) enum Inspect {
    /// Count tokens: {"id","text"} in, {"id","tokens","exact"} out
    Tokens(Tokens),
    /// Find personal data and secrets: {"id","text"} in, {"id","spans":[[start,end,type,score]],"redacted"} out; offsets in
    /// Unicode scalars, end exclusive
    Pii,
}

#[derive(Args)]
pub(crate) struct Tokens {
    #[command(flatten)]
    source: Source,
    /// The encoding, such as o200k_base
    #[arg(long, conflicts_with = "model", required_unless_present = "model")]
    encoding: Option<String>,
    /// A model of the configuration file, whose encoding is used
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
    let encoding = encoding(options)?;
    let exact = encoding.is_some_and(Encoding::is_available);
    each(|line| {
        let tokens = tollgate_routing::count::count_text(&line.text, encoding);
        Ok(Counted { id: line.id, tokens, exact })
    })
}

/// `None` for a model that is estimated.
fn encoding(options: &Tokens) -> anyhow::Result<Option<Encoding>> {
    if let Some(name) = &options.encoding {
        let names: Vec<_> = Encoding::ALL.iter().map(|encoding| encoding.name()).collect();
        let encoding = Encoding::from_name(name)
            .with_context(|| format!("there is no encoding `{name}`; there are {}", names.join(", ")))?;
        anyhow::ensure!(encoding.is_available(), "this build of tollgate does not carry `{name}`");
        return Ok(Some(encoding));
    }
    let config = super::load(&options.source.config)?;
    let name = options.model.as_deref().unwrap_or_default();
    let model = config.model(name).with_context(|| format!("there is no model `{name}` in {}", options.source.config.display()))?;
    Ok(tollgate_render::plan::encoding(model))
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
        rules = rules.entity(*entity, Operator::Placeholder).threshold(*entity, 0.0);
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
        Ok(Found { id: line.id, spans, redacted })
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
        .map(|span| (to_scalar(span.range.start), to_scalar(span.range.end), span.entity.name(), span.score))
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
