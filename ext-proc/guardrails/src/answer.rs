//! An answer that comes in pieces: what is listed is found as it comes, the rest at the end.
//! Must not know events or dialects: each text that is streamed is a channel with a number.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::Findings;
use crate::guardrails::Guardrails;
use crate::lists::Search;

/// Watches over one answer.
#[derive(Debug)]
pub struct AnswerGuard {
    guardrails: Arc<Guardrails>,
    channels: BTreeMap<u64, Channel>,
    findings: Findings,
    /// Whether whole texts are kept for the end.
    keep: bool,
}

#[derive(Debug)]
struct Channel {
    search: Search,
    /// The whole text, if a rule needs it at the end.
    text: String,
    /// How many bytes may go out.
    clear: usize,
    /// The byte before which something begins that blocks.
    blocked: Option<usize>,
}

impl AnswerGuard {
    /// A guard for one answer.
    pub fn new(guardrails: Arc<Guardrails>) -> Self {
        Self {
            keep: guardrails.wants_whole_answer(),
            guardrails,
            channels: BTreeMap::new(),
            findings: Findings::default(),
        }
    }

    /// Takes a piece of a channel's text and returns how many bytes of the whole text so far may go out: never less than
    /// before, and never a byte of something listed that blocks. At most [`MOST_HELD`](crate::MOST_HELD) bytes wait.
    pub fn push(&mut self, channel: u64, text: &str) -> usize {
        self.advance(channel, text, false)
    }

    /// A channel's text is over: what waited may go out, unless something blocks. Returns how many bytes may go out.
    pub fn end(&mut self, channel: u64) -> usize {
        self.advance(channel, "", true)
    }

    /// Adds findings on the answer's length: how many tokens there are so far.
    pub fn tokens(&mut self, tokens: u64) {
        self.guardrails.answer_tokens(|| tokens, &mut self.findings);
    }

    /// Takes a whole text beside the channels, which repeats one of them or stands for it: what is listed is found in it.
    pub fn whole(&mut self, text: &str) {
        self.guardrails.search_answer(text, &mut self.findings);
    }

    /// What was found so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// The answer is over: ends all channels and looks at whole texts. Channels of the same `message` are one text, which is
    /// compared with schema, language and citations; those of none (the arguments of tool calls) are not.
    pub fn finish(mut self, message: impl Fn(u64) -> Option<u64>, tokens: impl FnOnce() -> u64) -> Findings {
        let open: Vec<u64> = self.channels.keys().copied().collect();
        for channel in open {
            self.end(channel);
        }
        let mut messages: BTreeMap<u64, String> = BTreeMap::new();
        for (channel, state) in std::mem::take(&mut self.channels) {
            if let Some(message) = message(channel).filter(|_| self.keep) {
                messages.entry(message).or_default().push_str(&state.text);
            }
        }
        let texts: Vec<&str> = messages.values().map(String::as_str).collect();
        self.guardrails.finished(&texts, tokens, &mut self.findings);
        self.findings
    }

    fn advance(&mut self, channel: u64, text: &str, complete: bool) -> usize {
        let Self {
            guardrails,
            channels,
            findings,
            keep,
        } = self;
        let state = channels.entry(channel).or_insert_with(|| Channel {
            search: Search::new(),
            text: String::new(),
            clear: 0,
            blocked: None,
        });
        if *keep {
            state.text.push_str(text);
        }
        let Some(lists) = guardrails.answer_lists() else {
            state.clear += text.len();
            return state.clear;
        };
        let Channel {
            search,
            clear,
            blocked,
            ..
        } = state;
        let mut each = |hit: crate::lists::Hit| {
            if guardrails.listed(hit.number, findings) {
                *blocked = Some(blocked.map_or(hit.from, |from: usize| from.min(hit.from)));
            }
        };
        search.push(lists, text, &mut each);
        if complete {
            search.finish(lists, &mut each);
        }
        let settled = search.len() - search.held(lists);
        *clear = settled.min(blocked.unwrap_or(usize::MAX)).max(*clear);
        *clear
    }
}
