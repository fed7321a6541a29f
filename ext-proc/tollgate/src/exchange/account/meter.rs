//! Counts what a model wrote, for answers whose provider does not say it or whose end never came.
//! Must not know what tokens cost.

use std::collections::BTreeMap;

use tollgate_llm::{Channel, Usage};
use tollgate_tokens::{Tally, Tokenizer, overhead};

/// A running count per channel of an answer.
pub(in crate::exchange) struct Meter {
    tokenizer: Tokenizer,
    channels: Vec<(Channel, Tally)>,
    /// What is called on which channel: the tokens of its name.
    calls: Vec<(Channel, usize)>,
}

impl Meter {
    pub(in crate::exchange) fn new(tokenizer: Tokenizer) -> Self {
        Self {
            tokenizer,
            channels: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// Takes in which tool is called with the arguments on a channel; some streams say it more than once.
    pub(in crate::exchange) fn call(&mut self, channel: Channel, name: &str) {
        if self.calls.iter().all(|(known, _)| *known != channel) {
            self.calls.push((channel, self.tokenizer.count(name).tokens));
        }
    }

    /// Takes in what was written on a channel.
    pub(in crate::exchange) fn push(&mut self, channel: Channel, text: &str) {
        let at = self
            .channels
            .iter()
            .position(|(known, _)| *known == channel)
            .unwrap_or_else(|| {
                self.channels.push((channel, self.tokenizer.tally()));
                self.channels.len() - 1
            });
        self.channels[at].1.push(text);
    }

    /// Tokens so far: the texts, and around arguments what calls cost in a prompt, where the model reads them as it wrote them.
    pub(in crate::exchange) fn tokens(&self) -> u64 {
        let texts: u64 = self
            .channels
            .iter()
            .map(|(_, written)| written.clone().finish() as u64)
            .sum();
        let mut choices: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (channel, name) in &self.calls {
            choices.entry(channel.choice).or_default().push(*name);
        }
        let calls: usize = choices.values().map(|names| overhead::calls(names)).sum();
        texts + calls as u64
    }

    /// What is charged: what the provider says, and where it says less than it sent (a cut stream) or nothing, the count.
    pub(in crate::exchange) fn usage(
        &self,
        reported: Option<Usage>,
        finished: bool,
        prompt_tokens: u64,
    ) -> Usage {
        let Some(mut usage) = reported else {
            return Usage {
                input_tokens: prompt_tokens,
                output_tokens: self.tokens(),
                ..Usage::default()
            };
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
    use tollgate_tokens::Encoding;

    use super::*;

    fn channel(block: u32) -> Channel {
        Channel {
            choice: 0,
            block,
            part: Part::Text,
        }
    }

    #[test]
    fn what_nobody_reports_is_counted() {
        let mut meter = Meter::new(Tokenizer::Exact(Encoding::O200kBase));
        for (block, text) in [(0, "hel"), (1, "hello"), (0, "lo world")] {
            meter.push(channel(block), text);
        }
        let reported = |input_tokens, output_tokens| {
            Some(Usage {
                input_tokens,
                output_tokens,
                ..Usage::default()
            })
        };
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
            assert_eq!(
                (usage.input_tokens, usage.output_tokens),
                expected,
                "{given:?} {finished}"
            );
        }
    }

    #[test]
    fn calls_cost_more_than_their_arguments() {
        let meter_of = |calls: &[(u32, u32, &str)]| {
            let mut meter = Meter::new(Tokenizer::Exact(Encoding::O200kBase));
            for (choice, block, name) in calls {
                let channel = Channel {
                    choice: *choice,
                    block: *block,
                    part: Part::ToolArguments,
                };
                meter.call(channel, name);
                // "{}" is one token.
                meter.push(channel, "{}");
            }
            meter.tokens()
        };
        // "hello" is one token; a message's only call costs three more, several 18 and 9 each.
        for (calls, expected) in [
            (&[(0, 0, "hello")][..], 1 + 3 + 1),
            (&[(0, 0, "hello"), (0, 1, "hello")], 2 + 18 + 2 * (9 + 1)),
            (&[(0, 0, "hello"), (1, 0, "hello")], 2 + 2 * (3 + 1)),
            // Named again with more arguments.
            (&[(0, 0, "hello"), (0, 0, "hello")], 2 + 3 + 1),
        ] {
            assert_eq!(meter_of(calls), expected, "{calls:?}");
        }
    }

    #[test]
    fn a_stream_counts_as_its_text_whatever_the_chunks() {
        let text = "Certainly! Here are the three steps:\n\n1. Open the door.\n2. Müssen wir? 東京 👋";
        for name in [
            "o200k_base",
            "cl100k_base",
            "p50k_base",
            "r50k_base",
            "estimate",
            "estimate:claude",
        ] {
            let tokenizer = Tokenizer::from_name(name).unwrap();
            let mut meter = Meter::new(tokenizer);
            for char in text.chars() {
                meter.push(channel(0), char.encode_utf8(&mut [0; 4]));
            }
            let whole = tokenizer.count(text);
            assert_eq!(
                (meter.tokens(), whole.exact),
                (whole.tokens as u64, !name.starts_with("estimate")),
                "{name}"
            );
        }
    }
}
