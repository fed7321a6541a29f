//! What the form that an answer is to have costs: the schema is part of the prompt.
//! Must not know where in the body it stands.

use tollgate_llm::json::Value;
use tollgate_tokens::Tokenizer;

/// The tokens of a schema for the answer; 0 where the form is none.
///
/// OpenAI's models see it as the harmony guide shows for the open ones ("Structured output"), without what strict schemas
/// repeat: `required`, `additionalProperties` and `$schema`. That is not documented for the others; what they say of their
/// prompt and what users measured agrees (openai-cookbook, issue 2140). Other models are taken to see it as it is.
pub(super) fn count(format: &str, tokenizer: Tokenizer) -> usize {
    let Ok(format) = Value::parse(format) else {
        return 0;
    };
    // `response_format` is the format itself; `text` of responses and `output_config` of messages hold it.
    let format = format.get("format").unwrap_or(&format);
    if format.get("type").and_then(Value::as_str) != Some("json_schema") {
        return 0;
    }
    let inner = format.get("json_schema").unwrap_or(format);
    let mut schema = inner.get("schema").cloned().unwrap_or(Value::Null);
    if !matches!(tokenizer, Tokenizer::Exact(_)) {
        return tokenizer.count(&schema.to_string()).tokens;
    }
    strip(&mut schema);
    let text = |name| inner.get(name).and_then(Value::as_str);
    let schema = schema.to_string();
    let mut tally = tokenizer.tally();
    for part in [
        "# Response Formats\n\n## ",
        text("name").unwrap_or_default(),
        "\n\n",
    ] {
        tally.push(part);
    }
    if let Some(description) = text("description") {
        for part in ["// ", description, "\n"] {
            tally.push(part);
        }
    }
    tally.push(&schema);
    tally.finish()
}

/// Leaves out what the model does not see. What lies under `properties` and the like is named by the user. The parser
/// refuses more than 128 levels.
fn strip(schema: &mut Value<'_>) {
    match schema {
        Value::Object(fields) => {
            fields.retain(|(key, _)| !matches!(&**key, "required" | "additionalProperties" | "$schema"));
            for (key, value) in fields {
                match (&**key, value) {
                    ("properties" | "$defs" | "definitions", Value::Object(named)) => {
                        named.iter_mut().for_each(|(_, value)| strip(value));
                    }
                    (_, value) => strip(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_costs_what_its_rendering_has() {
        let schema = r#"{"$schema":"x","additionalProperties":false,"properties":{"output":{"type":"string"},"required":{"items":{"required":["a"],"type":"object"},"type":"array"}},"required":["output"],"type":"object"}"#;
        let seen = |description: &str| {
            format!(
                "# Response Formats\n\n## str_response\n\n{description}{}",
                r#"{"properties":{"output":{"type":"string"},"required":{"items":{"type":"object"},"type":"array"}},"type":"object"}"#
            )
        };
        for (format, rendered) in [
            (
                format!(
                    r#"{{"type":"json_schema","json_schema":{{"name":"str_response","strict":true,"schema":{schema}}}}}"#
                ),
                seen(""),
            ),
            (
                format!(
                    r#"{{"format":{{"type":"json_schema","name":"str_response","description":"As text.","schema":{schema}}},"verbosity":"low"}}"#
                ),
                seen("// As text.\n"),
            ),
            (r#"{"type":"json_object"}"#.to_owned(), String::new()),
            (r#"{"format":{"type":"text"}}"#.to_owned(), String::new()),
            (r#"{"verbosity":"low"}"#.to_owned(), String::new()),
            ("7".to_owned(), String::new()),
        ] {
            let tokenizer = Tokenizer::from_name("o200k_base").unwrap();
            assert_eq!(
                count(&format, tokenizer),
                tokenizer.count(&rendered).tokens,
                "{format}"
            );
        }
    }

    #[test]
    fn other_models_see_the_schema_as_it_is() {
        let tokenizer = Tokenizer::from_name("estimate:claude").unwrap();
        let schema = r#"{"required":["a"],"type":"object"}"#;
        let format = format!(r#"{{"format":{{"type":"json_schema","schema":{schema}}}}}"#);
        assert_eq!(count(&format, tokenizer), tokenizer.count(schema).tokens);
    }
}
