//! How much of the store each scope holds, and which of its entries goes first when it holds too much.
//! Must not know the store: it is told what comes and goes.

use std::collections::{HashMap, HashSet, VecDeque};

use super::Held;
use crate::{CacheKey, Scope};

/// What all scopes hold.
#[derive(Debug)]
pub(super) struct Shares {
    most: u64,
    scopes: HashMap<Scope, Share>,
}

/// What one scope holds.
#[derive(Debug, Default)]
struct Share {
    bytes: u64,
    entries: usize,
    /// In the order in which they came; those that have gone since are still named.
    queue: VecDeque<CacheKey>,
}

impl Shares {
    pub(super) fn new(max_bytes: u64, share: f64) -> Self {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a size: `as` saturates, and nobody minds a byte"
        )]
        let most = (max_bytes as f64 * share.clamp(0.0, 1.0)) as u64;
        Self {
            most,
            scopes: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, held: &Held) {
        let scope = &held.entry.partition.scope;
        if !self.scopes.contains_key(scope) {
            self.scopes.insert(scope.clone(), Share::default());
        }
        if let Some(share) = self.scopes.get_mut(scope) {
            share.bytes += held.weight;
            share.entries += 1;
            share.queue.push_back(held.entry.key);
        }
    }

    pub(super) fn subtract(&mut self, held: &Held) {
        let scope = &held.entry.partition.scope;
        if let Some(share) = self.scopes.get_mut(scope) {
            share.bytes = share.bytes.saturating_sub(held.weight);
            share.entries = share.entries.saturating_sub(1);
            if share.entries == 0 {
                self.scopes.remove(scope);
            }
        }
    }

    /// The entry of `scope` that is to show that it is worth its place, if the scope holds too much of a store that others
    /// use too.
    pub(super) fn over(&mut self, scope: &Scope) -> Option<CacheKey> {
        if self.scopes.len() < 2 {
            return None;
        }
        let share = self.scopes.get_mut(scope)?;
        if share.bytes <= self.most {
            return None;
        }
        share.queue.pop_front()
    }

    /// The entry stays, since somebody asked for it: its turn comes again after all others.
    pub(super) fn spare(&mut self, scope: &Scope, key: CacheKey) {
        if let Some(share) = self.scopes.get_mut(scope) {
            share.queue.push_back(key);
        }
    }

    /// An entry that was put again or that left by another way stands in the queue for nothing. Where these are more than the
    /// others, they go.
    pub(super) fn tidy(&mut self, scope: &Scope, is_there: impl Fn(&CacheKey) -> bool) {
        let Some(share) = self.scopes.get_mut(scope) else {
            return;
        };
        if share.queue.len() > 2 * share.entries + 64 {
            let mut seen = HashSet::with_capacity(share.entries);
            share.queue.retain(|key| is_there(key) && seen.insert(*key));
        }
    }
}
