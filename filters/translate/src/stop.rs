//! Why an answer ended, from either dialect to the other.
//! Must not know where in an answer the reason stands.

use crate::json::Text;

/// Anthropic's `stop_reason` as chat's `finish_reason`.
pub(crate) fn to_chat(reason: Option<&Text<'_>>) -> &'static str {
    const REASONS: &[(&str, &str)] = &[
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        // Anthropic's own tools paused a long turn. None of them is reachable from chat.
        ("pause_turn", "stop"),
    ];
    named(REASONS, reason).unwrap_or("stop")
}

/// Chat's `finish_reason` as Anthropic's `stop_reason`. `calls`: the answer calls tools; `refused`: it is a refusal.
pub(crate) fn to_messages(reason: Option<&Text<'_>>, calls: bool, refused: bool) -> &'static str {
    const REASONS: &[(&str, &str)] = &[
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("function_call", "tool_use"),
    ];
    match named(REASONS, reason) {
        Some(reason) => reason,
        // OpenAI says `stop` for a call that the client forced, and some compatible providers say it for every call.
        None if calls => "tool_use",
        None if refused => "refusal",
        None => "end_turn",
    }
}

fn named(reasons: &[(&str, &'static str)], reason: Option<&Text<'_>>) -> Option<&'static str> {
    let reason = reason?;
    reasons
        .iter()
        .find(|(name, _)| reason.is(name))
        .map(|(_, counterpart)| *counterpart)
}
