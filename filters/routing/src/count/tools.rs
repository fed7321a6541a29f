//! What tool definitions cost: by OpenAI's formula for functions where it covers the definition, else as the text that its
//! models see, else as their JSON.
//! Must not know where in the body a definition stands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tollgate_tokens::overhead::{self, Function, ToolOverhead};
use tollgate_tokens::{Encoding, Family, Tally, Tokenizer};

use super::typescript;

/// What a part of the prompt costs.
pub(super) struct Part {
    pub(super) tokens: usize,
    pub(super) exact: bool,
}

/// `{"type": "function", "function": {…}}` of chats.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    function: Definition<'a>,
}

/// A function; in the Responses API it has the tool's `type` as well.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition<'a> {
    #[serde(borrow, rename = "type", default = "function")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    description: Cow<'a, str>,
    #[serde(borrow, default)]
    parameters: Parameters<'a>,
    /// What it adds is not public.
    strict: Option<IgnoredAny>,
}

/// A JSON Schema as far as the formula covers it: an object of plain values.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Parameters<'a> {
    #[serde(rename = "type")]
    _kind: Option<IgnoredAny>,
    #[serde(borrow, default)]
    properties: BTreeMap<Cow<'a, str>, Property<'a>>,
    #[serde(rename = "required")]
    _required: Option<IgnoredAny>,
    #[serde(rename = "additionalProperties")]
    additional: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Property<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    description: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "enum")]
    values: Option<Vec<Cow<'a, str>>>,
}

const fn function() -> Cow<'static, str> {
    Cow::Borrowed("function")
}

/// The tokens of all definitions. `must_call`: the model has no choice but to call a tool.
pub(super) fn count<'a>(
    definitions: impl Iterator<Item = &'a str>,
    tokenizer: Tokenizer,
    must_call: bool,
) -> Part {
    let overhead = match tokenizer {
        Tokenizer::Exact(Encoding::O200kBase | Encoding::O200kHarmony) => Some(ToolOverhead::O200K),
        Tokenizer::Exact(Encoding::Cl100kBase) => Some(ToolOverhead::CL100K),
        Tokenizer::Exact(_) | Tokenizer::Estimate(_) => None,
    };
    let mut tally = tokenizer.tally();
    let mut functions = Vec::new();
    let mut written = false;
    let mut part = Part {
        tokens: 0,
        exact: true,
    };
    for definition in definitions {
        match overhead.and_then(|_| parse(definition)) {
            Some(parsed) => {
                let (function, exact) = measure(&parsed, &mut tally);
                functions.push(function);
                part.exact &= exact;
            }
            None => {
                let text = overhead.and_then(|_| typescript::function(definition));
                written |= text.is_some();
                part.tokens += tokenizer.count(text.as_deref().unwrap_or(definition)).tokens;
                part.exact = false;
            }
        }
    }
    // The formula has the frame of the functions too.
    if written && functions.is_empty() {
        part.tokens += tokenizer.count(typescript::NAMESPACE).tokens + typescript::SECTION;
    }
    part.tokens += overhead.map_or(0, |overhead| overhead.functions(functions));
    if tokenizer == Tokenizer::Estimate(Family::Claude) && !part.exact {
        part.tokens += overhead::claude_tools(must_call);
    }
    part
}

/// The function of a definition, if the formula covers it.
fn parse(definition: &str) -> Option<Definition<'_>> {
    if let Ok(tool) = serde_json::from_str::<Tool<'_>>(definition) {
        return (tool.kind == "function").then_some(tool.function);
    }
    serde_json::from_str(definition)
        .ok()
        .filter(|function: &Definition<'_>| function.kind == "function")
}

