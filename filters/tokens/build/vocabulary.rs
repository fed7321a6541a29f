//! One vocabulary as the table that `src/table.rs` reads: lines of short tokens, a perfect hash over the long
//! ones with their bytes in rank order, and the ranks of all two-byte tokens. The text form that OpenAI publishes is rebuilt and its checksum compared.

use std::fmt::Write as _;
use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use tiktoken_rs::CoreBPE;

use crate::hash::{self, Key, Layout};
use crate::unicode::two_stage;
use crate::{Failure, blob, characters, lines, perfect_hash};

pub(crate) struct Source {
    pub(crate) feature: &'static str,
    load: fn() -> Result<CoreBPE, anyhow::Error>,
    /// Ranks run from 0 to here (exclusive); one that no token has is allowed.
    ranks: u32,
    /// SHA-256 of `<name>.tiktoken` as Python's `tiktoken` expects it (`openai_public.py`).
    checksum: &'static str,
}

pub(crate) const SOURCES: [Source; 4] = [
    Source {
        feature: "o200k",
        load: tiktoken_rs::o200k_base,
        ranks: 199_998,
        checksum: "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    },
    Source {
        feature: "cl100k",
        load: tiktoken_rs::cl100k_base,
        ranks: 100_256,
        checksum: "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    },
    Source {
        feature: "p50k",
        load: tiktoken_rs::p50k_base,
        ranks: 50_281,
        checksum: "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    },
    Source {
        feature: "r50k",
        load: tiktoken_rs::r50k_base,
        ranks: 50_256,
        checksum: "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    },
];

pub(crate) fn write(source: &Source, out: &Path) -> Result<(), Failure> {
    let bpe = (source.load)()?;
    let special = bpe.special_tokens();
    let mut tokens: Vec<(u32, Vec<u8>)> = Vec::new();
    for rank in 0..source.ranks {
        match bpe.decode_bytes(&[rank]) {
            // p50k's one special token sits between its ranks.
            Ok(bytes) if std::str::from_utf8(&bytes).is_ok_and(|text| special.contains(text)) => {}
            Ok(bytes) => tokens.push((rank, bytes)),
            Err(_) => {}
        }
    }
    check(source, &tokens)?;

    if tokens
        .iter()
        .any(|(_, token)| token.is_empty() || token.len() > hash::LONGEST)
    {
        return Err(format!("{}: a token is too long", source.feature).into());
    }
    // Single bytes are never looked up: each of them is a token.
    let mut short = Vec::new();
    let mut medium = Vec::new();
    let mut long: Vec<(&[u8], u32)> = Vec::new();
    for (rank, token) in &tokens {
        match token.len() {
            1 => {}
            len @ 2..=8 => short.push((Key::short(token, 0, len), *rank)),
            len @ 9..=16 => medium.push((Key::medium(token, 0, len), *rank)),
            _ => long.push((token, *rank)),
        }
    }
    let short = lines::build(&short)?;
    let medium = lines::build(&medium)?;

    let keys: Vec<u64> = long
        .iter()
        .map(|(token, _)| hash::hash(token, 0, token.len()))
        .collect();
    let table = perfect_hash::build(&keys)?;
    let mut bytes = Vec::new();
    let mut sieve = vec![0u8; 1 << 13];
    for (token, _) in &long {
        let bit = hash::sieve(token, 0, token.len());
        sieve[bit / 8] |= 1 << (bit % 8);
    }
    let mut entries = vec![0u64; table.layout.slots as usize];
    for ((token, rank), (&key, &slot)) in long.iter().zip(keys.iter().zip(&table.slots)) {
        entries[slot as usize] = Layout::entry(key, token.len(), u32::try_from(bytes.len())?, *rank);
        bytes.extend_from_slice(token);
    }

    let mut two_bytes: Vec<(usize, u32)> = tokens
        .iter()
        .filter_map(|(rank, bytes)| match bytes.as_slice() {
            &[first, second] => Some((usize::from(first) << 8 | usize::from(second), *rank)),
            _ => None,
        })
        .collect();
    // As many high ranks are kept apart as leave numbers for the low ones.
    two_bytes.sort_by_key(|&(_, rank)| rank);
    let low = two_bytes
        .iter()
        .zip(0u32..)
        .take_while(|((_, rank), before)| rank + 1 + (two_bytes.len() as u32 - before) < 1 << 16)
        .count();
    let pair_ranks: Vec<u32> = two_bytes[low..].iter().map(|&(_, rank)| rank).collect();
    let mut pairs = vec![0u16; 1 << 16];
    for (at, &(pair, rank)) in two_bytes.iter().enumerate() {
        pairs[pair] = u16::try_from(match at.checked_sub(low) {
            None => rank as usize + 1,
            Some(high) => (1 << 16) - pair_ranks.len() + high,
        })?;
    }

    let name = source.feature;
    let le16 = |values: &[u16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let le32 = |values: &[u32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let le64 = |values: &[u64]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let (tier_index, tier_blocks) = two_stage(&characters::tiers(&tokens))?;
    blob(out, &format!("{name}.tier_index"), &le16(&tier_index))?;
    blob(out, &format!("{name}.tier_blocks"), &le32(&tier_blocks))?;
    blob(out, &format!("{name}.short"), &short.lines)?;
    blob(out, &format!("{name}.short_scripts"), &short.scripts)?;
    blob(out, &format!("{name}.medium"), &medium.lines)?;
    blob(out, &format!("{name}.medium_scripts"), &medium.scripts)?;
    blob(out, &format!("{name}.sieve"), &sieve)?;
    blob(out, &format!("{name}.bytes"), &bytes)?;
    blob(out, &format!("{name}.entries"), &le64(&entries))?;
    blob(out, &format!("{name}.pilots"), &le16(&table.pilots))?;
    blob(out, &format!("{name}.pairs"), &le16(&pairs))?;
    blob(out, &format!("{name}.pair_ranks"), &le32(&pair_ranks))
}

/// The vocabulary is the one that OpenAI publishes, byte for byte.
fn check(source: &Source, tokens: &[(u32, Vec<u8>)]) -> Result<(), Failure> {
    let mut digest = Sha256::new();
    let mut line = String::new();
    for (rank, bytes) in tokens {
        line.clear();
        STANDARD.encode_string(bytes, &mut line);
        writeln!(line, " {rank}")?;
        digest.update(&line);
    }
    let found: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if found != source.checksum {
        return Err(format!(
            "{}: the vocabulary's checksum is {found}, expected {}",
            source.feature, source.checksum
        )
        .into());
    }
    Ok(())
}
