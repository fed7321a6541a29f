//! Told to be somebody without rules, or not to refuse.
//! Must not know other kinds of attacks.

use super::Signal;
use super::phrases::Class;
use super::reading::Hit;
use super::rules::{State, reach};

impl State<'_> {
    pub(super) fn jail(&mut self, jail: &Hit) {
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

    pub(super) fn no_rules(&mut self, hit: &Hit) {
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

    pub(super) fn suppressed(&mut self, hit: &Hit) {
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
}
