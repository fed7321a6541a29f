//! Compares a document with the JSON Schema of the written types: every unknown field, missing field and unreadable
//! value is reported, and what comes out can be deserialised without fail, because stand-ins fill the gaps.
//!
//! Must not know the fields themselves, nor which values fit together. It knows the part of JSON Schema that `schemars`
//! writes for our types, no more.

use serde_json::{Map, Number, Value as Json};

use crate::errors::Position;
use crate::path::Path;
use crate::report::Report;
use crate::scalar::Format;
use crate::suggest::did_you_mean;
use crate::yaml::{Entry, Node, Value};

/// A schema without `anyOf`, `oneOf` and `$ref` at its top.
type Leaf<'s> = &'s Map<String, Json>;

/// Checks a document and turns it into JSON that the written types accept.
pub(crate) fn check(schema: &Json, root: &Node, report: &mut Report) -> Json {
    Checker { root: schema, report }.node(schema, root, &Path::root())
}

struct Checker<'s, 'r> {
    root: &'s Json,
    report: &'r mut Report,
}

impl<'s> Checker<'s, '_> {
    fn node(&mut self, schema: &'s Json, node: &Node, path: &Path) -> Json {
        self.report.place(path, node.position);
        let leaves = self.leaves(schema);
        let result = match &node.value {
            Value::Scalar { text, plain } => scalar(&leaves, text, *plain),
            Value::List(items) => match leaves.iter().find(|leaf| is_type(leaf, "array")) {
                Some(leaf) => Ok(self.list(leaf, items, path)),
                None => Err(format!("expected {}, got a list", expected(&leaves))),
            },
            Value::Map(entries) => match best_map(&leaves, entries) {
                Some(leaf) => self.map(leaf, &leaves, entries, node.position, path),
                None => Err(format!("expected {}, got a map", expected(&leaves))),
            },
        };
        result.unwrap_or_else(|message| {
            self.report.error(path, message);
            self.report.stand_in(path);
            self.sample(schema)
        })
    }

    fn list(&mut self, leaf: Leaf<'s>, items: &[Node], path: &Path) -> Json {
        let least = leaf.get("minItems").and_then(Json::as_u64).unwrap_or(0);
        if (items.len() as u64) < least {
            self.report.error(path, "the list must not be empty");
            self.report.stand_in(path);
        }
        let Some(schema) = leaf.get("items") else {
            return Json::Array(Vec::new());
        };
        items
            .iter()
            .enumerate()
            .map(|(at, item)| self.node(schema, item, &path.index(at)))
            .collect()
    }

    fn map(
        &mut self,
        leaf: Leaf<'s>,
        leaves: &[Leaf<'s>],
        entries: &[Entry],
        position: Position,
        path: &Path,
    ) -> Result<Json, String> {
        if leaf.get("additionalProperties") == Some(&Json::Bool(true)) {
            return Ok(free_map(entries));
        }
        let empty = Map::new();
        let fields = leaf.get("properties").and_then(Json::as_object);
        let others = leaf
            .get("additionalProperties")
            .filter(|schema| schema.is_object());
        let is_choice = leaves.iter().filter(|leaf| is_type(leaf, "object")).count() > 1;
        if is_choice
            && !entries
                .iter()
                .any(|entry| fields.is_some_and(|fields| fields.contains_key(&entry.key)))
        {
            return Err(format!("expected {}", expected(leaves)));
        }
        let mut out = Map::new();
        for entry in entries {
            let field = path.field(&entry.key);
            match fields.and_then(|fields| fields.get(&entry.key)).or(others) {
                Some(_) if entry.value.is_null() => {}
                Some(schema) => {
                    let value = self.node(schema, &entry.value, &field);
                    out.insert(entry.key.clone(), value);
                }
                None => {
                    let message = unknown_field(&entry.key, fields.unwrap_or(&empty), leaf, leaves);
                    self.report.error_at(&field, entry.key_position, message);
                }
            }
        }
        for name in
            required(leaf).filter(|name| !entries.iter().any(|e| e.key == *name && !e.value.is_null()))
        {
            let field = path.field(name);
            let schema = fields.and_then(|fields| fields.get(name)).unwrap_or(&Json::Null);
            let message = format!("missing; expected {}", expected(&self.leaves(schema)));
            self.report.error_at(&field, position, message);
            self.report.stand_in(&field);
            out.insert(name.to_owned(), self.sample(schema));
        }
        let least = leaf.get("minProperties").and_then(Json::as_u64).unwrap_or(0);
        if (entries.len() as u64) < least {
            self.report.error(path, "the map must not be empty");
            self.report.stand_in(path);
        }
        Ok(Json::Object(out))
    }

    /// The alternatives of a schema.
    fn leaves(&self, schema: &'s Json) -> Vec<Leaf<'s>> {
        let mut leaves = Vec::new();
        self.add_leaves(schema, &mut leaves);
        leaves
    }

    fn add_leaves(&self, schema: &'s Json, leaves: &mut Vec<Leaf<'s>>) {
        let Some(schema) = schema.as_object() else { return };
        let target = schema
            .get("$ref")
            .and_then(Json::as_str)
            .and_then(|target| target.strip_prefix('#'));
        if let Some(target) = target.and_then(|target| self.root.pointer(target)) {
            self.add_leaves(target, leaves);
        } else if let Some(choices) = ["anyOf", "oneOf"]
            .iter()
            .find_map(|key| schema.get(*key)?.as_array())
        {
            choices.iter().for_each(|choice| self.add_leaves(choice, leaves));
        } else {
            leaves.push(schema);
        }
    }

    /// A value that the schema accepts, for where the author gave none.
    fn sample(&self, schema: &'s Json) -> Json {
        let Some(leaf) = self.leaves(schema).first().copied() else {
            return Json::Null;
        };
        if let Some(word) = words(leaf).next() {
            return word.into();
        }
        if let Some(example) = leaf.get("examples").and_then(|examples| examples.get(0)) {
            return example.clone();
        }
        if is_type(leaf, "object") {
            let fields = leaf.get("properties").and_then(Json::as_object);
            let value = |name: &str| {
                fields
                    .and_then(|fields| fields.get(name))
                    .map(|schema| self.sample(schema))
            };
            return required(leaf)
                .map(|name| (name.to_owned(), value(name).unwrap_or_default()))
                .collect();
        }
        if is_type(leaf, "array") {
            return Json::Array(Vec::new());
        }
        if is_type(leaf, "boolean") {
            return false.into();
        }
        if is_type(leaf, "string") {
            return "".into();
        }
        leaf.get("minimum").cloned().unwrap_or_else(|| 0.into())
    }
}

/// What may hold anything is taken as it is, scalars by YAML's core schema.
fn free(node: &Node) -> Json {
    match &node.value {
        Value::Scalar { text, plain } => match ScalarKind::of(text, *plain) {
            ScalarKind::Null => Json::Null,
            ScalarKind::Bool(value) => value.into(),
            // A number that JSON cannot write (`.5`, `0x10`) stays text.
            ScalarKind::Number => text
                .parse::<Number>()
                .map_or_else(|_| text.as_str().into(), Json::Number),
            ScalarKind::Text => text.as_str().into(),
        },
        Value::List(items) => items.iter().map(free).collect(),
        Value::Map(entries) => free_map(entries),
    }
}

fn free_map(entries: &[Entry]) -> Json {
    let fields = entries
        .iter()
        .map(|entry| (entry.key.clone(), free(&entry.value)));
    fields.collect::<Map<_, _>>().into()
}

/// Reads a scalar as the first alternative that takes it.
fn scalar(leaves: &[Leaf<'_>], text: &str, plain: bool) -> Result<Json, String> {
    let kind = ScalarKind::of(text, plain);
    let got = |hint: &str| {
        Err(format!(
            "expected {}, got {}{hint}",
            expected(leaves),
            kind.name(text)
        ))
    };
    if leaves.iter().any(|leaf| words(leaf).any(|word| word == text)) {
        return Ok(text.into());
    }
    if let (ScalarKind::Bool(value), Some(_)) = (&kind, leaves.iter().find(|leaf| is_type(leaf, "boolean"))) {
        return Ok((*value).into());
    }
    if let (ScalarKind::Number, Some(leaf)) = (&kind, leaves.iter().find(|leaf| is_type(leaf, "integer"))) {
        return integer(leaf, text).map(Json::Number);
    }
    if let Some(leaf) = leaves
        .iter()
        .find(|leaf| is_type(leaf, "string") && words(leaf).next().is_none())
    {
        if matches!(kind, ScalarKind::Null) {
            return got("");
        }
        if matches!(kind, ScalarKind::Bool(_)) {
            return got("; put it into quotes if it is meant as text");
        }
        let format = leaf.get("format").and_then(Json::as_str).and_then(Format::named);
        return match format.map(|format| (format.expected, (format.check)(text))) {
            // The text is not repeated: it may be a secret that somebody put in the wrong place.
            Some((expected, Err(why))) => Err(format!("expected {expected}: {why}")),
            Some((_, Ok(()))) | None => Ok(text.into()),
        };
    }
    if let (ScalarKind::Number, Some(leaf)) = (&kind, leaves.iter().find(|leaf| is_type(leaf, "number"))) {
        return number(leaf, text).map(Json::Number);
    }
    let words: Vec<&str> = leaves.iter().flat_map(|leaf| words(leaf)).collect();
    if matches!(kind, ScalarKind::Text) && !words.is_empty() && text.len() <= 40 {
        let guess = did_you_mean(text, words.iter().copied());
        return Err(format!("expected {}, got {text:?}{guess}", expected(leaves)));
    }
    got("")
}

/// What a scalar is by YAML's core schema.
enum ScalarKind {
    Null,
    Bool(bool),
    Number,
    Text,
}

impl ScalarKind {
    fn of(text: &str, plain: bool) -> Self {
        match text {
            _ if !plain => Self::Text,
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" => Self::Bool(true),
            "false" | "False" | "FALSE" => Self::Bool(false),
            _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
                && text.parse::<f64>().is_ok() =>
            {
                Self::Number
            }
            _ => Self::Text,
        }
    }

    fn name(&self, text: &str) -> String {
        match self {
            Self::Null => "nothing".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number => format!("the number {text}"),
            Self::Text => "text".to_owned(),
        }
    }
}

impl Node {
    /// Whether nothing was written here (`key:` or `key: null`), which means the same as leaving the key out.
    fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain } if matches!(ScalarKind::of(text, *plain), ScalarKind::Null))
    }
}

