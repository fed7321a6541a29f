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
        let from = at;
        let mut digits = 0;
        for &b in &text[from..] {
            let sort = SORT[b as usize];
            if sort == 0 {
                break;
            }
            digits += usize::from(sort >> 1);
            at += 1;
        }
        tokens.push(Token { from, to: at, digits });
    }
}

/// 1 for letters, 2 for digits.
const SORT: [u8; 256] = {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = (b as u8).is_ascii_alphabetic() as u8 | ((b as u8).is_ascii_digit() as u8) << 1;
        b += 1;
    }
    table
};
