//! One text of a stream on its way past those who judge it: window by window, each part going on only when it may.
//! Must not know events or channels, nor whom anybody asks.

use sha2::{Digest as _, Sha256};
use tollgate_hooks::Span;
use tollgate_llm::{ApiError, TextKind};
use tollgate_redact::{Counts, Transducer};

use super::names::{self, Found, Replacement};
use super::windows::{CONTEXT, TAIL, Window, Windows};
use crate::exchange::answer::plain::{Unfit, kind};
use crate::exchange::answer::restorer::Restorer;

/// By what a text that comes again is known.
pub(super) type Fingerprint = [u8; 32];

pub(super) fn fingerprint(text: &str) -> Fingerprint {
    Sha256::digest(text).into()
}

/// See the module.
pub(super) struct Text {
    kind: TextKind,
    windows: Windows,
    /// Windows that are all here and that nobody has looked at.
    due: Vec<Window>,
    written: Sha256,
    /// What stands in the place of what was found in it.
    replaced: Vec<Replacement>,
    /// How far that is known.
    done: usize,
    judged: Option<Judged>,
    /// What may go out.
    cleared: String,
    refusal: Option<Unfit>,
}

/// What a moderator is shown.
struct Judged {
    /// It redacts and restores nothing.
    transducer: Transducer,
    /// The end of what was shown before.
    before: String,
    /// What of the text is not in what was shown, for it could still become an entity.
    unsettled: String,
    parts: Vec<Part>,
}

/// A part of the text that waits for a word.
struct Part {
    /// Redacted, with a little before it; empty if there is nothing to judge.
    shown: String,
    /// As it goes on.
    passes: String,
}

impl Text {
    /// `is_named`: somebody looks for names in it; `is_judged`: somebody judges it.
    pub(super) fn new(text_kind: TextKind, is_named: bool, is_judged: bool, restorer: &Restorer) -> Self {
        let judged = || {
            let Restorer {
                engine, rules, vault, ..
            } = restorer.without_values();
            Judged {
                transducer: Transducer::new(engine, rules, vault, kind(text_kind)),
                before: String::new(),
                unsettled: String::new(),
                parts: Vec::new(),
            }
        };
        Self {
            kind: text_kind,
            // Who looks for names gets the strings in JSON, and those can be read when it is whole.
            windows: match text_kind {
                TextKind::Json if is_named => Windows::undivided(),
                _ => Windows::default(),
            },
            due: Vec::new(),
            written: Sha256::new(),
            replaced: Vec::new(),
            done: 0,
            judged: is_judged.then(judged),
            cleared: String::new(),
            refusal: None,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.written.update(text);
        self.windows.push(text);
    }

    pub(super) fn end(&mut self) {
        self.windows.end();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.windows.has_ended()
    }

    pub(super) fn kind(&self) -> TextKind {
        self.kind
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.written.clone().finalize().into()
    }

    /// Why nothing more of it may go out.
    pub(super) fn refusal(&self) -> Option<&Unfit> {
        self.refusal.as_ref()
    }

    /// Nothing may go out of what there is no word on.
    pub(super) fn refuse(&mut self, unfit: &Unfit) {
        self.refusal.get_or_insert_with(|| unfit.clone());
        if let Some(judged) = &mut self.judged {
            judged.parts.clear();
        }
    }

    /// Whether all of it has been looked at and judged.
    pub(super) fn is_settled(&self) -> bool {
        let judged = self.judged.as_ref();
        self.windows.is_done() && self.due.is_empty() && judged.is_none_or(|judged| judged.parts.is_empty())
    }

    /// Whether there is more of it than what was taken.
    pub(super) fn waits(&self) -> bool {
        !self.is_settled() || !self.cleared.is_empty() || self.refusal.is_some()
    }

    /// Bytes that are kept.
    pub(super) fn kept(&self) -> usize {
        let judged = self.judged.as_ref().map_or(0, |judged| {
            judged.before.len() + judged.unsettled.len() + judged.transducer.held()
        });
        self.windows.kept() + judged + self.cleared.len()
    }

    /// What may go out and has not.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.cleared)
    }

    /// Nobody judges any more.
    pub(super) fn free(&mut self) {
        self.windows.free();
    }

    /// Cuts what is here; says whether anything waits to be looked at.
    pub(super) fn cut(&mut self) -> bool {
        if self.refusal.is_some() {
            return false;
        }
        let Self { windows, due, .. } = self;
        due.extend(std::iter::from_fn(|| windows.next()));
        !due.is_empty()
    }

    /// What waits to be looked at, each window with a little before it.
    pub(super) fn due(&self) -> impl ExactSizeIterator<Item = &str> {
        let windows = &self.windows;
        self.due
            .iter()
            .map(|window| windows.get(window.context..window.range.end))
    }

    /// Takes what was found in each of the windows that are due; `None`: nobody looks for anything.
    pub(super) fn found(&mut self, found: Option<Vec<Vec<Span>>>, restorer: &Restorer, counts: &mut Counts) {
        let is_named = found.is_some();
        let mut found = found.unwrap_or_default().into_iter();
        for window in std::mem::take(&mut self.due) {
            let spans = found.next().unwrap_or_default();
            if self.refusal.is_none() {
                self.pass(&window, is_named, spans, restorer, counts);
            }
        }
        self.windows.forget(self.done);
    }

