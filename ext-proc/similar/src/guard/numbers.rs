//! Numbers of more than one token, and those that are words: "5 p.m.", "2 million", "twenty five", "War II".
//! Must not know what numbers are compared for.

use super::prompt::{Item, Kind};
use super::reader::{Reader, literal};
use crate::lexicon::Tag;
use crate::text::{Number, NumberKind, Shape, Token, number_word};

impl Reader<'_> {
    pub(super) fn number(&mut self, at: usize, text: &str) -> usize {
        let (mut number, suffix) = Number::parse(text);
        let mut used = 1;
        if suffix.is_empty() {
            // "5 p.m." was cut into two letters.
            let next = (self.str(at + 1), self.str(at + 2));
            let half = match next {
                ("am" | "pm", _) => Some((next.0, 1)),
                ("a", "m") => Some(("am", 2)),
                ("p", "m") => Some(("pm", 2)),
                _ => None,
            };
            if let Some((timed, length)) = half.and_then(|(half, n)| Some((number.with_half(half)?, n))) {
                number = timed;
                used += length;
            } else if let Some((factor, false, true)) = number_word(next.0) {
                number = number.times(factor);
                used += 1;
            }
        }
        self.push(
            at,
            Kind::Number(number),
            number.key ^ (number.kind as u64) << 60,
            None,
        );
        if !suffix.is_empty() {
            let id = self.lexicon.find(suffix);
            // "8a" is another model than "8".
            let unit = id.is_some_and(|id| self.lexicon.entry(id).tag != Tag::Plain);
            let kind = if unit { Kind::Word } else { Kind::Code };
            self.push(at, kind, id.map_or_else(|| literal(suffix), u64::from), id);
        }
        used
    }

    /// "twenty five", "two hundred", "third".
    pub(super) fn number_words(&mut self, at: usize, word: &str) -> Option<usize> {
        let (mut value, mut ordinal, _) = number_word(word)?;
        let before = self.items.last().filter(|item| item.token + 1 == at);
        // A second is a unit after a number; "one" is a pronoun after "which", "the", "a good".
        if word == "second" && before.is_some_and(Item::is_number) {
            return None;
        }
        if word == "one"
            && at.checked_sub(1).is_some_and(|n| {
                matches!(
                    self.str(n),
                    "the" | "which" | "that" | "this" | "any" | "no" | "last" | "new" | "each" | "every"
                )
            })
        {
            return Some(1);
        }
        let mut total = 0.0;
        let mut used = 1;
        while let Some((next, next_ordinal, multiplies)) = number_word(self.str(at + used)) {
            if ordinal {
                break;
            }
            if multiplies {
                value *= next;
                if next >= 1e3 {
                    total += value;
                    value = 0.0;
                }
            } else if (value >= 20.0 && value % 10.0 == 0.0 && next < 10.0)
                || (value % 100.0 == 0.0 && next < 100.0)
            {
                value += next;
                ordinal = next_ordinal;
            } else {
                break;
            }
            used += 1;
        }
        let mut number = Number::cardinal(total + value);
        if ordinal {
            number.kind = NumberKind::Ordinal;
        }
        self.push(
            at,
            Kind::Number(number),
            number.key ^ (number.kind as u64) << 60,
            None,
        );
        Some(used)
    }
}

/// "World War II", "Part IV": capitals only, after a word with a capital or after nothing that could be a sentence.
pub(super) fn roman(word: &str, token: Token, before: Option<Token>) -> Option<f64> {
    if !token.upper || !before.is_some_and(|t| t.shape == Shape::Word) {
        return None;
    }
    let value = match word {
        "ii" => 2,
        "iii" => 3,
        "iv" => 4,
        "v" => 5,
        "vi" => 6,
        "vii" => 7,
        "viii" => 8,
        "ix" => 9,
        "x" => 10,
        "xi" => 11,
        "xii" => 12,
        "xiv" => 14,
        "xvi" => 16,
        _ => return None,
    };
    Some(f64::from(value))
}
