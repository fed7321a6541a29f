//! The table of all fields in README.md is what the JSON Schema says, and every kind of value is explained there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};

const BEGIN: &str = "<!-- fields: begin -->\n";
const END: &str = "<!-- fields: end -->";

#[test]
fn the_readme_documents_every_field() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!("{before}{BEGIN}{}{END}{after}", reference());
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, expected).unwrap();
    } else {
        assert_eq!(readme, expected, "UPDATE_FIXTURES=1 writes it");
    }
}

#[test]
fn the_readme_explains_every_kind_of_value() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let schema = tollgate_config::json_schema().to_string();
    for format in schema
        .split(r#""format":""#)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        let known = format.starts_with("uint")
            || matches!(format, "float" | "double")
            || readme.contains(&format!("\n| {format} |"));
        assert!(known, "{format}");
    }
}

fn reference() -> String {
    let root = tollgate_config::json_schema();
    let reference = Reference { root: &root };
    let mut out = String::new();
    for (name, schema) in properties(root.as_object().unwrap()) {
        let is_required = required(root.as_object().unwrap()).any(|it| it == name);
        let needed = if is_required { "Required. " } else { "" };
        write!(out, "\n### `{name}`\n\n{needed}{}\n\n", description(schema)).unwrap();
        let mut rows = Vec::new();
        reference.rows(schema, name, &mut rows);
        if rows.is_empty() {
            writeln!(out, "Value: {}", reference.values(schema)).unwrap();
        } else {
            out.push_str("| field | value | default | meaning |\n|---|---|---|---|\n");
            rows.iter().for_each(|row| writeln!(out, "{row}").unwrap());
        }
    }
    out.push('\n');
    out
}

struct Reference<'s> {
    root: &'s Value,
}

impl<'s> Reference<'s> {
    /// A line for every field below a schema.
    fn rows(&self, schema: &'s Value, path: &str, out: &mut Vec<String>) {
        for leaf in self.leaves(schema) {
            if let Some(items) = leaf.get("items") {
                self.rows(items, &format!("{path}[]"), out);
            }
            if let Some(values) = leaf.get("additionalProperties").filter(|it| it.is_object()) {
                self.row(values, &format!("{path}.<name>"), "", out);
            }
            for (name, field) in properties(leaf) {
                let default = match field.get("default") {
                    _ if required(leaf).any(|it| it == name) => "required".to_owned(),
                    Some(Value::String(text)) => format!("`{text}`"),
                    // What is inside has its own defaults.
                    Some(Value::Object(_)) | None => String::new(),
                    Some(other) => format!("`{other}`"),
                };
                // A tagged alternative carries its description itself, not on its only field.
                let is_choice = field.get("description").is_none();
                let text = if is_choice {
                    leaf.get("description")
                } else {
                    field.get("description")
                };
                let text = text.and_then(Value::as_str).unwrap_or_default().to_owned();
                let default = if is_choice { String::new() } else { default };
                out.push(format!(
                    "| `{path}.{name}` | {} | {default} | {text} |",
                    self.values(field)
                ));
                self.rows(field, &format!("{path}.{name}"), out);
            }
        }
    }

    fn row(&self, schema: &'s Value, path: &str, default: &str, out: &mut Vec<String>) {
        let target = self.resolve(schema);
        out.push(format!(
            "| `{path}` | {} | {default} | {} |",
            self.values(schema),
            description(target)
        ));
        self.rows(schema, path, out);
    }

    /// What may stand there.
    fn values(&self, schema: &'s Value) -> String {
        let mut parts: Vec<String> = Vec::new();
        for leaf in self.leaves(schema) {
            let words = leaf
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .chain(leaf.get("const"));
            let words: Vec<String> = words
                .filter_map(Value::as_str)
                .map(|word| format!("`{word}`"))
                .collect();
            let kind = leaf.get("type").and_then(Value::as_str).unwrap_or("string");
            let format = leaf.get("format").and_then(Value::as_str);
            let bounds = match (leaf.get("minimum"), leaf.get("maximum")) {
                (Some(least), Some(most)) if least == most => format!("`{least}`"),
                (Some(least), Some(most)) => format!("{least} to {most}"),
                (Some(least), None) => format!("whole number from {least}"),
                _ => "whole number".to_owned(),
            };
            let is_word = !words.is_empty();
            parts.extend(words);
            match (kind, format) {
                _ if is_word => {}
                ("integer" | "number", _) => parts.push(bounds),
                ("boolean", _) => parts.push("`true` or `false`".to_owned()),
                ("array", _) => parts.push("list".to_owned()),
                ("object", _) => parts.push("map".to_owned()),
                (_, Some(format)) => parts.push(format.to_owned()),
                (other, None) => parts.push(other.to_owned()),
            }
        }
        parts.dedup();
        parts.join(", ")
    }

    fn leaves(&self, schema: &'s Value) -> Vec<&'s Map<String, Value>> {
        let schema = self.resolve(schema);
        match ["anyOf", "oneOf"]
            .iter()
            .find_map(|key| schema.get(key)?.as_array())
        {
            Some(choices) => choices.iter().flat_map(|choice| self.leaves(choice)).collect(),
            None => schema.as_object().into_iter().collect(),
        }
    }

    fn resolve(&self, schema: &'s Value) -> &'s Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(target) => self.resolve(self.root.pointer(target.trim_start_matches('#')).unwrap()),
            None => schema,
        }
    }
}

fn description(schema: &Value) -> &str {
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn properties(leaf: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    leaf.get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn required(leaf: &Map<String, Value>) -> impl Iterator<Item = &str> {
    leaf.get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