    fn pass(
        &mut self,
        window: &Window,
        is_named: bool,
        spans: Vec<Span>,
        restorer: &Restorer,
        counts: &mut Counts,
    ) {
        let shown = self.windows.get(window.context..window.range.end);
        let found = names::standing(restorer, shown, window.context, spans);
        let mut to = window.range.end;
        if is_named && !window.last {
            let tail = self.windows.word_before(to, TAIL).max(self.done);
            let next = self.windows.word_before(to, CONTEXT).max(self.done);
            to = beside(&found, tail, next);
        }
        let mut replaced = Vec::new();
        for found in &found {
            // What began before has gone out; what ends behind is seen again with the next window.
            let range = found.range.start.max(self.done)..found.range.end;
            if range.is_empty() || range.end > to {
                continue;
            }
            let written = self.windows.get(range.clone());
            let found = Found {
                range: range.clone(),
                ..found.clone()
            };
            match names::replace(restorer, self.kind, written, &found, counts) {
                Ok(replacement) => replaced.extend(replacement),
                Err(entity) => {
                    self.refusal = Some(Unfit::Blocked(entity));
                    to = range.start;
                    break;
                }
            }
        }
        let raw = self.windows.get(self.done..to);
        let text = names::splice(raw, self.done, &replaced);
        self.replaced.extend(replaced);
        self.done = to;
        let last = window.last && self.refusal.is_none();
        match &mut self.judged {
            Some(judged) => judged.push(&text, last),
            None => self.cleared.push_str(&text),
        }
    }

    /// What waits for somebody's word.
    pub(super) fn shown(&self) -> impl Iterator<Item = &str> {
        let parts = self.judged.as_ref().map(|judged| judged.parts.as_slice());
        let shown = parts.unwrap_or_default().iter().map(|part| part.shown.as_str());
        shown.filter(|shown| !shown.is_empty())
    }

    /// Takes the word on what was [`shown`](Self::shown): why each must not pass, if it must not.
    pub(super) fn judge(&mut self, words: &mut impl Iterator<Item = Option<ApiError>>) {
        let Some(judged) = &mut self.judged else { return };
        let mut stopped = None;
        for part in std::mem::take(&mut judged.parts) {
            let refused = if part.shown.is_empty() {
                None
            } else {
                words.next().flatten().map(Unfit::Refused)
            };
            stopped = stopped.or(refused);
            if stopped.is_none() {
                self.cleared.push_str(&part.passes);
            }
        }
        // What was judged comes before what was only looked at for names.
        self.refusal = stopped.or(self.refusal.take());
    }

    /// What is known of it when it is over.
    pub(super) fn into_known(self) -> Known {
        Known {
            fingerprint: self.fingerprint(),
            replaced: self.replaced,
            refusal: self.refusal,
        }
    }

    /// What it becomes where it is repeated as `text`.
    pub(super) fn repeated(&self, text: &str) -> Result<String, Unfit> {
        repeat(&self.replaced, self.refusal.as_ref(), text)
    }
}

/// A text that is over, in case it comes again.
pub(super) struct Known {
    pub(super) fingerprint: Fingerprint,
    replaced: Vec<Replacement>,
    refusal: Option<Unfit>,
}

impl Known {
    /// What it becomes where it is repeated as `text`.
    pub(super) fn repeated(&self, text: &str) -> Result<String, Unfit> {
        repeat(&self.replaced, self.refusal.as_ref(), text)
    }
}

fn repeat(replaced: &[Replacement], refusal: Option<&Unfit>, text: &str) -> Result<String, Unfit> {
    match refusal {
        Some(unfit) => Err(unfit.clone()),
        None => Ok(names::splice(text, 0, replaced)),
    }
}

impl Judged {
    fn push(&mut self, text: &str, last: bool) {
        let mut said = String::new();
        self.transducer.push(text, &mut said);
        if last {
            self.transducer.finish(&mut said);
        }
        self.unsettled.push_str(text);
        let settled = self.unsettled.len().saturating_sub(self.transducer.held());
        let passes = self.unsettled.drain(..settled).collect();
        let shown = if said.trim().is_empty() {
            self.before.push_str(&said);
            String::new()
        } else {
            let shown = std::mem::take(&mut self.before) + &said;
            self.before.clone_from(&shown);
            shown
        };
        let mut forgotten = self.before.len().saturating_sub(CONTEXT);
        while !self.before.is_char_boundary(forgotten) {
            forgotten += 1;
        }
        self.before.drain(..forgotten);
        self.parts.push(Part { shown, passes });
    }
}

/// A place at `tail` or nearby where nothing that was found is cut, if possible not before `next`, from where on the next window
/// shows it again.
fn beside(found: &[Found], tail: usize, next: usize) -> usize {
    let cut_at = |place: usize| {
        let cut = move |found: &&Found| found.range.start < place && place < found.range.end;
        found.iter().find(cut)
    };
    let mut place = tail;
    while let Some(found) = cut_at(place) {
        if found.range.start < next {
            return found.range.end;
        }
        place = found.range.start;
    }
    place
}
