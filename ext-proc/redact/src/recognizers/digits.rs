//! Numbers as groups of digits with separators between, the common view of cards, phones and national ids.
//! Must not know what a number means.

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

/// Groups that could be one number.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) groups: Vec<Group>,
    /// All digits, 0 to 9.
    pub(crate) digits: Vec<u8>,
}

impl Run {
    /// The digits of the groups `from` to `to` (exclusive).
    pub(crate) fn digits_of(&self, from: usize, to: usize) -> &[u8] {
        let end = self.groups.get(to).map_or(self.digits.len(), |group| group.first);
        &self.digits[self.groups[from].first..end]
    }

    /// What stands between a group and the next.
    pub(crate) fn separator<'t>(&self, field: &Field<'t>, group: usize) -> &'t [u8] {
        &field.text[self.groups[group].to..self.groups[group + 1].from]
    }
}

/// The runs of a field's segment: groups with at most three separators between.
pub(crate) fn runs(field: &Field<'_>) -> Vec<Run> {
    let text = field.text;
    let mut runs: Vec<Run> = Vec::new();
    let mut run = Run::default();
    let mut at = field.from;
    while at < text.len() {
        if !text[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let from = at;
        if let Some(last) = run.groups.last()
            && !is_separator(&text[last.to..from])
        {
            runs.push(std::mem::take(&mut run));
        }
        let first = run.digits.len();
        while let Some(b) = text.get(at).filter(|b| b.is_ascii_digit()) {
            run.digits.push(b - b'0');
            at += 1;
        }
        run.groups.push(Group { from, to: at, first });
    }
    runs.push(run);
    runs.retain(|run| run.digits.len() >= 5);
    runs
}

fn is_separator(bytes: &[u8]) -> bool {
    bytes.len() <= 3
        && bytes.iter().all(|b| {
            matches!(
                b,
                b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'\n' | b'\r' | b'\t' | b'_'
            )
        })
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
