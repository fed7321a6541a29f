//! Names, patterns and hashes.
//!
//! Must not know which names are taken.

use std::fmt;

use super::Kind;
use crate::usable::KeyHash;

/// A name that the author of the file chose. It becomes part of Envoy's cluster and statistic names, which a point
/// would cut in two.
pub(crate) struct Name;

impl Kind for Name {
    type Value = String;
    const FORMAT: &'static str = "name";
    const EXAMPLE: &'static str = "example";
    const EXPECTED: &'static str = "a name";

    fn read(text: &str) -> Result<String, String> {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let starts = text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
        if starts && text.len() <= 60 && text.bytes().all(valid) {
            return Ok(text.to_owned());
        }
        Err("write at most 60 letters, digits, `-` and `_`, beginning with a letter or a digit".to_owned())
    }

    fn write(value: &String) -> String {
        value.clone()
    }
}

/// The public name of a model, or a provider's name for it.
pub(crate) struct ModelName;

impl Kind for ModelName {
    type Value = String;
    const FORMAT: &'static str = "model-name";
    const EXAMPLE: &'static str = "gpt-4o";
    const EXPECTED: &'static str = "a model's name";

    fn read(text: &str) -> Result<String, String> {
        let valid = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'"' | b'\\');
        if !text.is_empty() && text.len() <= 200 && text.bytes().all(valid) {
            return Ok(text.to_owned());
        }
        Err("write at most 200 visible ASCII characters, without `*`, `\"` and `\\`".to_owned())
    }

    fn write(value: &String) -> String {
        value.clone()
    }
}

/// The name of an environment variable.
pub(crate) struct EnvName;

impl Kind for EnvName {
    type Value = String;
    const FORMAT: &'static str = "env-name";
    const EXAMPLE: &'static str = "OPENAI_API_KEY";
    const EXPECTED: &'static str = "the name of an environment variable";

    fn read(text: &str) -> Result<String, String> {
        let starts = text
            .as_bytes()
            .first()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        if starts
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Ok(text.to_owned());
        }
        // Whatever stands here may be the secret itself, put here by mistake: it must not be repeated.
        Err("write the variable's name (letters, digits and `_`), not the secret itself".to_owned())
    }

    fn write(value: &String) -> String {
        value.clone()
    }
}

/// Any text but the empty one, without control characters.
pub(crate) struct Nonempty;

impl Kind for Nonempty {
    type Value = String;
    const FORMAT: &'static str = "text";
    const EXAMPLE: &'static str = "example";
    const EXPECTED: &'static str = "text";

    fn read(text: &str) -> Result<String, String> {
        match text {
            "" => Err("it is empty".to_owned()),
            _ if text.chars().any(char::is_control) => Err("it has a control character".to_owned()),
            _ => Ok(text.to_owned()),
        }
    }

    fn write(value: &String) -> String {
        value.clone()
    }
}

/// A regular expression, as `router.wasm` understands it.
pub(crate) struct Pattern;

impl Kind for Pattern {
    type Value = String;
    const FORMAT: &'static str = "regex";
    const EXAMPLE: &'static str = "^a+$";
    const EXPECTED: &'static str = "a regular expression";

    fn read(text: &str) -> Result<String, String> {
        // Compiled as the filter will: what passes here must not fail there.
        match tollgate_routing::matching::compile(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn write(value: &String) -> String {
        value.clone()
    }
}

/// The hash of a virtual key.
pub(crate) struct HashText;

impl Kind for HashText {
    type Value = KeyHash;
    const FORMAT: &'static str = "key-hash";
    const EXAMPLE: &'static str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const EXPECTED: &'static str = "sha256: and 64 hex digits";

    fn read(text: &str) -> Result<KeyHash, String> {
        let advice = "`tollgate keys hash` prints it; the key itself must not stand here";
        let hex = text
            .strip_prefix("sha256:")
            .filter(|hex| hex.len() == 64)
            .ok_or(advice)?;
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let digit = |at: usize| pair.get(at).and_then(|digit| char::from(*digit).to_digit(16));
            let value = digit(0).zip(digit(1)).map(|(high, low)| high * 16 + low);
            *byte = value.and_then(|value| u8::try_from(value).ok()).ok_or(advice)?;
        }
        Ok(KeyHash(hash))
    }

    fn write(value: &KeyHash) -> String {
        value.to_string()
    }
}

/// A pattern for models' names.
pub(crate) struct GlobText;

impl Kind for GlobText {
    type Value = Glob;
    const FORMAT: &'static str = "glob";
    const EXAMPLE: &'static str = "gpt-*";
    const EXPECTED: &'static str = "a model's name, in which `*` stands for any characters";

    fn read(text: &str) -> Result<Glob, String> {
        Nonempty::read(text).map(Glob)
    }

    fn write(value: &Glob) -> String {
        value.0.clone()
    }
}

/// A pattern for names: `*` stands for any run of characters, also none; everything else for itself.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Glob(String);

impl Glob {
    /// Compiles a pattern. Every text is one.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for one name only.
    pub fn is_literal(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        let Some((first, mut rest)) = self.0.split_once('*') else {
            return self.0 == name;
        };
        let Some(mut name) = name.strip_prefix(first) else {
            return false;
        };
        // The pieces between stars are taken at their first place and the last piece at the end: no backtracking needed.
        while let Some((piece, after)) = rest.split_once('*') {
            let Some((_, behind)) = name.split_once(piece) else {
                return false;
            };
            name = behind;
            rest = after;
        }
        name.ends_with(rest)
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, name, expected) in [
            ("gpt-4o", "gpt-4o", true),
            ("gpt-4o", "gpt-4o-mini", false),
            ("gpt-*", "gpt-4o-mini", true),
            ("gpt-*", "gpt-", true),
            ("gpt-*", "gpt", false),
            ("*", "", true),
            ("*mini", "gpt-4o-mini", true),
            ("*mini", "mini-1", false),
            ("gpt-*-mini", "gpt-4o-mini", true),
            ("gpt-*-mini", "gpt-mini", false),
            ("a*a", "a", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "acb", false),
            ("**", "x", true),
            ("a.c", "abc", false),
        ] {
            assert_eq!(Glob::new(glob).matches(name), expected, "{glob} {name}");
        }
    }

    #[test]
    fn hashes() {
        let empty = KeyHash::of("");
        assert_eq!(HashText::read(HashText::EXAMPLE), Ok(empty));
        assert_eq!(HashText::write(&empty), HashText::EXAMPLE);
        for wrong in [
            "",
            "sha256:",
            "tg-demo-acme-app",
            &HashText::EXAMPLE[..70],
            &HashText::EXAMPLE.replace('e', "x"),
        ] {
            assert!(HashText::read(wrong).is_err(), "{wrong}");
        }
        assert!(HashText::read(&format!("sha256:{}", "é".repeat(32))).is_err());
    }

    #[test]
    fn patterns_say_what_is_wrong_with_them() {
        assert!(Pattern::read("^(search|ads)-[0-9]+$").is_ok());
        assert_eq!(
            Pattern::read("(a"),
            Err("found open group without closing ')'".to_owned())
        );
        assert_eq!(
            Pattern::read("a{1000}{1000}"),
            Err("compiled regex exceeded size limit".to_owned())
        );
    }
}
