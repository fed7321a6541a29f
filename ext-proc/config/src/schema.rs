//! The JSON Schema of the file, made from the written types.
//!
//! Must not know any field by name.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::written;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = schemars::schema_for!(written::Config).to_value();
    tidy(&mut schema);
    schema
});

/// The JSON Schema of the file, for editors and for `tollgate schema`.
pub fn json_schema() -> Value {
    SCHEMA.clone()
}

/// The same, for reading.
pub(crate) fn schema() -> &'static Value {
    &SCHEMA
}

/// A field that may be left out does not have to be allowed as `null` too, and a description is one paragraph.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            drop_null_type(fields);
            drop_null_choice(fields);
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// `type: [string, null]` → `type: string`
fn drop_null_type(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
}

/// `anyOf: [X, null]` → X, or `anyOf` without the null; the field's own description stays.
fn drop_null_choice(schema: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else {
        return;
    };
    choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(one)] = choices.as_slice() {
        let one = one.clone();
        schema.remove("anyOf");
        for (key, value) in one {
            schema.entry(key).or_insert(value);
        }
    }
}
