//! Looking ahead in an object for what decides how it is read.
//! Must not consume anything: the walk itself reads every token, and reports what is wrong.

use super::{Mark, Object, Tag};
use crate::json::{Scanner, Str, Token};

/// What is needed of an object before its first field is read.
#[derive(Debug, Default)]
pub(super) struct Ahead<'a> {
    pub(super) tag: Option<Str<'a>>,
    /// Whether there is a `type` that is no string.
    pub(super) odd_tag: bool,
    pub(super) role: Option<Str<'a>>,
    pub(super) index: Option<u32>,
    pub(super) outer: Option<u32>,
    pub(super) summary: Option<u32>,
}

impl<'a> Ahead<'a> {
    /// Finds what decides how the object is read, wherever in it that stands. Clients that sort their keys send
    /// `content` before `role`. An error is left to be found, and reported, by the walk itself.
    pub(super) fn of(scanner: &Scanner<'a>, object: &Object) -> Self {
        let mut ahead = Self::default();
        let wants_tag = object.tag != Tag::None;
        let (wants_role, wants_index) = match object.mark {
            Mark::Message | Mark::Item => (true, false),
            Mark::Choice | Mark::Call => (false, true),
            // Which indexes an event has depends on the event, so all of it is looked at; events are small.
            Mark::Event => (true, true),
            _ => (false, false),
        };
        let mut missing = usize::from(wants_tag) + usize::from(wants_role) + usize::from(wants_index);
        if missing == 0 {
            return ahead;
        }
        let mut scanner = scanner.clone();
        while let Ok(Some(Token::Key(key))) = scanner.next() {
            let outside = scanner.depth();
            let Ok(Some(token)) = scanner.next() else { break };
            match (&*key.decode(), token) {
                ("type", Token::String(str)) if wants_tag => {
                    ahead.tag = Some(str);
                    missing -= 1;
                }
                ("type", Token::Null) => {}
                ("type", _) if wants_tag => ahead.odd_tag = true,
                ("role", Token::String(str)) if wants_role => {
                    ahead.role = Some(str);
                    missing -= 1;
                }
                ("index", Token::Number(number)) if wants_index => {
                    ahead.index = number.parse().ok();
                    missing -= usize::from(object.mark != Mark::Event);
                }
                ("content_index" | "command_index", Token::Number(number)) if wants_index => {
                    ahead.index = number.parse().ok();
                }
                ("output_index", Token::Number(number)) => ahead.outer = number.parse().ok(),
                ("summary_index", Token::Number(number)) => ahead.summary = number.parse().ok(),
                _ => {}
            }
            if missing == 0 {
                break;
            }
            while scanner.depth() > outside {
                if !matches!(scanner.next(), Ok(Some(_))) {
                    return ahead;
                }
            }
        }
        ahead
    }
}
