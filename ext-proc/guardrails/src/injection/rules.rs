//! What phrases mean together: each rule adds a weight at a place, and the weights of a stretch of text make the score.
//! Must not know other disguises than those that were read.

use super::phrases::{CLASSES, Class};
use super::reading::{Hit, Reading};
use super::{Signal, Verdict, markup};
use crate::rule::Role;

/// Words of a block: what stands in two neighbouring blocks counts together.
const BLOCK: usize = 128;
/// Kinds of signals.
const KINDS: usize = 8;

/// What was found, on its way to a score.
#[derive(Debug, Default)]
pub(super) struct Scales {
    weights: Vec<Weight>,
}

#[derive(Debug, Clone, Copy)]
struct Weight {
    signal: Signal,
    weight: f32,
    word: usize,
    /// Whether it stands between quotes or in code.
    quoted: bool,
}

impl Scales {
    pub(super) fn add(&mut self, signal: Signal, weight: f32, word: usize, quoted: bool) {
        self.weights.push(Weight {
            signal,
            weight,
            word,
            quoted,
        });
    }

    /// Makes the last signal's weight another one, if it is of this kind and began at or after `word`.
    fn amend(&mut self, signal: Signal, word: usize, change: impl Fn(f32) -> f32) {
        if let Some(last) = self.weights.last_mut()
            && last.signal == signal
            && last.word >= word
        {
            last.weight = change(last.weight);
        }
    }

    /// The score of the stretch that has the highest.
    pub(super) fn verdict(&self, read: &Reading) -> Verdict {
        let mut best = Verdict {
            score: 0.0,
            signal: Signal::None,
        };
        if self.weights.is_empty() {
            return best;
        }
        let blocks = read.words / BLOCK + 1;
        let mut about = vec![(0_u16, 0_u16); blocks];
        for hit in &read.hits {
            if let Some((attacks, templates)) = about.get_mut(hit.first / BLOCK) {
                *attacks += u16::from(hit.class == Class::Meta && *attacks < 99);
                *templates += u16::from(hit.class == Class::Dev && *templates < 99);
            }
        }
        let near = |block: usize, which: fn(&(u16, u16)) -> u16| {
            let from = block.saturating_sub(1);
            about
                .iter()
                .skip(from)
                .take(block + 2 - from)
                .map(which)
                .sum::<u16>()
        };
        let mut sums = vec![[0.0_f32; KINDS]; blocks];
        for weight in &self.weights {
            let block = (weight.word / BLOCK).min(blocks - 1);
            let attacks = near(block, |about| about.0);
            let mut value = weight.weight
                * match (weight.quoted, attacks) {
                    (true, 0) => 0.85,
                    (true, _) => 0.45,
                    (false, 0) => 1.0,
                    (false, 1) => 0.8,
                    (false, 2..=3) => 0.65,
                    (false, _) => 0.5,
                };
            if weight.signal == Signal::FakeTurn && near(block, |about| about.1) > 0 {
                value *= 0.55;
            }
            if let Some(kind) = sums
                .get_mut(block)
                .and_then(|kinds| kinds.get_mut(weight.signal as usize))
            {
                *kind = kind.max(value.min(0.99));
            }
        }
        for (block, kinds) in sums.iter().enumerate() {
            let after = sums.get(block + 1).copied().unwrap_or_default();
            let mut top = (0.0_f32, 0);
            let mut second = 0.0_f32;
            for (kind, (one, other)) in kinds.iter().zip(after).enumerate() {
                let value = one.max(other);
                if value > top.0 {
                    second = top.0;
                    top = (value, kind);
                } else {
                    second = second.max(value);
                }
            }
            let score = top.0 + 0.4 * (1.0 - top.0) * second;
            if score > best.score {
                best = Verdict {
                    score,
                    signal: SIGNALS.get(top.1).copied().unwrap_or(Signal::None),
                };
            }
        }
        best
    }
}

const SIGNALS: [Signal; KINDS] = [
    Signal::None,
    Signal::Override,
    Signal::Leak,
    Signal::Persona,
    Signal::FakeTurn,
    Signal::Encoded,
    Signal::Planted,
    Signal::Image,
];

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

