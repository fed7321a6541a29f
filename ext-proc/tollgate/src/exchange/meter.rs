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
        let Some(mut usage) = reported else {
            return Usage { input_tokens: prompt_tokens, output_tokens: self.tokens(), ..Usage::default() };
        };
        // No prompt is empty: zeros stand in translated answers for what the provider did not say.
        let said_nothing = usage.input_tokens == 0;
        if said_nothing {
            usage.input_tokens = prompt_tokens;
        }
        if said_nothing || !finished {
            usage.output_tokens = usage.output_tokens.max(self.tokens());
        }
        usage
    }
}

#[cfg(test)]
mod tests {
    use tollgate_llm::Part;

    use super::*;

    #[test]
    fn what_nobody_reports_is_counted() {
        let mut meter = Meter::new(Some(Encoding::O200kBase));
        let channel = |block| Channel { choice: 0, block, part: Part::Text };
        for (block, text) in [(0, "hel"), (1, "hello"), (0, "lo world")] {
            meter.push(channel(block), text);
        }
        let reported = |input_tokens, output_tokens| Some(Usage { input_tokens, output_tokens, ..Usage::default() });
        // "hello world" and "hello": three tokens.
        for (given, finished, expected) in [
            (None, true, (7, 3)),
            (None, false, (7, 3)),
            (reported(9, 1), true, (9, 1)),
            (reported(9, 1), false, (9, 3)),
            (reported(9, 5), false, (9, 5)),
            (reported(0, 0), true, (7, 3)),
        ] {
            let usage = meter.usage(given, finished, 7);
            assert_eq!((usage.input_tokens, usage.output_tokens), expected, "{given:?} {finished}");
        }
    }
}
