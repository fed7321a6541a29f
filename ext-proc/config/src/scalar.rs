//! The kinds of values that are written as one piece of text, and the one type that carries them.
//!
//! Must not know where in the file a value stands or what it is for. Each kind lives in a module of its field.

mod money;
mod names;
mod network;
mod quantity;
mod time;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use money::NanoUsd;
pub(crate) use money::{PerMillion, Usd};
pub use names::Glob;
pub(crate) use names::{EnvName, GlobText, HashText, ModelName, Name, Nonempty, Pattern};
pub(crate) use network::{Socket, SocketOrPath, Url, Version};
pub(crate) use quantity::Size;
pub(crate) use time::{Span, Timestamp};

/// A kind of text value: how it is read, written and described.
pub(crate) trait Kind {
    /// What it means.
    type Value;
    /// Name of the `format` in the JSON Schema, by which the shape check finds `read`.
    const FORMAT: &'static str;
    /// For messages and editors; `read` accepts it.
    const EXAMPLE: &'static str;
    /// Ends the sentence "expected …".
    const EXPECTED: &'static str;
    /// Whether people also write it as a number without quotes.
    const NUMERIC: bool = false;

    /// Reads it; the error completes the sentence `"…" is not …:`.
    fn read(text: &str) -> Result<Self::Value, String>;
    /// Writes it so that `read` gives the same value.
    fn write(value: &Self::Value) -> String;
}

/// A value of a kind, as it stands in the file.
pub(crate) struct Lit<K: Kind>(pub(crate) K::Value);

impl<'de, K: Kind> Deserialize<'de> for Lit<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        K::read(&text).map(Self).map_err(de::Error::custom)
    }
}

impl<K: Kind> Serialize for Lit<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&K::write(&self.0))
    }
}

impl<K: Kind> JsonSchema for Lit<K> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        K::FORMAT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        if K::NUMERIC {
            json_schema!({ "type": ["string", "number"], "format": K::FORMAT, "examples": [K::EXAMPLE] })
        } else {
            json_schema!({ "type": "string", "format": K::FORMAT, "examples": [K::EXAMPLE] })
        }
    }
}

/// How the shape check sees a kind.
pub(crate) struct Format {
    /// Name in the schema.
    pub(crate) name: &'static str,
    /// Ends the sentence "expected …".
    pub(crate) expected: &'static str,
    /// Whether a text is one, and if not, why.
    pub(crate) check: fn(&str) -> Result<(), String>,
}

impl Format {
    const fn of<K: Kind>() -> Self {
        Self {
            name: K::FORMAT,
            expected: K::EXPECTED,
            check: |text| K::read(text).map(drop),
        }
    }

    /// The kind behind a `format` of the schema.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        const ALL: &[Format] = &[
            Format::of::<EnvName>(),
            Format::of::<GlobText>(),
            Format::of::<HashText>(),
            Format::of::<ModelName>(),
            Format::of::<Name>(),
            Format::of::<Nonempty>(),
            Format::of::<Pattern>(),
            Format::of::<PerMillion>(),
            Format::of::<Size>(),
            Format::of::<Socket>(),
            Format::of::<SocketOrPath>(),
            Format::of::<Span>(),
            Format::of::<Timestamp>(),
            Format::of::<Url>(),
            Format::of::<Usd>(),
            Format::of::<Version>(),
        ];
        ALL.iter().find(|format| format.name == name)
    }
}
