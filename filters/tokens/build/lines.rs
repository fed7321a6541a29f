//! Tokens of at most 16 bytes in cache lines: a hash names the line, and a look-up compares all of its keys. Most lines have
//! room for their tokens; where one has not, its link names a line that has the rest.

use crate::Failure;
use crate::hash::{EMPTY, Key, LINE, Range, link, places};

/// How many of the places are taken, in percent. More makes the table smaller and more look-ups read a second line.
const LOAD: usize = 80;

pub(crate) struct Lines {
    pub(crate) lines: Vec<u8>,
    /// The range of lines for each script.
    pub(crate) scripts: Vec<u8>,
}

/// Tokens in the order of their ranks, as the lines that src/lines.rs reads.
pub(crate) fn build<const N: usize>(tokens: &[(Key<N>, u32)]) -> Result<Lines, Failure> {
    let mut lines = Vec::new();
    let mut scripts = [Range { first: 0, count: 0 }; 256];
    // All of ASCII together, and what starts inside a character; then each first byte of other characters.
    let bytes = [0..0x80, 0x80..0xc0]
        .into_iter()
        .chain((0xc0..0x100).map(|byte| byte..byte + 1));
    for script in bytes {
        let own: Vec<_> = tokens
            .iter()
            .filter(|(key, _)| script.contains(&key.script()))
            .copied()
            .collect();
        // At least one, so that a hash has somewhere to lead to.
        let count = (own.len() * 100).div_ceil(LOAD * places(N)).max(1);
        let range = Range {
            first: u16::try_from(lines.len() / LINE)?,
            count: u16::try_from(count)?,
        };
        scripts[script].fill(range);
        lines.extend(of_script(&own, range)?);
    }
    Ok(Lines {
        lines,
        scripts: scripts.map(Range::to_bytes).concat(),
    })
}

fn of_script<const N: usize>(tokens: &[(Key<N>, u32)], range: Range) -> Result<Vec<u8>, Failure> {
    let places = places(N);
    let (first, count) = (usize::from(range.first), usize::from(range.count));
    // The lowest ranks come first: they are the most frequent and stay in their own line.
    let mut content: Vec<Vec<(Key<N>, u32)>> = vec![Vec::new(); count];
    for &(key, rank) in tokens {
        content[key.line(range) - first].push((key, rank));
    }
    let mut links = vec![0; count];
    let own: Vec<usize> = content.iter().map(Vec::len).collect();
    let mut full: Vec<usize> = (0..count).filter(|&line| own[line] > places).collect();
    // The fullest first, while there is most room elsewhere.
    full.sort_by_key(|&line| std::cmp::Reverse(own[line]));
    let candidates: Vec<usize> = (0..count).filter(|&line| own[line] < places).collect();
    for line in full {
        let mut rest = content[line].split_off(places);
        let mut from = line;
        while !rest.is_empty() {
            let room = |other: &&usize| places - content[**other].len();
            let free = candidates.iter().filter(|&&other| links[other] == 0);
            let fits = free.clone().filter(|other| room(other) >= rest.len());
            // If none has room for all, the emptiest leads on to one more.
            let &other = fits
                .min_by_key(room)
                .or(free.max_by_key(room).filter(|other| room(other) > 0))
                .ok_or("no line has room: lower LOAD")?;
            let groups = rest.iter().fold(0, |groups, (key, _)| groups | key.group());
            links[from] = link(u16::try_from(first + other)?, groups);
            let taken = rest.len().min(places - content[other].len());
            content[other].extend(rest.drain(..taken));
            from = other;
        }
    }
    let mut lines = Vec::new();
    for (tokens, link) in content.iter().zip(links) {
        for word in 0..N {
            let words = (0..places).map(|place| tokens.get(place).map_or(EMPTY, |(key, _)| key.words[word]));
            lines.extend(words.flat_map(u64::to_le_bytes));
        }
        let numbers = (0..places).map(|place| tokens.get(place).map_or(0, |(_, rank)| rank + 1));
        lines.extend(numbers.flat_map(u32::to_le_bytes));
        lines.resize(lines.len().next_multiple_of(LINE) - 4, 0);
        lines.extend(link.to_le_bytes());
    }
    Ok(lines)
}