fn integer(leaf: Leaf<'_>, text: &str) -> Result<Number, String> {
    let value: i128 = text
        .parse()
        .map_err(|_| format!("expected a whole number, got {text}"))?;
    let width = match leaf.get("format").and_then(Json::as_str) {
        Some("uint8") => u8::MAX.into(),
        Some("uint32") => u32::MAX.into(),
        _ => u64::MAX,
    };
    let least = leaf.get("minimum").and_then(Json::as_u64).unwrap_or(0);
    let most = leaf.get("maximum").and_then(Json::as_u64).unwrap_or(width);
    match u64::try_from(value) {
        Ok(value) if (least..=most).contains(&value) => Ok(value.into()),
        _ if least == most => Err(format!("must be {least}")),
        _ if value < i128::from(least) => Err(format!("must be at least {least}")),
        _ => Err(format!("must be at most {most}")),
    }
}

fn number(leaf: Leaf<'_>, text: &str) -> Result<Number, String> {
    let bound = |key: &str| leaf.get(key).and_then(Json::as_f64);
    let value = text
        .parse::<f64>()
        .ok()
        .and_then(|value| Some((value, Number::from_f64(value)?)));
    let Some((value, number)) = value else {
        return Err(format!("expected a number, got {text}"));
    };
    match (bound("minimum"), bound("maximum")) {
        (Some(least), _) if value < least => Err(format!("must be at least {least}")),
        (_, Some(most)) if value > most => Err(format!("must be at most {most}")),
        _ => Ok(number),
    }
}

