//! Counts what a model wrote, for answers whose provider does not say it or whose end never came.
//! Must not know what tokens cost.

use tollgate_llm::{Channel, Usage};
use tollgate_routing::count;
use tollgate_tokens::{Counter, Encoding};

/// A running count per channel of an answer.
pub(super) struct Meter {
    encoding: Option<Encoding>,
    channels: Vec<(Channel, Written)>,
}

enum Written {
    Counted(Counter),
    /// Without a vocabulary the bytes are enough for an estimate.
    Bytes(usize),
}

impl Meter {
    pub(super) fn new(encoding: Option<Encoding>) -> Self {
        Self { encoding, channels: Vec::new() }
    }

    /// Takes in what was written on a channel.
    pub(super) fn push(&mut self, channel: Channel, text: &str) {
        let at = self.channels.iter().position(|(known, _)| *known == channel).unwrap_or_else(|| {
            let counter = self.encoding.and_then(Encoding::counter);
            let written = counter.map_or(Written::Bytes(0), Written::Counted);
            self.channels.push((channel, written));
            self.channels.len() - 1
        });
        match &mut self.channels[at].1 {
            Written::Counted(counter) => counter.push(text),
            Written::Bytes(bytes) => *bytes += text.len(),
        }
    }

    /// Tokens so far.
    pub(super) fn tokens(&self) -> u64 {
        self.channels
            .iter()
            .map(|(_, written)| match written {
                Written::Counted(counter) => counter.clone().finish() as u64,
                Written::Bytes(bytes) => count::estimate_bytes(*bytes),
            })
            .sum()
    }

    /// What is charged: what the provider says, and where it says less than it sent (a cut stream) or nothing, the count.
    pub(super) fn usage(&self, reported: Option<Usage>, finished: bool, prompt_tokens: u64) -> Usage {
        match reported {
            Some(usage) if finished => usage,
            Some(usage) => Usage { output_tokens: usage.output_tokens.max(self.tokens()), ..usage },
            None => Usage { input_tokens: prompt_tokens, output_tokens: self.tokens(), ..Usage::default() },
        }
    }
}
