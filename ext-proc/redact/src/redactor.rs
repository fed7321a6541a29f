//! Redaction and restoration of whole texts.
//! Must not know where in a request or answer a text stands.

use std::borrow::Cow;
use std::sync::Arc;

use crate::candidates::What;
use crate::claims::{self, Claim};
use crate::core::{Core, Find, Piece, is_scalar};
use crate::engine::{Engine, in_slices};
use crate::entity::Entity;
use crate::fold::Mode;
use crate::json::{escape, unescaped};
use crate::rules::{Operator, Rules};
use crate::scan::Scan;
use crate::token::TenantKey;
use crate::transducer::{Kind, Transducer, restored};
use crate::vault::Vault;

/// How many of each kind were found and acted on, `Log` included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(Vec<u64>);

impl Counts {
    /// How many of a kind.
    pub fn of(&self, entity: Entity) -> u64 {
        self.0.get(entity as usize).copied().unwrap_or_default()
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The kinds that occurred.
    pub fn iter(&self) -> impl Iterator<Item = (Entity, u64)> + '_ {
        Entity::ALL
            .iter()
            .map(|entity| (*entity, self.of(*entity)))
            .filter(|(_, count)| *count > 0)
    }

    /// Adds what another text had.
    pub fn add(&mut self, other: &Self) {
        for (entity, count) in other.iter() {
            self.count(entity, count);
        }
    }

    pub(crate) fn count(&mut self, entity: Entity, by: u64) {
        if self.0.is_empty() {
            self.0.resize(Entity::ALL.len(), 0);
        }
        self.0[entity as usize] += by;
    }
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'t> {
    /// It goes on, as it came (borrowed) or changed (owned).
    Pass(Cow<'t, str>),
    /// It must not go on: it holds something that the rules block.
    Blocked(Entity),
}

/// Redacts the texts of one exchange's request.
#[derive(Debug)]
pub struct Redactor<'e> {
    engine: &'e Engine,
    rules: &'e Rules,
    vault: Vault,
    counts: Counts,
    blocked: Option<Entity>,
}

impl<'e> Redactor<'e> {
    /// A redactor with an empty vault.
    pub fn new(engine: &'e Engine, rules: &'e Rules, key: TenantKey) -> Self {
        Self {
            engine,
            rules,
            vault: Vault::new(key),
            counts: Counts::default(),
            blocked: None,
        }
    }

    /// Redacts a text.
    pub fn text<'t>(&mut self, text: &'t str) -> Verdict<'t> {
        self.run(text, Mode::Text, &[])
    }

    /// Redacts a text in which somebody else found something too: that counts like the engine's own finds.
    pub fn text_with<'t>(&mut self, text: &'t str, claims: &[Claim<'_>]) -> Verdict<'t> {
        self.run(text, Mode::Text, claims)
    }

    /// Redacts inside the strings of a text that is JSON, which is JSON afterwards too. A number that is an entity becomes a
    /// string. A text that does not begin like a JSON object, array or string is taken as plain text.
    pub fn json<'t>(&mut self, text: &'t str) -> Verdict<'t> {
        self.run(text, Mode::MaybeJson, &[])
    }

    /// As [`Redactor::json`], with what somebody else found in the strings. Claims are bytes of the JSON text.
    pub fn json_with<'t>(&mut self, text: &'t str, claims: &[Claim<'_>]) -> Verdict<'t> {
        self.run(text, Mode::MaybeJson, claims)
    }

    /// What was found so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The first thing found that the rules block.
    pub fn blocked(&self) -> Option<Entity> {
        self.blocked
    }

    /// What this exchange can put back in its answer.
    pub fn into_vault(self) -> Vault {
        self.vault
    }

    fn run<'t>(&mut self, text: &'t str, mode: Mode, claims: &[Claim<'_>]) -> Verdict<'t> {
        let scan = Scan::new(self.engine, Some(self.rules), None);
        let vault = &mut self.vault;
        let mut edit = Edit {
            rules: self.rules,
            counts: &mut self.counts,
            blocked: None,
        };
        let redacted = rewrite(&scan, self.rules, text, mode, claims, |find, value| {
            edit.replace(find, value, &mut |operator, name| match operator {
                Operator::Hash => vault.key().hash(name, value),
                _ => vault.put(name, value),
            })
        });
        if let Some(entity) = edit.blocked {
            self.blocked = self.blocked.or(Some(entity));
            return Verdict::Blocked(entity);
        }
        Verdict::Pass(redacted)
    }
}

/// A whole text with what `replace` gives for each find.
fn rewrite<'t>(
    scan: &Scan<'_>,
    rules: &Rules,
    text: &'t str,
    mode: Mode,
    claims: &[Claim<'_>],
    mut replace: impl FnMut(&Find, &str) -> Option<String>,
) -> Cow<'t, str> {
    let mut out = String::new();
    let mut done = 0;
    let mut each = |find: &Find, piece: &Piece<'_>| {
        let value = value(&text[find.range.clone()], piece);
        if let Some(replacement) = replace(find, &value) {
            splice(text, 0, &mut done, piece, find, &replacement, &mut out);
        }
    };
    if claims.is_empty() {
        let mut core = Core::new(mode);
        in_slices(text, |raw, at, complete| {
            core.advance(scan, raw, at, complete, |piece| {
                piece.finds.iter().for_each(|find| each(find, &piece));
            })
        });
    } else {
        for placed in claims::find(scan, rules, text, mode, claims) {
            each(&placed.find, &placed.piece());
        }
    }
    if done == 0 && out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Redacts and restores a whole text of an answer: the same result as a [`Transducer`] that gets it in pieces.
