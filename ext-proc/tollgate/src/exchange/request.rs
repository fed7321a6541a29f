//! The one pass over a request's body: its texts are redacted, its meaning is hashed, its usage is asked for.
//! Must not know money or who may ask; it edits, and says what it found.

use std::borrow::Cow;
use std::ops::Range;

use tollgate_cache::{BodyDigest, CanonicalHasher};
use tollgate_config::{Cache, CacheMode, Model, OnUnknownShape, Redaction};
use tollgate_guardrails::{Findings, Guardrails, Role as Speaker};
use tollgate_llm::json::{Scanner, Splice, Token};
use tollgate_llm::request::{self, RequestFacts, RequestVisitor, Text, TextKind};
use tollgate_llm::{ApiError, Endpoint, ErrorKind, Image, Role, body};
use tollgate_redact::{Counts, Engine, Entity, Redactor, Vault, Verdict};
use tollgate_routing::count::{Count, Prompt};

use super::finds::Finds;
use super::last_text::{LastText, Words};
use crate::serve::Caller;

/// What the pass found.
pub(super) struct Read {
    pub(super) facts: RequestFacts,
    /// What changes in the body; empty leaves the client's bytes.
    pub(super) edits: Splice,
    /// The redacted request's meaning; `None` if answers are not cached or the request cannot be.
    pub(super) digest: Option<BodyDigest>,
    /// Its last user text apart from the rest; `None` if nobody compares it, or it cannot be.
    pub(super) words: Option<Words>,
    pub(super) vault: Vault,
    pub(super) counts: Counts,
    /// Its redacted texts; `None` if nobody judges them.
    pub(super) said: Option<Vec<String>>,
    /// What guardrails found in its texts.
    pub(super) findings: Findings,
    /// Redaction does not let the request pass.
    pub(super) refusal: Option<ApiError>,
}

/// Reads a body once. `found`: what somebody else found in its texts.
pub(super) fn read(
    engine: &Engine,
    caller: &Caller,
    endpoint: Endpoint,
    bytes: &[u8],
    found: Option<&Finds>,
) -> Result<Read, ApiError> {
    let text = body::text(bytes)?;
    let redaction = &caller.redaction;
    let mut pass = Pass {
        redactor: redaction
            .request
            .as_ref()
            .map(|rules| Redactor::new(engine, rules, redaction.key.clone())),
        hasher: (caller.policy().cache != Cache::Off).then(|| CanonicalHasher::new(endpoint)),
        last_text: LastText::of(endpoint).filter(|_| compares_words(caller)),
        found,
        read: 0,
        said: caller
            .hooks
            .as_ref()
            .and_then(|hooks| hooks.moderator(true))
            .map(|_| Vec::new()),
        edits: Splice::new(),
        guardrails: caller
            .guardrails
            .as_ref()
            .map(|policy| &*policy.rules)
            .filter(|rules| rules.wants_request()),
        findings: Findings::default(),
        message: Message::default(),
        blocked: None,
        unknown: None,
        options: UsageOption::default(),
    };
    let facts = request::walk(endpoint, text, &mut pass)?;
    pass.end_message();
    if facts.stream && matches!(endpoint, Endpoint::ChatCompletions | Endpoint::Completions) {
        pass.options.ask(text, &mut pass.edits);
    }
    let refusal = pass.refusal(caller);
    let (vault, counts) = match pass.redactor {
        Some(redactor) => {
            let counts = redactor.counts().clone();
            (redactor.into_vault(), counts)
        }
        None => (Vault::new(redaction.key.clone()), Counts::default()),
    };
    let digest = pass.hasher.and_then(|hasher| hasher.finish().ok());
    let words = pass.last_text.and_then(LastText::finish);
    Ok(Read {
        facts,
        edits: pass.edits,
        digest,
        words,
        vault,
        counts,
        said: pass.said,
        findings: pass.findings,
        refusal,
    })
}

fn compares_words(caller: &Caller) -> bool {
    matches!(&caller.policy().cache, Cache::On(rules) if rules.mode != CacheMode::Exact)
}

/// Counts a prompt where `router.wasm` did not.
pub(super) fn count(endpoint: Endpoint, bytes: &[u8], model: &Model) -> Result<Count, ApiError> {
    let text = body::text(bytes)?;
    let mut prompt = Prompt::new(endpoint, text);
    request::walk(endpoint, text, &mut prompt)?;
    Ok(prompt.count(model.tokenizer, &model.name))
}

/// The error for a model that no configuration names.
pub(super) fn unknown_model() -> ApiError {
    ApiError::new(
        ErrorKind::NotFound,
        "this model is not configured at this gateway",
    )
    .code("model_not_found")
    .param("model")
}