struct State<'t> {
    text: &'t [u8],
    tool: bool,
    /// The last hit of each class.
    last: [Option<Hit>; CLASSES],
    /// How many different ones stand close together, and the last one's word.
    norules: (usize, usize),
    suppress: (usize, usize),
    /// Chat template tokens so far.
    marks: usize,
    scales: &'t mut Scales,
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
            Class::Hidden => {
                if self.within(Class::Hidden, hit, 6).is_some() {
                    self.add(Signal::Encoded, 0.8, hit);
                }
            }
            _ => {}
        }
    }

    /// Override … previous … instructions.
    fn set_aside(&mut self, target: &Hit, hard: bool) {
        let Some(verb) = self.within(Class::Override, target, reach(target, 8)) else {
            return;
        };
        let between = |class| {
            self.get(class)
                .is_some_and(|hit| hit.first > verb.last && hit.last <= target.last)
        };
        let close = target.first - verb.last <= 2;
        let several = target.last > target.first && reach(target, 1) == 1;
        let weight = match (
            between(Class::Prev),
            between(Class::Your),
            between(Class::All),
            hard,
        ) {
            (true, _, _, true) => 0.92,
            (_, true, _, true) => 0.85,
            (_, _, true, true) => 0.7,
            (_, _, _, true) if several => 0.68,
            (_, _, _, true) if close => 0.35,
            (true, _, true, false) => 0.72,
            (true, _, _, false) => 0.48,
            (_, true, _, false) => 0.72,
            (_, _, true, false) => 0.42,
            (_, _, _, false) if close => 0.25,
            _ => return,
        };
        let own = if between(Class::Own) { 0.4 } else { 1.0 };
        let weight = weight * own * self.tone(&verb);
        self.push(Signal::Override, weight, target, &verb);
    }

    /// Forget everything.
    fn all_said(&mut self, said: &Hit) {
        if let Some(verb) = self.within(Class::Override, said, reach(said, 3)) {
            let weight = 0.42 * self.tone(&verb);
            self.push(Signal::Override, weight, said, &verb);
        }
    }

    /// Forget everything you were told.
    fn told(&mut self, told: &Hit) {
        let Some(said) = self.within(Class::Said, told, 5) else {
            return;
        };
        if let Some(verb) = self.within(Class::Override, &said, 4) {
            let weight = 0.8 * self.tone(&verb);
            self.push(Signal::Override, weight, &said, &verb);
        }
    }

    /// Ignore the instructions above; olvida las instrucciones anteriores.
    fn scope_after(&mut self, scope: &Hit) {
        for (class, weight) in [(Class::Target, 0.88), (Class::Soft, 0.6)] {
            let Some(target) = self.within(class, scope, reach(scope, 5)) else {
                continue;
            };
            let Some(verb) = self.within(Class::Override, &target, reach(&target, 8)) else {
                continue;
            };
            let weight = weight * self.tone(&verb);
            self.push(Signal::Override, weight, &target, &verb);
        }
    }

    /// Alle vorherigen Anweisungen ignorieren; previous instructions no longer apply.
    fn verb_last(&mut self, verb: &Hit) {
        if verb.class == Class::Override && !foreign(self.text, verb) {
            return;
        }
        for (class, weight) in [(Class::Target, 0.85), (Class::Soft, 0.6)] {
            let Some(target) = self.within(class, verb, reach(verb, 6)) else {
                continue;
            };
            let scope = [Class::Prev, Class::Your, Class::All]
                .into_iter()
                .filter_map(|class| self.get(class))
                .find(|scope| {
                    scope.last < verb.first && target.first.saturating_sub(scope.last) <= reach(scope, 4)
                });
            let Some(scope) = scope else { continue };
            let weight = if scope.class == Class::All {
                weight * 0.85
            } else {
                weight
            };
            let weight = weight * self.tone(&scope);
            self.push(Signal::Override, weight, verb, &scope);
        }
    }

    /// Ignore the previous instructions in the manual.
    fn in_document(&mut self, doc: &Hit) {
        for class in [Class::Target, Class::Soft] {
            let Some(target) = self.within(class, doc, 6) else {
                continue;
            };
            let place = self.after(target.end);
            if [
                " in ",
                " from ",
                " on ",
                " of ",
                " at ",
                " that came",
                " for ",
                " i ",
            ]
            .iter()
            .any(|word| place.starts_with(word.as_bytes()))
            {
                self.scales
                    .amend(Signal::Override, target.first, |weight| weight * 0.5);
            }
        }
    }

    /// A verb that makes a model say something, within so many words before.
    fn verb(&self, noun: &Hit, words: usize) -> Option<Hit> {
        [Class::Repeat, Class::Show, Class::WhatIs]
            .into_iter()
            .filter_map(|class| self.within(class, noun, reach(noun, words)))
            .max_by_key(|verb| (verb.last, verb.class == Class::Repeat))
    }

    fn near_before(&self, class: Class, hit: &Hit, words: usize) -> bool {
        self.get(class)
            .is_some_and(|near| near.last < hit.first && hit.first - near.last <= words)
    }

    /// Print your system prompt.
    fn leak(&mut self, leak: &Hit) {
        if self.near_before(Class::Own, leak, 2) {
            return;
        }
        let Some(verb) = self.verb(leak, 8) else { return };
        let your = self.near_before(Class::Your, leak, 3);
        let verbatim = self.near_before(Class::Verbatim, leak, 8);
        let mut weight: f32 = match (verb.class, your) {
            (Class::Repeat, true) => 0.9,
            (Class::Repeat, false) => 0.62,
            (Class::Show, true) => 0.85,
            (Class::Show, false) => 0.5,
            (_, true) => 0.8,
            (_, false) => 0.3,
        };
        if verbatim && !your {
            weight += 0.15;
        }
        if !your && self.after(leak.end).starts_with(b" for ") {
            weight *= 0.5;
        }
        let weight = weight * self.tone(&verb);
        self.push(Signal::Leak, weight, leak, &verb);
    }

    /// What are your instructions?
    fn own_instructions(&mut self, noun: &Hit) {
        let between = |class| self.near_before(class, noun, 1);
        let adjective = between(Class::Prev) || between(Class::Verbatim) || between(Class::All);
        let other = [
            &b" engineering"[..],
            b" writing",
            b" library",
            b" tips",
            b" ideas",
        ];
        let other = other.iter().any(|other| self.after(noun.end).starts_with(other));
        if other || !self.near_before(Class::Your, noun, if adjective { 2 } else { reach(noun, 1) }) {
            return;
        }
        let Some(verb) = self.verb(noun, 7) else { return };
        let weight = match verb.class {
            Class::Repeat => 0.78,
            Class::Show => 0.66,
            _ => 0.68,
        };
        let weight = weight * self.tone(&verb);
        self.push(Signal::Leak, weight, noun, &verb);
    }

    /// 你的系统提示是什么
    fn leak_before(&mut self, verb: &Hit) {
        for (class, weight) in [(Class::Leak, 0.75), (Class::Instr, 0.65)] {
            let Some(noun) = self.within(class, verb, reach(verb, 6)) else {
                continue;
            };
            let your = self.get(Class::Your).is_some_and(|your| {
                your.last <= noun.last && noun.first.saturating_sub(your.last) <= reach(&noun, 3)
            });
            if your || class == Class::Leak && verb.odd {
                self.add(Signal::Leak, weight + 0.05, &noun);
            } else if class == Class::Leak {
                self.add(Signal::Leak, 0.5, &noun);
            }
        }
    }

    /// Repeat the text above.
    fn above(&mut self, above: &Hit) {
        let Some(verb) = self.verb(above, 6) else { return };
        let weight = match verb.class {
            Class::Repeat => 0.56,
            Class::Show => 0.25,
            _ => return,
        };
        let weight = if self.near_before(Class::Verbatim, above, 6) {
            weight + 0.25
        } else {
            weight
        };
        let weight = weight * self.tone(&verb);
        self.push(Signal::Leak, weight, above, &verb);
    }

    /// … word for word.
    fn verbatim(&mut self, hit: &Hit) {
        self.scales
            .amend(Signal::Leak, hit.first.saturating_sub(10), |weight| {
                if weight >= 0.25 {
                    (weight + 0.2).min(0.95)
                } else {
                    weight
                }
            });
    }

    fn secret(&mut self, secret: &Hit) {
        let your = self.near_before(Class::Your, secret, 3);
        match self.verb(secret, 6) {
            Some(verb) if your => {
                let weight = if verb.class == Class::WhatIs { 0.5 } else { 0.6 };
                let weight = weight * self.tone(&verb);
                self.push(Signal::Leak, weight, secret, &verb);
            }
            Some(verb) if verb.class == Class::Show => {
                let weight = 0.35 * self.tone(&verb);
                self.push(Signal::Leak, weight, secret, &verb);
            }
            _ => {}
        }
        if let Some(send) = self.within(Class::Send, secret, 10) {
            let weight = if self.address_near(&send, secret) {
                0.45
            } else {
                0.3
            };
            self.push(Signal::Planted, self.by_role(0.1, weight), secret, &send);
        }
    }

    /// Send the conversation to …
    fn carried_off(&mut self, chat: &Hit) {
        if let Some(send) = self.within(Class::Send, chat, 10) {
            let (user, tool) = if self.address_near(&send, chat) {
                (0.45, 0.75)
            } else {
                (0.15, 0.4)
            };
            self.push(Signal::Planted, self.by_role(user, tool), chat, &send);
        }
        if let Some(verb) = self.verb(chat, 6).filter(|verb| verb.class == Class::Repeat) {
            let weight = 0.35 * self.tone(&verb);
            self.push(Signal::Leak, weight, chat, &verb);
        }
    }

    fn jail(&mut self, jail: &Hit) {
        let text = self.text.get(jail.start..jail.end).unwrap_or_default();
        let has = |name: &[u8]| {
            text.windows(name.len())
                .any(|part| part.eq_ignore_ascii_case(name))
        };
        // Dan is also a name.
        let person = has(b"dan") && !text.windows(3).any(|part| part == b"DAN") && !has(b" mode");
        let weight = if person { 0.15 } else { 0.82 };
        let weight = weight * self.tone(jail);
        self.add(Signal::Persona, weight, jail);
    }

    fn no_rules(&mut self, hit: &Hit) {
        let (count, last) = self.norules;
        let more = if last != usize::MAX && hit.first > last && hit.first - last <= 80 {
            count + 1
        } else {
            1
        };
        self.norules = (more, hit.last);
        let persona = self
            .get(Class::Persona)
            .is_some_and(|persona| hit.first.saturating_sub(persona.last) <= reach(hit, 60));
        // Games have no rules either, and contracts no limits.
        let sure = hit.class == Class::NoRules
            || self
                .get(Class::Myself)
                .is_some_and(|myself| hit.first.saturating_sub(myself.last) <= 25);
        let weight: f32 = match (persona, more, sure) {
            (true, 1, true) => 0.74,
            (true, 1, false) => 0.44,
            (true, _, true) => 0.85,
            (true, _, false) => 0.47,
            (false, 1, true) => 0.3,
            (false, 1, false) => 0.2,
            (false, _, true) => 0.5,
            (false, _, false) => 0.35,
        };
        let weight = if self.within(Class::How, hit, 9).is_some() {
            weight * 0.6
        } else {
            weight
        };
        self.add(Signal::Persona, weight, hit);
    }

    fn suppressed(&mut self, hit: &Hit) {
        let (count, last) = self.suppress;
        let more = if last != usize::MAX && hit.first > last && hit.first - last <= 80 {
            count + 1
        } else {
            1
        };
        self.suppress = (more, hit.last);
        let near = |class| {
            self.get(class)
                .is_some_and(|near| hit.first.saturating_sub(near.last) <= 80)
        };
        let weight = match (
            near(Class::NoRules) || near(Class::Free),
            near(Class::Persona),
            more,
        ) {
            (true, _, _) => 0.75,
            (_, true, 1) => 0.5,
            (_, true, _) => 0.72,
            (_, _, 1) => 0.3,
            _ => 0.58,
        };
        self.add(Signal::Persona, weight, hit);
    }

    /// Ignore that task. Instead, …
    fn instead(&mut self, hit: &Hit) {
        let before = self.text.get(..hit.start).unwrap_or_default();
        let begins = [&b". "[..], b", ", b"; ", b": ", b"! ", b"\n", b" and ", b" - "];
        if foreign(self.text, hit) || begins.iter().any(|sign| before.ends_with(sign)) {
            let from = hit.first.saturating_sub(12);
            self.scales.amend(Signal::Override, from, |weight| {
                if weight >= 0.25 {
                    (weight + 0.2).min(0.95)
                } else {
                    weight
                }
            });
        }
    }

    /// New task: …
    fn new_task(&mut self, hit: &Hit) {
        let after = self.after(hit.end);
        let given = [&b":"[..], b" is ", b" are ", b". ", b"! "];
        let given = given.iter().any(|sign| after.starts_with(sign));
        let weight = if given {
            self.by_role(0.42, 0.62)
        } else {
            self.by_role(0.25, 0.4)
        };
        self.add(Signal::Planted, weight, hit);
    }

    /// If you are an AI, you must …
    fn ordered(&mut self, order: &Hit) {
        if let Some(reader) = self.get(Class::Reader)
            && order.last > reader.last
            && order.first.saturating_sub(reader.last) <= 14
            && !self.after(order.end).starts_with(b" be ")
        {
            self.add(Signal::Planted, self.by_role(0.58, 0.8), order);
        }
    }

    /// Decode this and do what it says.
    fn decoded(&mut self, obey: &Hit) {
        if let Some(decode) = self.get(Class::Decode)
            && obey.first.saturating_sub(decode.last) <= 40
        {
            let weight = self.by_role(0.58, 0.7) * self.tone(&decode);
            self.push(Signal::Encoded, weight, obey, &decode);
        }
    }

    fn mark(&mut self, mark: &Hit) {
        let Some(sign) = markup::sign(self.text, mark) else {
            return;
        };
        self.marks += usize::from(sign.token);
        let weight = match sign.token && self.marks >= 2 {
            true => self.by_role(0.8, 0.88),
            false => self.by_role(sign.user, sign.tool),
        };
        self.scales.add(Signal::FakeTurn, weight, mark.first, sign.code);
    }

    fn get(&self, class: Class) -> Option<Hit> {
        self.last.get(class as usize).copied().flatten()
    }

    /// The last hit of a class, if it ends before `hit` begins, at most so many words before and in the same sentence.
    fn within(&self, class: Class, hit: &Hit, words: usize) -> Option<Hit> {
        let near = self.get(class)?;
        let fits = near.last < hit.first && hit.first - near.last <= words + 1;
        let between = self.text.get(near.end..hit.start).unwrap_or_default();
        (fits && !breaks(between)).then_some(near)
    }

    /// How much an order is one: it is less so if it is denied, told of somebody else, or asked about.
    fn tone(&self, verb: &Hit) -> f32 {
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

    fn by_role(&self, user: f32, tool: f32) -> f32 {
        if self.tool { tool } else { user }
    }

    fn add(&mut self, signal: Signal, weight: f32, hit: &Hit) {
        self.push(signal, weight, hit, hit);
    }

    /// Adds a signal that begins with `verb`.
    fn push(&mut self, signal: Signal, weight: f32, hit: &Hit, verb: &Hit) {
        let signal = if verb.odd && hit.odd {
            Signal::Encoded
        } else {
            signal
        };
        self.scales
            .add(signal, weight, hit.first, markup::quoted(self.text, verb.start));
    }

    /// What follows a place: a few bytes.
    fn after(&self, at: usize) -> &[u8] {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.get(..16).unwrap_or(rest)
    }

    /// Whether an address stands close to a stretch of text.
    fn address_near(&self, from: &Hit, to: &Hit) -> bool {
        let start = from.start.saturating_sub(60);
        let end = (to.end + 200).min(self.text.len());
        let near = self.text.get(start..end).unwrap_or_default();
        near.contains(&b'@') || near.windows(4).any(|part| part.eq_ignore_ascii_case(b"http"))
    }
}

/// A word of Chinese is several characters, and each counts as a word.
fn reach(hit: &Hit, words: usize) -> usize {
    let count = hit.last - hit.first + 1;
    if count > 1 && hit.end - hit.start == 3 * count {
        words * 2
    } else {
        words
    }
}

/// Whether a hit is written in another script than Latin.
fn foreign(text: &[u8], hit: &Hit) -> bool {
    text.get(hit.start).is_some_and(|&byte| byte >= 0x80)
}

/// Whether a sentence or paragraph ends in a stretch of text.
fn breaks(between: &[u8]) -> bool {
    let ends = |pair: &[u8]| matches!(pair, [b'.' | b'!' | b'?' | b';', b' ' | b'\n'] | [b'\n', b'\n']);
    between.windows(2).any(ends) || between.windows(3).any(|mark| mark == "。".as_bytes())
}
