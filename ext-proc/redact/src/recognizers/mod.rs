//! The recognizers: functions from a segment, with some text before it, to candidates.
//! Must not know each other, replacement, or what lies outside their field; each is linear in its segment.

pub(crate) mod bank;
pub(crate) mod card;
pub(crate) mod context;
pub(crate) mod custom;
pub(crate) mod device;
pub(crate) mod digits;
pub(crate) mod email;
pub(crate) mod ids;
pub(crate) mod ip;
pub(crate) mod literals;
pub(crate) mod named;
pub(crate) mod names;
pub(crate) mod phone;
mod plans;
pub(crate) mod secret;
pub(crate) mod ssn;
pub(crate) mod tokens;
pub(crate) mod url;

use context::Mentions;
use tokens::Token;

use crate::candidates::What;
use crate::entity::Entity;
use crate::fold::INNER_QUOTE;
use crate::segment::{CLASS, DIGIT, LETTER, UNSPACED};

/// What a recognizer sees: a segment of folded text and some text before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'t> {
    /// The text before the segment, then the segment.
    pub(crate) text: &'t [u8],
    /// Where the segment begins in `text`.
    pub(crate) from: usize,
    /// Classes of all bytes of the segment.
    pub(crate) mask: u8,
    /// Bytes of its longest word.
    pub(crate) longest: usize,
    /// Digits in it.
    pub(crate) digits: usize,
    /// Dots in it.
    pub(crate) dots: usize,
    /// Colons in it.
    pub(crate) colons: usize,
    /// Its words and numbers.
    pub(crate) tokens: &'t [Token],
    /// The words that mean something, if there are two digits.
    pub(crate) mentions: &'t Mentions,
}

impl Field<'_> {
    /// The byte before `at`, if any. A character of a script without spaces counts as a delimiter.
    pub(crate) fn before(&self, at: usize) -> Option<u8> {
        let last = at.checked_sub(1)?;
        let b = *self.text.get(last)?;
        if b < 0x80 {
            return Some(b);
        }
        let lead = self.text[..=last].iter().rev().take(4).find(|&&b| b >= 0xC0);
        Some(if lead.is_some_and(|&lead| CLASS[lead as usize] == UNSPACED) {
            INNER_QUOTE
        } else {
            b
        })
    }

    /// The byte at `at`, if any.
    pub(crate) fn at(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }
}

/// Something that a recognizer believes in, in positions of the field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) what: What,
    /// 0 to 1.
    pub(crate) score: f32,
}

impl Hit {
    pub(crate) fn new(from: usize, to: usize, entity: Entity, score: f32) -> Self {
        Self {
            from,
            to,
            what: What::Entity(entity),
            score,
        }
    }
}

/// Letters and digits of any script.
pub(crate) fn is_word(b: u8) -> bool {
    CLASS[b as usize] & (LETTER | DIGIT) != 0
}
