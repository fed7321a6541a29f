//! The model's name in a request whose dialect the provider speaks.
//! Must not know anything else in the body: every other byte leaves as it came.

use tollgate_llm::json::{Scanner, Splice, SyntaxError, Token};
use tollgate_llm::{ApiError, ErrorKind};

use crate::request::unreadable;

/// Replaces the value of the top-level `model`, if it differs from `model`.
///
/// # Errors
/// 400 if the body is not a JSON object, or `model` is missing or not a string.
pub fn rename_model(body: &[u8], model: &str) -> Result<Vec<u8>, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| unreadable("not UTF-8"))?;
    match edit(text, model) {
        Ok(Some(splice)) => Ok(splice.apply(body)),
        Ok(None) => Err(ApiError::new(ErrorKind::InvalidRequest, "model: must be a string").param("model")),
        Err(error) => Err(unreadable(&format!("{} at byte {}", error.kind, error.offset))),
    }
}

/// The edit, or `None` if there is nothing to edit. Reads the whole body: what is malformed must not go on.
fn edit(body: &str, model: &str) -> Result<Option<Splice>, SyntaxError> {
    let mut scanner = Scanner::new(body);
    let mut splice = Splice::new();
    let mut found = false;
    if !matches!(scanner.next()?, Some(Token::ObjectStart)) {
        return Ok(None);
    }
    while let Some(token) = scanner.next()? {
        let Token::Key(key) = token else { continue };
        if !key.is("model") {
            scanner.skip_value()?;
            continue;
        }
        let Some(Token::String(value)) = scanner.next()? else {
            return Ok(None);
        };
        // A second `model` is renamed too: which of them a provider reads is not ours to guess.
        found = true;
        if !value.is(model) {
            splice.replace_text(&value, model);
        }
    }
    Ok(found.then_some(splice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_changes() {
        let cases = [
            (r#"{"model":"gpt-4o","n":1}"#, r#"{"model":"m/1","n":1}"#),
            (
                "{ \"n\" : 1.0 ,\n \"model\" : \"a\\u0062\" }\n",
                "{ \"n\" : 1.0 ,\n \"model\" : \"m/1\" }\n",
            ),
            (
                r#"{"a":{"model":"x"},"m\u006fdel":"","b":["model"]}"#,
                r#"{"a":{"model":"x"},"m\u006fdel":"m/1","b":["model"]}"#,
            ),
            (r#"{"model":"m\/1"}"#, r#"{"model":"m\/1"}"#),
            (r#"{"model":"a","model":"b"}"#, r#"{"model":"m/1","model":"m/1"}"#),
        ];
        for (body, expected) in cases {
            let renamed = rename_model(body.as_bytes(), "m/1").unwrap();
            assert_eq!(String::from_utf8(renamed).unwrap(), expected);
        }
        assert_eq!(
            rename_model(br#"{"model":""}"#, "\"").unwrap(),
            br#"{"model":"\""}"#
        );
    }

    #[test]
    fn what_names_no_model_is_refused() {
        for body in [
            "",
            "[]",
            "\"model\"",
            "{}",
            r#"{"model":null}"#,
            r#"{"model":"a"} x"#,
            r#"{"model":"a""#,
        ] {
            let error = rename_model(body.as_bytes(), "m").unwrap_err();
            assert_eq!(error.status, 400, "{body}");
        }
    }
}
