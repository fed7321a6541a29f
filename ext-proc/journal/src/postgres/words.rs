//! What of a record stands in columns of its own, where others can read it too: words and vector, once.
//! Must not know connections.

use std::sync::Arc;

use tollgate_cache::{Entry, Meaning, Record, Scope};

/// What pgvector takes.
const MOST_DIMENSIONS: usize = 16_000;

/// A put, taken apart.
pub(super) struct Parts {
    /// Without what stands in the columns.
    pub(super) record: Vec<u8>,
    /// In columns.
    pub(super) words: Option<(String, Vec<f32>)>,
}

impl Parts {
    pub(super) fn new(entry: &Arc<Entry>, meaning: Option<&Meaning>) -> Self {
        let fits = |meaning: &&Meaning| {
            // PostgreSQL's text has no NUL.
            !meaning.prompt.contains('\0')
                && (1..=MOST_DIMENSIONS).contains(&meaning.vector.len())
                && meaning.vector.iter().all(|value| value.is_finite())
        };
        let words = meaning.filter(fits);
        let rest = match words {
            Some(words) => Some(Meaning {
                prompt: "".into(),
                vector: Box::default(),
                ..words.clone()
            }),
            None => meaning.cloned(),
        };
        let record = Record::Put {
            entry: Arc::clone(entry),
            meaning: rest,
        };
        Self {
            record: record.encode(),
            words: words.map(|words| (words.prompt.clone().into(), words.vector.to_vec())),
        }
    }

    /// The record as it was; nothing if it is of another version.
    pub(super) fn join(self) -> Option<Record> {
        let mut record = Record::decode(&self.record).ok()?;
        if let (
            Record::Put {
                meaning: Some(meaning),
                ..
            },
            Some((prompt, vector)),
        ) = (&mut record, self.words)
        {
            meaning.prompt = prompt.into();
            meaning.vector = vector.into();
        }
        Some(record)
    }
}

/// A scope as the column has it.
pub(super) fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Tenant(name) => text(&format!("tenant:{name}")),
        Scope::Everyone => "everyone".into(),
    }
}

/// PostgreSQL's text has no NUL: where a name has one, a purge may select a little more than it asks for.
pub(super) fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
