//! The place of a value in a body, for errors and reports.
//! Must not show anything that could be part of a prompt.

use std::fmt;

/// Where the walk is. Written only when somebody asks, so that a walk builds no strings.
#[derive(Debug, Default)]
pub(crate) struct Path<'a> {
    pub(super) steps: Vec<Step<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Field(&'a str),
    Index(usize),
    /// A key that no table knows. It is shown only if it looks like a field's name, since a path is shown to people
    /// and written to logs, where nothing of a prompt must be.
    Foreign(&'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.steps.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Field(name) | Step::Foreign(name) => {
                    if place > 0 {
                        f.write_str(".")?;
                    }
                    let foreign = matches!(step, Step::Foreign(_));
                    f.write_str(if foreign && !is_field_name(name) {
                        "*"
                    } else {
                        name
                    })?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a key looks like a field's name and not like somebody's data.
fn is_field_name(key: &str) -> bool {
    key.len() <= 40 && !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_no_field_names_are_not_shown() {
        let steps = |foreign| {
            vec![
                Step::Field("messages"),
                Step::Index(2),
                Step::Field("content"),
                Step::Foreign(foreign),
            ]
        };
        let shown = |foreign| {
            Path {
                steps: steps(foreign),
            }
            .to_string()
        };
        assert_eq!(shown("annex"), "messages[2].content.annex");
        for key in [
            "ann@example.com",
            "Ann",
            "",
            "078-05-1120",
            "a b",
            &"x".repeat(41),
        ] {
            assert_eq!(shown(key), "messages[2].content.*");
        }
    }
}
