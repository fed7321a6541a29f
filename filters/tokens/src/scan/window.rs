//! Cuts ASCII text 64 bytes at a time: a bit per byte says where pieces start, so that no branch depends on what the text
//! says. Equal to the patterns where it is sure, and leaves the rest to them.
//!
//! Must not know the vocabularies. Each window starts with a piece, so that nothing is carried from one to the next.

use super::runs::contraction;
use crate::lanes::Lanes;

/// What one pattern does otherwise than another.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// A capital after a small letter starts a word.
    pub(super) camel_case: bool,
    /// A contraction belongs to the word before; otherwise it is a piece of its own.
    pub(super) contraction_in_word: bool,
    /// Slashes go with the line breaks after symbols.
    pub(super) slash_after_symbols: bool,
}

/// The pieces at the start of a window; bit `n` stands for its byte `n`.
pub(crate) struct Window {
    /// Where they start, and where the last one ends.
    pub(crate) edges: u64,
    /// The starts of those that have to be looked up: not single bytes, nor up to three digits.
    pub(crate) open: u64,
    /// How many pieces there are; at least one.
    pub(crate) pieces: u32,
    /// How many bytes they have together.
    pub(crate) len: usize,
}

impl Window {
    /// The starts of those pieces to be looked up that have at most eight bytes.
    #[inline(always)]
    pub(crate) const fn short(&self) -> u64 {
        let mut near = self.edges >> 1;
        near |= near >> 1;
        near |= near >> 2;
        near |= near >> 4;
        self.open & near
    }

    /// The end of the piece that starts at `start`.
    #[inline(always)]
    pub(crate) const fn end(&self, start: usize) -> usize {
        (self.edges & !1 << start).trailing_zeros() as usize
    }
}

/// Which of 64 bytes are what.
struct Classes {
    letter: u64,
    /// `a`–`z`
    small: u64,
    digit: u64,
    newline: u64,
    /// Other white space, spaces included.
    blank: u64,
    space: u64,
    apostrophe: u64,
    /// Everything else in ASCII, apostrophes included.
    symbol: u64,
    /// The bytes of other characters.
    high: u64,
}

impl Classes {
    #[inline(always)]
    fn of(block: &[u8; 64]) -> Self {
        let lanes =
            core::array::from_fn::<_, 4, _>(|at| Lanes::new(block.as_chunks().0.get(at).unwrap_or(&[0; 16])));
        let bits = |of: fn(Lanes) -> Lanes| {
            let [a, b, c, d] = lanes.map(|lanes| of(lanes).bits());
            a | b << 16 | c << 32 | d << 48
        };
        let letter = bits(|lanes| lanes.or(0x20).is_among(b'a', 26));
        let digit = bits(|lanes| lanes.is_among(b'0', 10));
        let space = bits(|lanes| lanes.is(b' '));
        let white = bits(|lanes| lanes.is_among(b'\t', 5));
        let newline = bits(|lanes| lanes.is(b'\n')) | bits(|lanes| lanes.is(b'\r'));
        let high = bits(|lanes| lanes);
        Self {
            letter,
            small: bits(|lanes| lanes.is_among(b'a', 26)),
            digit,
            newline,
            blank: space | white & !newline,
            space,
            apostrophe: bits(|lanes| lanes.is(b'\'')),
            symbol: !(letter | digit | space | white | high),
            high,
        }
    }
}

/// The bits before `at`, which is at most 64.
#[inline(always)]
const fn below(at: u32) -> u64 {
    if at >= 64 { u64::MAX } else { !(u64::MAX << at) }
}

/// The length of the bits up to the highest one.
#[inline(always)]
const fn length(bits: u64) -> u32 {
    64 - bits.leading_zeros()
}

/// The pieces from `at` that are surely as `rules` say, or `None` if not even the first one is.
#[inline(always)]
pub(super) fn window(text: &[u8], at: usize, rules: Rules) -> Option<Window> {
    let rest = text.get(at..)?;
    let mut padded = [0xff; 64];
    let block = match rest.first_chunk::<64>() {
        Some(block) => block,
        None => {
            // What ends with the text depends on that: it is not ours, as what ends at another character is not.
            padded.get_mut(..rest.len())?.copy_from_slice(rest);
            &padded
        }
    };
    let classes = Classes::of(block);
    let Classes {
        letter,
        digit,
        newline,
        blank,
        symbol,
        ..
    } = classes;

    // What white space becomes depends on what follows it. `limit`: which starts are sure.
    let mut limit = length(!blank & below(classes.high.trailing_zeros()));

    let symbols = symbol & !(symbol << 1);
    let after_space = classes.space << 1;
    // A symbol that goes before a word, if one follows.
    let lone = symbols & !(symbol >> 1) & !after_space;
    // Line breaks right after symbols, which belong to them.
    let tails = newline & !newline.wrapping_add(newline & symbol << 1);
    if rules.slash_after_symbols {
        for_each(tails << 1 & symbol, |slash| {
            if block.get(slash as usize) == Some(&b'/') {
                limit = limit.min(slash);
            }
        });
    }

    let mut words = letter & !(letter << 1);
    if rules.camel_case {
        words |= letter & !classes.small & classes.small << 1;
    }
    let blanks = blank & !(blank << 1);
    let mut edges = 1
        | words & !((blank | lone) << 1)
        | symbols & !after_space
        | newline & !((newline | blank | symbol) << 1)
        // A run of blanks leaves its last one to what follows.
        | blanks
        | blank & !(blank >> 1)
        | groups(digit);
    // But one that ends in a line break has no edges inside, and goes with the breaks before it unless symbols have them.
    for_each(blank.wrapping_add(blanks) & newline, |end| {
        let start = length(!blank & below(end));
        let apart = start == 0 || newline & !tails & (1 << start) >> 1 == 0;
        edges &= !(below(end) & !below(start));
        edges |= u64::from(apart) << start;
    });

    let mut done = 0;
    let contractions = if rules.contraction_in_word {
        classes.apostrophe & letter << 1
    } else {
        classes.apostrophe & lone
    };
    for_each(contractions, |start| {
        // After a contraction there is no word that another one could belong to.
        if rules.contraction_in_word && start == done || start >= limit {
            return;
        }
        let Some(end) = contraction(text, at + start as usize) else {
            return;
        };
        done = (end - at) as u32;
        if done >= limit {
            limit = start;
            return;
        }
        let inner = if rules.contraction_in_word {
            start
        } else {
            start + 1
        };
        edges &= !(below(done) & !below(inner));
        edges |= 1 << done;
    });

    edges &= below(limit);
    let len = length(edges).checked_sub(1).filter(|&len| len > 0)?;
    let starts = edges & below(len);
    Some(Window {
        edges,
        open: starts & !(edges >> 1) & !digit,
        pieces: starts.count_ones(),
        len: len as usize,
    })
}

/// The starts of groups of three in runs of digits.
#[inline(always)]
fn groups(digit: u64) -> u64 {
    let mut starts = digit & !(digit << 1);
    let after_three = digit & digit << 1 & digit << 2 & digit << 3;
    loop {
        let more = starts | starts << 3 & after_three;
        if more == starts {
            return starts;
        }
        starts = more;
    }
}

#[inline(always)]
fn for_each(mut bits: u64, mut each: impl FnMut(u32)) {
    while bits != 0 {
        each(bits.trailing_zeros());
        bits &= bits - 1;
    }
}
