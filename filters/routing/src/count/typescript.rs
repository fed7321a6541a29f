//! Writes functions' definitions as OpenAI's models see them, which is not as JSON: for those that its formula does not
//! cover. Must not know how the text is counted.
//!
//! Shown in the harmony guide ("Function calling") for the open models; `hmarr/openai-chat-tokens` measured the same of
//! gpt-3.5-turbo, and `pamelafox/openai-messages-token-helper` that inner objects are not indented.

use std::collections::BTreeSet;

use tollgate_llm::json::{Member, Value};

/// What stands around all functions.
pub(super) const NAMESPACE: &str = "namespace functions {\n\n} // namespace functions";
/// What the section's heading and message cost besides.
pub(super) const SECTION: usize = 9;

/// The definition of one function: `{"type":"function","function":{…}}`, or what is inside.
pub(super) fn function(definition: &str) -> Option<String> {
    let definition = Value::parse(definition).ok()?;
    let kind = definition.get("type");
    if kind.is_some_and(|kind| kind.as_str() != Some("function")) {
        return None;
    }
    let function = definition.get("function").unwrap_or(&definition);
    let name = function.get("name")?.as_str()?;
    let mut out = String::new();
    describe(function, &mut out);
    out.push_str("type ");
    out.push_str(name);
    match function.get("parameters").and_then(properties) {
        Some((properties, required)) => {
            out.push_str(" = (_: {\n");
            fields(properties, required, &mut out);
            out.push_str("}) => any;\n\n");
        }
        None => out.push_str(" = () => any;\n\n"),
    }
    Some(out)
}

fn describe(schema: &Value<'_>, out: &mut String) {
    if let Some(description) = schema.get("description").and_then(Value::as_str) {
        out.push_str("// ");
        out.push_str(description);
        out.push('\n');
    }
}

/// An object's properties, if it has any, and which of them are required.
fn properties<'v, 'a>(schema: &'v Value<'a>) -> Option<(&'v [Member<'a>], Option<&'v Value<'a>>)> {
    let properties = schema.get("properties")?.members()?;
    (!properties.is_empty()).then_some((properties, schema.get("required")))
}

fn fields(properties: &[Member<'_>], required: Option<&Value<'_>>, out: &mut String) {
    // A set: a definition of megabytes may have a hundred thousand of each.
    let mut names = BTreeSet::new();
    for name in required.and_then(Value::items).unwrap_or_default() {
        names.extend(name.as_str());
    }
    for (name, schema) in properties {
        describe(schema, out);
        out.push_str(name);
        out.push_str(if names.contains(&**name) { ": " } else { "?: " });
        kind(schema, out);
        out.push(',');
        if let Some(default) = schema.get("default") {
            out.push_str(" // default: ");
            match default {
                Value::String(text) => out.push_str(text),
                default => default.write(out),
            }
        }
        out.push('\n');
    }
}

/// The type of a value. The parser refuses more than 128 levels.
fn kind(schema: &Value<'_>, out: &mut String) {
    let list = |key: &str| schema.get(key).and_then(Value::items);
    if let Some(values) = list("enum") {
        return join(values, out, Value::write);
    }
    if let Some(schemas) = list("anyOf").or_else(|| list("oneOf")) {
        return join(schemas, out, kind);
    }
    match schema.get("type") {
        Some(Value::Array(types)) => join(types, out, |name, out| named(name.as_str(), schema, out)),
        Some(name) => named(name.as_str(), schema, out),
        None if schema.get("properties").is_some() => named(Some("object"), schema, out),
        None => out.push_str("any"),
    }
}

fn join<'a>(values: &[Value<'a>], out: &mut String, write: impl Fn(&Value<'a>, &mut String)) {
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            out.push_str(" | ");
        }
        write(value, out);
    }
}

