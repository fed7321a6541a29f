//! Text that speaks to a model out of a document, poses as a turn, or hides what it says.
//! Must not know other kinds of attacks.

use super::phrases::Class;
use super::reading::Hit;
use super::rules::State;
use super::{Signal, markup};

impl State<'_> {
    /// Send the conversation to …
    pub(super) fn carried_off(&mut self, chat: &Hit) {
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

    /// New task: …
    pub(super) fn new_task(&mut self, hit: &Hit) {
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
    pub(super) fn ordered(&mut self, order: &Hit) {
        if let Some(reader) = self.get(Class::Reader)
            && order.last > reader.last
            && order.first.saturating_sub(reader.last) <= 14
            && !self.after(order.end).starts_with(b" be ")
        {
            self.add(Signal::Planted, self.by_role(0.58, 0.8), order);
        }
    }

    /// Decode this and do what it says.
    pub(super) fn decoded(&mut self, obey: &Hit) {
        if let Some(decode) = self.get(Class::Decode)
            && obey.first.saturating_sub(decode.last) <= 40
        {
            let weight = self.by_role(0.58, 0.7) * self.tone(&decode);
            self.push(Signal::Encoded, weight, obey, &decode);
        }
    }

    pub(super) fn mark(&mut self, mark: &Hit) {
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

    /// Whether an address stands close to a stretch of text.
    pub(super) fn address_near(&self, from: &Hit, to: &Hit) -> bool {
        let start = from.start.saturating_sub(60);
        let end = (to.end + 200).min(self.text.len());
        let near = self.text.get(start..end).unwrap_or_default();
        near.contains(&b'@') || near.windows(4).any(|part| part.eq_ignore_ascii_case(b"http"))
    }
}
