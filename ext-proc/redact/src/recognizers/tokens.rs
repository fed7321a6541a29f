//! The words and numbers of a segment: read once, so that recognizers look only where one begins.
//! Must not know what they mean.

/// ASCII letters and digits with nothing between them, as long as there are any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// How many of them are digits.
    pub(crate) digits: usize,
}

impl Token {
    pub(crate) fn len(&self) -> usize {
        self.to - self.from
    }
}

/// Reads the tokens of `text` from `from` on. `tokens` is only there to be used again.
pub(crate) fn read(text: &[u8], from: usize, tokens: &mut Vec<Token>) {
    tokens.clear();
    let mut at = from;
    while let Some(&first) = text.get(at) {
        if SORT[first as usize] == 0 {
            at += 1;
            continue;
        }
        let mut sum = 0;
        for &b in &text[at..] {
            let sort = SORT[b as usize];
            if sort == 0 {
                break;
            }
            sum += sort;
        }
        let (from, len) = (at, (sum & 0xFFFF) as usize);
        at += len;
        let digits = (sum >> 16) as usize;
        tokens.push(Token { from, to: at, digits });
    }
}

/// 1 for letters and digits, and for digits, 16 bits further up, another 1. No segment has as many.
const SORT: [u32; 256] = {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = (b as u8).is_ascii_alphanumeric() as u32 | ((b as u8).is_ascii_digit() as u32) << 16;
        b += 1;
    }
    table
};