/// The map among the alternatives that has most of the keys; the first one if none has any.
fn best_map<'s>(leaves: &[Leaf<'s>], entries: &[Entry]) -> Option<Leaf<'s>> {
    let hits = |leaf: Leaf<'s>| {
        let fields = leaf.get("properties").and_then(Json::as_object);
        entries
            .iter()
            .filter(|entry| fields.is_some_and(|fields| fields.contains_key(&entry.key)))
            .count()
    };
    // `max_by_key` would take the last of equals.
    leaves
        .iter()
        .copied()
        .filter(|leaf| is_type(leaf, "object"))
        .rev()
        .max_by_key(|leaf| hits(leaf))
}

fn unknown_field(key: &str, fields: &Map<String, Json>, leaf: Leaf<'_>, leaves: &[Leaf<'_>]) -> String {
    let belongs_to = |other: &Leaf<'_>| {
        other
            .get("properties")
            .is_some_and(|fields| fields.get(key).is_some())
    };
    if leaves.iter().any(belongs_to) {
        let chosen = required(leaf).next().unwrap_or_default();
        return format!("must not stand beside `{chosen}`");
    }
    match did_you_mean(key, fields.keys().map(String::as_str)) {
        guess if guess.is_empty() => format!("unknown field; known here: {}", list(fields.keys(), "and")),
        guess => format!("unknown field{guess}"),
    }
}

