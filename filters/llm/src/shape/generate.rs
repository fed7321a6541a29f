//! The shape of an answer of Gemini's `generateContent`, whole or one chunk of a stream.
//! Must not know what a handler does with it.
//!
//! Source: <https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse>.

use super::chat::{ERROR, ERROR_TEXT};
use super::{FREE_ARGUMENTS, Fact, Fields, Mark, Object, Rule, TEXT, WholeKind, list, object, text};
use crate::Role;

use Rule::{Carry, Deep, Loose, Whole};

/// A chunk; a whole answer has the same shape.
pub(crate) static ANSWER: Object = Object::of(&[case!(&[], ANSWER_FIELDS)]).lenient();

const ANSWER_FIELDS: Fields = &[
    ("candidates", list(&CANDIDATE)),
    ("promptFeedback", Carry),
    ("usageMetadata", Carry),
    ("modelVersion", Rule::Fact(Fact::Model)),
    ("responseId", Carry),
    ("error", ERROR),
    ("message", ERROR_TEXT),
];

static CANDIDATE: Rule = object(&Object::of(&[case!(&[], CANDIDATE_FIELDS)]).mark(Mark::Choice));

const CANDIDATE_FIELDS: Fields = &[
    ("index", Carry),
    ("content", object(&CONTENT)),
    ("finishReason", Rule::Fact(Fact::Finish)),
    ("finishMessage", text(TEXT)),
    ("safetyRatings", Carry),
    ("tokenCount", Carry),
    ("avgLogprobs", Carry),
    ("logprobsResult", Whole(WholeKind::Logprobs)),
    ("citationMetadata", Loose(TEXT)),
    ("groundingMetadata", Loose(TEXT)),
    ("groundingAttributions", Loose(TEXT)),
    ("urlContextMetadata", Loose(TEXT)),
];

static CONTENT: Object =
    Object::of(&[case!(&[], &[("role", Carry), ("parts", list(&PART))]).role(Role::Assistant)]);

static PART: Rule = object(&Object::of(&[case!(&[], PART_FIELDS)]));

const PART_FIELDS: Fields = &[
    ("text", text(TEXT)),
    ("thought", Carry),
    ("thoughtSignature", Carry),
    ("inlineData", Carry),
    ("fileData", Carry),
    ("functionCall", object(&CALL)),
    ("functionResponse", Deep(TEXT)),
    ("executableCode", object(&CODE)),
    ("codeExecutionResult", object(&CODE_RESULT)),
];

static CALL: Object = Object::of(&[case!(
    &[],
    &[("id", Carry), ("name", Carry), ("args", Deep(FREE_ARGUMENTS))]
)]);

static CODE: Object = Object::of(&[case!(&[], &[("language", Carry), ("code", text(TEXT))])]);

static CODE_RESULT: Object = Object::of(&[case!(&[], &[("outcome", Carry), ("output", text(TEXT))])]);
