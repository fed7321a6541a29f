//! The texts of a body for those who look at them elsewhere, and what they found, put back to where it stands.
//! Must not know whom anybody asks, nor what becomes of a find.

use tollgate_hooks::Span;
use tollgate_llm::answer::{self, AnswerVisitor};
use tollgate_llm::json::{Scanner, Str, Token};
use tollgate_llm::request::{self, RequestVisitor, Text};
use tollgate_llm::{BodyError, Channel, Endpoint, TextKind};
use tollgate_redact::Claim;

/// The texts of a body, in the order in which a second reading meets them. Of those that hold JSON the strings in it, since a
/// model of language reads neither brackets nor escapes.
#[derive(Default)]
pub(in crate::exchange) struct Texts {
    shown: Vec<Shown>,
    /// How many texts there are, those included that have no letter and so no name.
    count: usize,
}

/// What is shown of a text.
struct Shown {
    text: String,
    /// Which text it is of.
    of: usize,
    /// Where in that text it begins.
    at: usize,
    /// Where it goes on behind each escape: in what is shown, in the text.
    steps: Vec<(usize, usize)>,
}

/// What was found in the texts of a body.
#[derive(Default)]
pub(in crate::exchange) struct Finds(Vec<Vec<Span>>);

impl Texts {
    pub(in crate::exchange) fn of_request(endpoint: Endpoint, body: &str) -> Result<Self, BodyError> {
        let mut texts = Self::default();
        request::walk(endpoint, body, &mut texts)?;
        Ok(texts)
    }

    pub(in crate::exchange) fn of_answer(endpoint: Endpoint, body: &str) -> Result<Self, BodyError> {
        let mut texts = Self::default();
        answer::walk(endpoint, body, &mut texts)?;
        Ok(texts)
    }

    /// What to look at.
    pub(in crate::exchange) fn shown(&self) -> Vec<&str> {
        self.shown.iter().map(|shown| shown.text.as_str()).collect()
    }

    /// `spans`: what was found in each of [`shown`](Self::shown).
    pub(in crate::exchange) fn found(&self, spans: Vec<Vec<Span>>) -> Finds {
        let mut found = vec![Vec::new(); self.count];
        for (shown, spans) in self.shown.iter().zip(spans) {
            if let Some(found) = found.get_mut(shown.of) {
                found.extend(spans.into_iter().map(|span| Span {
                    range: shown.place(span.range.start)..shown.place(span.range.end),
                    ..span
                }));
            }
        }
        Finds(found)
    }

    fn push(&mut self, str: &Str<'_>, kind: TextKind) {
        self.add(&str.decode(), kind);
    }

    /// One more text.
    pub(in crate::exchange) fn add(&mut self, text: &str, kind: TextKind) {
        let of = self.count;
        self.count += 1;
        let before = self.shown.len();
        if kind == TextKind::Json && self.push_strings(text, of) {
            return;
        }
        self.shown.truncate(before);
        if has_letter(text) {
            self.shown.push(Shown {
                text: text.to_owned(),
                of,
                at: 0,
                steps: Vec::new(),
            });
        }
    }

