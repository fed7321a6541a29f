//! How far the bytes of a character of several bytes are merged before anything else happens to them: merging can then
//! start from characters, or parts of them, instead of bytes, with the same result.
//!
//! Why that is the same: merging takes the lowest rank first, and what a merge makes possible has a higher rank than it (a
//! test checks that for every token), so time is rank. What the bytes of a character would merge into alone, up to a rank
//! `r`, they merge into in a text as well, unless a token of a lower rank (a rival) takes some of its bytes and others. A
//! rival that holds the whole character limits `r` everywhere. One that ends inside of it needs the character before it, and
//! one that starts inside needs the one after: so each character says how early, as a neighbour, it takes part in a rival.

use std::collections::HashMap;

/// Characters from here on are left in bytes: none that is in use is a token.
const END: u32 = 0x2_0000;

/// Ranks are compared coarsely, in four bits. A tier stands for its rank here: a character's merges come before it, a rival
/// comes at it or later.
const TIERS: [u32; 15] = [
    280, 330, 400, 500, 650, 800, 1000, 1300, 1800, 2500, 4000, 8000, 20_000, 70_000, 200_000,
];
const NEVER: u32 = 15;
/// The edges between a character's bytes, if none is merged.
const ALL_EDGES: u32 = 0b111;

/// A merge inside a character: its rank and the edges that are left.
type Step = (u32, u32);

/// For each character below `END`, from the lowest bits: the tier after which it is merged as far as it goes (4 bits, 15:
/// never) and the edges that are left then (3); the same after the first merge (4, 3); the tier of the rivals that end in
/// the character after it (4, 15: none), and of those that start in the character before it (4).
pub(crate) fn tiers(tokens: &[(u32, Vec<u8>)]) -> Vec<u32> {
    let ranks: HashMap<&[u8], u32> = tokens
        .iter()
        .map(|(rank, bytes)| (bytes.as_slice(), *rank))
        .collect();
    let mut starts: HashMap<Vec<u8>, Vec<u32>> = HashMap::new();
    let mut ends: HashMap<Vec<u8>, Vec<u32>> = HashMap::new();
    let mut own: HashMap<u32, Vec<Step>> = HashMap::new();
    for character in (0..END).filter_map(char::from_u32) {
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        for at in 1..bytes.len() {
            starts
                .entry(bytes[..at].to_vec())
                .or_default()
                .push(character as u32);
            ends.entry(bytes[at..].to_vec())
                .or_default()
                .push(character as u32);
        }
        let steps = merge(bytes, &ranks);
        if !steps.is_empty() {
            own.insert(character as u32, steps);
        }
    }
    let mut before = vec![NEVER; END as usize];
    let mut after = vec![NEVER; END as usize];
    for (rank, token) in tokens {
        let parts = parts(token);
        let victims = |of: Option<&Vec<u32>>| -> Vec<u32> {
            let is_victim = |character: &u32| {
                own.get(character)
                    .and_then(|steps| steps.last())
                    .is_some_and(|last| last.0 > *rank)
            };
            of.map_or(Vec::new(), |characters| {
                characters.iter().copied().filter(is_victim).collect()
            })
        };
        let mut ruled_out = Vec::new();
        if parts.len() > 1 {
            ruled_out.extend(parts.iter().filter_map(|part| match part {
                Part::Whole(character) => Some(*character),
                _ => None,
            }));
        }
        let tier = TIERS
            .iter()
            .rposition(|tier| tier <= rank)
            .map_or(0, |at| at as u32);
        if let [.., neighbour, Part::Start(bytes)] = parts.as_slice()
            && !victims(starts.get(*bytes)).is_empty()
        {
            let neighbours = match neighbour {
                Part::Whole(character) => vec![*character],
                Part::Start(_) => Vec::new(),
                Part::End(bytes) => ends.get(*bytes).cloned().unwrap_or_default(),
            };
            for character in neighbours {
                before[character as usize] = before[character as usize].min(tier);
            }
        }
        if let [Part::End(bytes), neighbour, ..] = parts.as_slice() {
            match neighbour {
                Part::Whole(character) if !victims(ends.get(*bytes)).is_empty() => {
                    after[*character as usize] = after[*character as usize].min(tier);
                }
                Part::Whole(_) => {}
                // Any of a whole script could stand there: rather give up the few that end so.
                _ => ruled_out.extend(victims(ends.get(*bytes))),
            }
        }
        for character in ruled_out {
            if let Some(steps) = own.get_mut(&character) {
                steps.retain(|step| step.0 < *rank);
            }
        }
    }
    let level = |step: Option<&Step>| {
        let level =
            step.and_then(|&(rank, edges)| Some((TIERS.iter().position(|&tier| rank < tier)? as u32, edges)));
        let (tier, edges) = level.unwrap_or((NEVER, ALL_EDGES));
        tier | edges << 4
    };
    (0..END)
        .map(|character| {
            let steps = own.get(&character).map_or(&[][..], |steps| steps.as_slice());
            level(steps.last())
                | level(steps.first()) << 7
                | before[character as usize] << 14
                | after[character as usize] << 18
        })
        .collect()
}

/// What a token holds of a character.
enum Part<'a> {
    Whole(u32),
    /// The first bytes, at the token's end.
    Start(&'a [u8]),
    /// The last bytes, at the token's start.
    End(&'a [u8]),
}

fn parts(token: &[u8]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut at = token.iter().take_while(|&&byte| byte & 0xc0 == 0x80).count();
    if at > 0 {
        parts.push(Part::End(&token[..at]));
    }
    while let Some(&lead) = token.get(at) {
        let len = match lead {
            0..0x80 => 1,
            0xf0.. => 4,
            0xe0.. => 3,
            _ => 2,
        };
        let bytes = &token[at..token.len().min(at + len)];
        at += bytes.len();
        match std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| text.chars().next())
        {
            Some(character) if (character as u32) < END => parts.push(Part::Whole(character as u32)),
            _ => parts.push(Part::Start(bytes)),
        }
    }
    parts
}

/// The merges of these bytes alone, in order.
fn merge(bytes: &[u8], ranks: &HashMap<&[u8], u32>) -> Vec<Step> {
    let mut edges: Vec<usize> = (0..=bytes.len()).collect();
    let mut steps = Vec::new();
    loop {
        let lowest = edges
            .windows(3)
            .filter_map(|w| ranks.get(&bytes[w[0]..w[2]]).map(|rank| (*rank, w[1])))
            .min();
        let Some((rank, gone)) = lowest else { return steps };
        edges.retain(|&edge| edge != gone);
        let left = edges[1..edges.len() - 1].iter().map(|edge| 1 << (edge - 1)).sum();
        steps.push((rank, left));
    }
}
