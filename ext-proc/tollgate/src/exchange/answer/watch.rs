//! The watch over one answer's texts as the client would get them: how much of each may go out, and what was found.
//! Must not know events, money or the cache.

use std::sync::Arc;

use tollgate_guardrails::{AnswerGuard, Findings};
use tollgate_llm::{ApiError, Channel, Part};

use crate::exchange::guard;
use crate::serve::PolicyGuardrails;

/// See the module.
pub(in crate::exchange) struct Watch {
    policy: Arc<PolicyGuardrails>,
    /// `None` once the answer is over.
    guard: Option<AnswerGuard>,
    /// By the guard's numbers.
    texts: Vec<Text>,
    /// Bytes that are kept for rules that need whole texts.
    kept: usize,
    findings: Findings,
}

/// A provider that never ends a stream must not fill our memory.
const LARGEST_KEPT: usize = 8 << 20;

/// One text of the answer.
struct Text {
    channel: Channel,
    open: bool,
    /// What waits: it may still become something that blocks.
    waiting: String,
    /// How many bytes have gone out.
    gone: usize,
}

impl Watch {
    pub(super) fn new(policy: Arc<PolicyGuardrails>) -> Self {
        Self {
            guard: Some(AnswerGuard::new(Arc::clone(&policy.rules))),
            policy,
            texts: Vec::new(),
            kept: 0,
            findings: Findings::default(),
        }
    }

    /// Takes the next piece of a text, and leaves in its place what may go out now.
    pub(super) fn push(&mut self, channel: Channel, piece: &mut String) {
        self.advance(channel, piece, false);
    }

    /// The same for the last piece, which may be empty.
    pub(super) fn end(&mut self, channel: Channel, piece: &mut String) {
        self.advance(channel, piece, true);
    }

    /// A whole text.
    pub(super) fn text(&mut self, channel: Channel, text: &str) {
        if text.is_empty() {
            return;
        }
        let number = self.number(channel);
        if let (Some(guard), Some(text_of)) = (&mut self.guard, self.texts.get_mut(number)) {
            guard.push(number as u64, text);
            guard.end(number as u64);
            text_of.open = false;
        }
    }

    /// A whole text that repeats what came in pieces.
    pub(super) fn repeat(&mut self, text: &str) {
        if let Some(guard) = &mut self.guard {
            guard.whole(text);
        }
    }

    /// Whether something of a text waits.
    pub(super) fn holds(&self, channel: Channel) -> bool {
        self.texts
            .iter()
            .any(|text| text.open && text.channel == channel && !text.waiting.is_empty())
    }

    /// Whether the answer is too large to be judged as a whole.
    pub(super) fn is_full(&self) -> bool {
        self.kept > LARGEST_KEPT
    }

    /// Whether anybody wants to know how long the answer is.
    pub(super) fn wants_tokens(&self) -> bool {
        self.policy.rules.wants_answer_tokens()
    }

    /// How long the answer is so far.
    pub(super) fn tokens(&mut self, tokens: u64) {
        if let Some(guard) = &mut self.guard {
            guard.tokens(tokens);
        }
    }

    /// The answer is over.
    pub(in crate::exchange) fn finish(&mut self, tokens: impl FnOnce() -> u64) {
        if let Some(guard) = self.guard.take() {
            // What a choice says in several blocks is one message; arguments, thoughts and refusals are none.
            let message = |number: u64| {
                let text = self.texts.get(usize::try_from(number).ok()?)?;
                (text.channel.part == Part::Text).then_some(u64::from(text.channel.choice))
            };
            self.findings = guard.finish(message, tokens);
        }
    }

    /// Why the answer is refused, as far as it is known.
    pub(in crate::exchange) fn refusal(&self) -> Option<ApiError> {
        let finding = self.policy.blocks(self.found())?;
        Some(guard::refusal(finding, crate::exchange::Direction::Answer))
    }

    /// What was found so far.
    pub(in crate::exchange) fn found(&self) -> &Findings {
        self.guard.as_ref().map_or(&self.findings, AnswerGuard::findings)
    }

    fn advance(&mut self, channel: Channel, piece: &mut String, last: bool) {
        let is_open = |text: &Text| text.open && text.channel == channel;
        if piece.is_empty() && !self.texts.iter().any(is_open) {
            return;
        }
        let number = self.number(channel);
        let (Some(guard), Some(text)) = (&mut self.guard, self.texts.get_mut(number)) else {
            // The answer is over: nothing may pass unseen.
            piece.clear();
            return;
        };
        if self.policy.rules.wants_whole_answer() {
            self.kept += piece.len();
        }
        let number = number as u64;
        let mut clear = guard.push(number, piece);
        if last {
            clear = guard.end(number);
            text.open = false;
        }
        text.waiting.push_str(piece);
        piece.clear();
        let mut ready = clear.saturating_sub(text.gone).min(text.waiting.len());
        while !text.waiting.is_char_boundary(ready) {
            ready -= 1;
        }
        text.gone += ready;
        piece.extend(text.waiting.drain(..ready));
    }

    /// The guard's number of the channel's open text, or of a new one.
    fn number(&mut self, channel: Channel) -> usize {
        let open = |text: &Text| text.open && text.channel == channel;
        self.texts.iter().position(open).unwrap_or_else(|| {
            self.texts.push(Text {
                channel,
                open: true,
                waiting: String::new(),
                gone: 0,
            });
            self.texts.len() - 1
        })
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
