//! Token usage from either dialect to the other: OpenAI's `prompt_tokens` include what came from or went into the
//! provider's cache, Anthropic's `input_tokens` do not. Must not know prices.

use crate::json::{Json, Object, object};

/// What a provider counted. Streams of Anthropic's report it in pieces, later ones replacing earlier ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Input that touched no cache.
    fresh_input: u64,
    cache_read: u64,
    cache_write: u64,
    output: u64,
    /// The part of `output` that nobody was shown.
    reasoning: Option<u64>,
    reported: bool,
}

impl Usage {
    /// Takes over what a `usage` object of messages says.
    pub(crate) fn read_messages(&mut self, usage: Option<&Json<'_>>) {
        let Some(usage) = usage.and_then(Json::as_object) else {
            return;
        };
        let read = |name: &str, into: &mut u64| {
            if let Some(count) = usage.get(name).and_then(Json::as_u64) {
                *into = count;
            }
        };
        read("input_tokens", &mut self.fresh_input);
        read("cache_read_input_tokens", &mut self.cache_read);
        read("cache_creation_input_tokens", &mut self.cache_write);
        read("output_tokens", &mut self.output);
        self.reasoning = detail(usage, "output_tokens_details", "thinking_tokens").or(self.reasoning);
        self.reported = true;
    }

    /// Takes over what a `usage` object of chat completions says.
    pub(crate) fn read_chat(&mut self, usage: Option<&Json<'_>>) {
        let Some(usage) = usage.and_then(Json::as_object) else {
            return;
        };
        let count = |name: &str| usage.get(name).and_then(Json::as_u64).unwrap_or(0);
        self.cache_read = detail(usage, "prompt_tokens_details", "cached_tokens").unwrap_or(0);
        self.cache_write = detail(usage, "prompt_tokens_details", "cache_write_tokens").unwrap_or(0);
        let cached = self.cache_read.saturating_add(self.cache_write);
        self.fresh_input = count("prompt_tokens").saturating_sub(cached);
        self.output = count("completion_tokens");
        self.reasoning = detail(usage, "completion_tokens_details", "reasoning_tokens");
        self.reported = true;
    }

    /// The `usage` of a chat completion; none if the provider reported none, since zeros would be taken for a count.
    pub(crate) fn to_chat<'a>(self) -> Option<Object<'a>> {
        if !self.reported {
            return None;
        }
        let prompt = self
            .fresh_input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write);
        let mut prompt_details = object("cached_tokens", self.cache_read);
        if self.cache_write > 0 {
            prompt_details.push("cache_write_tokens", self.cache_write);
        }
        let mut usage = object("prompt_tokens", prompt)
            .with("completion_tokens", self.output)
            .with("total_tokens", prompt.saturating_add(self.output))
            .with("prompt_tokens_details", prompt_details);
        usage.push_some(
            "completion_tokens_details",
            self.reasoning.map(|n| object("reasoning_tokens", n)),
        );
        Some(usage)
    }

    /// The `usage` of a message. Anthropic's SDKs cannot do without it, so what a provider did not report is 0, and
    /// a reader must take an answer to no input at all for one without a count.
    pub(crate) fn to_messages<'a>(self) -> Object<'a> {
        let mut usage = object("input_tokens", self.fresh_input)
            .with("cache_creation_input_tokens", self.cache_write)
            .with("cache_read_input_tokens", self.cache_read)
            .with("output_tokens", self.output);
        usage.push_some(
            "output_tokens_details",
            self.reasoning.map(|n| object("thinking_tokens", n)),
        );
        usage
    }
}

fn detail(usage: &Object<'_>, group: &str, name: &str) -> Option<u64> {
    usage.get(group)?.as_object()?.get(name)?.as_u64()
}
