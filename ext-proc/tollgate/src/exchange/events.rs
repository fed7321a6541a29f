//! The events of a streamed answer, one after the other: each with its texts as they go out, in the same order.
//! Must not hold more than what could still become an entity or has no word yet, and must not know bytes, money or the cache.

use std::borrow::Cow;

use tollgate_llm::json::Splice;
use tollgate_llm::sse::Event;
use tollgate_llm::stream::{Piece, StreamEvent, StreamReader};
use tollgate_llm::{ApiError, Channel, Endpoint, Part, TextKind, Usage, answer::Finish, sse};
use tollgate_redact::{Counts, Transducer, Verdict, restore};

use super::gate::Gate;
use super::meter::Meter;
use super::plain::{Unfit, kind};
use super::restorer::Restorer;
use super::said::Said;
use super::watch::Watch;

/// What is known between events.
pub(super) struct Events {
    pub(super) endpoint: Endpoint,
    pub(super) restorer: Restorer,
    reader: StreamReader,
    pub(super) channels: Vec<Open>,
    pub(super) watch: Option<Watch>,
    pub(super) meter: Option<Meter>,
    /// Whether the client asked for the usage that the gateway asked for.
    include_usage: bool,
    pub(super) usage: Option<Usage>,
    pub(super) finish: Vec<Finish>,
    pub(super) ended: bool,
    pub(super) failed: bool,
    /// It is refused for what it says.
    pub(super) refused: bool,
    /// The provider says itself that it failed.
    errs: bool,
    cut_in_line_end: bool,
    pub(super) may_have_restored: bool,
    pub(super) counts: Counts,
    /// What was said so far, if somebody judges it when all is over.
    pub(super) said: Option<Said>,
    /// Before texts that somebody must see first; it has read all that comes here, and has a word on it.
    pub(super) gate: Option<Box<Gate>>,
}

/// A text under way.
pub(super) struct Open {
    channel: Channel,
    kind: TextKind,
    pub(super) transducer: Transducer,
    /// Data of the last event that left something held back: what its rest is sent as.
    template: String,
}

/// Every token has an underscore, which the engine also knows as an escape, an entity or a look-alike.
fn may_hold_token(text: &str) -> bool {
    text.bytes()
        .any(|byte| matches!(byte, b'_' | b'\\' | b'&' | b'%' | 0x80..))
}

/// Whether an event consists of the lines that were read, and of no comments or other lines that text could hide in.
fn is_bare(raw: &[u8]) -> bool {
    const READ: [&[u8]; 4] = [b"data:", b"event:", b"id:", b"retry:"];
    raw.split(|byte| matches!(byte, b'\n' | b'\r'))
        .all(|line| line.is_empty() || READ.iter().any(|field| line.starts_with(field)))
}

impl Events {
    pub(super) fn new(
        reader: StreamReader,
        endpoint: Endpoint,
        restorer: Restorer,
        include_usage: bool,
        meter: Option<Meter>,
    ) -> Self {
        Self {
            endpoint,
            watch: restorer.guardrails.clone().map(Watch::new),
            restorer,
            reader,
            channels: Vec::new(),
            meter,
            include_usage,
            usage: None,
            finish: Vec::new(),
            ended: false,
            failed: false,
            refused: false,
            errs: false,
            cut_in_line_end: false,
            may_have_restored: false,
            counts: Counts::default(),
            said: None,
            gate: None,
        }
    }

