//! A vocabulary as it lies in the data segment: which bytes are a token, and of which rank.
//!
//! Nothing is parsed or built at start. Must not know how a text is cut into pieces.

use crate::hash::{self, Key, LONGEST, Layout};
use crate::lines::Lines;

/// More than every rank, and small enough to be shifted by a byte: these bytes are no token.
pub(crate) const NO_RANK: u32 = 0x3f_ffff;

/// References to one vocabulary's tables; build/vocabulary.rs writes them.
pub(crate) struct Table {
    /// The tokens of 2 to 8 bytes.
    pub(crate) short: Lines<1>,
    /// Those of 9 to 16 bytes.
    pub(crate) medium: Lines<2>,
    /// The bytes of the longer ones, in the order of their ranks.
    pub(crate) bytes: &'static [u8],
    /// See `Layout::entry`.
    pub(crate) entries: &'static [[u8; 8]],
    pub(crate) pilots: &'static [[u8; 2]],
    /// The bits of `hash::sieve` that one of them has: few others have one of these.
    pub(crate) sieve: &'static [u8],
    /// For each two bytes their rank and one more, or 0 if they are no token. The highest numbers, as many as `pair_ranks`
    /// has, stand for the ranks there.
    pub(crate) pairs: &'static [[u8; 2]; 1 << 16],
    pub(crate) pair_ranks: &'static [[u8; 4]],
    /// For each 128 characters, which block has their [`Tiers`].
    pub(crate) tier_index: &'static [[u8; 2]],
    pub(crate) tier_blocks: &'static [[u8; 4]],
    pub(crate) layout: Layout,
}

/// The table of one Cargo feature.
macro_rules! table {
    ($name:literal) => {{
        static SHORT: crate::table::Aligned<
            { include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".short")).len() },
        > = crate::table::Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".short")));
        static MEDIUM: crate::table::Aligned<
            { include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".medium")).len() },
        > = crate::table::Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".medium")));
        const SHORT_SCRIPTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".short_scripts"));
        const MEDIUM_SCRIPTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".medium_scripts"));
        const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".bytes"));
        const ENTRIES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".entries"));
        const SIEVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".sieve"));
        const PILOTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".pilots"));
        const PAIRS: &[u8; 1 << 17] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".pairs"));
        const TIER_INDEX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".tier_index"));
        const TIER_BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".tier_blocks"));
        const PAIR_RANKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".pair_ranks"));
        crate::table::Table {
            short: crate::lines::Lines {
                lines: SHORT.0.as_chunks().0,
                scripts: crate::table::scripts(SHORT_SCRIPTS),
            },
            medium: crate::lines::Lines {
                lines: MEDIUM.0.as_chunks().0,
                scripts: crate::table::scripts(MEDIUM_SCRIPTS),
            },
            bytes: BYTES,
            entries: ENTRIES.as_chunks().0,
            sieve: SIEVE,
            pilots: PILOTS.as_chunks::<2>().0,
            pairs: match PAIRS.as_chunks::<2>().0.first_chunk() {
                Some(pairs) => pairs,
                None => &[[0; 2]; 1 << 16],
            },
            pair_ranks: PAIR_RANKS.as_chunks::<4>().0,
            tier_index: TIER_INDEX.as_chunks::<2>().0,
            tier_blocks: TIER_BLOCKS.as_chunks::<4>().0,
            layout: crate::hash::Layout::new((PILOTS.len() / 2) as u32, (ENTRIES.len() / 8) as u32),
        }
    }};
}
pub(crate) use table;

