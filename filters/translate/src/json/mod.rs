//! A JSON tree whose strings and numbers are slices of the body, so that what is carried over leaves as it was written.
//! Must not know any dialect, but for the names in `read.rs` under which a translation looks for more.

mod read;
mod text;

use std::borrow::Cow;

pub(crate) use read::{Unreadable, is_object};
pub(crate) use text::Text;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// As written: a number of any size keeps every digit.
    Number(Cow<'a, str>),
    String(Text<'a>),
    Array(Vec<Json<'a>>),
    Object(Object<'a>),
    /// A whole value that is JSON text already: nobody looks into it.
    Verbatim(Cow<'a, str>),
}

/// Members in the order in which they were written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Object<'a>(Vec<(Text<'a>, Json<'a>)>);

impl<'a> Json<'a> {
    /// The value as compact JSON.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// Appends the value as compact JSON.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(digits) => out.push_str(digits),
            Self::Verbatim(json) => out.push_str(json),
            Self::String(text) => text.write(out),
            Self::Array(items) => {
                out.push('[');
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(object) => {
                out.push('{');
                for (position, (key, value)) in object.0.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    key.write(out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Whether this is an object, looked into or not.
    pub(crate) fn is_object(&self) -> bool {
        match self {
            Self::Object(_) => true,
            Self::Verbatim(json) => json.starts_with('{'),
            _ => false,
        }
    }

    /// The members of an object that was not looked into so far.
    pub(crate) fn look_into(&self) -> Object<'a> {
        match self {
            Self::Object(object) => object.clone(),
            Self::Verbatim(Cow::Borrowed(json)) => match Json::parse(json) {
                Ok(Json::Object(object)) => object,
                _ => Object::default(),
            },
            _ => Object::default(),
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Json<'a>]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&Text<'a>> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A whole number that is not negative; `3.0` and `3e0` are not written as one.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl From<bool> for Json<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Json<'_> {
    fn from(value: u64) -> Self {
        Self::Number(Cow::Owned(value.to_string()))
    }
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(value: &'a str) -> Self {
        Self::String(Text::plain(value))
    }
}

impl From<String> for Json<'_> {
    fn from(value: String) -> Self {
        Self::String(Text::plain(&value).into_owned())
    }
}

impl<'a> From<Text<'a>> for Json<'a> {
    fn from(value: Text<'a>) -> Self {
        Self::String(value)
    }
}

impl<'a> From<Object<'a>> for Json<'a> {
    fn from(value: Object<'a>) -> Self {
        Self::Object(value)
    }
}

impl<'a> From<Vec<Json<'a>>> for Json<'a> {
    fn from(value: Vec<Json<'a>>) -> Self {
        Self::Array(value)
    }
}

impl<'a> Object<'a> {
    /// The member called `name`; `null` counts as absent, as both dialects treat it. The last of several wins, as in
    /// every parser that providers use.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        let (_, value) = self.0.iter().rev().find(|(key, _)| key.is(name))?;
        (!value.is_null()).then_some(value)
    }

    /// Adds a member. The name must need no escaping.
    pub(crate) fn push(&mut self, name: &'static str, value: impl Into<Json<'a>>) {
        self.0.push((Text(Cow::Borrowed(name)), value.into()));
    }

    /// Adds a member if there is a value for it.
    pub(crate) fn push_some(&mut self, name: &'static str, value: Option<impl Into<Json<'a>>>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// Adds a member, builder style.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Json<'a>>) -> Self {
        self.push(name, value);
        self
    }

    /// Carries the member called `name` over from `source`, if it is there.
    pub(crate) fn carry(&mut self, source: &Object<'a>, name: &'static str) {
        self.carry_as(source, name, name);
    }

    /// Carries the member called `from` over from `source` under another name, if it is there.
    pub(crate) fn carry_as(&mut self, source: &Object<'a>, from: &str, to: &'static str) {
        self.push_some(to, source.get(from).cloned());
    }

    /// Appends `other`'s members.
    #[must_use]
    pub(crate) fn and(mut self, other: &Object<'a>) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// An object's start for builder style: `object("type", "text").with("text", text)`.
pub(crate) fn object<'a>(name: &'static str, value: impl Into<Json<'a>>) -> Object<'a> {
    Object::default().with(name, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_as_it_was() {
        for body in [
            r#"{"a":[1,2.50,-0.0,1e400,123456789012345678901234567890],"b":{"c":null,"d":[]},"e":{}}"#,
            r#"["\u0041\ud800\/\"","é😀",true,false]"#,
            r#""x""#,
        ] {
            assert_eq!(Json::parse(body).unwrap().to_json(), body);
        }
    }

    #[test]
    fn texts_compare_by_what_they_say() {
        let body = r#"{"t\u0079pe":"t\u0065xt","type":null,"a":"1","a":"2"}"#;
        let Json::Object(object) = Json::parse(body).unwrap() else {
            panic!("an object")
        };
        assert!(
            object.get("type").is_none(),
            "the last one wins, and null is absent"
        );
        assert_eq!(object.get("a"), Some(&Json::from("2")));
        assert!(Text::plain("a\"\n").is("a\"\n"));
        assert_eq!(
            Json::from(String::from("a\"\n\u{1}")).to_json(),
            r#""a\"\n\u0001""#
        );
    }
}
