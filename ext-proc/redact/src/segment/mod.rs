//! Segments: stretches of folded text that no entity crosses, found byte by byte, so a stream's cuts cannot move them.
//! Must not know recognizers; it knows only what they ask for: which gaps an entity may bridge and how far they look ahead.

mod classes;
mod counts;
mod quiet;
mod words;

use crate::fold::Folded;
pub(crate) use classes::{AT, CLASS, COLON, DELIMITER, DIGIT, LETTER, PUNCT, SPACE, UNSPACED};
use counts::Counts;
use quiet::quiet;
pub(crate) use words::{DATE_SIGNS, is_month};
use words::{
    bridges, comma, contains, dated, ends_sentence, in_name, joins_date, looks_like_iban, mail_before,
    surely_ends_sentence,
};

/// No segment is longer, so no text is held back for longer. A cut by force leaves `KEEP` bytes to the next segment.
const LIMIT: usize = 512;
/// The same for one word without any gap: long keys and URLs.
const WORD_LIMIT: usize = 2048;
/// The same for a PEM block, which is one entity of many lines.
const PEM_LIMIT: usize = 8192;
/// Longer than what could begin before a forced cut and be known only after it.
const KEEP: usize = 192;
/// Words after a number that can say what it is ("is my mobile").
const AFTER_WORDS: u8 = 3;

/// A stretch of folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Classes of all its bytes.
    pub(crate) mask: u8,
    /// Bytes of its longest word.
    pub(crate) longest: usize,
    /// Digits in it.
    pub(crate) digits: usize,
    /// Dots in it.
    pub(crate) dots: usize,
    /// Colons in it.
    pub(crate) colons: usize,
    /// Where it may be cut, when it ends only because it got too long.
    pub(crate) forced: Option<usize>,
}

impl Segment {
    /// One in which nothing stands.
    fn blank(from: usize, to: usize) -> Self {
        Self {
            from,
            to,
            mask: 0,
            longest: 0,
            digits: 0,
            dots: 0,
            colons: 0,
            forced: None,
        }
    }
}

/// Finds segments.
#[derive(Debug, Default)]
pub(crate) struct Segmenter {
    pos: usize,
    from: usize,
    mask: u8,
    longest: usize,
    counts: Counts,
    /// Start of the word at `pos`.
    word: Option<usize>,
    /// Classes of its bytes.
    word_mask: u8,
    /// What is counted of them.
    word_counts: Counts,
    /// White space since the last word, if the segment goes on over it.
    gap: usize,
    gap_lines: usize,
    /// What the next line may begin with to belong to this one.
    join: Join,
    /// Whether a number stands in the segment and what follows may still belong to it or name it.
    number: bool,
    after_words: u8,
    pem: bool,
    /// Whether the word is known to hold `://`.
    url: bool,
    /// Where it is worth while to look for quiet text again. Only saves time.
    loud: usize,
}

/// What can stand in a text besides what recognizers look for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stops {
    /// A quote ends a JSON string.
    pub(crate) quotes: bool,
    /// A reversible token may stand anywhere.
    pub(crate) tokens: bool,
    /// A name begins with a capital letter and has several words.
    pub(crate) names: bool,
    /// Any word may be looked for.
    pub(crate) words: bool,
    /// What is looked for may have any words, within a sentence and a line.
    pub(crate) wide: bool,
}

/// Across which line break a segment goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Join {
    /// None.
    #[default]
    No,
    /// One that splits a number.
    Number,
    /// None, but any word on the same line: the characters of a number may stand one by one, and a date has words.
    Single,
    /// None, and only a number: the second half of a pair, or the year of a date.
    Comma,
    /// One that splits an e-mail or IPv6 address.
    Word,
    /// Any.
    Any,
}

impl Segmenter {
    /// Where the next segment begins.
    pub(crate) fn from(&self) -> usize {
        self.from
    }

