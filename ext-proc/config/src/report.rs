//! Collects what is wrong while a file is read, and knows where in the file each path stands.
//!
//! Must not know the rules; it only keeps a problem from being told twice in different words.

use std::collections::{HashMap, HashSet};

use crate::errors::{Errors, Position, Problem};
use crate::path::Path;

/// What has been found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    positions: HashMap<Path, Position>,
    stand_ins: HashSet<Path>,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Report {
    /// Remembers where a path stands.
    pub(crate) fn place(&mut self, path: &Path, position: Position) {
        self.positions.insert(path.clone(), position);
    }

    /// The value at `path` is wrong or missing, which has been said, and a stand-in took its place so that the rest
    /// could be checked. What is found out about the stand-in afterwards is not the author's fault, so it isn't told.
    pub(crate) fn stand_in(&mut self, path: &Path) {
        self.stand_ins.insert(path.clone());
    }

    /// Whether the value at `path` is not the author's.
    pub(crate) fn is_stand_in(&self, path: &Path) -> bool {
        !self.stand_ins.is_empty() && path.upwards().any(|above| self.stand_ins.contains(&above))
    }

    /// Something is wrong with the value at `path`.
    pub(crate) fn error(&mut self, path: &Path, message: impl Into<String>) {
        if !self.is_stand_in(path) {
            let position = self.position(path);
            self.error_at(path, position, message);
        }
    }

    /// Problems that somebody else found.
    pub(crate) fn extend(&mut self, problems: Vec<Problem>) {
        self.errors.extend(problems);
    }

    /// Something is wrong at a place that is not the value's own: a key, say.
    pub(crate) fn error_at(&mut self, path: &Path, position: Position, message: impl Into<String>) {
        self.errors.push(Problem {
            position,
            path: path.to_string(),
            message: message.into(),
        });
    }

    /// The value at `path` is allowed but probably not meant.
    pub(crate) fn warn(&mut self, path: &Path, message: impl Into<String>) {
        if !self.is_stand_in(path) {
            let position = self.position(path);
            self.warnings.push(Problem {
                position,
                path: path.to_string(),
                message: message.into(),
            });
        }
    }

    /// Where the value stands, or what it would be part of if it is not there.
    pub(crate) fn position(&self, path: &Path) -> Position {
        path.upwards()
            .find_map(|above| self.positions.get(&above).copied())
            .unwrap_or(Position { line: 1, column: 1 })
    }

    /// The warnings if nothing is wrong, in the order of the file.
    pub(crate) fn finish(mut self) -> Result<Vec<Problem>, Errors> {
        self.errors.sort();
        self.errors.dedup();
        self.warnings.sort();
        if self.errors.is_empty() {
            Ok(self.warnings)
        } else {
            Err(Errors {
                problems: self.errors,
            })
        }
    }
}
