//! Values that pass though they are found.
//! Must not know who allowed them.

/// A value with `*` for any text, as its parts between the asterisks.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Vec<Vec<u8>>);

impl Pattern {
    pub(super) fn new(value: &str) -> Self {
        Self(
            value
                .to_ascii_lowercase()
                .split('*')
                .map(|part| part.as_bytes().to_vec())
                .collect(),
        )
    }

    pub(super) fn matches(&self, value: &[u8]) -> bool {
        let value = value.to_ascii_lowercase();
        let [first, middle @ .., last] = &self.0[..] else {
            return self.0.first().is_some_and(|only| *only == value);
        };
        if value.len() < first.len() + last.len() || !value.starts_with(first) || !value.ends_with(last) {
            return false;
        }
        let mut rest = &value[first.len()..value.len() - last.len()];
        middle.iter().filter(|part| !part.is_empty()).all(|part| {
            let found = rest.windows(part.len()).position(|window| window == part);
            found.inspect(|at| rest = &rest[at + part.len()..]).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_values() {
        for (pattern, value, matches) in [
            ("support@example.com", "Support@Example.com", true),
            ("support@example.com", "xsupport@example.com", false),
            ("*@example.com", "a@example.com", true),
            ("*@example.com", "a@example.com.evil", false),
            ("10.*.1.*", "10.2.1.3", true),
            ("10.*.1.*", "10.2.2.3", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(value.as_bytes()),
                matches,
                "{pattern} {value}"
            );
        }
    }
}
