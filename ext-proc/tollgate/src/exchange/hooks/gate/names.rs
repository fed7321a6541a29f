//! What somebody else found in a window, as what stands in its place: written into the text before the engine reads it.
//! Must not know whom anybody asked, nor windows.

use std::ops::Range;

use tollgate_hooks::Span;
use tollgate_llm::TextKind;
use tollgate_llm::json::escape_into;
use tollgate_redact::{Claim, Counts, Entity, Kind, Rules, Verdict, restore, restore_with};

use crate::exchange::answer::restorer::Restorer;

/// What stands in the place of something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replacement {
    /// Bytes of the whole text.
    pub(super) range: Range<usize>,
    /// As the text has it: escaped where that is JSON.
    pub(super) text: String,
}

/// A find that counts, in bytes of the whole text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) range: Range<usize>,
    pub(super) name: String,
    pub(super) score: f32,
}

/// The finds in `text` that nothing better stands in the way of. `at`: where in the whole text it begins.
pub(super) fn standing(restorer: &Restorer, text: &str, at: usize, spans: Vec<Span>) -> Vec<Found> {
    let own = if spans.is_empty() {
        Vec::new()
    } else {
        forms(restorer, text)
    };
    let stands = |span: &Span| {
        let overlaps = |own: &Range<usize>| own.start < span.range.end && span.range.start < own.end;
        !own.iter().any(overlaps) && !touches_token(restorer, text, &span.range)
    };
    let mut standing: Vec<Span> = spans.into_iter().filter(stands).collect();
    standing.sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then(b.range.len().cmp(&a.range.len()))
    });
    let mut kept: Vec<Found> = Vec::new();
    for span in standing {
        let range = at + span.range.start..at + span.range.end;
        if kept
            .iter()
            .all(|kept| kept.range.end <= range.start || range.end <= kept.range.start)
        {
            kept.push(Found {
                range,
                name: span.entity,
                score: span.score,
            });
        }
    }
    kept.sort_by_key(|found| found.range.start);
    kept
}

/// Where something stands that has a form of its own, such as an e-mail address: what the engine will find there whatever stands
/// beside it.
fn forms(restorer: &Restorer, text: &str) -> Vec<Range<usize>> {
    let find = |text: &str| {
        let mut own = Vec::new();
        restorer.engine.find_by(&restorer.rules, text, &mut own);
        own.retain(|own| {
            !matches!(
                own.entity,
                Entity::Person | Entity::Location | Entity::Organization
            )
        });
        own
    };
    let mut own = find(text);
    own.retain(|own| {
        let alone = text.get(own.range.clone()).map(find).unwrap_or_default();
        matches!(alone.as_slice(), [same] if same.range.len() == own.range.len())
    });
    own.into_iter().map(|own| own.range).collect()
}

/// Whether a find has a part of a token in it that will be put back: what it stands for is not the model's.
fn touches_token(restorer: &Restorer, text: &str, range: &Range<usize>) -> bool {
    if restorer.vault.is_empty() {
        return false;
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let head = text.get(..range.start).unwrap_or_default();
    let tail = text.get(range.end..).unwrap_or_default();
    let from = head.trim_end_matches(is_word).len();
    let to = text.len() - tail.trim_start_matches(is_word).len();
    let whole = text.get(from..to).unwrap_or_default();
    // Words in which no token can be are most.
    if !whole.contains('_') && whole.is_ascii() {
        return false;
    }
    let Ok(nothing) = Rules::builder().build() else {
        return true;
    };
    let (engine, vault) = (&restorer.engine, &restorer.vault);
    let restored = restore(
        engine,
        &nothing.into(),
        vault,
        Kind::Text,
        whole,
        &mut Counts::default(),
    );
    restored != Verdict::Pass(whole.into())
}

/// What becomes of a find whose text is `written`: `None` if it stays as it is.
pub(super) fn replace(
    restorer: &Restorer,
    kind: TextKind,
    written: &str,
    found: &Found,
    counts: &mut Counts,
) -> Result<Option<Replacement>, Entity> {
    let value = match kind {
        TextKind::Json => {
            serde_json::from_str(&format!("\"{written}\"")).unwrap_or_else(|_| written.to_owned())
        }
        TextKind::Text | TextKind::Reasoning => written.to_owned(),
    };
    let claim = Claim {
        range: 0..value.len(),
        name: &found.name,
        score: found.score,
    };
    let none = restorer.without_values();
    let (engine, rules) = (&none.engine, &none.rules);
    match restore_with(engine, rules, &none.vault, Kind::Text, &value, &[claim], counts) {
        Verdict::Blocked(entity) => Err(entity),
        Verdict::Pass(text) if text == value => Ok(None),
        Verdict::Pass(replaced) => {
            let mut text = String::new();
            match kind {
                TextKind::Json => escape_into(&mut text, &replaced),
                TextKind::Text | TextKind::Reasoning => text.push_str(&replaced),
            }
            Ok(Some(Replacement {
                range: found.range.clone(),
                text,
            }))
        }
    }
}

/// `text`, which begins at `at` of the whole text, with what stands in the place of what was found.
pub(super) fn splice(text: &str, at: usize, replacements: &[Replacement]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for replacement in replacements {
        let (Some(from), Some(to)) = (
            replacement.range.start.checked_sub(at),
            replacement.range.end.checked_sub(at),
        ) else {
            continue;
        };
        let Some(before) = text.get(done..from) else {
            continue;
        };
        out.push_str(before);
        out.push_str(&replacement.text);
        done = to.min(text.len());
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}
