//! What tool definitions cost: by OpenAI's formula for functions where it covers the definition, else as the text that its
//! models see, else as their JSON.
//! Must not know where in the body a definition stands.

use tollgate_llm::json::Value;
use tollgate_tokens::overhead::{self, Function, ToolOverhead};
use tollgate_tokens::{Encoding, Family, Tally, Tokenizer};

use super::typescript;

/// What a part of the prompt costs.
pub(super) struct Part {
    pub(super) tokens: usize,
    pub(super) exact: bool,
}

/// A function, as far as the formula covers it: an object of plain values.
struct Definition<'v> {
    name: &'v str,
    description: &'v str,
    properties: Vec<(&'v str, Property<'v>)>,
    /// `strict` or `additionalProperties`: what they add is not public.
    strict: bool,
}

struct Property<'v> {
    kind: &'v str,
    description: Option<&'v str>,
    values: Vec<&'v str>,
    is_enum: bool,
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
        let read = overhead.and_then(|_| Value::parse(definition).ok());
        match read.as_ref().and_then(parse) {
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

/// The function of a definition, if the formula covers it. Of chats, `{"type": "function", "function": {…}}`; in the
/// Responses API the function has the `type`.
fn parse<'v>(definition: &'v Value<'_>) -> Option<Definition<'v>> {
    match definition.get("function") {
        Some(function) => {
            let mut members = definition.members()?.iter();
            members
                .all(|(name, _)| name == "type" || name == "function")
                .then_some(())?;
            (definition.get("type")?.as_str()? == "function").then_some(())?;
            read(function)
        }
        None => read(definition),
    }
}

/// `None` if there is anything in it that the formula does not know.
fn read<'v>(function: &'v Value<'_>) -> Option<Definition<'v>> {
    let mut name = None;
    let mut definition = Definition {
        name: "",
        description: "",
        properties: Vec::new(),
        strict: false,
    };
    for (key, value) in function.members()? {
        match &**key {
            "type" => (value.as_str()? == "function").then_some(())?,
            "name" => name = Some(value.as_str()?),
            "description" => definition.description = value.as_str()?,
            "parameters" => parameters(value, &mut definition)?,
            "strict" => definition.strict |= *value != Value::Null,
            _ => return None,
        }
    }
    definition.name = name?;
    Some(definition)
}

fn parameters<'v>(parameters: &'v Value<'_>, definition: &mut Definition<'v>) -> Option<()> {
    for (key, value) in parameters.members()? {
        match &**key {
            "properties" => {
                let properties = value.members()?.iter();
                definition.properties = properties
                    .map(|(name, value)| Some((&**name, property(value)?)))
                    .collect::<Option<_>>()?;
            }
            "additionalProperties" => definition.strict |= *value != Value::Null,
            "type" | "required" => {}
            _ => return None,
        }
    }
    Some(())
}

fn property<'v>(property: &'v Value<'_>) -> Option<Property<'v>> {
    let mut kind = None;
    let (mut description, mut values) = (None, None);
    for (key, value) in property.members()? {
        match (&**key, value) {
            ("type", value) => kind = Some(value.as_str()?),
            ("description" | "enum", Value::Null) => {}
            ("description", value) => description = Some(value.as_str()?),
            ("enum", value) => {
                let items = value.items()?.iter();
                values = Some(items.map(Value::as_str).collect::<Option<Vec<_>>>()?);
            }
            _ => return None,
        }
    }
    Some(Property {
        kind: kind?,
        description,
        is_enum: values.is_some(),
        values: values.unwrap_or_default(),
    })
}

/// Counts the texts of a function, and says whether it holds nothing but what the formula was published for.
fn measure(definition: &Definition<'_>, tally: &mut Tally) -> (Function, bool) {
    let mut function = Function::default();
    let mut exact = !definition.strict;
    let mut tokens = |parts: &[&str]| {
        parts.iter().for_each(|part| tally.push(part));
        tally.finish()
    };
    function.text_tokens += tokens(&[definition.name, ":", unstopped(definition.description)]);
    for (name, property) in &definition.properties {
        exact &= property.description.is_some();
        let description = property.description.unwrap_or_default();
        function.properties += 1;
        function.text_tokens += tokens(&[name, ":", property.kind, ":", unstopped(description)]);
        function.enums += usize::from(property.is_enum);
        function.enum_values += property.values.len();
        function.text_tokens += property
            .values
            .iter()
            .map(|value| tokens(&[value]))
            .sum::<usize>();
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
