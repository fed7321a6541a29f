//! Which rule each phrase calls, and what rules need to look around: what stood before, in the same sentence, in which tone.
//! Must not know other disguises than those that were read.

use super::phrases::{CLASSES, Class};
use super::reading::{Hit, Reading};
use super::scales::Scales;
use super::{Signal, markup};
use crate::rule::Role;

/// Weighs what was read.
pub(super) fn weigh(role: Role, text: &[u8], read: &Reading, scales: &mut Scales) {
    let mut state = State {
        text,
        tool: role == Role::Tool,
        last: [None; CLASSES],
        norules: (0, usize::MAX),
        suppress: (0, usize::MAX),
        marks: 0,
        scales,
    };
    for hit in &read.hits {
        state.weigh(hit);
        if let Some(last) = state.last.get_mut(hit.class as usize) {
            *last = Some(*hit);
        }
    }
}

/// How far the rules have come.
pub(super) struct State<'t> {
    pub(super) text: &'t [u8],
    tool: bool,
    /// The last hit of each class.
    last: [Option<Hit>; CLASSES],
    /// How many different ones stand close together, and the last one's word.
    pub(super) norules: (usize, usize),
    pub(super) suppress: (usize, usize),
    /// Chat template tokens so far.
    pub(super) marks: usize,
    pub(super) scales: &'t mut Scales,
}

impl State<'_> {
    fn weigh(&mut self, hit: &Hit) {
        match hit.class {
            Class::Target => self.set_aside(hit, true),
            Class::Soft => self.set_aside(hit, false),
            Class::Said => self.all_said(hit),
            Class::Told => self.told(hit),
            Class::Prev => self.scope_after(hit),
            Class::After | Class::Override => self.verb_last(hit),
            Class::Doc => self.in_document(hit),
            Class::Leak => self.leak(hit),
            Class::Instr => self.own_instructions(hit),
            Class::Above => self.above(hit),
            Class::Verbatim => self.verbatim(hit),
            Class::StartYou => self.add(
                Signal::Leak,
                if self.verb(hit, 14).is_some() { 0.85 } else { 0.6 },
                hit,
            ),
            Class::EndVerb => self.leak_before(hit),
            Class::Secret => self.secret(hit),
            Class::Jail => self.jail(hit),
            Class::NoRules | Class::Free => self.no_rules(hit),
            Class::Suppress => self.suppressed(hit),
            Class::NewTask => self.new_task(hit),
            Class::Instead => self.instead(hit),
            Class::Reader => self.add(Signal::Planted, self.by_role(0.3, 0.42), hit),
            Class::Order => self.ordered(hit),
            Class::Secrecy => self.add(Signal::Planted, self.by_role(0.4, 0.75), hit),
            Class::Sly => self.add(Signal::Planted, self.by_role(0.12, 0.3), hit),
            Class::First => self.add(Signal::Planted, self.by_role(0.35, 0.65), hit),
            Class::Chat => self.carried_off(hit),
            Class::Obey => self.decoded(hit),
            Class::Mark => self.mark(hit),
            Class::Hidden if self.within(Class::Hidden, hit, 6).is_some() => {
                self.add(Signal::Encoded, 0.8, hit)
            }
            _ => {}
        }
    }

    pub(super) fn get(&self, class: Class) -> Option<Hit> {
        self.last.get(class as usize).copied().flatten()
    }

    /// The last hit of a class, if it ends before `hit` begins, at most so many words before and in the same sentence.
    pub(super) fn within(&self, class: Class, hit: &Hit, words: usize) -> Option<Hit> {
        let near = self.get(class)?;
        let fits = near.last < hit.first && hit.first - near.last <= words + 1;
        let between = self.text.get(near.end..hit.start).unwrap_or_default();
        (fits && !breaks(between)).then_some(near)
    }

    /// How much an order is one: it is less so if it is denied, told of somebody else, or asked about.
    pub(super) fn tone(&self, verb: &Hit) -> f32 {
        let before = |class, words: usize| {
            self.get(class)
                .filter(|hit| hit.last < verb.first && verb.first - hit.last <= words)
        };
        let mut tone = 1.0;
        if before(Class::Not, 2).is_some() {
            tone *= 0.3;
        }
        let you = before(Class::You, 3).map(|hit| hit.last);
        if before(Class::Third, 2).is_some_and(|third| you.is_none_or(|you| you < third.last)) {
            tone *= 0.55;
        }
        if self.within(Class::How, verb, 9).is_some() {
            tone *= 0.55;
        }
        if verb.odd { (tone * 1.1_f32).min(1.0) } else { tone }
    }

    pub(super) fn by_role(&self, user: f32, tool: f32) -> f32 {
        if self.tool { tool } else { user }
    }

    pub(super) fn add(&mut self, signal: Signal, weight: f32, hit: &Hit) {
        self.push(signal, weight, hit, hit);
    }

    /// Adds a signal that begins with `verb`.
    pub(super) fn push(&mut self, signal: Signal, weight: f32, hit: &Hit, verb: &Hit) {
        let signal = if verb.odd && hit.odd {
            Signal::Encoded
        } else {
            signal
        };
        self.scales
            .add(signal, weight, hit.first, markup::quoted(self.text, verb.start));
    }

    /// What follows a place: a few bytes.
    pub(super) fn after(&self, at: usize) -> &[u8] {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.get(..16).unwrap_or(rest)
    }
}

/// A word of Chinese is several characters, and each counts as a word.
pub(super) fn reach(hit: &Hit, words: usize) -> usize {
    let count = hit.last - hit.first + 1;
    if count > 1 && hit.end - hit.start == 3 * count {
        words * 2
    } else {
        words
    }
}

/// Whether a hit is written in another script than Latin.
pub(super) fn foreign(text: &[u8], hit: &Hit) -> bool {
    text.get(hit.start).is_some_and(|&byte| byte >= 0x80)
}

/// Whether a sentence or paragraph ends in a stretch of text.
fn breaks(between: &[u8]) -> bool {
    let ends = |pair: &[u8]| matches!(pair, [b'.' | b'!' | b'?' | b';', b' ' | b'\n'] | [b'\n', b'\n']);
    between.len() > 400
        || between.windows(2).any(ends)
        || between.windows(3).any(|mark| mark == "。".as_bytes())
}
