//! How much of each kind of character a text has: all that an estimate knows of it.
//! Must not know what a kind weighs.

use crate::class::{LETTER, MARK, NEWLINE, NUMBER, SPACE, UPPER, class_at};
use crate::lanes::{self, Lanes};

/// What is told apart in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A run of Latin letters without accents after white space or at the start, once.
    Word,
    /// One that comes after something else, once.
    Glued,
    /// Its letters after the sixth, where words begin to take a second token.
    LongWord,
    /// A capital inside a run of Latin letters.
    Capital,
    Digit,
    /// A run of ASCII symbols, once.
    Symbols,
    /// Its symbols after the first.
    MoreSymbols,
    LineBreak,
    /// A run of more than one space.
    Indent,
    /// A symbol that repeats the one before; tables and rules are full of them.
    Repeated,
    /// Accented Latin letters.
    Accented,
    Greek,
    Cyrillic,
    Hebrew,
    /// Arabic and its neighbours in Unicode.
    Arabic,
    /// Devanagari and Bengali.
    Indic,
    /// Thai and Lao.
    Thai,
    /// Other scripts of letters: Tamil, Telugu, Georgian, Khmer and so on.
    OtherLetters,
    Han,
    Kana,
    Hangul,
    /// Emoji and all the rest.
    Rest,
}

pub(crate) const KINDS: usize = 22;

/// How many letters of a word need no second token.
const SHORT: u32 = 6;

/// How much of each kind a text has. The text may come in parts, cut anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    counts: [u32; KINDS],
    /// What the last character belongs to.
    run: Run,
}

/// What the character before belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Run {
    #[default]
    Start,
    None,
    Break,
    /// One space, or two and more.
    Space(u32),
    /// So many letters, or more than [`SHORT`].
    Word(u32),
    Symbols(u8),
}

impl Profile {
    /// Looks at every character once.
    pub fn of(text: &str) -> Self {
        let mut profile = Self::default();
        profile.push(text);
        profile
    }

    /// The counts in the order of `Kind`, for fitting weights to.
    #[doc(hidden)]
    pub fn counts(&self) -> [u32; KINDS] {
        self.counts
    }

    /// Adds the next part of the text.
    pub fn push(&mut self, part: &str) {
        let mut at = 0;
        if lanes::AVAILABLE {
            while let Some(block) = part
                .as_bytes()
                .get(at..)
                .and_then(|rest| rest.first_chunk::<64>())
            {
                if block.is_ascii() {
                    self.window(block);
                    at += 64;
                } else {
                    at = self.characters(part, at, at + 64);
                }
            }
        }
        self.characters(part, at, part.len());
    }

    /// Looks at the characters that begin in `at..end`, one by one; says where the next one begins.
    fn characters(&mut self, part: &str, mut at: usize, end: usize) -> usize {
        let bytes = part.as_bytes();
        while at < end {
            let (class, len) = class_at(bytes, at);
            self.run = match bytes.get(at) {
                Some(&byte) if byte.is_ascii() => self.ascii(class, byte),
                _ => {
                    let character = part.get(at..).and_then(|rest| rest.chars().next());
                    self.other(class, character.unwrap_or_default())
                }
            };
            at += len;
        }
        at
    }

    fn ascii(&mut self, class: u8, byte: u8) -> Run {
        if byte.is_ascii_alphabetic() {
            let letters = if let Run::Word(letters) = self.run {
                letters + 1
            } else {
                1
            };
            if letters == 1 {
                let apart = matches!(self.run, Run::Start | Run::Break | Run::Space(_));
                self.count(if apart { Kind::Word } else { Kind::Glued }, 1);
            } else if class & UPPER != 0 {
                self.count(Kind::Capital, 1);
            }
            if letters > SHORT {
                self.count(Kind::LongWord, 1);
            }
            return Run::Word(letters.min(SHORT + 1));
        }
        if class & (NUMBER | SPACE) != 0 {
            return self.other(class, char::from(byte));
        }
        self.count(
            match self.run {
                Run::Symbols(last) if last == byte => Kind::Repeated,
                Run::Symbols(_) => Kind::MoreSymbols,
                _ => Kind::Symbols,
            },
            1,
        );
        Run::Symbols(byte)
    }

