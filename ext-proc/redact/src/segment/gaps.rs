//! Gaps: whether a segment ends with one, or goes on with the next word.
//! Must not know what is found in segments; it knows what can be written with gaps inside.

use super::classes::{AT, CLASS, DIGIT, LETTER, SPACE, UNSPACED};
use super::quiet::names_bank;
use super::words::{
    bridges, comma, contains, dated, ends_sentence, in_name, joins_date, looks_like_iban, mail_before,
    surely_ends_sentence,
};
use super::{AFTER_WORDS, Join, Segmenter, Stops};
use crate::fold::Folded;

impl Segmenter {
    /// At a gap's byte: whether the segment ends with it.
    pub(super) fn gap_closes(&mut self, text: &Folded, byte: u8, class: u8, stops: Stops) -> bool {
        let word = self.word;
        let closes = self.usual_gap_closes(text, byte, class, stops.names);
        if !closes || !stops.wide {
            return closes;
        }
        let ends =
            word.is_some_and(|start| class == SPACE && surely_ends_sentence(text.slice(start, self.pos)));
        // Where a string of JSON begins or ends, so does a segment.
        match byte {
            b'\n' => return true,
            b'"' if stops.quotes => return true,
            _ if ends => return true,
            _ => {}
        }
        self.gap = self.gap.max(1);
        false
    }

    fn usual_gap_closes(&mut self, text: &Folded, byte: u8, class: u8, names: bool) -> bool {
        let line = byte == b'\n';
        let Some(start) = self.word.take() else {
            if self.gap == 0 || class != SPACE {
                return !(self.pem && class == SPACE);
            }
            self.gap += 1;
            self.gap_lines += usize::from(line);
            return !self.pem && (self.gap > 2 || self.gap_lines > 1);
        };
        self.longest = self.longest.max(self.pos - start);
        let word = text.slice(start, self.pos);
        let left = || text.slice(start.saturating_sub(32).max(text.origin()), start);
        if class != SPACE {
            self.join = if byte == b',' {
                comma(word, left())
            } else if class == UNSPACED && dated(word, text.slice(self.pos, (self.pos + 3).min(text.end()))) {
                Join::Comma
            } else {
                Join::No
            };
            self.gap = 1;
            return self.join == Join::No;
        }
        self.join = self.bridge(word, left(), line, names);
        self.gap = 1;
        self.gap_lines = usize::from(line);
        self.join == Join::No
            || (line && self.after_words > 0 && matches!(self.join, Join::Number | Join::Single))
    }

    /// What may follow `word` in the same segment.
    fn bridge(&mut self, word: &[u8], left: &[u8], line: bool, names: bool) -> Join {
        if self.pem {
            let ends =
                word.ends_with(b"-----") && (contains(left, b"-----END") || contains(word, b"-----END"));
            self.pem = !ends;
            return if ends { Join::No } else { Join::Any };
        }
        if word.ends_with(b"-----BEGIN") {
            self.pem = true;
            return Join::Any;
        }
        if self.word_mask & AT != 0 && word.len() <= 64 {
            let domain = word.rsplit(|&b| b == b'@').next().unwrap_or_default();
            let last = domain.rsplit(|&b| b == b'.').next().unwrap_or_default();
            return if !domain.contains(&b'.') || last.len() < 2 {
                Join::Word
            } else {
                Join::No
            };
        }
        if self.word_mask & DIGIT != 0 {
            if word.len() > 64 {
                return Join::No;
            }
            self.number = self.number || self.counts.digits() >= 5 || looks_like_iban(word);
            self.after_words = 0;
            return match word.len() {
                _ if self.word_counts.colons() >= 2 || mail_before(left) => Join::Word,
                1..=3 => Join::Single,
                _ => Join::Number,
            };
        }
        let whole = left
            .last()
            .is_none_or(|b| CLASS[*b as usize] & (LETTER | DIGIT) == 0);
        let between = || self.mask & DIGIT != 0 && word.len() <= 3 && joins_date(word, left);
        let bank = || word.strip_suffix(b":").is_some_and(names_bank);
        if whole && (bridges(word) || between() || bank()) || word.len() == 1 && self.number {
            return Join::Single;
        }
        if self.number && self.after_words < AFTER_WORDS && word.len() <= 12 && !ends_sentence(word) {
            self.after_words += 1;
            return Join::Number;
        }
        // Elsewhere it would join nothing.
        if (line || self.number) && word.len() <= 64 && mail_before(left) {
            return Join::Word;
        }
        if names && !line && in_name(word) {
            return Join::Single;
        }
        Join::No
    }

    /// Whether a word that begins with `first` belongs to what stands before the gap.
    pub(super) fn gap_joins(&self, first: u8) -> bool {
        let class = CLASS[first as usize];
        match self.join {
            Join::No => false,
            Join::Any => true,
            Join::Number | Join::Single if self.gap_lines > 0 => {
                class == DIGIT || matches!(first, b'.' | b'-' | b'(' | b':' | b'/')
            }
            // A short number and then a word: nothing that spans both begins like this.
            Join::Number => self.number || class != LETTER || self.mask & DIGIT == 0 || first == b'x',
            Join::Single => true,
            Join::Comma => self.gap_lines == 0 && (class == DIGIT || first == b'-' || first == b'+'),
            Join::Word => self.gap == 1 && self.gap_lines == 1 || (self.number && self.gap_lines == 0),
        }
    }
}
