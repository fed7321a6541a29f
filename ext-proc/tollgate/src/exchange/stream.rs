//! A streamed answer: each event's texts redacted and restored on the way, its usage read, events and their order kept.
//! Must not hold more than what could still become an entity, and must not know money or the cache.

use std::borrow::Cow;

use tollgate_guardrails::Findings;
use tollgate_llm::json::Splice;
use tollgate_llm::sse::{Decoder, Event};
use tollgate_llm::stream::{Piece, StreamEvent, StreamReader};
use tollgate_llm::{ApiError, Channel, Endpoint, Part, Usage, answer::Finish, sse};
use tollgate_redact::{Counts, Transducer, Verdict, restore};

use super::answer::Restorer;
use super::meter::Meter;
use super::plain::{Unfit, kind};
use super::said::Said;
use super::watch::Watch;

/// The work on one stream.
pub(super) struct Stream {
    decoder: Decoder,
    events: Events,
}

/// What is known between events.
struct Events {
    endpoint: Endpoint,
    restorer: Restorer,
    reader: StreamReader,
    channels: Vec<Open>,
    watch: Option<Watch>,
    meter: Option<Meter>,
    /// Whether the client asked for the usage that the gateway asked for.
    include_usage: bool,
    usage: Option<Usage>,
    finish: Vec<Finish>,
    ended: bool,
    failed: bool,
    /// A guardrail refuses it.
    refused: bool,
    /// The provider says itself that it failed.
    errs: bool,
    cut_in_line_end: bool,
    may_have_restored: bool,
    counts: Counts,
    /// What was said so far, if somebody judges it.
    said: Option<Said>,
}

/// A text under way.
struct Open {
    channel: Channel,
    transducer: Transducer,
    /// Data of the last event that left something held back: what its rest is sent as.
    template: String,
}

impl Stream {
    pub(super) fn new(
        endpoint: Endpoint,
        restorer: Restorer,
        include_usage: bool,
        meter: Option<Meter>,
    ) -> Self {
        Self::reading(
            StreamReader::new(endpoint),
            endpoint,
            restorer,
            include_usage,
            meter,
        )
    }

    /// With a reader that somebody chose; errors are those of the endpoint.
    pub(super) fn reading(
        reader: StreamReader,
        endpoint: Endpoint,
        restorer: Restorer,
        include_usage: bool,
        meter: Option<Meter>,
    ) -> Self {
        let events = Events {
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
        };
        Self {
            decoder: Decoder::default(),
            events,
        }
    }

    /// Keeps what is said for somebody who judges it.
    pub(super) fn listen(&mut self) {
        self.events.said = Some(Said::of_stream(self.events.restorer.without_values()));
    }

    /// What was said so far; once.
    pub(super) fn said(&mut self) -> Option<Said> {
        self.events.said.take()
    }

    /// What the client gets for these bytes.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(chunk.len() + 64);
        let Self { decoder, events } = self;
        if decoder.push(chunk, |event| events.take(event, &mut out)).is_err() {
            events.fail(&Unfit::Unreadable.to_error(), &mut out);
        }
        out
    }

    /// What is left when the stream has ended.
    pub(super) fn end(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let Self { decoder, events } = self;
        let leftover = decoder.finish();
        if leftover.cut {
            // Some providers leave out the last blank line.
            let mut whole = leftover.raw;
            whole.extend_from_slice(b"\n\n");
            if decoder
                .push(&whole, |event| events.take(event, &mut out))
                .is_err()
            {
                events.fail(&Unfit::Unreadable.to_error(), &mut out);
            }
        }
        events.flush_if(|_| true, &mut out);
        events.judge_whole(&mut out);
        out
    }

    /// A stream that is all here; `None` if it cannot be read.
    pub(super) fn whole(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut out = self.push(bytes);
        out.extend(self.end());
        (!self.events.failed).then_some(out)
    }

    /// What was used, for events that need not say it.
    pub(super) fn assume(&mut self, usage: Usage) {
        self.events.usage = Some(usage);
    }

    /// What guardrails found so far.
    pub(super) fn findings(&self) -> Findings {
        let watch = self.events.watch.as_ref();
        watch.map(|watch| watch.found().clone()).unwrap_or_default()
    }

    /// Whether a guardrail refuses it.
    pub(super) fn is_refused(&self) -> bool {
        self.events.refused
    }

    /// Whether a text had what every token has in it, in any of the ways in which it can be written.
    pub(super) fn may_have_restored(&self) -> bool {
        self.events.may_have_restored
    }

    /// Whether the last event has come.
    pub(super) fn has_ended(&self) -> bool {
        self.events.ended
    }

    /// Whether everything came, to its proper end.
    pub(super) fn is_complete(&self) -> bool {
        let Events {
            ended,
            failed,
            finish,
            ..
        } = &self.events;
        *ended && !failed && !finish.is_empty() && finish.iter().all(|finish| finish.is_complete())
    }

    /// Whether it ended with calls of tools.
    pub(super) fn calls_tools(&self) -> bool {
        self.events.finish.contains(&Finish::ToolCalls)
    }

    /// What the provider said of it.
    pub(super) fn reported(&self) -> Option<Usage> {
        self.events.usage
    }

    /// What was used so far.
    pub(super) fn usage(&self, prompt_tokens: u64) -> Usage {
        let Events {
            usage, meter, ended, ..
        } = &self.events;
        match meter {
            Some(meter) => meter.usage(*usage, *ended, prompt_tokens),
            None => usage.unwrap_or_default(),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = self.events.counts.clone();
        for open in &self.events.channels {
            counts.add(open.transducer.counts());
        }
        counts
    }
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
    fn take(&mut self, event: Event<'_>, out: &mut Vec<u8>) {
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
        if read.last && self.watch.is_some() {
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
        if let Some(said) = &mut self.said {
            for delta in &read.deltas {
                said.push(delta.channel, delta.kind, &delta.str.decode());
            }
        }
        if let Some(meter) = &mut self.meter {
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
            open.transducer.push(&decoded, &mut text);
            let last_of_channel = read.deltas[at + 1..]
                .iter()
                .all(|later| later.channel != delta.channel);
            let closes = last_of_channel && read.closes.contains(&delta.channel);
            if closes {
                open.transducer.finish(&mut text);
            }
            let mut holds = open.transducer.held() > 0;
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
            // What repeats streamed text was counted there.
            let mut repeated = Counts::default();
            match restore(engine, rules, vault, kind(whole.kind), &decoded, &mut repeated) {
                Verdict::Pass(passed) => {
                    if let Some(watch) = &mut self.watch {
                        watch.repeat(&passed);
                    }
                    if let Cow::Owned(changed) = passed {
                        edits.replace_text(&whole.str, &changed);
                    }
                }
                Verdict::Blocked(entity) => edits.replace_text(&whole.str, &format!("<{entity}>")),
            }
        }
        if *strict {
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
                    transducer,
                    template: String::new(),
                });
                self.channels.len() - 1
            })
    }

    /// Sends what is held back of the channels that end.
    fn flush_if(&mut self, ends: impl Fn(&Channel) -> bool, out: &mut Vec<u8>) {
        if self.failed {
            return;
        }
        let mut text = String::new();
        for mut open in self.channels.extract_if(.., |open| ends(&open.channel)) {
            text.clear();
            open.transducer.finish(&mut text);
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
    fn fail(&mut self, error: &ApiError, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.failed, true) {
            out.extend(error.to_sse(self.endpoint.dialect()));
        }
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
