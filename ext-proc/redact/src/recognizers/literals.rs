//! A set of literals that is asked what stands at a place: two bytes choose a handful, their first eight decide.
//! Must not know what the literals mean, nor which places are worth asking for.
//!
//! Recognizers ask only where a word begins, which is far less often than an automaton steps, and the tables are small enough
//! to stay in the cache.

use std::cmp::Reverse;

/// The literals.
#[derive(Debug, Clone)]
pub(crate) struct Literals {
    ignore_case: bool,
    /// The bytes that a literal begins with.
    first: [bool; 256],
    /// By class of the first two bytes.
    buckets: Vec<Bucket>,
    entries: Vec<Entry>,
}

/// The literals that begin with the same two bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// Their entries.
    from: u16,
    to: u16,
    /// Which third bytes they have, by their last five bits; all, if one has none.
    thirds: u32,
}

/// A literal, ready to be compared.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The first eight bytes, zero where there are fewer.
    head: u64,
    mask: u64,
    text: Box<[u8]>,
    id: u16,
}

const CLASSES: usize = 64;

impl Literals {
    /// From literals of at least two bytes; with `ignore_case` they are in lower case. Ids are their indices.
    pub(crate) fn new<T: AsRef<[u8]>>(literals: impl IntoIterator<Item = T>, ignore_case: bool) -> Self {
        let mut entries: Vec<Entry> = literals
            .into_iter()
            .zip(0..)
            .map(|(text, id)| {
                let text = text.as_ref();
                debug_assert!(text.len() >= 2);
                let head = head(text);
                let mask = head_mask(text.len());
                let text = text.into();
                Entry { head, mask, text, id }
            })
            .collect();
        entries.sort_by_key(|entry| (bucket(&entry.text), Reverse(entry.text.len()), entry.id));
        let mut buckets = vec![Bucket::default(); CLASSES * CLASSES];
        for (entry, at) in entries.iter().zip(0..) {
            let bucket = &mut buckets[bucket(&entry.text)];
            if bucket.to == 0 {
                bucket.from = at;
            }
            bucket.to = at + 1;
            bucket.thirds |= entry.text.get(2).map_or(u32::MAX, |b| 1 << (b & 31));
        }
        let mut first = [false; 256];
        for b in entries.iter().filter_map(|entry| entry.text.first()) {
            first[usize::from(*b)] = true;
            first[usize::from(b.to_ascii_uppercase())] |= ignore_case;
        }
        Self {
            ignore_case,
            first,
            buckets,
            entries,
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether one begins with this byte. Asked first, for it is cheaper.
    #[inline]
    pub(crate) fn begin_with(&self, b: u8) -> bool {
        self.first[usize::from(b)]
    }

    /// The literals that `text` begins with, the longest first: id and length.
    #[inline]
    pub(crate) fn at(&self, text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
        self.of(self.begun(text), text)
    }

    /// The same, from what `begun` gave.
    #[inline]
    pub(crate) fn of(&self, begun: &[Entry], text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
        let start = if begun.is_empty() { 0 } else { self.head(text) };
        begun.iter().filter_map(move |entry| {
            let found = start & entry.mask == entry.head
                && (entry.text.len() <= 8 || self.goes_on(&entry.text, text))
                && entry.text.len() <= text.len();
            found.then_some((usize::from(entry.id), entry.text.len()))
        })
    }

    /// Whether `text`, for which `begun` gave this, is too short to tell: with more of it, and `more` bytes after the literal, the
    /// answer could be another.
    #[inline]
    pub(crate) fn is_open(&self, begun: &[Entry], text: &[u8], more: usize) -> bool {
        // The longest come first.
        let may = |longest: &Entry| text.len() < longest.text.len() + more;
        text.len() < 2 || begun.first().is_some_and(may) && self.is_begun(begun, text, more)
    }

    fn is_begun(&self, bucket: &[Entry], text: &[u8], more: usize) -> bool {
        let known = self.head(text);
        let known_mask = head_mask(text.len());
        bucket.iter().any(|entry| {
            let len = entry.text.len();
            (known ^ entry.head) & entry.mask & known_mask == 0
                && text.len() < len + more
                && (len <= 8 || text.len() <= 8 || {
                    let len = len.min(text.len());
                    self.equal(&entry.text[8..len], &text[8..len])
                })
        })
    }

    fn head(&self, text: &[u8]) -> u64 {
        let head = head(text);
        if self.ignore_case { lower(head) } else { head }
    }

    /// All that `text` could begin with, and some more.
    #[inline]
    pub(crate) fn begun(&self, text: &[u8]) -> &[Entry] {
        let Some(bucket) = self.buckets.get(bucket(text)) else {
            return &[];
        };
        let third = text.get(2).map_or(u32::MAX, |b| 1 << (b & 31));
        if bucket.thirds & third == 0 {
            return &[];
        }
        &self.entries[usize::from(bucket.from)..usize::from(bucket.to)]
    }

    fn goes_on(&self, literal: &[u8], text: &[u8]) -> bool {
        text.get(8..literal.len())
            .is_some_and(|rest| self.equal(&literal[8..], rest))
    }

    fn equal(&self, literal: &[u8], text: &[u8]) -> bool {
        if self.ignore_case {
            literal.eq_ignore_ascii_case(text)
        } else {
            literal == text
        }
    }
}

/// Both cases of a letter have one class.
#[inline]
fn bucket(text: &[u8]) -> usize {
    const CLASS: [u8; 256] = {
        let mut table = [0; 256];
        let mut b = 0;
        while b < 256 {
            table[b] = (b & 0x1F | (b & 0x80) >> 2 | (!b & 0x40) >> 1) as u8;
            b += 1;
        }
        table
    };
    let class = |b: u8| usize::from(CLASS[usize::from(b)]);
    match text {
        [first, second, ..] => class(*first) * CLASSES + class(*second),
        _ => CLASSES * CLASSES,
    }
}

#[inline]
fn head(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => text.iter().rev().fold(0, |head, &b| head << 8 | u64::from(b)),
    }
}

fn head_mask(len: usize) -> u64 {
    u64::MAX >> (64 - 8 * len.clamp(1, 8))
}

/// ASCII letters in lower case, all eight at once.
fn lower(text: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let low = text & (ONES * 0x7F);
    let from_a = low + ONES * (0x80 - b'A' as u64);
    let after_z = low + ONES * (0x7F - b'Z' as u64);
    let upper = (from_a & !after_z) & !text & (ONES * 0x80);
    text | upper >> 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_comes_first() {
        let literals = Literals::new(["sk-", "sk-proj-", "sk-proj-long-one", "AK"], false);
        let at = |text: &str| literals.at(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(at("sk-proj-long-one!"), [(2, 16), (1, 8), (0, 3)]);
        assert_eq!(at("sk-proj-long"), [(1, 8), (0, 3)]);
        assert_eq!(at("SK-"), []);
        assert_eq!(at("AK"), [(3, 2)]);
        assert_eq!(at("A"), []);
        assert_eq!(at(""), []);
    }

    #[test]
    fn case_is_ignored_among_ascii_letters_only() {
        let literals = Literals::new(["tel", "numéro de", "social security"], true);
        for (text, found) in [
            ("TEL.", 1),
            ("Numéro De ", 1),
            ("numÉro de", 0),
            ("Social SECURITY number", 1),
            ("te", 0),
            ("t\u{5}l", 0),
        ] {
            assert_eq!(literals.at(text.as_bytes()).count(), found, "{text}");
        }
        for b in 0..=255u8 {
            assert_eq!(lower(u64::from(b)) as u8, b.to_ascii_lowercase());
        }
    }

    #[test]
    fn what_more_text_could_change_is_open() {
        let literals = Literals::new(["tel", "telephone"], true);
        for (text, open) in [
            ("t", true),
            ("te", true),
            ("TELEPHON", true),
            ("tem", false),
            ("telex..", false),
        ] {
            let text = text.as_bytes();
            assert_eq!(literals.is_open(literals.begun(text), text, 0), open, "{text:?}");
        }
        let open = |text| literals.is_open(literals.begun(text), text, 2);
        assert!(open(b"tele"));
        assert!(!open(b"telex"));
    }
}
