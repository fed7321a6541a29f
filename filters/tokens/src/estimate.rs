//! Estimates for models whose tokenizer is not public or not carried: how many tokens of a model family each kind of
//! character usually takes, corrected by what providers report.
//!
//! Must not know model names or where reports come from. An estimate is marked as one wherever it goes.

use crate::class::{LETTER, MARK, NEWLINE, NUMBER, SPACE, UPPER, class_at};

/// Families of models that share a tokenizer or nearly so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Family {
    /// Anthropic's Claude.
    Claude,
    /// Google's Gemini and Gemma.
    Gemini,
    /// Meta's Llama 3 and later.
    Llama,
    /// Mistral.
    Mistral,
    /// Alibaba's Qwen.
    Qwen,
    /// Any other: between the known ones, rather too high than too low.
    Other,
}

/// What is told apart in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A run of Latin letters without accents, once.
    Word,
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
    /// Letters of other alphabets with case, and accented Latin ones.
    Alphabetic,
    Han,
    Kana,
    Hangul,
    /// Arabic, Hebrew and other letters of two bytes without case.
    Abjad,
    /// Indic scripts, Thai, Georgian, Khmer and the like.
    Abugida,
    /// Emoji and all the rest.
    Rest,
}

const KINDS: usize = 15;

/// How much of each kind a text has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile([u32; KINDS]);

impl Profile {
    /// Looks at every character once.
    pub fn of(text: &str) -> Self {
        let mut profile = Self::default();
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut run = Run::None;
        while at < bytes.len() {
            let (class, len) = class_at(bytes, at);
            let byte = bytes[at];
            let wide = text.get(at..at + len).and_then(|text| text.chars().next()).unwrap_or('\0');
            run = profile.add(class, byte, wide, run);
            at += len;
        }
        profile
    }

    fn add(&mut self, class: u8, byte: u8, character: char, run: Run) -> Run {
        if class & NUMBER != 0 {
            self.count(Kind::Digit);
            return Run::None;
        }
        if class == NEWLINE {
            if run != Run::Break {
                self.count(Kind::LineBreak);
            }
            return Run::Break;
        }
        if class & SPACE != 0 {
            return match run {
                Run::Space(1) => {
                    self.count(Kind::Indent);
                    Run::Space(2)
                }
                Run::Space(spaces) => Run::Space(spaces),
                Run::Break => Run::Space(1),
                _ => Run::Space(1),
            };
        }
        if byte.is_ascii_alphabetic() {
            let letters = if let Run::Word(letters) = run { letters + 1 } else { 1 };
            if letters == 1 {
                self.count(Kind::Word);
            } else if class & UPPER != 0 {
                self.count(Kind::Capital);
            }
            if letters > 6 {
                self.count(Kind::LongWord);
            }
            return Run::Word(letters);
        }
        if byte.is_ascii() {
            self.count(if run == Run::Symbols { Kind::MoreSymbols } else { Kind::Symbols });
            return Run::Symbols;
        }
        self.count(kind_of(class, character));
        Run::None
    }

    fn count(&mut self, kind: Kind) {
        if let Some(count) = self.0.get_mut(kind as usize) {
            *count = count.saturating_add(1);
        }
    }
}

/// What the character before belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    None,
    Break,
    Space(u8),
    Word(u32),
    Symbols,
}

fn kind_of(class: u8, character: char) -> Kind {
    match character as u32 {
        0x3040..=0x30ff | 0x31f0..=0x31ff | 0xff66..=0xff9d => Kind::Kana,
        0x1100..=0x11ff | 0x3130..=0x318f | 0xac00..=0xd7af => Kind::Hangul,
        0x3400..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff => Kind::Han,
        0x0590..=0x08ff => Kind::Abjad,
        0x0900..=0x10ff | 0x1200..=0x137f | 0x1780..=0x18af => Kind::Abugida,
        _ if class & (LETTER | MARK) != 0 => Kind::Alphabetic,
        _ => Kind::Rest,
    }
}

impl Profile {
    /// The counts, for fitting weights to.
    #[doc(hidden)]
    pub fn counts(&self) -> [u32; KINDS] {
        self.0
    }
}
