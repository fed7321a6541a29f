//! What an answer took, as its endpoint reports it, for answers that came without.
//! Must not know who counted.

use super::json::Writer;
use crate::{Endpoint, Usage};

/// The `usage` object of chat completions and completions, or that of messages.
pub(super) fn of(endpoint: Endpoint, usage: &Usage) -> String {
    let mut json = Writer::new();
    let mut details = Writer::new();
    if endpoint == Endpoint::Messages {
        json.number("input_tokens", usage.fresh_input_tokens())
            .number("cache_creation_input_tokens", usage.cache_write_tokens)
            .number("cache_read_input_tokens", usage.cached_input_tokens)
            .number("output_tokens", usage.output_tokens);
        if usage.reasoning_tokens > 0 {
            details.number("thinking_tokens", usage.reasoning_tokens);
            json.object("output_tokens_details", details);
        }
        return json.done();
    }
    let total = usage.input_tokens.saturating_add(usage.output_tokens);
    json.number("prompt_tokens", usage.input_tokens)
        .number("completion_tokens", usage.output_tokens)
        .number("total_tokens", total);
    details.number("cached_tokens", usage.cached_input_tokens);
    if usage.cache_write_tokens > 0 {
        details.number("cache_write_tokens", usage.cache_write_tokens);
    }
    json.object("prompt_tokens_details", details);
    let mut details = Writer::new();
    details.number("reasoning_tokens", usage.reasoning_tokens);
    json.object("completion_tokens_details", details);
    json.done()
}
