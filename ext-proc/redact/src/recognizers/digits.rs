//! Numbers as groups of digits with separators between, the common view of cards, phones and national ids.
//! Must not know what a number means.

use std::ops::{Deref, Range};

use super::Field;

/// Digits without anything between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Digits of the segment before it.
    first: usize,
}

impl Group {
    pub(crate) fn len(&self) -> usize {
        self.to - self.from
    }
}

/// All runs of a segment. Kept from segment to segment to spare allocations.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    groups: Vec<Group>,
    /// How many digits there are in all groups.
    digits: usize,
    /// Each run's groups.
    ranges: Vec<Range<usize>>,
    /// The first group of the run that is being read.
    start: usize,
}

/// Groups that could be one number: at most three separators between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'r> {
    pub(crate) groups: &'r [Group],
}

/// Digits without what stands between them, 0 to 9.
#[derive(Debug)]
pub(crate) struct Digits {
    array: [u8; Self::MOST],
    len: usize,
}

impl Digits {
    /// No number of interest has more.
    const MOST: usize = 24;
}

impl Deref for Digits {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.array.get(..self.len).unwrap_or_default()
    }
}

impl Run<'_> {
    /// The first digits from the group `from` on: 24, or all if there are fewer.
    pub(crate) fn first_digits(&self, field: &Field<'_>, from: usize) -> Digits {
        let mut array = [0; Digits::MOST];
        let mut len = 0;
        for group in self.groups[from..].iter().take(Digits::MOST) {
            for (slot, b) in array[len..].iter_mut().zip(&field.text[group.from..group.to]) {
                *slot = b - b'0';
                len += 1;
            }
        }
        Digits { array, len }
    }

    /// How many digits the groups `from` to `to` (exclusive) have.
    pub(crate) fn count_of(&self, from: usize, to: usize) -> usize {
        let last = self.groups[to - 1];
        last.first + last.len() - self.groups[from].first
    }

    /// How many digits there are from the group `from` on.
    pub(crate) fn digits_from(&self, from: usize) -> usize {
        match (self.groups.get(from), self.groups.last()) {
            (Some(from), Some(last)) => last.first + last.len() - from.first,
            _ => 0,
        }
    }

    /// What stands between a group and the next.
    pub(crate) fn separator<'t>(&self, field: &Field<'t>, group: usize) -> &'t [u8] {
        &field.text[self.groups[group].to..self.groups[group + 1].from]
    }
}

impl Runs {
    /// Reads the runs of a field's segment that have at least five digits.
    pub(crate) fn read(&mut self, field: &Field<'_>) {
        self.groups.clear();
        self.digits = 0;
        self.ranges.clear();
        self.start = 0;
        for token in field.tokens {
            match token.digits {
                0 => {}
                digits if digits == token.len() => self.group(field.text, token.from, token.to),
                _ => {
                    let mut at = token.from;
                    while at < token.to {
                        let rest = &field.text[at..token.to];
                        let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
                        if len > 0 {
                            self.group(field.text, at, at + len);
                        }
                        at += len + 1;
                    }
                }
            }
        }
        self.close();
    }

    fn group(&mut self, text: &[u8], from: usize, to: usize) {
        if let Some(last) = self.groups.last()
            && !is_separator(&text[last.to..from])
        {
            self.close();
            self.start = self.groups.len();
        }
        let first = self.digits;
        self.digits += to - from;
        self.groups.push(Group { from, to, first });
    }

    /// The runs read last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Run<'_>> {
        self.ranges.iter().map(|range| Run {
            groups: &self.groups[range.clone()],
        })
    }

    fn close(&mut self) {
        let first = self.groups.get(self.start);
        if first.is_some_and(|first| self.digits - first.first >= 5) {
            self.ranges.push(self.start..self.groups.len());
        }
    }
}

fn is_separator(bytes: &[u8]) -> bool {
    let joins = |b: &u8| matches!(b, b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'\n' | b'\r' | b'_');
    match bytes {
        [one] => joins(one),
        _ => bytes.len() <= 3 && bytes.iter().all(joins),
    }
}

/// The check of ISO/IEC 7812-1 annex B.
pub(crate) fn luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(i, digit)| match (i % 2, u32::from(digit) * 2) {
            (0, _) => u32::from(digit),
            (_, double) => double / 10 + double % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}
