//! Tokens of at most 16 bytes in cache lines: a hash names the line, and a look-up compares all of its keys. Most lines have
//! room for their tokens; where one has not, the last place names a line that has the rest.

use crate::Failure;
use crate::hash::{EMPTY, Key, RANK, redirect};

/// How many of the places are taken, in percent. More makes the table smaller and more look-ups read a second line.
const LOAD: usize = 80;

pub(crate) struct Lines {
    pub(crate) keys: Vec<u64>,
    /// A rank and a print for each place.
    pub(crate) ranks: Vec<u32>,
}

/// Tokens in the order of their ranks.
pub(crate) fn build<const N: usize>(tokens: &[(Key<N>, u32)]) -> Result<Lines, Failure> {
    let places = 8 / N;
    // At least one, so that a hash has somewhere to lead to.
    let count = (tokens.len() * 100).div_ceil(LOAD * places).max(1);
    // The lowest ranks come first: they are the most frequent and stay in their own line.
    let mut content: Vec<Vec<(Key<N>, u32)>> = vec![Vec::new(); count];
    for &(key, rank) in tokens {
        content[key.line(count)].push((key, rank));
    }
    // What the last place has if another line has more keys: a word and the groups of their prints.
    let mut more: Vec<Option<(u64, u32)>> = vec![None; count];
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
            let free = candidates.iter().filter(|&&other| more[other].is_none());
            let fits = free
                .clone()
                .filter(|other| room(other) >= rest.len())
                .min_by_key(room);
            // If none has room for all, the emptiest leads on to one more.
            let &other = fits
                .or(free.max_by_key(room))
                .ok_or("no line has room: lower LOAD")?;
            let groups = rest.iter().fold(0, |groups, (key, _)| groups | key.group());
            more[from] = Some((redirect(u32::try_from(other)?), groups | RANK));
            let end = if fits.is_some() { places } else { places - 1 };
            let taken = rest.len().min(end.saturating_sub(content[other].len()));
            content[other].extend(rest.drain(..taken));
            from = other;
        }
    }
    let mut keys = Vec::new();
    let mut ranks = Vec::new();
    for (tokens, more) in content.iter().zip(more) {
        let (word_for_last, rank_for_last) = more.unwrap_or((EMPTY, 0));
        for word in 0..N {
            keys.extend((0..places).map(|place| match tokens.get(place) {
                Some((key, _)) => key.words[word],
                None if word == 0 && place == places - 1 => word_for_last,
                None => EMPTY,
            }));
        }
        ranks.extend((0..places).map(|place| match tokens.get(place) {
            Some((key, rank)) => key.print() | rank,
            None if place == places - 1 => rank_for_last,
            None => 0,
        }));
    }
    Ok(Lines { keys, ranks })
}