/// Ends the sentence "expected …".
fn expected(leaves: &[Leaf<'_>]) -> String {
    let mut parts: Vec<String> = leaves
        .iter()
        .flat_map(|leaf| words(leaf))
        .map(|word| format!("`{word}`"))
        .collect();
    for leaf in leaves.iter().filter(|leaf| words(leaf).next().is_none()) {
        let format = leaf.get("format").and_then(Json::as_str).and_then(Format::named);
        let part = match (format, leaf.get("type").and_then(Json::as_str)) {
            (Some(format), _) => format.expected.to_owned(),
            (_, Some("boolean")) => "true or false".to_owned(),
            (_, Some("integer")) => "a whole number".to_owned(),
            (_, Some("number")) => "a number".to_owned(),
            (_, Some("array")) => "a list".to_owned(),
            (_, Some("object")) => match leaf.get("properties").and_then(Json::as_object) {
                Some(fields) if fields.len() == 1 && required(leaf).count() == 1 => {
                    format!("{{ {}: … }}", list(fields.keys(), "and"))
                }
                Some(_) => match list(required(leaf), "and") {
                    names if names.is_empty() => "a map".to_owned(),
                    names => format!("a map with {names}"),
                },
                None => "a map".to_owned(),
            },
            _ => "text".to_owned(),
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    list(parts, "or")
}

/// `a`, `a and b`, `a, b and c`.
fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>, word: &str) -> String {
    let names: Vec<S> = names.into_iter().collect();
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        match at {
            0 => {}
            _ if at + 1 == names.len() => text.push_str(&format!(" {word} ")),
            _ => text.push_str(", "),
        }
        text.push_str(name.as_ref());
    }
    text
}

/// The words of an enumeration.
fn words<'s>(leaf: Leaf<'s>) -> impl Iterator<Item = &'s str> {
    let listed = leaf.get("enum").and_then(Json::as_array).into_iter().flatten();
    listed.chain(leaf.get("const")).filter_map(Json::as_str)
}

fn required<'s>(leaf: Leaf<'s>) -> impl Iterator<Item = &'s str> {
    leaf.get("required")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
}

fn is_type(leaf: Leaf<'_>, name: &str) -> bool {
    match leaf.get("type") {
        Some(Json::String(one)) => one == name,
        Some(Json::Array(many)) => many.iter().any(|one| one == name),
        _ => false,
    }
}