struct Pass<'e> {
    redactor: Option<Redactor<'e>>,
    hasher: Option<CanonicalHasher>,
    last_text: Option<LastText>,
    found: Option<&'e Finds>,
    /// How many texts were read so far.
    read: usize,
    said: Option<Vec<String>>,
    guardrails: Option<&'e Guardrails>,
    findings: Findings,
    /// The texts of the message that is being read, if a rule looks at them together.
    message: Message,
    edits: Splice,
    blocked: Option<Entity>,
    unknown: Option<String>,
    options: UsageOption,
}

impl Pass<'_> {
    fn refusal(&self, caller: &Caller) -> Option<ApiError> {
        if let Some(entity) = self.blocked {
            return Some(
                ApiError::new(
                    ErrorKind::InvalidRequest,
                    format!("the request holds data that must not leave: {entity}"),
                )
                .code("content_blocked"),
            );
        }
        let path = self.unknown.as_ref()?;
        let redacts = match &caller.policy().redaction {
            Redaction::On(rules) => {
                rules.request.is_some() && rules.on_unknown_shape == OnUnknownShape::Block
            }
            Redaction::Off => false,
        };
        let guards = caller
            .guardrails
            .as_ref()
            .is_some_and(|policy| policy.is_strict_with_requests());
        if !redacts && !guards {
            return None;
        }
        Some(
            ApiError::new(
                ErrorKind::InvalidRequest,
                format!("`{path}` has a shape that this gateway does not know, so it cannot be checked"),
            )
            .code("unknown_shape")
            .param(path.clone()),
        )
    }
}

/// The texts that somebody says in one message.
#[derive(Default)]
struct Message {
    /// Which message it is, and whose.
    of: Option<(usize, Speaker)>,
    texts: Vec<String>,
}

