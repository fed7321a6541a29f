//! Prints precision and recall of the injection heuristics on labelled files (`label<TAB>role<TAB>text`, label `attack` or
//! `harmless`), at several thresholds. With `--errors`, also what is judged wrongly at 0.5.

use std::error::Error;

use tollgate_guardrails::{Role, judge};

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let errors = flags.iter().any(|flag| flag == "--errors");
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let mut scores = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.splitn(3, '\t');
            let (Some(label), Some(role), Some(text)) = (fields.next(), fields.next(), fields.next()) else {
                return Err(format!("{file}: {line}").into());
            };
            let role = if role == "tool" { Role::Tool } else { Role::User };
            let verdict = judge(role, &text.replace("\\n", "\n"));
            let attack = label == "attack";
            if errors && attack != (verdict.score >= 0.5) {
                println!(
                    "{label:8} {:.2} {:10} {text}",
                    verdict.score,
                    verdict.signal.name()
                );
            }
            scores.push((attack, verdict.score));
        }
        let attacks = scores.iter().filter(|(attack, _)| *attack).count();
        println!("{file}: {attacks} attacks, {} harmless", scores.len() - attacks);
        for threshold in [0.3_f32, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] {
            let found = |attack| {
                scores
                    .iter()
                    .filter(|&&(is, score)| is == attack && score >= threshold)
                    .count()
            };
            let (right, wrong) = (found(true) as f64, found(false) as f64);
            println!(
                "  {threshold:.1}  precision {:.3}  recall {:.3}  false alarms {:.3}",
                right / (right + wrong).max(1.0),
                right / attacks.max(1) as f64,
                wrong / (scores.len() - attacks).max(1) as f64,
            );
        }
    }
    Ok(())
}
