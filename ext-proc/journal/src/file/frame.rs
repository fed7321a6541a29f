//! How records lie in the file: a header, then frames, each found again by its marker and trusted by its checksum.
//! Must not know what a record says.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::FileExt;

/// What a journal starts with, so that no other file is taken for one.
const MAGIC: &[u8; 16] = b"tollgate journal";
const VERSION: u32 = 1;

/// Larger than any record; a length beyond it is damage.
pub(super) const LARGEST: usize = 64 << 20;

/// The first bytes of the file: magic, version, checksum of the rest, marker, number of the next record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Stands before every frame. It is random, so that no answer can be made to look like frames of its own.
    pub(super) marker: [u8; 8],
    /// Records have smaller numbers, or stand in this file.
    pub(super) next: u64,
}

/// What a file's first bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A journal that can be read.
    Header(Header),
    /// A journal of another version, or one that was cut short or damaged.
    Unreadable,
    /// Something else, which is not ours to overwrite.
    Foreign,
}

impl Header {
    pub(super) const SIZE: usize = 40;

    /// The header of a new file.
    pub(super) fn new() -> Self {
        // Seeded by the operating system.
        let marker = RandomState::new().hash_one(MAGIC).to_le_bytes();
        Self { marker, next: 1 }
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let rest = [self.marker, self.next.to_le_bytes()].concat();
        let crc = crc32fast::hash(&rest).to_le_bytes();
        [&MAGIC[..], &VERSION.to_le_bytes(), &crc, &rest].concat()
    }

    /// `start`: up to [`SIZE`](Self::SIZE) bytes.
    pub(super) fn find(start: &[u8]) -> Found {
        let own = start.len().min(MAGIC.len());
        if start.get(..own) != MAGIC.get(..own) {
            return Found::Foreign;
        }
        let parse = || {
            let (_, rest) = start.split_first_chunk::<16>()?;
            let (version, rest) = rest.split_first_chunk()?;
            let (crc, rest) = rest.split_first_chunk()?;
            let (marker, next) = rest.split_first_chunk()?;
            let intact =
                u32::from_le_bytes(*version) == VERSION && u32::from_le_bytes(*crc) == crc32fast::hash(rest);
            let next = u64::from_le_bytes(*next.first_chunk()?);
            intact.then_some(Self {
                marker: *marker,
                next,
            })
        };
        parse().map_or(Found::Unreadable, Found::Header)
    }
}

/// What is known of a record without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    /// Counts up; readers' positions are such numbers.
    pub(super) number: u64,
    /// Microseconds since 1970; the largest number for never.
    pub(super) expires: u64,
    /// Eight bytes of the entry's key, which is a hash.
    pub(super) key: u64,
}

/// A record with what stands before it in the file: marker, length, checksum, meta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) meta: Meta,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// Bytes before the payload.
    pub(super) const HEAD: usize = 40;

    pub(super) fn to_bytes(marker: [u8; 8], meta: Meta, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
        let meta = [meta.number, meta.expires, meta.key]
            .map(u64::to_le_bytes)
            .concat();
        let crc = checksum(&[&length, &meta, payload]).to_le_bytes();
        [&marker, &length[..], &crc, &meta, payload].concat()
    }

    /// The frame at `offset` of a file that is `end` long; `None` if there is no intact one.
    pub(super) fn read(file: &File, marker: [u8; 8], offset: u64, end: u64) -> io::Result<Option<Self>> {
        let left = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut head = [0; Self::HEAD];
        if left < Self::HEAD {
            return Ok(None);
        }
        file.read_exact_at(&mut head, offset)?;
        let Some((length, crc, meta)) = parse_head(&head, marker) else {
            return Ok(None);
        };
        let size = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if size > LARGEST || size > left - Self::HEAD {
            return Ok(None);
        }
        let mut payload = vec![0; size];
        file.read_exact_at(&mut payload, offset + Self::HEAD as u64)?;
        let intact = checksum(&[&length, meta, &payload]) == crc;
        let numbers = parse_meta(meta);
        Ok(intact
            .then_some(())
            .and(numbers)
            .map(|meta| Self { meta, payload }))
    }

    /// Where the next marker stands from `offset` on.
    pub(super) fn find(file: &File, marker: [u8; 8], mut offset: u64, end: u64) -> io::Result<Option<u64>> {
        const CHUNK: u64 = 64 << 10;
        let mut buffer = Vec::new();
        while offset < end {
            let wanted = (end - offset).min(CHUNK);
            buffer.resize(usize::try_from(wanted).unwrap_or_default(), 0);
            file.read_exact_at(&mut buffer, offset)?;
            if let Some(at) = buffer.windows(marker.len()).position(|bytes| bytes == marker) {
                return Ok(Some(offset + at as u64));
            }
            // The next chunk starts with the end of this one: a marker may stand across the border.
            offset += wanted.saturating_sub(marker.len() as u64 - 1).max(1);
        }
        Ok(None)
    }
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

fn parse_head(head: &[u8], marker: [u8; 8]) -> Option<([u8; 4], u32, &[u8])> {
    let (found, rest) = head.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (crc, meta) = rest.split_first_chunk::<4>()?;
    (*found == marker).then_some((*length, u32::from_le_bytes(*crc), meta))
}

fn parse_meta(meta: &[u8]) -> Option<Meta> {
    let (number, rest) = meta.split_first_chunk()?;
    let (expires, rest) = rest.split_first_chunk()?;
    let key = rest.first_chunk()?;
    Some(Meta {
        number: u64::from_le_bytes(*number),
        expires: u64::from_le_bytes(*expires),
        key: u64::from_le_bytes(*key),
    })
}