impl Pass<'_> {
    /// Collects the texts of a message, for rules that look at them together.
    fn collect(&mut self, text: &Text<'_>) {
        // Texts that nobody says, such as those to be embedded, have nothing to do with each other.
        let is_said = text.kind == TextKind::Text && text.role != Role::Input;
        if !is_said || !self.guardrails.is_some_and(Guardrails::wants_messages) {
            return;
        }
        let of = Some((text.message, speaker(text.role)));
        if self.message.of != of {
            self.end_message();
            self.message.of = of;
        }
        self.message.texts.push(text.str.decode().into_owned());
    }

    fn end_message(&mut self) {
        let Message { of, texts } = std::mem::take(&mut self.message);
        if let (Some(rules), Some((_, speaker))) = (self.guardrails, of) {
            rules.request_message(speaker, &texts, &mut self.findings);
        }
    }

    /// Redacts one string and takes it into the hash as it will be sent.
    fn redact(&mut self, text: &Text<'_>, hash: fn(&mut CanonicalHasher, &str)) {
        let decoded = text.str.decode();
        let claims = self
            .found
            .map(|found| found.claims(self.read))
            .unwrap_or_default();
        self.read += 1;
        if let Some(rules) = self.guardrails {
            rules.request_text(speaker(text.role), &decoded, &mut self.findings);
        }
        let verdict = match (&mut self.redactor, text.kind) {
            (None, _) => Verdict::Pass(Cow::Borrowed(&*decoded)),
            (Some(redactor), TextKind::Json) => redactor.json_with(&decoded, &claims),
            (Some(redactor), TextKind::Text | TextKind::Reasoning) => redactor.text_with(&decoded, &claims),
        };
        match verdict {
            Verdict::Pass(passed) => {
                if let Cow::Owned(redacted) = &passed {
                    self.edits.replace_text(&text.str, redacted);
                }
                if let Some(said) = &mut self.said {
                    said.push(passed.clone().into_owned());
                }
                if let Some(hasher) = &mut self.hasher {
                    if let Some(last) = &mut self.last_text {
                        last.text(text, &passed, hasher, hash);
                    }
                    hash(hasher, &passed);
                }
            }
            Verdict::Blocked(entity) => self.blocked = self.blocked.or(Some(entity)),
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

impl RequestVisitor for Pass<'_> {
    fn text(&mut self, text: &Text<'_>) {
        self.collect(text);
        self.redact(text, CanonicalHasher::text);
    }

    fn key(&mut self, key: &Text<'_>) {
        self.options.token(&Token::Key(key.str));
        self.redact(key, CanonicalHasher::key);
    }

    fn other(&mut self, token: &Token<'_>) {
        self.options.token(token);
        if let Some(hasher) = &mut self.hasher {
            hasher.token(token);
        }
        if let Some(last) = &mut self.last_text {
            last.token(token);
        }
    }

    fn message(&mut self, role: Role) {
        if let Some(last) = &mut self.last_text {
            last.message(role);
        }
    }

    fn image(&mut self, _: &Image<'_>) {
        if let Some(last) = &mut self.last_text {
            last.spoil();
        }
    }

    fn tokens(&mut self, _: u64) {
        if let Some(last) = &mut self.last_text {
            last.spoil();
        }
    }

    fn unknown(&mut self, path: &str) {
        if let Some(last) = &mut self.last_text {
            last.spoil();
        }
        if self.unknown.is_none() {
            self.unknown = Some(path.to_owned());
        }
    }
}

/// OpenAI's streams report usage only to those who ask (`stream_options.include_usage`). The gateway asks for everybody and
/// keeps the report from clients who did not ask ([`super::stream`]).
#[derive(Default)]
struct UsageOption {
    depth: usize,
    /// Where the key `stream_options` ends, and while its value is open, true.
    options: Option<usize>,
    inside: bool,
    /// Where the key `include_usage` ends.
    include_usage: Option<usize>,
}

impl UsageOption {
    fn token(&mut self, token: &Token<'_>) {
        match token {
            Token::ObjectStart | Token::ArrayStart => self.depth += 1,
            Token::ObjectEnd | Token::ArrayEnd => self.depth -= 1,
            Token::Key(key) if self.depth == 1 => {
                self.inside = key.is("stream_options");
                if self.inside {
                    self.options = Some(key.range().end + 1);
                }
            }
            Token::Key(key) if self.depth == 2 && self.inside && key.is("include_usage") => {
                self.include_usage = Some(key.range().end + 1);
            }
            _ => {}
        }
    }

    /// Edits the body so that it asks.
    fn ask(&self, body: &str, edits: &mut Splice) {
        const ASKED: &str = "{\"include_usage\":true}";
        if let Some(key) = self.include_usage {
            let value = value_at(body, key);
            if body.get(value.clone()) != Some("true") {
                edits.replace(value, "true");
            }
        } else if let Some(key) = self.options {
            let value = value_at(body, key);
            match body.get(value.clone()) {
                Some(object) if object.starts_with('{') => {
                    let empty = object[1..].trim_start().starts_with('}');
                    let member = if empty {
                        "\"include_usage\":true"
                    } else {
                        "\"include_usage\":true,"
                    };
                    edits.replace(value.start + 1..value.start + 1, member);
                }
                _ => edits.replace(value, ASKED),
            }
        } else if let Some(end) = body.rfind('}') {
            // The body is an object with members (`model` is required), so a comma is right.
            edits.replace(end..end, format!(",\"stream_options\":{ASKED}"));
        }
    }
}

/// The range of the value whose key ends at `key`.
fn value_at(body: &str, key: usize) -> Range<usize> {
    let rest = body.get(key..).unwrap_or_default();
    let colon = rest.find(':').map_or(0, |at| at + 1);
    let blank = rest[colon..].len() - rest[colon..].trim_start().len();
    let start = key + colon + blank;
    let rest = body.get(start..).unwrap_or_default();
    let value = Scanner::new(rest).skip_value().unwrap_or_default();
    start..start + value.end
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Options(UsageOption);

    impl RequestVisitor for Options {
        fn text(&mut self, _: &Text<'_>) {}
        fn other(&mut self, token: &Token<'_>) {
            self.0.token(token);
        }
        fn unknown(&mut self, _: &str) {}
    }

    #[test]
    fn every_stream_is_asked_for_its_usage() {
        for (options, expected) in [
            ("", r#","stream_options":{"include_usage":true}"#),
            (
                r#","stream_options":null"#,
                r#","stream_options":{"include_usage":true}"#,
            ),
            (
                r#","stream_options": {}"#,
                r#","stream_options": {"include_usage":true}"#,
            ),
            (
                r#","stream_options":{"include_usage" : false }"#,
                r#","stream_options":{"include_usage" : true }"#,
            ),
            (
                r#","stream_options":{"include_usage":true}"#,
                r#","stream_options":{"include_usage":true}"#,
            ),
            (
                r#","stream_options":{"x":1}"#,
                r#","stream_options":{"include_usage":true,"x":1}"#,
            ),
        ] {
            let body = |options| {
                format!(
                    r#"{{"model":"m","messages":[{{"role":"user","content":"}}"}}],"stream":true{options}}}"#
                )
            };
            let mut visitor = Options(UsageOption::default());
            request::walk(Endpoint::ChatCompletions, &body(options), &mut visitor).unwrap();
            let mut edits = Splice::new();
            visitor.0.ask(&body(options), &mut edits);
            assert_eq!(
                String::from_utf8(edits.apply(body(options))).unwrap(),
                body(expected),
                "{options}"
            );
        }
    }
}
