//! OpenAI's embeddings: <https://platform.openai.com/docs/api-reference/embeddings>.
//! Must not know other operations.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::meaning::vector;
use crate::request::Asked;

pub(super) fn plain(asked: &Asked, answer: &Answer) -> Value {
    let data: Value = asked
        .inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let vector = vector(input, asked.dimensions);
            let embedding = if asked.base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                json!(base64::engine::general_purpose::STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let mut body = json!({ "object": "list", "data": data, "model": answer.model });
    if let Some(usage) = answer.usage {
        body["usage"] = json!({ "prompt_tokens": usage.input, "total_tokens": usage.input });
    }
    body
}
