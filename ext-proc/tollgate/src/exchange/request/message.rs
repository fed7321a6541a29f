//! The texts of a request on their way past guardrails: each by itself, and those of a message together.
//! Must not know what follows from a finding.

use std::ops::Range;

use tollgate_guardrails::{Findings, Guardrails, Role as Speaker};
use tollgate_llm::Role;
use tollgate_llm::json::{Scanner, Token};
use tollgate_llm::request::{Text, TextKind};

/// See the module.
pub(super) struct Guarded<'e> {
    rules: &'e Guardrails,
    body: &'e str,
    /// The message that is being read, and whose it is.
    message: Option<(usize, Speaker)>,
    /// Where its texts stand: most messages have one, which nobody needs to keep.
    texts: Vec<Range<usize>>,
    findings: Findings,
}

impl<'e> Guarded<'e> {
    pub(super) fn new(rules: &'e Guardrails, body: &'e str) -> Self {
        Self {
            rules,
            body,
            message: None,
            texts: Vec::new(),
            findings: Findings::default(),
        }
    }

    /// Looks at one more text, which reads `decoded`, by itself.
    pub(super) fn judge(&mut self, text: &Text<'_>, decoded: &str) {
        self.rules
            .request_text(speaker(text.role), decoded, &mut self.findings);
    }

    /// Keeps in mind that it belongs to a message.
    pub(super) fn collect(&mut self, text: &Text<'_>) {
        // Texts that nobody says, such as those to be embedded, have nothing to do with each other.
        let is_said = text.kind == TextKind::Text && text.role != Role::Input;
        if !is_said || !self.rules.wants_messages() {
            return;
        }
        let message = Some((text.message, speaker(text.role)));
        if self.message != message {
            self.end_message();
            self.message = message;
        }
        self.texts.push(text.str.range());
    }

    /// What was found, when all has been read.
    pub(super) fn finish(mut self) -> Findings {
        self.end_message();
        self.findings
    }

    fn end_message(&mut self) {
        let ranges = std::mem::take(&mut self.texts);
        let Some((_, speaker)) = self.message.take() else {
            return;
        };
        if ranges.len() > 1 {
            let texts: Vec<String> = ranges.into_iter().map(|range| self.decode(range)).collect();
            self.rules.request_message(speaker, &texts, &mut self.findings);
        }
    }

    /// The string in the body whose quotes stand around `range`.
    fn decode(&self, range: Range<usize>) -> String {
        let quoted = self.body.get(range.start.saturating_sub(1)..range.end + 1);
        match Scanner::new(quoted.unwrap_or_default()).next() {
            Ok(Some(Token::String(str))) => str.decode().into_owned(),
            _ => String::new(),
        }
    }
}

/// Whose text it is to guardrails: an input without a conversation is what somebody asks.
const fn speaker(role: Role) -> Speaker {
    match role {
        Role::System => Speaker::System,
        Role::User | Role::Input => Speaker::User,
        Role::Assistant => Speaker::Assistant,
        Role::Tool => Speaker::Tool,
    }
}

#[cfg(test)]
mod tests {
    use tollgate_guardrails::{Action, Check, On, Roles, Rule};
    use tollgate_llm::Endpoint;
    use tollgate_llm::request::{self, RequestVisitor};

    use super::*;

    struct Pass<'e>(Guarded<'e>);

    impl RequestVisitor for Pass<'_> {
        fn text(&mut self, text: &Text<'_>) {
            self.0.collect(text);
            self.0.judge(text, &text.str.decode());
        }

        fn unknown(&mut self, _: &str) {}
    }

    #[test]
    fn texts_of_one_message_are_read_together_and_those_of_two_are_not() {
        let rule = Rule {
            name: "rivals".to_owned(),
            on: On::Request,
            roles: Roles::ALL,
            action: Action::Block,
            check: Check::Listed {
                words: vec!["project titan".to_owned()],
                patterns: Vec::new(),
            },
        };
        let rules = Guardrails::compile(&[rule]).unwrap();
        for (messages, found) in [
            (r#"[{"role":"user","content":"project titan"}]"#, true),
            (
                r#"[{"role":"user","content":[{"type":"text","text":"a pro"},{"type":"text","text":"ject\ttit\u0061n"}]}]"#,
                true,
            ),
            (
                r#"[{"role":"user","content":[{"type":"text","text":"\"project"},{"type":"text","text":"titan"}]}]"#,
                true,
            ),
            (
                r#"[{"role":"user","content":"project"},{"role":"user","content":"titan"}]"#,
                false,
            ),
        ] {
            let body = format!(r#"{{"model":"m","messages":{messages}}}"#);
            let mut pass = Pass(Guarded::new(&rules, &body));
            request::walk(Endpoint::ChatCompletions, &body, &mut pass).unwrap();
            assert_eq!(pass.0.finish().0.is_empty(), !found, "{body}");
        }
    }
}