pub fn restore<'t>(
    engine: &Arc<Engine>,
    rules: &Arc<Rules>,
    vault: &Arc<Vault>,
    kind: Kind,
    text: &'t str,
    counts: &mut Counts,
) -> Verdict<'t> {
    let mut out = String::with_capacity(text.len() + 32);
    let mut transducer = Transducer::new(Arc::clone(engine), Arc::clone(rules), Arc::clone(vault), kind);
    transducer.push(text, &mut out);
    transducer.finish(&mut out);
    counts.add(transducer.counts());
    match transducer.blocked() {
        Some(entity) => Verdict::Blocked(entity),
        None if out == text => Verdict::Pass(Cow::Borrowed(text)),
        None => Verdict::Pass(Cow::Owned(out)),
    }
}

/// As [`restore`], with what somebody else found in the answer.
pub fn restore_with<'t>(
    engine: &Engine,
    rules: &Rules,
    vault: &Vault,
    kind: Kind,
    text: &'t str,
    claims: &[Claim<'_>],
    counts: &mut Counts,
) -> Verdict<'t> {
    let scan = Scan::new(engine, Some(rules), Some(vault));
    let mut edit = Edit {
        rules,
        counts,
        blocked: None,
    };
    let answer = rewrite(&scan, rules, text, kind.mode(), claims, |find, value| {
        if find.what == What::Token {
            return restored(vault, value);
        }
        edit.replace(find, value, &mut |operator, name| match operator {
            Operator::Hash => vault.key().hash(name, value),
            _ => vault.key().token(name, value, 0),
        })
    });
    match edit.blocked {
        Some(entity) => Verdict::Blocked(entity),
        None => Verdict::Pass(answer),
    }
}

/// What operators need.
pub(crate) struct Edit<'r> {
    pub(crate) rules: &'r Rules,
    pub(crate) counts: &'r mut Counts,
    pub(crate) blocked: Option<Entity>,
}

impl Edit<'_> {
    /// What stands in for a find, if anything does. `keyed` makes a token or hash.
    pub(crate) fn replace(
        &mut self,
        find: &Find,
        value: &str,
        keyed: &mut dyn FnMut(Operator, &str) -> String,
    ) -> Option<String> {
        let entity = find.what.entity()?;
        self.counts.count(entity, 1);
        let (name, operator) = self.rules.answer_to(find.what)?;
        match operator {
            Operator::Token | Operator::Hash => Some(keyed(operator, name)),
            Operator::Placeholder => Some(format!("<{name}>")),
            Operator::Mask { keep_last } => Some(mask(value, keep_last)),
            Operator::Block => {
                self.blocked = self.blocked.or(Some(entity));
                None
            }
            Operator::Log => None,
        }
    }
}

/// What a find says: the same however JSON writes it.
pub(crate) fn value<'t>(written: &'t str, piece: &Piece<'_>) -> Cow<'t, str> {
    if piece.json_string {
        unescaped(written)
    } else {
        Cow::Borrowed(written)
    }
}

/// Asterisks for all letters and digits but the last `keep`.
fn mask(value: &str, keep: u8) -> String {
    let total = value.chars().filter(|c| c.is_alphanumeric()).count();
    // Never the whole value: at most half of it stays.
    let hidden = total - usize::from(keep).min(total / 2);
    let mut seen = 0;
    value
        .chars()
        .map(|c| {
            seen += usize::from(c.is_alphanumeric());
            if c.is_alphanumeric() && seen <= hidden {
                '*'
            } else {
                c
            }
        })
        .collect()
}

/// Writes what lies between `done` and the find, then the replacement, as the place demands. `text` begins at `origin`.
pub(crate) fn splice(
    text: &str,
    origin: usize,
    done: &mut usize,
    piece: &Piece<'_>,
    find: &Find,
    replacement: &str,
    out: &mut String,
) {
    let mut range = find.range.clone();
    if range.start < *done {
        // It went with the number before.
        return;
    }
    if piece.bare_json {
        // A number becomes a string, so all of it must go.
        let bytes = text.as_bytes();
        let before = bytes[*done - origin..range.start - origin]
            .iter()
            .rev()
            .take_while(|b| is_scalar(b))
            .count();
        let after = bytes[range.end - origin..piece.end - origin]
            .iter()
            .take_while(|b| is_scalar(b))
            .count();
        range = range.start - before..range.end + after;
    }
    out.push_str(&text[*done - origin..range.start - origin]);
    if piece.bare_json {
        out.push('"');
    }
    if piece.bare_json || piece.json_string {
        escape(replacement, out);
    } else {
        out.push_str(replacement);
    }
    if piece.bare_json {
        out.push('"');
    }
    *done = range.end;
}