/// Counts the texts of a function, and says whether it holds nothing but what the formula was published for.
fn measure(definition: &Definition<'_>, tally: &mut Tally) -> (Function, bool) {
    let mut function = Function::default();
    let mut exact = definition.strict.is_none() && definition.parameters.additional.is_none();
    let mut tokens = |parts: &[&str]| {
        parts.iter().for_each(|part| tally.push(part));
        tally.finish()
    };
    function.text_tokens += tokens(&[&definition.name, ":", unstopped(&definition.description)]);
    for (name, property) in &definition.parameters.properties {
        exact &= property.description.is_some();
        let description = property.description.as_deref().unwrap_or_default();
        function.properties += 1;
        function.text_tokens += tokens(&[name, ":", &property.kind, ":", unstopped(description)]);
        if let Some(values) = &property.values {
            function.enums += 1;
            function.enum_values += values.len();
            function.text_tokens += values.iter().map(|value| tokens(&[value])).sum::<usize>();
        }
    }
    (function, exact)
}

fn unstopped(description: &str) -> &str {
    description.strip_suffix('.').unwrap_or(description)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenAI's cookbook, "How to count tokens with tiktoken": 101 tokens for gpt-4o and 105 for gpt-4, of which the two
    /// messages have 3 + 3·2 + 2 + the tokens of their texts.
    const WEATHER: &str = r#"{
        "type": "function",
        "function": {
            "name": "get_current_weather",
            "description": "Get the current weather in a given location",
            "parameters": {
                "type": "object",
                "properties": {
                    "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                    "unit": {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]}
                },
                "required": ["location"]
            }
        }
    }"#;

    const MESSAGES: [&str; 2] = [
        "You are a helpful assistant that can answer to questions about the weather.",
        "What's the weather like in San Francisco?",
    ];

    #[test]
    fn the_cookbooks_example_counts_as_it_says() {
        for (name, expected) in [("o200k_base", 101), ("cl100k_base", 105)] {
            let tokenizer = Tokenizer::from_name(name).unwrap();
            if !tokenizer.is_exact() {
                continue;
            }
            let texts: usize = MESSAGES.iter().map(|text| tokenizer.count(text).tokens).sum();
            let tools = count([WEATHER].into_iter(), tokenizer, false);
            assert!(tools.exact);
            assert_eq!(3 + 3 * 2 + 2 + texts + tools.tokens, expected, "{name}");
        }
    }

    #[test]
    fn a_count_is_exact_only_where_the_formula_was_published_for_all_of_it() {
        let wrap = |function: &str| format!(r#"{{"type":"function","function":{function}}}"#);
        let flat = r#"{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string","description":"x."}}}}"#;
        for (definition, formula, exact) in [
            (wrap(flat), true, true),
            (flat.to_owned(), true, true),
            (flat.replacen('{', r#"{"type":"function","#, 1), true, true),
            (flat.replacen('{', r#"{"strict":true,"#, 1), true, false),
            (flat.replace(r#","description":"x.""#, ""), true, false),
            (
                flat.replace(r#""type":"string""#, r#""type":["string","null"]"#),
                true,
                false,
            ),
            (
                flat.replace(
                    r#""type":"string""#,
                    r#""type":"array","items":{"type":"string"}"#,
                ),
                true,
                false,
            ),
            (flat.replace("parameters", "input_schema"), true, false),
            (r#"{"type":"web_search"}"#.to_owned(), false, false),
            ("not JSON".to_owned(), false, false),
        ] {
            let tokenizer = Tokenizer::from_name("o200k_base").unwrap();
            let counted = count([definition.as_str()].into_iter(), tokenizer, false);
            let as_json = tokenizer.count(&definition).tokens;
            assert_eq!(
                (counted.tokens != as_json, counted.exact),
                (formula, exact),
                "{definition}"
            );
        }
    }

    #[test]
    fn other_models_read_json() {
        for (name, must_call, around) in [
            ("estimate:claude", false, 346),
            ("estimate:claude", true, 313),
            ("estimate", true, 0),
        ] {
            let tokenizer = Tokenizer::from_name(name).unwrap();
            let counted = count([WEATHER].into_iter(), tokenizer, must_call);
            assert_eq!(
                (counted.tokens, counted.exact),
                (tokenizer.count(WEATHER).tokens + around, false)
            );
            assert_eq!(count([].into_iter(), tokenizer, must_call).tokens, 0);
        }
    }
}