    /// Numbers and spaces, and whatever is not ASCII.
    fn other(&mut self, class: u8, character: char) -> Run {
        if class & NUMBER != 0 {
            self.count(Kind::Digit, 1);
            return Run::None;
        }
        if class == NEWLINE {
            if self.run != Run::Break {
                self.count(Kind::LineBreak, 1);
            }
            return Run::Break;
        }
        if class & SPACE != 0 {
            return match self.run {
                Run::Space(1) => {
                    self.count(Kind::Indent, 1);
                    Run::Space(2)
                }
                Run::Space(spaces) => Run::Space(spaces),
                _ => Run::Space(1),
            };
        }
        self.count(kind_of(class, character), 1);
        Run::None
    }

    /// The same for 64 bytes of ASCII at once, a bit for each: prose takes a fifteenth of the time.
    fn window(&mut self, block: &[u8; 64]) {
        let Bits {
            letter,
            small,
            digit,
            newline,
            blank,
            symbol,
            repeated,
        } = Bits::of(block, self.run);
        let before = |kind: bool| u64::from(kind);

        self.count(Kind::Digit, digit.count_ones());
        let breaks = newline & !(newline << 1 | before(self.run == Run::Break));
        self.count(Kind::LineBreak, breaks.count_ones());

        let (one, two) = match self.run {
            Run::Space(spaces) => (1, before(spaces > 1)),
            _ => (0, 0),
        };
        let second = blank & (blank << 1 | one) & !(blank << 2 | one << 1 | two);
        self.count(Kind::Indent, second.count_ones());

        let letters = if let Run::Word(letters) = self.run {
            letters.min(SHORT)
        } else {
            0
        };
        let starts = letter & !(letter << 1 | before(letters > 0));
        let apart =
            (newline | blank) << 1 | before(matches!(self.run, Run::Start | Run::Break | Run::Space(_)));
        self.count(Kind::Word, (starts & apart).count_ones());
        self.count(Kind::Glued, (starts & !apart).count_ones());
        self.count(Kind::Capital, (letter & !small & !starts).count_ones());
        // Seven letters in a row, the six before the window taken along.
        let mut row =
            u128::from(letter) << SHORT | ((1 << SHORT) - 1) >> (SHORT - letters) << (SHORT - letters);
        row &= row << 1;
        row &= row << 2;
        row &= row << 3;
        self.count(Kind::LongWord, (row >> SHORT).count_ones());

        let more = symbol & (symbol << 1 | before(matches!(self.run, Run::Symbols(_))));
        self.count(Kind::Symbols, (symbol & !more).count_ones());
        self.count(Kind::Repeated, (more & repeated).count_ones());
        self.count(Kind::MoreSymbols, (more & !repeated).count_ones());

        let last = block.last().copied().unwrap_or_default();
        // How long the run at the end is, `carried` of which lie before the window if it fills it.
        let length = |bits: u64, carried: u32| match bits.leading_ones() {
            64 => 64 + carried,
            ones => ones,
        };
        self.run = match 1 << 63 {
            bit if letter & bit != 0 => Run::Word(length(letter, letters).min(SHORT + 1)),
            bit if blank & bit != 0 => Run::Space(length(blank, 0).min(2)),
            bit if newline & bit != 0 => Run::Break,
            bit if symbol & bit != 0 => Run::Symbols(last),
            _ => Run::None,
        };
    }

    fn count(&mut self, kind: Kind, times: u32) {
        if let Some(count) = self.counts.get_mut(kind as usize) {
            *count = count.saturating_add(times);
        }
    }
}

/// Which of 64 bytes are what.
struct Bits {
    letter: u64,
    /// `a`–`z`
    small: u64,
    digit: u64,
    newline: u64,
    /// Other white space.
    blank: u64,
    /// Everything else.
    symbol: u64,
    /// What equals the byte before.
    repeated: u64,
}

