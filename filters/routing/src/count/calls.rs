//! What calls of tools and their results cost besides arguments and contents, and what the choice of a tool does.
//! Must not know where in the body they stand.

use tollgate_llm::json::Value;
use tollgate_tokens::{Tokenizer, overhead};

/// A call: which message it is in, and the tokens of the tool's name.
pub(super) struct Call {
    pub(super) message: usize,
    pub(super) name: usize,
}

/// The results in a conversation.
#[derive(Default)]
pub(super) struct Results {
    /// All of them.
    pub(super) all: usize,
    /// Those that say which tool they are of, as results of `function_call` do. The name is counted with the texts.
    pub(super) named: usize,
}

/// What calls add to their messages, and results to theirs; less than nothing where only results with a name are left.
///
/// The result of a message's only call has the tool for its author. A result without a name is that of such a call, the
/// first ones first: which is whose makes no difference to the sum, since every call has its result.
pub(super) fn count(calls: &[Call], results: &Results) -> isize {
    /// What a message without a name costs: [`overhead::PER_MESSAGE`] and its role.
    const MESSAGE: usize = overhead::PER_MESSAGE + 1;

    let mut unnamed = results.all.saturating_sub(results.named);
    let mut tokens = 0;
    let mut less = (MESSAGE - overhead::result(0)) * results.named;
    for message in calls.chunk_by(|a, b| a.message == b.message) {
        let names: Vec<usize> = message.iter().map(|call| call.name).collect();
        tokens += overhead::calls(&names);
        match *names {
            [name] if unnamed > 0 => {
                unnamed -= 1;
                tokens += overhead::result(name);
                less += MESSAGE;
            }
            [_] => {}
            _ => unnamed = unnamed.saturating_sub(names.len()),
        }
    }
    tokens.cast_signed() - less.cast_signed()
}

/// What the choice of a tool adds.
pub(super) struct Choice {
    pub(super) tokens: usize,
    /// Some tool has to be called.
    pub(super) must_call: bool,
}

impl Choice {
    /// Reads `tool_choice` or `function_call` of any dialect.
    pub(super) fn read(choice: &str, tokenizer: Tokenizer) -> Self {
        let choice = Value::parse(choice).unwrap_or(Value::Null);
        let name = |value: &Value<'_>| value.get("name").and_then(Value::as_str).map(str::to_owned);
        let kind = choice.as_str().or_else(|| choice.get("type")?.as_str());
        let tokens = |name: &str| tokenizer.count(name).tokens;
        let tool = choice
            .get("function")
            .or_else(|| choice.get("custom"))
            .and_then(name);
        let kept = match (tool.or_else(|| name(&choice)), kind) {
            (Some(name), None) => overhead::Choice::Function(tokens(&name)),
            (Some(name), Some(_)) => overhead::Choice::Tool(tokens(&name)),
            (None, Some("none")) => overhead::Choice::None,
            (None, _) => overhead::Choice::Free,
        };
        Self {
            tokens: kept.tokens(),
            must_call: matches!(kind, Some("any" | "tool" | "required" | "function")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_in_every_dialect() {
        let tokenizer = Tokenizer::from_name("estimate").unwrap();
        let name = tokenizer.count("look_up").tokens;
        for (choice, tokens, must_call) in [
            (r#""auto""#, 0, false),
            (r#""none""#, 1, false),
            (r#""required""#, 0, true),
            (
                r#"{"type":"function","function":{"name":"look_up"}}"#,
                7 + name,
                true,
            ),
            (r#"{"type":"function","name":"look_up"}"#, 7 + name, true),
            (r#"{"name":"look_up"}"#, 4 + name, false),
            (r#"{"type":"auto"}"#, 0, false),
            (r#"{"type":"any"}"#, 0, true),
            ("3", 0, false),
        ] {
            let read = Choice::read(choice, tokenizer);
            assert_eq!((read.tokens, read.must_call), (tokens, must_call), "{choice}");
        }
    }

    #[test]
    fn every_call_has_its_result() {
        let call = |message, name| Call { message, name };
        let results = |all, named| Results { all, named };
        for (calls, results, tokens) in [
            (vec![], results(0, 0), 0),
            // Alone; with its result; with one that says whose it is.
            (vec![call(1, 2)], results(0, 0), 5),
            (vec![call(1, 2)], results(1, 0), 5 + 1),
            (vec![call(1, 2)], results(1, 1), 5 - 1),
            // Two at once, and one after the other.
            (vec![call(1, 2), call(1, 3)], results(2, 0), 18 + 11 + 12),
            (vec![call(1, 2), call(3, 3)], results(2, 0), 5 + 1 + 6 + 2),
            (
                vec![call(1, 2), call(1, 3), call(4, 2)],
                results(2, 0),
                18 + 11 + 12 + 5,
            ),
            (vec![], results(1, 1), -1),
        ] {
            assert_eq!(count(&calls, &results), tokens);
        }
    }
}
