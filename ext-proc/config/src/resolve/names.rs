//! What has a name, and finding it by that name.
//!
//! Must not know what the named things are.

use std::collections::HashMap;
use std::sync::Arc;

use crate::path::Path;
use crate::report::Report;
use crate::suggest::did_you_mean;

/// The named things of one list, in its order.
pub(crate) struct Names<T> {
    what: &'static str,
    /// Every name that the file declares. The thing is absent if it could not be resolved, which has been said then.
    entries: Vec<(String, Option<Arc<T>>)>,
    places: HashMap<String, usize>,
    /// Whether the list is the author's: one that could not be read cannot be blamed for what is not in it.
    is_whole: bool,
}

impl<T> Names<T> {
    /// An empty list; `what` is the word for one thing of it.
    pub(crate) fn new(what: &'static str, list: &Path, report: &Report) -> Self {
        Self {
            what,
            entries: Vec::new(),
            places: HashMap::new(),
            is_whole: !report.is_stand_in(list),
        }
    }

    /// The next thing of the list, which stands at `path`. Names must be unique.
    pub(crate) fn add(&mut self, name: &str, path: &Path, value: Option<T>, report: &mut Report) {
        self.is_whole &= !report.is_stand_in(path);
        let at = self.entries.len();
        self.entries.push((name.to_owned(), value.map(Arc::new)));
        claim(&mut self.places, name, at, self.what, path, report);
    }

    /// The thing of a name that stands at `path`; if there is none, that is an error.
    pub(crate) fn find(&self, name: &str, path: &Path, report: &mut Report) -> Option<&Arc<T>> {
        match self.places.get(name).and_then(|at| self.entries.get(*at)) {
            Some((_, value)) => value.as_ref(),
            None => {
                if self.is_whole {
                    let guess = did_you_mean(name, self.names());
                    report.error(path, format!("no {} named {name:?}{guess}", self.what));
                }
                None
            }
        }
    }

    /// Every name, in the order of the list.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// Whether the list is the author's.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Every thing that could be resolved.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Arc<T>> {
        self.entries.iter().filter_map(|(_, value)| value.as_ref())
    }

    /// Every thing that could be resolved.
    pub(crate) fn into_values(self) -> Vec<Arc<T>> {
        self.entries.into_iter().filter_map(|(_, value)| value).collect()
    }
}

/// Gives a name to the item of a list that stands at `path`, unless an earlier item has it.
pub(crate) fn claim(
    taken: &mut HashMap<String, usize>,
    name: &str,
    at: usize,
    what: &str,
    path: &Path,
    report: &mut Report,
) {
    let field = path.field("name");
    // Stand-ins have the same name, which is nobody's.
    if report.is_stand_in(&field) {
        return;
    }
    match taken.get(name) {
        Some(first) => {
            let list = path.parent().unwrap_or_default();
            report.error(
                &field,
                format!("another {what} has this name: {}", list.index(*first)),
            );
        }
        None => {
            taken.insert(name.to_owned(), at);
        }
    }
}