    /// The next segment of `text`, or none until there is more of it. `free`: nothing begun before goes on in it, so that where
    /// nothing can stand none is given: the next one begins further on.
    pub(crate) fn next(
        &mut self,
        text: &Folded,
        stops: Stops,
        complete: bool,
        free: bool,
    ) -> Option<Segment> {
        let bytes = text.bytes();
        let origin = text.origin();
        let end = text.end();
        // The beginning of a word that came with the text before is looked at again, if it is short.
        if self.word == Some(self.from)
            && self.mask == LETTER
            && self.pos - self.from <= 32
            && self.pos < end
            && self.pos >= self.loud
        {
            self.restart(self.from);
            self.loud = 0;
        }
        while self.pos == self.from && !stops.words {
            let from = self.from;
            let Some(to) = self.blank(bytes, from - origin, stops, free) else {
                break;
            };
            self.pos = to;
            self.from = to;
            // Whether a string of JSON begins or ends is told by each segment's end.
            if !free || stops.quotes {
                return Some(Segment::blank(from, to));
            }
        }
        while self.pos < end {
            let byte = bytes[self.pos - origin];
            let class = match byte {
                // The word goes on with text that came later.
                b',' | b';' if self.word_mask & COLON != 0 && self.in_url(text, self.pos) => PUNCT,
                _ => CLASS[byte as usize],
            };
            match class {
                SPACE | DELIMITER | UNSPACED => {
                    let len = if class == UNSPACED {
                        3.min(end - self.pos)
                    } else {
                        1
                    };
                    self.mask |= class;
                    if self.gap_closes(text, byte, class, stops) {
                        return Some(self.close(self.pos + len, None));
                    }
                    self.pos += len;
                }
                _ => {
                    if self.word.is_none() {
                        if self.gap > 0 && !(stops.wide && self.gap_lines == 0) && !self.gap_joins(byte) {
                            return Some(self.close(self.pos, None));
                        }
                        self.gap = 0;
                        self.gap_lines = 0;
                        self.word = Some(self.pos);
                        self.word_mask = 0;
                        self.word_counts = Counts::default();
                        self.url = false;
                    }
                    let room = self.limit() - (self.pos - self.from);
                    let rest = &bytes[self.pos - origin..];
                    self.word_goes_on(&rest[..rest.len().min(room)], text);
                }
            }
            let len = self.pos - self.from;
            if len >= LIMIT && len >= self.limit() {
                let to = self.pos;
                return Some(self.close(to, Some(to - KEEP)));
            }
        }
        if complete && self.from < end {
            return Some(self.close(end, None));
        }
        None
    }

    /// Where, from the beginning of a segment on, there is nothing up to: quiet text, or, if it is `free`, what stands between
    /// segments.
    #[inline]
    fn blank(&mut self, bytes: &[u8], at: usize, stops: Stops, free: bool) -> Option<usize> {
        let first = *bytes.get(at)?;
        // Nothing is quiet that begins with a number.
        if first.is_ascii_digit() {
            return None;
        }
        let origin = self.pos - at;
        if self.pos >= self.loud {
            let (quiet, stop) = quiet(bytes, at, stops);
            self.loud = origin + stop;
            if let Some(to) = quiet {
                return Some(origin + to);
            }
        }
        // It goes together.
        let gap = |b: u8| CLASS[b as usize] & (SPACE | DELIMITER) != 0 && !(stops.quotes && b == b'"');
        if !free || !gap(first) {
            return None;
        }
        let more = bytes[at + 1..].iter().take_while(|&&b| gap(b)).count();
        Some(self.pos + 1 + more)
    }

    /// Takes the bytes of a word, up to a gap or the end of `rest`, which begins at `pos`.
    #[inline]
    fn word_goes_on(&mut self, rest: &[u8], text: &Folded) {
        let (mut mask, mut counts, mut len) = (0, Counts::default(), 0);
        loop {
            len += counts.add_word(&rest[len..]);
            mask |= counts.mask();
            let joins = matches!(rest.get(len), Some(b',' | b';'))
                && (self.word_mask | mask) & COLON != 0
                && self.in_url(text, self.pos + len);
            if !joins {
                break;
            }
            mask |= PUNCT;
            len += 1;
        }
        self.mask |= mask;
        self.word_mask |= mask;
        self.word_counts.join(counts);
        self.counts.join(counts);
        self.pos += len;
    }

    /// Whether the word holds `://` before `at`, so that commas may belong to it.
    fn in_url(&mut self, text: &Folded, at: usize) -> bool {
        let Some(word) = self.word else {
            return false;
        };
        self.url = self.url || contains(text.slice(word, at), b"://");
        self.url
    }

    /// Begins anew at `pos`, which lies in the segment given last.
    pub(crate) fn restart(&mut self, pos: usize) {
        *self = Self {
            pos,
            from: pos,
            loud: self.loud,
            ..Self::default()
        };
    }

    fn limit(&self) -> usize {
        if self.pem {
            PEM_LIMIT
        } else if self.word.is_some_and(|word| self.pos - word > LIMIT / 2) {
            WORD_LIMIT
        } else {
            LIMIT
        }
    }

    fn close(&mut self, to: usize, forced: Option<usize>) -> Segment {
        let longest = self.longest.max(self.word.map_or(0, |word| self.pos - word));
        let segment = Segment {
            from: self.from,
            to,
            mask: self.mask,
            longest,
            digits: self.counts.digits(),
            dots: self.counts.dots(),
            colons: self.counts.colons(),
            forced,
        };
        self.restart(to);
        segment
    }

    /// At a gap's byte: whether the segment ends with it.
    fn gap_closes(&mut self, text: &Folded, byte: u8, class: u8, stops: Stops) -> bool {
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
        if whole && (bridges(word) || between()) || word.len() == 1 && self.number {
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
    fn gap_joins(&self, first: u8) -> bool {
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