fn named(name: Option<&str>, schema: &Value<'_>, out: &mut String) {
    match name {
        Some("integer" | "number") => out.push_str("number"),
        Some("array") => {
            match schema.get("items") {
                Some(items) => kind(items, out),
                None => out.push_str("any"),
            }
            out.push_str("[]");
        }
        Some("object") => match properties(schema) {
            Some((properties, required)) => {
                out.push_str("{\n");
                fields(properties, required, out);
                out.push('}');
            }
            None => out.push_str("object"),
        },
        Some(name) => out.push_str(name),
        None => out.push_str("any"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_tokens::Tokenizer;

    #[test]
    fn functions_are_written_as_the_guide_shows() {
        let weather = r#"{"type":"function","function":{"name":"get_current_weather","description":"Gets the weather.","parameters":{"type":"object","properties":{
            "format":{"type":"string","enum":["celsius","fahrenheit"],"default":"celsius"},
            "locations":{"type":"array","items":{"type":"string"},"description":"List of cities"},
            "when":{"anyOf":[{"type":"object","properties":{"day":{"type":["integer","null"]}}},{"type":"null"}]}
        },"required":["locations"]}}}"#;
        assert_eq!(
            function(weather).unwrap(),
            "// Gets the weather.\ntype get_current_weather = (_: {\nformat?: \"celsius\" | \"fahrenheit\", // default: celsius\n\
             // List of cities\nlocations: string[],\nwhen?: {\nday?: number | null,\n} | null,\n}) => any;\n\n"
        );
        assert_eq!(function(r#"{"name":"f"}"#).unwrap(), "type f = () => any;\n\n");
        assert_eq!(function(r#"{"type":"web_search"}"#), None);
    }

    /// Prompts that others sent to gpt-3.5-turbo, less what is not the functions' (8 for "hello", or 12 for "You are a
    /// bot.", four less together with functions, one for the choice "none").
    #[test]
    fn functions_cost_nearly_what_was_measured() {
        let tokenizer = Tokenizer::from_name("cl100k_base").unwrap();
        if !tokenizer.is_exact() {
            return;
        }
        for (definition, measured) in [
            (
                r#"{"name":"bing_bong","description":"Do a bing bong","parameters":{"type":"object","properties":{"foo":{"type":"object","properties":{"bar":{"type":"string","enum":["a","b","c"]},"baz":{"type":"boolean"}}}}}}"#,
                68 - 8,
            ),
            (
                r#"{"name":"get_recipe","parameters":{"type":"object","required":["ingredients","instructions","time_to_cook"],"properties":{"ingredients":{"type":"array","items":{"type":"object","required":["name","unit","amount"],"properties":{"name":{"type":"string"},"unit":{"enum":["grams","ml","cups","pieces","teaspoons"],"type":"string"},"amount":{"type":"number"}}}},"instructions":{"type":"array","items":{"type":"string"},"description":"Steps to prepare the recipe (no numbering)"},"time_to_cook":{"type":"number","description":"Total time to prepare the recipe in minutes"}}}}"#,
                106 - 8,
            ),
            (
                r#"{"name":"data_demonstration","description":"This is the main function description","parameters":{"type":"object","properties":{"object_1":{"type":"object","description":"The object data type as a property","properties":{"string_2a":{"type":"string","enum":["Happy","Sad"]},"string_2b":{"type":"string","description":"Description in a second object is lost"}}},"string_1":{"type":"string","description":"Not required gets a question mark"}},"required":["object_1"]}}"#,
                103 - 12 + 4 - 1,
            ),
            (
                r#"{"name":"get_coordinates","description":"Get the latitude and longitude of multiple mailing addresses","parameters":{"type":"object","properties":{"addresses":{"type":"array","description":"The mailing addresses to be located","items":{"type":"string"}}},"required":["addresses"]}}"#,
                59 - 12 + 4 - 1,
            ),
        ] {
            let text = function(definition).unwrap();
            let tokens = tokenizer.count(&text).tokens + tokenizer.count(NAMESPACE).tokens + SECTION;
            assert!(tokens.abs_diff(measured) <= 3, "{tokens} for {measured}: {text}");
        }
    }
}