impl Bits {
    #[inline(always)]
    fn of(block: &[u8; 64], run: Run) -> Self {
        let mut shifted = [0; 64];
        if let (Some(rest), Some(most)) = (shifted.get_mut(1..), block.get(..63)) {
            rest.copy_from_slice(most);
        }
        if let (Run::Symbols(last), [first, ..]) = (run, &mut shifted) {
            *first = last;
        }
        let lanes = |block: &[u8; 64]| {
            core::array::from_fn::<_, 4, _>(|at| Lanes::new(block.as_chunks().0.get(at).unwrap_or(&[0; 16])))
        };
        let (block, shifted) = (lanes(block), lanes(&shifted));
        let gather = |[a, b, c, d]: [Lanes; 4]| a.bits() | b.bits() << 16 | c.bits() << 32 | d.bits() << 48;
        let bits = |of: fn(Lanes) -> Lanes| gather(block.map(of));
        let letter = bits(|lanes| lanes.or(0x20).is_among(b'a', 26));
        let digit = bits(|lanes| lanes.is_among(b'0', 10));
        let newline = bits(|lanes| lanes.is(b'\n')) | bits(|lanes| lanes.is(b'\r'));
        let white = bits(|lanes| lanes.is(b' ')) | bits(|lanes| lanes.is_among(b'\t', 5));
        let mut pairs = block.into_iter().zip(shifted);
        Self {
            letter,
            small: bits(|lanes| lanes.is_among(b'a', 26)),
            digit,
            newline,
            blank: white & !newline,
            symbol: !(letter | digit | white),
            repeated: gather(core::array::from_fn(|_| {
                pairs.next().map_or(Lanes::new(&[0; 16]), |(a, b)| a.equals(b))
            })),
        }
    }
}

fn kind_of(class: u8, character: char) -> Kind {
    match character as u32 {
        0x3040..=0x30ff | 0x31f0..=0x31ff | 0xff66..=0xff9d => Kind::Kana,
        0x1100..=0x11ff | 0x3130..=0x318f | 0xac00..=0xd7af => Kind::Hangul,
        0x3400..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff => Kind::Han,
        0x0370..=0x03ff | 0x1f00..=0x1fff => Kind::Greek,
        0x0400..=0x058f => Kind::Cyrillic,
        0x0590..=0x05ff => Kind::Hebrew,
        0x0600..=0x08ff => Kind::Arabic,
        0x0900..=0x09ff => Kind::Indic,
        0x0e00..=0x0eff => Kind::Thai,
        0x00c0..=0x036f | 0x1e00..=0x1eff if class & (LETTER | MARK) != 0 => Kind::Accented,
        _ if class & (LETTER | MARK) != 0 => Kind::OtherLetters,
        _ => Kind::Rest,
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use proptest::prelude::*;

    use super::Profile;

    /// Without windows: what they must be equal to.
    fn by_characters(text: &str) -> Profile {
        let mut profile = Profile::default();
        profile.characters(text, 0, text.len());
        profile
    }

    proptest! {
        #[test]
        fn windows_count_what_characters_do(
            text in "([a-cA-C]{0,9}|[ \t]{1,3}|[\r\n]{1,3}|[-=.,{}\"]{1,4}|[0-9]{1,4}|é|東){0,120}",
            cut in 0_usize..400,
        ) {
            prop_assert_eq!(Profile::of(&text), by_characters(&text));
            let cut = text.floor_char_boundary(cut);
            let mut parts = Profile::of(&text[..cut]);
            parts.push(&text[cut..]);
            prop_assert_eq!(parts, Profile::of(&text));
        }

        #[test]
        fn so_they_do_for_any_ascii(bytes in proptest::collection::vec(0_u8..128, 64..300)) {
            let text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(Profile::of(&text), by_characters(&text));
        }
    }

    #[test]
    fn runs_that_fill_windows_are_one_run() {
        for run in ["a", "A", " ", "\n", "=", "7", "-="] {
            let text = run.repeat(300);
            for start in 0..130 {
                let text = format!("{}{text}", "x ".repeat(start));
                assert_eq!(Profile::of(&text), by_characters(&text), "{run:?} {start}");
            }
        }
    }
}
