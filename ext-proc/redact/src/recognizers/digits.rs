//! Numbers as groups of digits with separators between, the common view of cards, phones and national ids.
//! Must not know what a number means.

use std::ops::Range;

use super::Field;

/// Digits without anything between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Index of its first digit in the run's digits.
    pub(crate) first: usize,
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
    /// All digits, 0 to 9.
    digits: Vec<u8>,
    /// Each run's groups.
    ranges: Vec<Range<usize>>,
}

/// Groups that could be one number: at most three separators between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'r> {
    pub(crate) groups: &'r [Group],
    digits: &'r [u8],
}

impl Run<'_> {
    /// The digits of the groups `from` to `to` (exclusive).
    pub(crate) fn digits_of(&self, from: usize, to: usize) -> &[u8] {
        let last = self.groups[to - 1];
        &self.digits[self.groups[from].first..last.first + last.len()]
    }

    /// What stands between a group and the next.
    pub(crate) fn separator<'t>(&self, field: &Field<'t>, group: usize) -> &'t [u8] {
        &field.text[self.groups[group].to..self.groups[group + 1].from]
    }
}

impl Runs {
    /// Reads the runs of a field's segment that have at least five digits.
    pub(crate) fn read(&mut self, field: &Field<'_>) {
        let text = field.text;
        self.groups.clear();
        self.digits.clear();
        self.ranges.clear();
        let mut start = 0;
        let mut at = field.from;
        while at < text.len() {
            if !text[at].is_ascii_digit() {
                at += 1;
                continue;
            }
            let from = at;
            if let Some(last) = self.groups.last()
                && !is_separator(&text[last.to..from])
            {
                self.close(start);
                start = self.groups.len();
            }
            let first = self.digits.len();
            while let Some(b) = text.get(at).filter(|b| b.is_ascii_digit()) {
                self.digits.push(b - b'0');
                at += 1;
            }
            self.groups.push(Group { from, to: at, first });
        }
        self.close(start);
    }

    /// The runs read last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Run<'_>> {
        self.ranges.iter().map(|range| Run {
            groups: &self.groups[range.clone()],
            digits: &self.digits,
        })
    }

    fn close(&mut self, start: usize) {
        if self
            .groups
            .get(start)
            .is_some_and(|first| self.digits.len() - first.first >= 5)
        {
            self.ranges.push(start..self.groups.len());
        }
    }
}

fn is_separator(bytes: &[u8]) -> bool {
    bytes.len() <= 3
        && bytes
            .iter()
            .all(|b| matches!(b, b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'\n' | b'\r' | b'_'))
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