    pub(super) fn take(&mut self, event: Event<'_>, out: &mut Vec<u8>) {
        // Where a chunk ends inside an event's last CRLF, the LF comes with the next event, which may be sent anew: it stays with
        // its own, since simple clients look for it.
        let raw = match event.raw {
            [b'\n', raw @ ..] if self.cut_in_line_end => raw,
            raw => raw,
        };
        self.cut_in_line_end = raw.ends_with(b"\r\n\r");
        if self.failed {
            // The client is told nothing more, but the provider charges for what it says.
            if let Ok(read) = self.reader.read(event.event, event.data) {
                self.note(&read);
            }
            return;
        }
        if event.data.is_empty() && !self.restorer.idle {
            // A comment, or bytes that are no event at all: it keeps the connection alive, and says nothing.
            out.extend_from_slice(b":\n\n");
            return;
        }
        let Ok(read) = self.reader.read(event.event, event.data) else {
            return self.fail(&Unfit::Unreadable.to_error(), out);
        };
        if let Some(path) = read.unknown.as_ref().filter(|_| self.restorer.strict) {
            return self.fail(&Unfit::UnknownShape(path.clone()).to_error(), out);
        }
        self.note(&read);
        if self.is_our_usage_report(&read) {
            return;
        }
        if let Some(error) = self.gate.as_ref().and_then(|gate| gate.refusal(&read)) {
            return self.refuse_before(&read, event.data, &error, out);
        }
        let edits = if self.restorer.idle {
            Splice::new()
        } else {
            self.edit(&read, event.data)
        };
        if let Some(entity) = self.channels.iter().find_map(|open| open.transducer.blocked()) {
            return self.fail(&Unfit::Blocked(entity).to_error(), out);
        }
        if self.watch.as_ref().is_some_and(Watch::is_full) {
            return self.fail(&Unfit::Unreadable.to_error(), out);
        }
        self.refuse_if_broken(out);
        let closes = &read.closes;
        // Texts of this event that end with it were flushed into it; others that end go out before it.
        self.flush_if(|channel| closes.contains(channel), out);
        if read.last && (self.watch.is_some() || self.gate.is_some()) {
            // Its end is not said before all of it has been judged.
            self.flush_if(|_| true, out);
            self.judge_whole(out);
        }
        if self.failed {
            return;
        }
        if edits.is_empty() && (self.restorer.idle || is_bare(event.raw)) {
            out.extend_from_slice(raw);
            if raw.ends_with(b"\r\n\r") {
                out.push(b'\n');
            }
        } else {
            let data = edits.apply(event.data);
            let data = String::from_utf8(data)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
            sse::encode(out, event.event, &data);
        }
    }

    fn note(&mut self, read: &StreamEvent<'_>) {
        if read.usage.is_some() {
            self.usage = read.usage;
        }
        self.finish.extend(read.finish);
        self.ended |= read.last;
        self.errs |= read.error;
        if read.error {
            self.finish.push(Finish::Other);
        }
        if read
            .deltas
            .iter()
            .any(|delta| delta.channel.part == Part::Refusal)
        {
            // Whatever the last event says: it is no answer.
            self.finish.push(Finish::Filtered);
        }
        if let Some(said) = self.said.as_mut().filter(|_| self.gate.is_none()) {
            for delta in &read.deltas {
                said.push(delta.channel, delta.kind, &delta.str.decode());
            }
        }
        if let Some(meter) = &mut self.meter {
            for (channel, name) in &read.calls {
                meter.call(*channel, &name.decode());
            }
            for delta in &read.deltas {
                meter.push(delta.channel, &delta.str.decode());
            }
            if let Some(watch) = self.watch.as_mut().filter(|watch| watch.wants_tokens()) {
                watch.tokens(meter.tokens());
            }
        }
    }

    /// The report that only the gateway asked for (`stream_options.include_usage`).
    fn is_our_usage_report(&self, read: &StreamEvent<'_>) -> bool {
        !self.include_usage
            && matches!(self.endpoint, Endpoint::ChatCompletions | Endpoint::Completions)
            && read.usage.is_some()
            && read.finish.is_none()
            && read.deltas.is_empty()
            && read.wholes.is_empty()
            && !read.error
    }

    fn edit(&mut self, read: &StreamEvent<'_>, data: &str) -> Splice {
        let mut edits = Splice::new();
        let mut text = String::new();
        for (at, delta) in read.deltas.iter().enumerate() {
            text.clear();
            let decoded = delta.str.decode();
            self.may_have_restored |= may_hold_token(&decoded);
            let at_channel = self.open(delta);
            let Some(open) = self.channels.get_mut(at_channel) else {
                continue;
            };
            let passes = match &mut self.gate {
                Some(gate) => Cow::Owned(gate.take(delta.channel)),
                None => Cow::Borrowed(&*decoded),
            };
            if let Some(said) = self.said.as_mut().filter(|_| self.gate.is_some()) {
                said.push(delta.channel, delta.kind, &passes);
            }
            open.transducer.push(&passes, &mut text);
            let last_of_channel = read.deltas[at + 1..]
                .iter()
                .all(|later| later.channel != delta.channel);
            let closes = last_of_channel && read.closes.contains(&delta.channel);
            if closes {
                open.transducer.finish(&mut text);
            }
            let mut holds = open.transducer.held() > 0;
            holds |= self.gate.as_mut().is_some_and(|gate| gate.holds(delta.channel));
            if let Some(watch) = &mut self.watch {
                if closes {
                    watch.end(delta.channel, &mut text);
                } else {
                    watch.push(delta.channel, &mut text);
                    holds |= watch.holds(delta.channel);
                }
            }
            if holds {
                data.clone_into(&mut open.template);
            }
            if text != *decoded {
                edits.replace_text(&delta.str, &text);
            }
        }
        let Restorer {
            engine,
            rules,
            vault,
            strict,
            ..
        } = &self.restorer;
        for whole in &read.wholes {
            let decoded = whole.str.decode();
            self.may_have_restored |= may_hold_token(&decoded);
            let passes = match &self.gate {
                // What may not pass has ended the stream before.
                Some(gate) => Cow::Owned(gate.repeated(&decoded).unwrap_or_default()),
                None => Cow::Borrowed(&*decoded),
            };
            // What repeats streamed text was counted there.
            let mut repeated = Counts::default();
            match restore(engine, rules, vault, kind(whole.kind), &passes, &mut repeated) {
                Verdict::Pass(passed) => {
                    if let Some(watch) = &mut self.watch {
                        watch.repeat(&passed);
                    }
                    if passed != decoded {
                        edits.replace_text(&whole.str, &passed);
                    }
                }
                Verdict::Blocked(entity) => edits.replace_text(&whole.str, &format!("<{entity}>")),
            }
        }
        if *strict || self.gate.is_some() {
            for range in &read.logprobs {
                edits.replace(range.clone(), "null");
            }
        }
        edits
    }

