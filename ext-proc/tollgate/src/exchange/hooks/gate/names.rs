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

/// The finds in `text` that nothing better stands in the way of, and names that the engine is surer of in their place, as in a text
/// that comes at once. `at`: where in the whole text it begins.
pub(super) fn standing(restorer: &Restorer, text: &str, at: usize, spans: Vec<Span>) -> Vec<Found> {
    if spans.is_empty() {
        return Vec::new();
    }
    let (names, forms) = own(restorer, text);
    let overlap = |one: &Range<usize>, other: &Range<usize>| one.start < other.end && other.start < one.end;
    let stands = |span: &Span| {
        !forms.iter().any(|form| overlap(form, &span.range)) && !touches_token(restorer, text, &span.range)
    };
    let mut standing: Vec<Span> = spans.into_iter().filter(stands).collect();
    let beside = |own: &Span| standing.iter().any(|span| overlap(&own.range, &span.range));
    let names: Vec<Span> = names.into_iter().filter(beside).collect();
    standing.extend(names);
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

/// What the engine finds by itself: names; and where something stands that has a form of its own, such as an e-mail address, which
/// it will find there whatever stands beside it.
fn own(restorer: &Restorer, text: &str) -> (Vec<Span>, Vec<Range<usize>>) {
    let find = |text: &str| {
        let mut own = Vec::new();
        restorer.engine.find_by(&restorer.rules, text, &mut own);
        own
    };
    let is_name = |entity: Entity| matches!(entity, Entity::Person | Entity::Location | Entity::Organization);
    let (names, mut forms): (Vec<_>, Vec<_>) = find(text).into_iter().partition(|own| is_name(own.entity));
    forms.retain(|own| {
        let mut alone = text.get(own.range.clone()).map(find).unwrap_or_default();
        alone.retain(|alone| !is_name(alone.entity));
        matches!(alone.as_slice(), [same] if same.range.len() == own.range.len())
    });
    let names = names.into_iter().map(|own| Span {
        range: own.range,
        entity: own.entity.name().to_owned(),
        score: own.score,
    });
    (names.collect(), forms.into_iter().map(|own| own.range).collect())
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tollgate_redact::{Engine, Operator, TenantKey, Vault};

    use super::*;

    #[test]
    fn of_the_engine_and_a_hook_the_surer_one_stands_as_in_a_text_that_comes_at_once() {
        let rules = Rules::builder()
            .entity(Entity::Person, Operator::Placeholder)
            .entity(Entity::Organization, Operator::Placeholder)
            .build()
            .unwrap();
        let key = TenantKey::new([7; 32]);
        let vault = Arc::new(Vault::new(key.clone()));
        let restorer = Restorer::inspecting(Arc::new(Engine::new()), Arc::new(rules), vault, key);
        for (text, name) in [
            ("Please ask Dr. Jane Roe about it.", "Jane Roe"),
            // (Of one that the hook's find cuts, the rest may be found too when the text goes on.)
            ("Please ask Dr. Jane Roe about it.", "Jane Roe about"),
            ("Please ask Dr. Jane Roe about it.", "ask"),
            ("Please ask at the bakery about it.", "bakery"),
        ] {
            let range = text.find(name).map(|at| at..at + name.len()).unwrap();
            for score in [0.3, 0.84, 0.86, 0.99] {
                let entity = "ORGANIZATION";
                let claim = Claim {
                    range: range.clone(),
                    name: entity,
                    score,
                };
                let whole = restore_with(
                    &restorer.engine,
                    &restorer.rules,
                    &restorer.vault,
                    Kind::Text,
                    text,
                    &[claim],
                    &mut Counts::default(),
                );
                let span = Span {
                    range: range.clone(),
                    entity: entity.to_owned(),
                    score,
                };
                let replaced: Vec<Replacement> = standing(&restorer, text, 0, vec![span])
                    .iter()
                    .filter_map(|found| {
                        let written = &text[found.range.clone()];
                        replace(&restorer, TextKind::Text, written, found, &mut Counts::default()).unwrap()
                    })
                    .collect();
                // What the engine finds without anybody's help it finds when the text goes on.
                let spliced = splice(text, 0, &replaced);
                let streamed = restore(
                    &restorer.engine,
                    &restorer.rules,
                    &restorer.vault,
                    Kind::Text,
                    &spliced,
                    &mut Counts::default(),
                );
                assert_eq!(streamed, whole, "{name} {score}");
            }
        }
    }
}
