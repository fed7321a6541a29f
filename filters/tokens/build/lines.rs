//! Tokens of at most 16 bytes in cache lines: a hash names the line, and a look-up compares all of its keys. Most lines have
//! room for their tokens; where one has not, the last place names a line that has the rest.

use crate::Failure;
use crate::hash::{EMPTY, LINE, redirect};

/// How many of the places are taken, in percent. More makes the table smaller and more look-ups read a second line.
const LOAD: usize = 80;

pub(crate) struct Lines {
    pub(crate) keys: Vec<u8>,
    /// A rank for each place.
    pub(crate) ranks: Vec<u32>,
}

/// How many lines `tokens` of so many words need.
fn lines(tokens: usize, words: usize) -> usize {
    (tokens * 100).div_ceil(LOAD * LINE / 8 / words)
}

/// Tokens of `N` words in the order of their ranks, with `line(key, lines)` as their hash. A line has all the first words of
/// its tokens first, then the second ones.
pub(crate) fn build<const N: usize>(
    tokens: &[([u64; N], u32)],
    line: impl Fn([u64; N], usize) -> usize,
) -> Result<Lines, Failure> {
    let places = LINE / 8 / N;
    // At least one, so that a hash has somewhere to lead to.
    let count = lines(tokens.len(), N).max(1);
    // The lowest ranks come first: they are the most frequent and stay in their own line.
    let mut content: Vec<Vec<([u64; N], u32)>> = vec![Vec::new(); count];
    for &(key, rank) in tokens {
        content[line(key, count)].push((key, rank));
    }
    let mut next = vec![None; count];
    let own: Vec<usize> = content.iter().map(Vec::len).collect();
    let mut full: Vec<usize> = (0..count).filter(|&line| own[line] > places).collect();
    // The fullest first, while there is most room elsewhere.
    full.sort_by_key(|&line| std::cmp::Reverse(own[line]));
    let candidates: Vec<usize> = (0..count).filter(|&line| own[line] < places).collect();
    for line in full {
        let mut rest = content[line].split_off(places - 1);
        let mut from = line;
        while !rest.is_empty() {
            let room = |other: &&usize| places - content[**other].len();
            let free = candidates.iter().filter(|&&other| next[other].is_none());
            let fits = free
                .clone()
                .filter(|other| room(other) >= rest.len())
                .min_by_key(room);
            // If none has room for all, the emptiest leads on to one more.
            let &other = fits
                .or(free.max_by_key(room))
                .ok_or("no line has room: lower LOAD")?;
            let end = if fits.is_some() { places } else { places - 1 };
            let taken = rest.len().min(end.saturating_sub(content[other].len()));
            content[other].extend(rest.drain(..taken));
            next[from] = Some(other);
            from = other;
        }
    }
    let mut keys = Vec::new();
    let mut ranks = Vec::new();
    for (tokens, next) in content.iter().zip(next) {
        for word in 0..N {
            for place in 0..places {
                let key = tokens.get(place).map(|(key, _)| key[word]);
                let last = match next {
                    Some(next) if place == places - 1 => redirect(u32::try_from(next)?),
                    _ => EMPTY,
                };
                keys.extend_from_slice(&key.unwrap_or(last).to_le_bytes());
            }
        }
        ranks.extend((0..places).map(|place| tokens.get(place).map_or(0, |token| token.1)));
    }
    Ok(Lines { keys, ranks })
}