    /// The place of the delta's channel.
    fn open(&mut self, delta: &Piece<'_>) -> usize {
        self.channels
            .iter()
            .position(|open| open.channel == delta.channel)
            .unwrap_or_else(|| {
                let Restorer {
                    engine, rules, vault, ..
                } = self.restorer.clone();
                let transducer = Transducer::new(engine, rules, vault, kind(delta.kind));
                self.channels.push(Open {
                    channel: delta.channel,
                    kind: delta.kind,
                    transducer,
                    template: String::new(),
                });
                self.channels.len() - 1
            })
    }

    /// The stream is over.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let refusal = self.gate.as_ref().and_then(|gate| gate.refusal_at_end());
        self.flush_if(|_| true, out);
        if let Some(error) = refusal.filter(|_| !self.failed) {
            self.refused = true;
            self.fail(&error, out);
        }
        self.judge_whole(out);
    }

    /// Ends the stream before an event that must not go out, behind what may.
    fn refuse_before(&mut self, read: &StreamEvent<'_>, data: &str, error: &ApiError, out: &mut Vec<u8>) {
        for delta in &read.deltas {
            let at = self.open(delta);
            if let Some(open) = self.channels.get_mut(at) {
                data.clone_into(&mut open.template);
            }
        }
        self.flush_if(|_| true, out);
        if !self.failed {
            self.refused = true;
            self.fail(error, out);
        }
    }

    /// Sends what is held back of the channels that end.
    fn flush_if(&mut self, ends: impl Fn(&Channel) -> bool, out: &mut Vec<u8>) {
        if self.failed {
            return;
        }
        let mut text = String::new();
        let mut blocked = None;
        for mut open in self.channels.extract_if(.., |open| ends(&open.channel)) {
            text.clear();
            if let Some(gate) = &mut self.gate {
                let rest = gate.close(open.channel);
                if let Some(said) = &mut self.said {
                    said.push(open.channel, open.kind, &rest);
                }
                open.transducer.push(&rest, &mut text);
            }
            open.transducer.finish(&mut text);
            blocked = blocked.or(open.transducer.blocked());
            if let Some(watch) = &mut self.watch {
                watch.end(open.channel, &mut text);
                if watch.refusal().is_some() {
                    text.clear();
                }
            }
            if !text.is_empty() {
                out.extend(self.reader.delta_event(open.channel, &text, &open.template));
            }
            self.counts.add(open.transducer.counts());
        }
        self.refuse_if_broken(out);
        if let Some(entity) = blocked {
            self.fail(&Unfit::Blocked(entity).to_error(), out);
        }
    }

    /// Compares whole texts with the rules that need them, once, at the answer's end.
    fn judge_whole(&mut self, out: &mut Vec<u8>) {
        let Some(watch) = self.watch.as_mut().filter(|_| !self.failed && !self.errs) else {
            return;
        };
        let reported = self
            .usage
            .map(|usage| usage.output_tokens)
            .filter(|tokens| *tokens > 0);
        let meter = &self.meter;
        watch.finish(|| reported.unwrap_or_else(|| meter.as_ref().map_or(0, Meter::tokens)));
        self.refuse_if_broken(out);
    }

    /// Ends a stream that breaks a rule.
    fn refuse_if_broken(&mut self, out: &mut Vec<u8>) {
        if let Some(error) = self.watch.as_ref().and_then(Watch::refusal)
            && !self.failed
        {
            self.refused = true;
            self.fail(&error, out);
        }
    }

    /// Nothing more may pass: the client gets an error that its SDK raises, and silence after it.
    pub(super) fn fail(&mut self, error: &ApiError, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.failed, true) {
            out.extend(error.to_sse(self.endpoint.dialect()));
        }
    }
}
