//! The classes that the pre-tokenisers' patterns tell apart, for every character, as a two-stage table.
//!
//! They come from `regex-syntax`, which is what the patterns run on in `tiktoken-rs`, so that both know the same Unicode.

use std::path::Path;

use regex_syntax::hir::{Class, HirKind};

use crate::{Failure, blob};

// The same bits as in src/class.rs; a test there compares every character with the patterns.
const CLASSES: [(&str, u8); 8] = [
    (r"[^\s\p{L}\p{N}\p{M}]", 1),
    (r"[\r\n]", 2),
    (r"[\s--\r\n]", 4),
    (r"\p{N}", 8),
    (r"[\p{Lu}\p{Lt}]", 16),
    (r"\p{Ll}", 32),
    (r"[\p{Lm}\p{Lo}]", 64),
    (r"\p{M}", 128),
];
const BLOCK: usize = 128;

pub(crate) fn write(out: &Path) -> Result<(), Failure> {
    let mut classes = vec![0u8; 0x11_0000];
    for (pattern, bit) in CLASSES {
        let hir = regex_syntax::parse(pattern)?;
        let ranges = match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => class.ranges(),
            _ => return Err(format!("{pattern} is not a class of characters").into()),
        };
        for range in ranges {
            for class in &mut classes[range.start() as usize..=range.end() as usize] {
                if *class != 0 {
                    return Err(format!("{pattern} overlaps another class").into());
                }
                *class = bit;
            }
        }
    }
    let (index, blocks) = two_stage(&classes)?;
    let index: Result<Vec<u8>, _> = index.into_iter().map(u8::try_from).collect();
    blob(out, "class_index.bin", &index?)?;
    blob(out, "class_blocks.bin", &blocks)
}

/// Equal blocks of 128 values once, and for each block of the table which of them it is.
pub(crate) fn two_stage<T: Copy + PartialEq>(table: &[T]) -> Result<(Vec<u16>, Vec<T>), Failure> {
    let mut blocks: Vec<&[T]> = Vec::new();
    let mut index = Vec::new();
    for block in table.chunks(BLOCK) {
        let at = blocks
            .iter()
            .position(|known| *known == block)
            .unwrap_or_else(|| {
                blocks.push(block);
                blocks.len() - 1
            });
        index.push(u16::try_from(at)?);
    }
    Ok((index, blocks.concat()))
}
