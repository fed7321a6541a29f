//! Redaction and restoration of a text that comes in pieces.
//! Must not know channels or events: there is one transducer for each text that is streamed.

use std::sync::Arc;

use crate::candidates::What;
use crate::core::Core;
use crate::engine::Engine;
use crate::entity::Entity;
use crate::fold::Mode;
use crate::redactor::{Counts, Edit, splice, value};
use crate::rules::{Operator, Rules};
use crate::scan::Scan;
use crate::vault::Vault;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For people.
    Text,
    /// JSON, such as the arguments of a tool call.
    Json,
}

impl Kind {
    pub(crate) fn mode(self) -> Mode {
        match self {
            Self::Text => Mode::Text,
            Self::Json => Mode::MaybeJson,
        }
    }
}

/// Redacts what an answer newly holds and restores what its request held. Holds back only what could still become an entity
/// or a token; what comes out in the end does not depend on how the text was cut.
#[derive(Debug)]
pub struct Transducer {
    engine: Arc<Engine>,
    rules: Arc<Rules>,
    vault: Arc<Vault>,
    core: Core,
    /// Original text that is not settled, from `origin` on.
    pending: String,
    origin: usize,
    /// How far it was folded.
    folded: usize,
    counts: Counts,
    blocked: Option<Entity>,
}

impl Transducer {
    /// A transducer for one text.
    pub fn new(engine: Arc<Engine>, rules: Arc<Rules>, vault: Arc<Vault>, kind: Kind) -> Self {
        Self {
            engine,
            rules,
            vault,
            core: Core::new(kind.mode()),
            pending: String::new(),
            origin: 0,
            folded: 0,
            counts: Counts::default(),
            blocked: None,
        }
    }

    /// Takes a piece of the text and appends to `out` what is settled by it.
    pub fn push(&mut self, text: &str, out: &mut String) {
        self.pending.push_str(text);
        self.advance(false, out);
    }

    /// Appends what is left: the text is over.
    pub fn finish(&mut self, out: &mut String) {
        self.advance(true, out);
        if self.blocked.is_none() {
            out.push_str(&self.pending);
        }
        self.origin += self.pending.len();
        self.folded = self.origin;
        self.pending.clear();
    }

    /// How much of the text is held back, in bytes.
    pub fn held(&self) -> usize {
        self.pending.len()
    }

    /// What was found so far. Restored tokens do not count.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The first thing found that the rules block. From there on nothing comes out any more.
    pub fn blocked(&self) -> Option<Entity> {
        self.blocked
    }

    fn advance(&mut self, complete: bool, out: &mut String) {
        let Self {
            engine,
            rules,
            vault,
            core,
            pending,
            origin,
            folded,
            counts,
            blocked,
        } = self;
        let scan = Scan::new(engine, Some(rules), Some(vault));
        let mut edit = Edit {
            rules,
            counts,
            blocked: *blocked,
        };
        let mut done = *origin;
        let start = *origin;
        *folded += core.advance(&scan, &pending[*folded - start..], *folded, complete, |piece| {
            if edit.blocked.is_some() {
                done = piece.end;
                return;
            }
            for find in piece.finds {
                let value = value(&pending[find.range.start - start..find.range.end - start], &piece);
                let value = value.as_ref();
                let replacement = match find.what {
                    What::Token => restored(vault, value),
                    What::Entity(_) | What::Custom(_) | What::Claimed(_) => {
                        edit.replace(find, value, &mut |operator, name| match operator {
                            Operator::Hash => vault.key().hash(name, value),
                            _ => vault.key().token(name, value, 0),
                        })
                    }
                };
                if edit.blocked.is_some() {
                    done = piece.end;
                    return;
                }
                if let Some(replacement) = replacement {
                    splice(pending, start, &mut done, &piece, find, &replacement, out);
                }
            }
            out.push_str(&pending[done - start..piece.end - start]);
            done = piece.end;
        });
        *blocked = edit.blocked;
        pending.drain(..done - start);
        *origin = done;
    }
}

/// The value of a token, which may be written with look-alikes or invisible characters inside.
pub(crate) fn restored(vault: &Vault, raw: &str) -> Option<String> {
    vault.get(raw).map(str::to_owned).or_else(|| {
        let plain: String = raw.chars().filter(char::is_ascii).collect();
        vault.get(&plain).map(str::to_owned)
    })
}
