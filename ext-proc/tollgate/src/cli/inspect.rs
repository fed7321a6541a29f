//! `tollgate inspect`: the engines by themselves, JSON lines in and out, for evaluation and for looking into a case.
//! Must not go through a policy: what is printed is what the engine says.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tollgate_embed::MiniLm;
use tollgate_llm::Endpoint;
use tollgate_redact::{Engine, Entity, Operator, Redactor, Rules, Span, TenantKey, Verdict};
use tollgate_similar::{Mode, judge, normalize};
use tollgate_tokens::{Encoding, Family, Tokenizer};

use super::{Source, guardrails};
use crate::exchange::{InspectedStream, StreamShape};

#[derive(Subcommand)]
pub(crate) enum Inspect {
    /// Count tokens: {"id","text"} in, {"id","tokens","exact"} out
    Tokens(Tokens),
    #[command(about = "Find personal data and secrets: {\"id\",\"text\"} in, \
        {\"id\",\"spans\":[[start,end,type,score]],\"redacted\"} out; offsets in Unicode scalars, end exclusive")]
    Pii(Pii),
    #[command(
        about = "Judge texts by a policy's guardrails: {\"id\",\"text\",\"role\"} in, \
        {\"id\",\"findings\":[{\"rule\",\"kind\",\"score\"}]} out; role is system, user (if it is left out), assistant or tool, as in a \
        request, or answer"
    )]
    Guardrails(guardrails::Guardrails),
    #[command(
        about = "Say whether two prompts may share an answer: {\"id\",\"a\",\"b\"} in, \
        {\"id\",\"score\",\"hit\",\"why\"} out; why is `same`, `cosine` (too far apart) or what the guard found"
    )]
    Similarity(Similarity),
}

#[derive(Args)]
pub(crate) struct Similarity {
    /// off, safe (from a cosine of .95), faq (from .90), or a cosine above 0 and up to 1
    #[arg(long, default_value_t = Mode::Safe)]
    mode: Mode,
    /// The folder with model.safetensors and tokenizer.json of all-MiniLM-L6-v2 (default: where the set-up of this repository
    /// puts them, target/tools/embedder)
    #[arg(long, env = "TOLLGATE_EMBEDDER_DIR")]
    embedder: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Pii {
    /// Redact streams, as answers are: {"id","shape","byte_chunks_b64"} in, {"id","byte_chunks_b64"} out, with what is left at
    /// the end as one chunk more. Shapes: openai_chat, openai_toolargs, openai_completions, openai_responses, anthropic,
    /// anthropic_toolargs, gemini
    #[arg(long, verbatim_doc_comment)]
    stream: bool,
    /// Look for names of people, places and organizations too
    #[arg(long)]
    names: bool,
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
        Inspect::Pii(options) if options.stream => streams(options),
        Inspect::Pii(options) => pii(options),
        Inspect::Guardrails(options) => guardrails::run(options),
        Inspect::Similarity(options) => similarity(options),
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
    each(|line: Line| {
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

/// Kinds that are too uncertain to look for unless somebody asks.
const NAMES: [Entity; 3] = [Entity::Person, Entity::Location, Entity::Organization];

fn everything(options: &Pii) -> anyhow::Result<Rules> {
    let mut rules = Rules::builder();
    for entity in Entity::ALL {
        rules = if options.names || !NAMES.contains(entity) {
            rules
                .entity(*entity, Operator::Placeholder)
                .threshold(*entity, 0.0)
        } else {
            rules.without(*entity)
        };
    }
    rules.build().map_err(|errors| anyhow::anyhow!("{errors:?}"))
}

fn streams(options: &Pii) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Sent {
        id: serde_json::Value,
        shape: String,
        byte_chunks_b64: Vec<String>,
    }
    #[derive(Serialize)]
    struct Redacted {
        id: serde_json::Value,
        byte_chunks_b64: Vec<String>,
    }
    let (engine, rules) = (Arc::new(Engine::new()), Arc::new(everything(options)?));
    each(|sent: Sent| {
        let mut stream = InspectedStream::new(&engine, &rules, shape(&sent.shape)?);
        let mut chunks = Vec::with_capacity(sent.byte_chunks_b64.len() + 1);
        for chunk in &sent.byte_chunks_b64 {
            let chunk = BASE64.decode(chunk).context("a chunk is not base64")?;
            chunks.push(BASE64.encode(stream.push(&chunk)));
        }
        chunks.push(BASE64.encode(stream.end()));
        Ok(Redacted {
            id: sent.id,
            byte_chunks_b64: chunks,
        })
    })
}

fn shape(name: &str) -> anyhow::Result<StreamShape> {
    Ok(match name {
        "openai_chat" | "openai_toolargs" => StreamShape::Of(Endpoint::ChatCompletions),
        "openai_completions" => StreamShape::Of(Endpoint::Completions),
        "openai_responses" => StreamShape::Of(Endpoint::Responses),
        "anthropic" | "anthropic_toolargs" => StreamShape::Of(Endpoint::Messages),
        "gemini" => StreamShape::GenerateContent,
        _ => anyhow::bail!("there is no shape `{name}`; `tollgate inspect pii --help` lists them"),
    })
}

fn pii(options: &Pii) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Found {
        id: serde_json::Value,
        spans: Vec<(usize, usize, &'static str, f32)>,
        redacted: String,
    }
    let engine = Engine::new();
    let rules = everything(options)?;
    each(|line: Line| {
        let mut found: Vec<Span> = Vec::new();
        engine.find_by(&rules, &line.text, &mut found);
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

fn similarity(options: &Similarity) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Pair {
        id: serde_json::Value,
        a: String,
        b: String,
    }
    #[derive(Serialize)]
    struct Judged {
        id: serde_json::Value,
        score: f32,
        hit: bool,
        why: &'static str,
    }
    let model = MiniLm::load(&embedder(options)?)?;
    each(|pair: Pair| {
        let score = model
            .embed(&normalize(&pair.a))
            .dot(&model.embed(&normalize(&pair.b)));
        let judgement = judge(options.mode, score, &pair.a, &pair.b);
        Ok(Judged {
            id: pair.id,
            score,
            hit: judgement.hit,
            why: judgement.why.as_str(),
        })
    })
}

/// The model's folder: the one that was named, or where the set-up puts it, seen from here or from a program under `target`.
fn embedder(options: &Similarity) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &options.embedder {
        return Ok(folder.clone());
    }
    let program = std::env::current_exe().unwrap_or_default();
    let beside = program
        .ancestors()
        .nth(2)
        .map(|target| target.join("tools/embedder"));
    let folders = [Some(PathBuf::from("target/tools/embedder")), beside];
    folders
        .into_iter()
        .flatten()
        .find(|folder| folder.join("model.safetensors").is_file())
        .context(
            "there is no embedding model: `cargo run -p tollgate-dev -- tools` fetches it into target/tools/embedder, or name a \
             folder with model.safetensors and tokenizer.json of all-MiniLM-L6-v2 by --embedder",
        )
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

/// Answers each line of standard input with one of standard output.
pub(super) fn each<L: DeserializeOwned, T: Serialize>(
    work: impl Fn(L) -> anyhow::Result<T>,
) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let line: L = serde_json::from_str(&line).with_context(|| format!("line {}", number + 1))?;
        let answer = work(line).with_context(|| format!("line {}", number + 1))?;
        serde_json::to_writer(&mut out, &answer)?;
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
