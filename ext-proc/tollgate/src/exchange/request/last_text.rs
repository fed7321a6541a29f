//! The last thing that the user says, apart from everything else of a request: what may be compared by its words.
//! Must not know what it is compared with.

use tollgate_cache::{BodyDigest, CanonicalHasher};
use tollgate_llm::json::Token;
use tollgate_llm::request::{Text, TextKind};
use tollgate_llm::{Endpoint, Role};

/// A request in two parts.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::exchange) struct Words {
    /// The last user text as it will be sent.
    pub(super) prompt: String,
    /// Everything else.
    pub(super) rest: BodyDigest,
}

/// Follows the pass over a request. The hash of the rest is a second one that starts where the text stands, as a copy of the
/// first with a hole in the text's place; only texts that may be the last cost such a copy.
#[derive(Default)]
pub(super) struct LastText {
    found: Option<(String, CanonicalHasher)>,
    /// In the message that is being read: whether it is the user's, and whether it has anything beside one text.
    is_users: bool,
    is_spoilt: bool,
    /// Whether an input without a conversation has come: a second one has an answer of its own.
    has_input: bool,
}

impl LastText {
    /// `None` where no words may stand for others: vectors are exact.
    pub(super) fn of(endpoint: Endpoint) -> Option<Self> {
        (endpoint != Endpoint::Embeddings).then(Self::default)
    }

    /// A message begins, and with it the last one so far. System prompts may stand anywhere and say nothing of who spoke last.
    pub(super) fn message(&mut self, role: Role) {
        if role == Role::System {
            return;
        }
        self.found = None;
        self.is_users = matches!(role, Role::User | Role::Input);
        self.is_spoilt = role == Role::Input && std::mem::replace(&mut self.has_input, true);
    }

    /// A text comes, before `hasher` has seen it; `hash` is how it will.
    pub(super) fn text(
        &mut self,
        text: &Text<'_>,
        passed: &str,
        hasher: &CanonicalHasher,
        hash: fn(&mut CanonicalHasher, &str),
    ) {
        if let Some((_, rest)) = &mut self.found {
            hash(rest, passed);
        }
        match text.role {
            Role::System => {}
            Role::User | Role::Input if self.is_users && text.kind == TextKind::Text => {
                if self.found.is_some() {
                    // Which of the two would be compared?
                    self.spoil();
                } else if !self.is_spoilt {
                    let mut rest = hasher.clone();
                    rest.hole();
                    self.found = Some((passed.to_owned(), rest));
                }
            }
            // A tool's answer in a user's message, arguments, what the model said.
            _ => self.spoil(),
        }
    }

    /// Any other token.
    pub(super) fn token(&mut self, token: &Token<'_>) {
        if let Some((_, rest)) = &mut self.found {
            rest.token(token);
        }
    }

    /// The message has something beside text, or something that nobody knows.
    pub(super) fn spoil(&mut self) {
        self.found = None;
        self.is_spoilt = true;
    }

