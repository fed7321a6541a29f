//! Reads JSON lines `{"id","text"}` and writes `{"id","spans":[[start,end,"TYPE",score]]}`, offsets in Unicode scalars.
//! `cargo run -p tollgate-redact --example inspect < in.jsonl > out.jsonl`; with `names` as argument, names of people, places and
//! organizations are looked for too.

use std::io::{BufRead, Write};

use tollgate_redact::{Engine, Entity, Operator, Rules};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new();
    let names = std::env::args().any(|arg| arg == "names");
    let mut rules = Rules::builder();
    for entity in Entity::ALL {
        rules = rules.entity(*entity, Operator::Log).threshold(*entity, 0.0);
    }
    let rules = rules.build().map_err(|errors| format!("{errors:?}"))?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut spans = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line: serde_json::Value = serde_json::from_str(&line?)?;
        let text = line["text"].as_str().unwrap_or_default();
        spans.clear();
        if names {
            engine.find_by(&rules, text, &mut spans);
        } else {
            engine.find(text, &mut spans);
        }
        let scalars = |byte: usize| text[..byte].chars().count();
        let spans: Vec<_> = spans
            .iter()
            .map(|s| {
                serde_json::json!([
                    scalars(s.range.start),
                    scalars(s.range.end),
                    s.entity.name(),
                    s.score
                ])
            })
            .collect();
        writeln!(out, "{}", serde_json::json!({ "id": line["id"], "spans": spans }))?;
    }
    Ok(())
}
