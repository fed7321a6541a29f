//! OpenAI's moderations: <https://platform.openai.com/docs/api-reference/moderations>.
//! Must not know other operations.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::judge;
use crate::request::Asked;

/// The API's default.
const MODEL: &str = "omni-moderation-latest";

pub(super) fn plain(asked: &Asked, answer: &Answer) -> Value {
    let results: Value = asked.inputs.iter().map(|input| result(input)).collect();
    let model = if answer.model.is_empty() {
        MODEL
    } else {
        &answer.model
    };
    json!({ "id": format!("modr-{}", answer.id), "model": model, "results": results })
}

fn result(input: &str) -> Value {
    let scores = judge::scores(input);
    let by_category = |value: fn(f64) -> Value| -> Map<String, Value> {
        scores
            .iter()
            .map(|(name, score)| (name.clone(), value(*score)))
            .collect()
    };
    json!({
        "flagged": scores.iter().any(|(_, score)| is_flagged(*score)),
        "categories": by_category(|score| json!(is_flagged(score))),
        "category_scores": by_category(|score| json!(score)),
        "category_applied_input_types": by_category(|_| json!(["text"])),
    })
}

fn is_flagged(score: f64) -> bool {
    score >= 0.5
}
