//! Told to set instructions aside: a verb, what it is about, and a word for "earlier" between or behind.
//! Must not know other kinds of attacks.

use super::Signal;
use super::phrases::Class;
use super::reading::Hit;
use super::rules::{State, foreign, reach};

impl State<'_> {
    /// Override … previous … instructions.
    pub(super) fn set_aside(&mut self, target: &Hit, hard: bool) {
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
    pub(super) fn all_said(&mut self, said: &Hit) {
        if let Some(verb) = self.within(Class::Override, said, reach(said, 3)) {
            let weight = 0.42 * self.tone(&verb);
            self.push(Signal::Override, weight, said, &verb);
        }
    }

    /// Forget everything you were told.
    pub(super) fn told(&mut self, told: &Hit) {
        let Some(said) = self.within(Class::Said, told, 5) else {
            return;
        };
        if let Some(verb) = self.within(Class::Override, &said, 4) {
            let weight = 0.8 * self.tone(&verb);
            self.push(Signal::Override, weight, &said, &verb);
        }
    }

    /// Ignore the instructions above; olvida las instrucciones anteriores.
    pub(super) fn scope_after(&mut self, scope: &Hit) {
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
    pub(super) fn verb_last(&mut self, verb: &Hit) {
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
    pub(super) fn in_document(&mut self, doc: &Hit) {
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

    /// Ignore that task. Instead, …
    pub(super) fn instead(&mut self, hit: &Hit) {
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
}