/// A range for each of 256 bytes.
pub(crate) const fn scripts(bytes: &'static [u8]) -> &'static [[u8; 4]; 256] {
    match bytes.as_chunks().0.first_chunk() {
        Some(scripts) => scripts,
        None => &[[0; 4]; 256],
    }
}

/// Lines that are cache lines.
#[repr(align(64))]
pub(crate) struct Aligned<const N: usize>(pub(crate) [u8; N]);

impl Table {
    /// Whether `text[start..end]`, which has at least two bytes, is a token.
    #[inline(always)]
    pub(crate) fn has(&self, text: &[u8], start: usize, end: usize) -> bool {
        match end - start {
            len @ 0..=8 => self.short.has(Key::short(text, start, len)),
            len @ 9..=16 => self.medium.has(Key::medium(text, start, len)),
            len => self.long_rank(text, start, len) != NO_RANK,
        }
    }

    /// The same for bytes that are all ASCII.
    #[inline(always)]
    pub(crate) fn has_ascii(&self, text: &[u8], start: usize, end: usize) -> bool {
        match end - start {
            0..=8 => self.has_short_ascii(text, start, end),
            len @ 9..=16 => self.medium.has_ascii(Key::medium(text, start, len)),
            len => self.long_rank(text, start, len) != NO_RANK,
        }
    }

    /// The same for at most eight of them.
    #[inline(always)]
    pub(crate) fn has_short_ascii(&self, text: &[u8], start: usize, end: usize) -> bool {
        self.short.has_ascii(Key::short(text, start, end - start))
    }

    /// The rank of `text[start..end]`, which has at least two bytes, or [`NO_RANK`].
    #[inline(always)]
    pub(crate) fn rank(&self, text: &[u8], start: usize, end: usize) -> u32 {
        match end - start {
            len @ 0..=8 => self.short.rank(Key::short(text, start, len)),
            len @ 9..=16 => self.medium.rank(Key::medium(text, start, len)),
            len => self.long_rank(text, start, len),
        }
    }

    /// The same for at most eight bytes.
    #[inline(always)]
    pub(crate) fn rank_of_short(&self, text: &[u8], start: usize, end: usize) -> u32 {
        self.short.rank(Key::short(text, start, end - start))
    }

    #[inline(always)]
    fn long_rank(&self, text: &[u8], start: usize, len: usize) -> u32 {
        let bit = hash::sieve(text, start, len);
        if len > LONGEST
            || self
                .sieve
                .get(bit / 8)
                .is_none_or(|byte| byte >> (bit % 8) & 1 == 0)
        {
            return NO_RANK;
        }
        self.sieved_rank(text, start, len)
    }

    fn sieved_rank(&self, text: &[u8], start: usize, len: usize) -> u32 {
        let hash = hash::hash(text, start, len);
        let pilot = self
            .pilots
            .get(self.layout.bucket(hash))
            .map_or(0, |pilot| u16::from_le_bytes(*pilot));
        let Some(entry) = self.entries.get(self.layout.slot(hash, pilot)) else {
            return NO_RANK;
        };
        let entry = u64::from_le_bytes(*entry);
        if !Layout::may_match(entry, hash, len) {
            return NO_RANK;
        }
        let place = Layout::place(entry);
        if text.get(start..start + len) == self.bytes.get(place..place + len) {
            Layout::rank(entry)
        } else {
            NO_RANK
        }
    }

    /// The rank of two bytes, or [`NO_RANK`].
    #[inline(always)]
    pub(crate) fn pair_rank(&self, first: u8, second: u8) -> u32 {
        let number = u32::from(u16::from_le_bytes(
            self.pairs[usize::from(first) << 8 | usize::from(second)],
        ));
        let high = (1 << 16) - self.pair_ranks.len() as u32;
        match number {
            0 => NO_RANK,
            _ if number < high => number - 1,
            _ => self
                .pair_ranks
                .get((number - high) as usize)
                .map_or(NO_RANK, |rank| u32::from_le_bytes(*rank)),
        }
    }

    /// How a character takes part in early merges.
    #[inline(always)]
    pub(crate) fn tiers(&self, character: usize) -> Tiers {
        let block = self
            .tier_index
            .get(character >> 7)
            .map(|block| usize::from(u16::from_le_bytes(*block)));
        let tiers = block.and_then(|block| self.tier_blocks.get(block << 7 | character & 127));
        tiers.map_or(Tiers::UNKNOWN, |tiers| Tiers(u32::from_le_bytes(*tiers)))
    }
}

/// How far a character is merged before anything else happens to it, and when as a neighbour it could prevent that;
/// build/characters.rs has the bits and the reasons.
#[derive(Clone, Copy)]
pub(crate) struct Tiers(u32);

impl Tiers {
    /// Of what stands before and after a piece: nothing.
    pub(crate) const NONE: Self = Self(0x3f_ffff);
    /// Of bytes inside a character, where a window was cut: neighbours that might take part in anything.
    pub(crate) const UNKNOWN: Self = Self(0x00_3fff);

    /// The edges between the character's bytes (the lowest bit: after the first) from which merging starts, between these
    /// two neighbours.
    #[inline(always)]
    pub(crate) const fn edges(self, before: Self, after: Self) -> u32 {
        let (before, after) = (before.0 >> 14 & 15, after.0 >> 18 & 15);
        let limit = if before < after { before } else { after };
        // A rival tier of 15 is none, an own tier of 15 is never, so that one needs no look here: it keeps all edges.
        if self.0 & 15 <= limit {
            self.0 >> 4 & 7
        } else if self.0 >> 7 & 15 <= limit {
            self.0 >> 11 & 7
        } else {
            7
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NO_RANK, Table};
    use tiktoken_rs::CoreBPE;

    /// Every token of the oracle is found with its rank, and nothing that only looks like one.
    fn check(table: &Table, oracle: &CoreBPE, ranks: u32) {
        for rank in 0..ranks {
            let Ok(token) = oracle.decode_bytes(&[rank]) else {
                continue;
            };
            if core::str::from_utf8(&token).is_ok_and(|token| oracle.special_tokens().contains(token)) {
                continue;
            }
            if token.len() == 1 {
                continue;
            }
            assert_eq!(table.rank(&token, 0, token.len()), rank, "{token:?}");
            if let [first, second] = token[..] {
                assert_eq!(table.pair_rank(first, second), rank);
            }
            // Inside of a text, and next to the token's own place in the table.
            let mut longer = token.clone();
            longer.extend([0, 0xff]);
            assert_eq!(table.rank(&longer, 0, token.len()), rank);
            assert_eq!(table.rank(&longer, 0, longer.len()), NO_RANK);
        }
        let pairs = (0..=u8::MAX).flat_map(|first| (0..=u8::MAX).map(move |second| (first, second)));
        for (first, second) in pairs {
            assert_eq!(table.pair_rank(first, second), table.rank(&[first, second], 0, 2));
        }
        assert_eq!(table.rank(&[b' '; 500], 0, 500), NO_RANK);
    }

    #[cfg(feature = "o200k")]
    #[test]
    fn o200k_holds_every_token() {
        check(
            &crate::vocabulary::O200K,
            tiktoken_rs::o200k_base_singleton(),
            199_998,
        );
    }

    #[cfg(feature = "cl100k")]
    #[test]
    fn cl100k_holds_every_token() {
        check(
            &crate::vocabulary::CL100K,
            tiktoken_rs::cl100k_base_singleton(),
            100_256,
        );
    }

    #[cfg(feature = "p50k")]
    #[test]
    fn p50k_holds_every_token() {
        check(
            &crate::vocabulary::P50K,
            tiktoken_rs::p50k_base_singleton(),
            50_281,
        );
    }

    #[cfg(feature = "r50k")]
    #[test]
    fn r50k_holds_every_token() {
        check(
            &crate::vocabulary::R50K,
            tiktoken_rs::r50k_base_singleton(),
            50_256,
        );
    }
}