    /// What there is to compare.
    pub(super) fn finish(self) -> Option<Words> {
        let (prompt, rest) = self.found?;
        Some(Words {
            prompt,
            rest: rest.finish().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use tollgate_llm::Image;
    use tollgate_llm::request::{self, RequestVisitor};

    use super::*;

    struct Pass(CanonicalHasher, LastText);

    impl RequestVisitor for Pass {
        fn text(&mut self, text: &Text<'_>) {
            let decoded = text.str.decode();
            self.1.text(text, &decoded, &self.0, CanonicalHasher::text);
            self.0.text(&decoded);
        }
        fn key(&mut self, key: &Text<'_>) {
            let decoded = key.str.decode();
            self.1.text(key, &decoded, &self.0, CanonicalHasher::key);
            self.0.key(&decoded);
        }
        fn other(&mut self, token: &Token<'_>) {
            self.0.token(token);
            self.1.token(token);
        }
        fn message(&mut self, role: Role) {
            self.1.message(role);
        }
        fn image(&mut self, _: &Image<'_>) {
            self.1.spoil();
        }
        fn tokens(&mut self, _: u64) {
            self.1.spoil();
        }
        fn unknown(&mut self, _: &str) {
            self.1.spoil();
        }
    }

    fn words(endpoint: Endpoint, body: &str) -> Option<Words> {
        let mut pass = Pass(CanonicalHasher::new(endpoint), LastText::of(endpoint)?);
        request::walk(endpoint, body, &mut pass).unwrap();
        pass.1.finish()
    }

    /// `Q` in these bodies is the text to be found.
    const WITH_WORDS: &[(Endpoint, &str)] = &[
        (
            Endpoint::ChatCompletions,
            r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"Q"}],"temperature":0}"#,
        ),
        (
            Endpoint::ChatCompletions,
            r#"{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":[{"type":"text","text":"Q"}]}]}"#,
        ),
        (
            Endpoint::ChatCompletions,
            r#"{"model":"m","messages":[{"role":"user","content":"Q"},{"role":"developer","content":"be brief"}]}"#,
        ),
        (
            Endpoint::Messages,
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Q"}],"system":"s"}"#,
        ),
        (
            Endpoint::Messages,
            r#"{"model":"m","max_tokens":9,"system":[{"type":"text","text":"s"}],"messages":[{"content":[{"type":"text","text":"Q"}],"role":"user"}]}"#,
        ),
        (
            Endpoint::Responses,
            r#"{"model":"m","input":"Q","instructions":"s"}"#,
        ),
        (
            Endpoint::Responses,
            r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"Q"}]}]}"#,
        ),
        (Endpoint::Completions, r#"{"model":"m","prompt":"Q"}"#),
    ];

    #[test]
    fn the_last_user_text_is_found_and_everything_else_is_the_rest() {
        for (endpoint, body) in WITH_WORDS {
            let found = words(*endpoint, body).unwrap_or_else(|| panic!("{body}"));
            assert_eq!(found.prompt, "Q", "{body}");
            let other = words(*endpoint, &body.replace(r#""Q""#, r#""R""#)).unwrap();
            assert_eq!(other.prompt, "R");
            assert_eq!(other.rest, found.rest, "{body}");
            for (part, changed) in [
                (r#""s""#, r#""t""#),
                (r#""a""#, r#""A""#),
                (r#""b""#, r#""B""#),
                (r#"be brief"#, "be long"),
                (r#""temperature":0"#, r#""temperature":1"#),
                (r#""max_tokens":9"#, r#""max_tokens":8"#),
            ] {
                if body.contains(part) {
                    let other = words(*endpoint, &body.replace(part, changed)).unwrap();
                    assert_ne!(other.rest, found.rest, "{part} of {body}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_one_text_of_the_user_at_the_end_is_not_compared() {
        for (endpoint, body) in [
            (
                Endpoint::ChatCompletions,
                r#"{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#,
            ),
            (
                Endpoint::ChatCompletions,
                r#"{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"42"}]}"#,
            ),
            (
                Endpoint::ChatCompletions,
                r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}"#,
            ),
            (
                Endpoint::ChatCompletions,
                r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]}"#,
            ),
            (
                Endpoint::ChatCompletions,
                r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/y.png"}},{"type":"text","text":"a"}]}]}"#,
            ),
            (
                Endpoint::Messages,
                r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"42"},{"type":"text","text":"a"}]}]}"#,
            ),
            (
                Endpoint::Messages,
                r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"tool_result","tool_use_id":"1","content":"42"}]}]}"#,
            ),
            (
                Endpoint::Responses,
                r#"{"model":"m","input":[{"type":"function_call_output","call_id":"1","output":"42"}]}"#,
            ),
            (Endpoint::Completions, r#"{"model":"m","prompt":["a","b"]}"#),
            (Endpoint::Completions, r#"{"model":"m","prompt":[1,2]}"#),
            (Endpoint::Embeddings, r#"{"model":"m","input":"a"}"#),
            (Endpoint::ChatCompletions, r#"{"model":"m","messages":[]}"#),
        ] {
            assert_eq!(words(endpoint, body), None, "{body}");
        }
    }
}
