//! US social security numbers.
//! Must not know who has which number: the form, the ranges never issued, and the words around decide.

use super::digits::Runs;
use super::{Field, Hit, is_word};
use crate::entity::Entity;
use crate::recognizers::context::topic;

/// Topic words.
pub(crate) fn words() -> impl Iterator<Item = (Entity, &'static [&'static str])> {
    let words: &[&str] = &[
        "ssn*",
        "social security",
        "social-security",
        "social_security",
        "soc sec",
        "social sec",
        "ss#",
        "ss #",
    ];
    [(Entity::UsSsn, words)].into_iter()
}

/// How far before and after a number the words may stand.
const BEFORE: usize = 40;
const AFTER: usize = 20;

pub(crate) fn find(field: &Field<'_>, runs: &Runs, hits: &mut Vec<Hit>) {
    let ssn = topic(Entity::UsSsn);
    let mentioned = field.mentions.any(ssn);
    for run in runs.iter() {
        for first in 0..run.groups.len() {
            if run.digits_from(first) < 9 {
                break;
            }
            let usual =
                matches!(&run.groups[first..], [a, b, c, ..] if (a.len(), b.len(), c.len()) == (3, 2, 4));
            if !usual && !mentioned {
                continue;
            }
            let start = run.groups[first].from;
            let near = || {
                let mentions = field.mentions;
                mentioned
                    && (mentions.before(start, BEFORE, ssn)
                        || mentions.after(start, field.text.len() + AFTER, ssn))
            };
            if !usual && !near() {
                continue;
            }
            if field
                .before(start)
                .is_some_and(|b| is_word(b) || matches!(b, b'.' | b'-'))
            {
                continue;
            }
            let Some(after) = (first + 1..=run.groups.len()).find(|&after| run.count_of(first, after) >= 9)
            else {
                break;
            };
            let end = run.groups[after - 1].to;
            if run.count_of(first, after) != 9
                || field.at(end).is_some_and(is_word)
                || !is_issued(run.digits(first, 9))
            {
                continue;
            }
            let mentions = field.mentions;
            let known = mentions.before(start, BEFORE, ssn) || mentions.after(end, AFTER, ssn);
            let mut lens = [0; 9];
            run.groups[first..after]
                .iter()
                .zip(&mut lens)
                .for_each(|(group, len)| *len = group.len());
            let lens = &lens[..after - first];
            // Spaces also stand between what a server logs: `200 45 2326`.
            let joined = |sign: &[u8]| (first..after - 1).all(|g| run.separator(field, g) == sign);
            let goes_on = matches!(field.at(end), Some(b'-' | b'.'))
                && field.at(end + 1).is_some_and(|b| b.is_ascii_digit());
            let score = match (lens, known) {
                ([3, 2, 4], true) => 1.0,
                (_, true) => 0.9,
                ([3, 2, 4], false) if joined(b"-") && !goes_on => 0.8,
                ([3, 2, 4], false) if joined(b".") && !goes_on => 0.6,
                _ => continue,
            };
            hits.push(Hit::new(start, end, Entity::UsSsn, score));
        }
    }
}

/// <https://www.ssa.gov/employer/randomizationfaqs.html>: area 000, 666 and 9xx, group 00 and serial 0000 are not issued.
fn is_issued(digits: &[u8]) -> bool {
    let number = |from: usize, to: usize| {
        digits[from..to]
            .iter()
            .fold(0u32, |value, &d| value * 10 + u32::from(d))
    };
    !matches!(number(0, 3), 0 | 666 | 900..) && number(3, 5) != 0 && number(5, 9) != 0
}
