//! Whether an answer is JSON of a schema. Must not fetch anything, nor say what stands in the answer.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use crate::finding::Why;

/// Bytes of a path, at most.
const PATH: usize = 256;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Schema(Validator);

impl Schema {
    pub(crate) fn new(schema: &Value) -> Result<Self, String> {
        // A linear engine for `pattern`; references to elsewhere fail, since nothing here can retrieve them.
        jsonschema::options()
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .build(schema)
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Why a text is not JSON of the schema. Code fences around it are seen through, since models like to write them.
    pub(crate) fn broken(&self, text: &str) -> Option<Why> {
        let Ok(value) = serde_json::from_str::<Value>(unfenced(text)) else {
            return Some(Why::NotJson);
        };
        let error = self.0.validate(&value).err()?;
        let mut path = error.instance_path().to_string();
        let end = (0..=PATH.min(path.len()))
            .rev()
            .find(|&end| path.is_char_boundary(end));
        path.truncate(end.unwrap_or(0));
        Some(Why::Schema { path })
    }
}

fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text
        .strip_prefix("```")
        .and_then(|inner| inner.strip_suffix("```"));
    match inner {
        Some(inner) => inner.strip_prefix("json").unwrap_or(inner),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_are_compared_with_the_schema() {
        let schema = json!({"type": "object", "required": ["age"], "additionalProperties": false,
            "properties": {"age": {"type": "integer"}, "tags": {"type": "array", "items": {"pattern": "^[a-z]+$"}}}});
        let schema = Schema::new(&schema).unwrap();
        let path = |path: &str| {
            Some(Why::Schema {
                path: path.to_owned(),
            })
        };
        for (text, expected) in [
            (r#"{"age": 3}"#, None),
            ("```json\n{\"age\": 3}\n```", None),
            (r#"{"age": "three"}"#, path("/age")),
            (r#"{"age": 3, "tags": ["a", "B"]}"#, path("/tags/1")),
            ("{}", path("")),
            ("Here you are: {}", Some(Why::NotJson)),
            ("", Some(Why::NotJson)),
        ] {
            assert_eq!(schema.broken(text), expected, "{text}");
        }
    }

    #[test]
    fn schemas_that_cannot_be_are_refused() {
        for schema in [
            json!({"type": "nothing"}),
            json!({"$ref": "https://example.com/schema.json"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"pattern": "("}),
            json!({"pattern": "(a)\\1"}),
        ] {
            assert!(Schema::new(&schema).is_err(), "{schema}");
        }
    }
}
