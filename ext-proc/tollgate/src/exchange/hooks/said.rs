//! What a model said, for somebody who judges it: redacted, and without the request's own values.
//! Must not know who judges, nor what follows.

use tollgate_llm::{Channel, TextKind};
use tollgate_redact::{Counts, Verdict, restore};

use crate::exchange::answer::plain::kind;
use crate::exchange::answer::restorer::Restorer;

/// What is kept of a stream; a longer one is judged by its beginning.
const LONGEST: usize = 1 << 20;

/// See the module.
pub(in crate::exchange) enum Said {
    Whole(Vec<String>),
    Stream(Box<Channels>),
}

/// The texts of a stream as the provider wrote them.
pub(in crate::exchange) struct Channels {
    texts: Vec<(Channel, TextKind, String)>,
    bytes: usize,
    restorer: Restorer,
}

impl Said {
    /// Texts that are redacted already.
    pub(in crate::exchange) fn whole(texts: Vec<String>) -> Self {
        Self::Whole(texts)
    }

    /// Nothing yet. `restorer` has no values to put back.
    pub(in crate::exchange) fn of_stream(restorer: Restorer) -> Self {
        Self::Stream(Box::new(Channels {
            texts: Vec::new(),
            bytes: 0,
            restorer,
        }))
    }

    /// More of a stream's text.
    pub(in crate::exchange) fn push(&mut self, channel: Channel, kind: TextKind, text: &str) {
        let Self::Stream(stream) = self else { return };
        stream.bytes = stream.bytes.saturating_add(text.len());
        if stream.bytes > LONGEST {
            return;
        }
        match stream.texts.iter_mut().find(|(known, ..)| *known == channel) {
            Some((_, _, said)) => said.push_str(text),
            None => stream.texts.push((channel, kind, text.to_owned())),
        }
    }

    /// The texts, redacted.
    pub(in crate::exchange) fn texts(self) -> Vec<String> {
        let stream = match self {
            Self::Whole(texts) => return texts,
            Self::Stream(stream) => *stream,
        };
        let Restorer {
            engine,
            rules,
            vault,
            idle,
            ..
        } = &stream.restorer;
        let redacted = |(_, text_kind, text): &(Channel, TextKind, String)| {
            if *idle {
                return Some(text.clone());
            }
            let mut counted = Counts::default();
            match restore(engine, rules, vault, kind(*text_kind), text, &mut counted) {
                Verdict::Pass(text) => Some(text.into_owned()),
                // The client did not get it either.
                Verdict::Blocked(_) => None,
            }
        };
        stream.texts.iter().filter_map(redacted).collect()
    }
}