    /// Whether the text is JSON.
    fn push_strings(&mut self, json: &str, of: usize) -> bool {
        let mut scanner = Scanner::new(json);
        loop {
            match scanner.next() {
                Ok(Some(Token::Key(str) | Token::String(str))) => {
                    if has_letter(str.raw()) {
                        self.shown.push(Shown::of(&str, of));
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }
}

fn has_letter(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

impl Shown {
    fn of(str: &Str<'_>, of: usize) -> Self {
        let mut text = String::new();
        let mut steps = Vec::new();
        let mut written = 0;
        let mut is_escape = false;
        // Runs and escapes by turns, beginning with a run.
        str.parts(|part| {
            if is_escape {
                let is_unicode = str.raw().as_bytes().get(written + 1) == Some(&b'u');
                written += match part.len() {
                    4 => 12,
                    _ if is_unicode => 6,
                    _ => 2,
                };
                steps.push((text.len() + part.len(), written));
            } else {
                written += part.len();
            }
            text.push_str(part);
            is_escape = !is_escape;
        });
        Self {
            text,
            of,
            at: str.range().start,
            steps,
        }
    }

    fn place(&self, shown: usize) -> usize {
        let after = self.steps.partition_point(|(text, _)| *text <= shown);
        let (text, written) = match after.checked_sub(1).and_then(|last| self.steps.get(last)) {
            Some(step) => *step,
            None => (0, 0),
        };
        self.at + written + (shown - text)
    }
}

impl RequestVisitor for Texts {
    fn text(&mut self, text: &Text<'_>) {
        self.push(&text.str, text.kind);
    }

    fn key(&mut self, key: &Text<'_>) {
        self.push(&key.str, key.kind);
    }

    fn unknown(&mut self, _: &str) {}
}

impl AnswerVisitor for Texts {
    fn text(&mut self, _: Channel, str: &Str<'_>, kind: TextKind) {
        self.push(str, kind);
    }

    fn unknown(&mut self, _: &str) {}
}

impl Finds {
    /// What was found in a text, by its number.
    pub(in crate::exchange) fn spans(&self, text: usize) -> Vec<Span> {
        self.0.get(text).cloned().unwrap_or_default()
    }

    /// The same, for the engine.
    pub(in crate::exchange) fn claims(&self, text: usize) -> Vec<Claim<'_>> {
        let spans = self.0.get(text).map(Vec::as_slice).unwrap_or_default();
        let claims = spans.iter().map(|span| Claim {
            range: span.range.clone(),
            name: &span.entity,
            score: span.score,
        });
        claims.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a second reading sees at the places of every occurrence of `name` in what is shown.
    fn check(arguments: &str, name: &str, expected: &[&str]) {
        let call = serde_json::json!({ "id": "c", "type": "function", "function": { "name": "f", "arguments": arguments } });
        let messages = [
            serde_json::json!({ "role": "user", "content": "42" }),
            serde_json::json!({ "role": "assistant", "content": null, "tool_calls": [call] }),
        ];
        let body = serde_json::json!({ "model": "m", "messages": messages }).to_string();
        let texts = Texts::of_request(Endpoint::ChatCompletions, &body).unwrap();
        let shown = texts.shown();
        let spans = shown.iter().map(|text| {
            let spans = text.match_indices(name).map(|(at, _)| Span {
                range: at..at + name.len(),
                entity: "PERSON".to_owned(),
                score: 0.9,
            });
            spans.collect()
        });
        let found = texts.found(spans.collect());
        let seen: Vec<&str> = (0..texts.count)
            .flat_map(|text| found.claims(text))
            .map(|claim| &arguments[claim.range])
            .collect();
        assert_eq!(seen, expected, "{arguments}");
    }

    #[test]
    fn finds_in_json_are_where_they_are_written() {
        for (arguments, expected) in [
            (r#"{"to":"Zoë 😀"}"#, &["Zoë 😀"][..]),
            (
                r#"{"to":["\"Zoë 😀\"","Zo\u00eb \ud83d\ude00."]}"#,
                &["Zoë 😀", r"Zo\u00eb \ud83d\ude00"],
            ),
            (
                r#"{"Zo\u00eb 😀":{"a":"\n\\Zoë \uD83D\uDE00\t\ud83d"}}"#,
                &[r"Zo\u00eb 😀", r"Zoë \uD83D\uDE00"],
            ),
            // No JSON: it is text.
            ("Zoë 😀 {", &["Zoë 😀"]),
            (r#"{"a":"Zoë 😀","#, &["Zoë 😀"]),
        ] {
            check(arguments, "Zoë 😀", expected);
        }
    }

    #[test]
    fn what_has_no_letter_is_not_shown() {
        let body = r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"2 + 2"},{"type":"text","text":"ja"}]}]}"#;
        let texts = Texts::of_request(Endpoint::ChatCompletions, body).unwrap();
        assert_eq!(texts.shown(), ["ja"]);
    }
}
