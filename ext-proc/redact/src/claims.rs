//! What somebody else found in a text, such as a named-entity model, beside what the engine finds.
//! Must not know who that was, nor what becomes of it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::candidates::precedence;
use crate::core::{Core, Find, Piece};
use crate::engine::in_slices;
use crate::fold::Mode;
use crate::json::Strings;
use crate::recognizers::Hit;
use crate::rules::Rules;
use crate::scan::Scan;

/// Something that somebody else found.
///
/// One that is not within the text, or inside a character, or (in JSON) not within one string, counts for nothing; so does
/// one whose name the rules do not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim<'n> {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// The name of an [`Entity`](crate::Entity), of a [`Custom`](crate::Custom) kind or of one that
    /// [`RulesBuilder::claimed`](crate::RulesBuilder::claimed) made known.
    pub name: &'n str,
    /// How sure that is, 0 to 1.
    pub score: f32,
}

/// A find with what its replacement needs to know of its place.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) find: Find,
    end: usize,
    bare_json: bool,
    json_string: bool,
}

impl Placed {
    pub(crate) fn piece(&self) -> Piece<'static> {
        Piece {
            end: self.end,
            finds: &[],
            bare_json: self.bare_json,
            json_string: self.json_string,
        }
    }

    fn hit(&self) -> Hit {
        Hit {
            from: self.find.range.start,
            to: self.find.range.end,
            what: self.find.what,
            score: self.find.score,
        }
    }
}

/// What stands in a text when the claims count like the engine's own candidates: in order and without overlaps.
pub(crate) fn find(
    scan: &Scan<'_>,
    rules: &Rules,
    text: &str,
    mode: Mode,
    claims: &[Claim<'_>],
) -> Vec<Placed> {
    let mut core = Core::new(mode);
    let mut placed = Vec::new();
    let mut is_json = false;
    in_slices(text, |raw, at, complete| {
        core.advance(scan, raw, at, complete, |piece| {
            is_json |= piece.bare_json || piece.json_string;
            placed.extend(piece.finds.iter().map(|find| Placed {
                find: find.clone(),
                end: piece.end,
                bare_json: piece.bare_json,
                json_string: piece.json_string,
            }));
        })
    });
    let strings = is_json.then(|| Strings::of(text));
    placed.extend(claims.iter().filter_map(|claim| {
        let find = admit(rules, text, strings.as_ref(), claim)?;
        Some(Placed {
            end: find.range.end,
            find,
            bare_json: false,
            json_string: strings.is_some(),
        })
    }));
    resolve(placed)
}

/// A claim as a find, if it can be one and the rules act on it.
fn admit(rules: &Rules, text: &str, strings: Option<&Strings>, claim: &Claim<'_>) -> Option<Find> {
    let what = rules.claim(claim.name, claim.score)?;
    let range = match strings {
        Some(strings) => strings.fit(&claim.range)?,
        None => claim.range.clone(),
    };
    let value = text.get(range.clone()).filter(|value| !value.is_empty())?;
    (!rules.is_allowed_text(value)).then_some(Find {
        range,
        what,
        score: claim.score,
    })
}

/// Of overlapping ones the better one stands.
fn resolve(mut placed: Vec<Placed>) -> Vec<Placed> {
    placed.sort_by(|a, b| precedence(&a.hit(), &b.hit()));
    let mut kept: BTreeMap<usize, Placed> = BTreeMap::new();
    for next in placed {
        // What is kept does not overlap, so only the last one that begins before this one's end can.
        let before = kept.range(..next.find.range.end).next_back();
        if before.is_none_or(|(_, before)| before.find.range.end <= next.find.range.start) {
            kept.insert(next.find.range.start, next);
        }
    }
    kept.into_values().collect()
}
