//! The nodes of a graph: rows, what each is, and edges. To the library this is its store (`DataProvider`).
//! Must not know when rows come and go, nor how a graph is searched or changed.

use std::sync::atomic::{AtomicU32, Ordering};

use diskann::error::Infallible;
use diskann::provider::{DataProvider, DefaultContext, Delete, ElementStatus, NoopGuard, SetElement};

use super::rows::{CHUNK, Rows, place};

/// Edges that a node keeps when there are too many: less finds less, more takes more memory and time.
pub(super) const DEGREE: usize = 32;
/// Edges that a node may have before they are thinned out: the library's usual 1.3 times as many.
pub(super) const MOST_EDGES: usize = 41;
/// How many there are, and they.
const LIST: usize = 1 + MOST_EDGES;
/// What an entry of a graph takes beside its row: its edges and its [`State`].
pub(super) const NODE_BYTES: usize = LIST * size_of::<u32>() + 1;

/// Where every search begins: no entry, but the middle of all, so that it never goes.
pub(super) const START: u32 = u32::MAX;

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// An entry that is not in the graph yet.
    Waiting,
    /// An entry in the graph.
    Linked,
    /// An entry that went before it was in the graph.
    Dropped,
    /// An entry that went, and to which edges lead.
    Gone,
    /// Nothing. Edges that still lead here do no harm: they are a detour, and whoever comes here next is an entry like any other.
    Free,
}

/// Edges are atomic, since searches go on while they are written: a list that is half old and half new is still a list of
/// nodes. One thread writes.
#[derive(Debug)]
pub(super) struct Nodes {
    pub(super) rows: Rows,
    pub(super) states: Vec<State>,
    /// By chunk of rows.
    edges: Vec<Box<[AtomicU32]>>,
    pub(super) start: Box<[u64]>,
    start_edges: Box<[AtomicU32]>,
}

impl Nodes {
    /// All rows wait.
    pub(super) fn new(rows: Rows) -> Self {
        Self {
            states: vec![State::Waiting; rows.len()],
            edges: Vec::new(),
            start: middle(&rows),
            start_edges: no_edges(1),
            rows,
        }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.rows.bytes() + self.states.capacity() + self.edges.len() * CHUNK * LIST * size_of::<u32>()
    }

    pub(super) fn state(&self, slot: u32) -> Option<State> {
        self.states.get(slot as usize).copied()
    }

    pub(super) fn set_state(&mut self, slot: u32, state: State) {
        if let Some(old) = self.states.get_mut(slot as usize) {
            *old = state;
        }
    }

    /// Makes room for the edges of `slot`.
    pub(super) fn reserve(&mut self, slot: u32) {
        let (chunk, _) = place(slot);
        while self.edges.len() <= chunk {
            self.edges.push(no_edges(CHUNK));
        }
    }

    pub(super) fn signs(&self, node: u32) -> Option<&[u64]> {
        if node == START {
            return Some(&self.start);
        }
        self.rows.get(node).map(|row| row.signs)
    }

    fn list(&self, node: u32) -> Option<(&AtomicU32, &[AtomicU32])> {
        let (chunk, at) = place(node);
        let list = match node {
            START => &self.start_edges,
            _ => self.edges.get(chunk)?.get(at * LIST..(at + 1) * LIST)?,
        };
        list.split_first()
    }

    pub(super) fn edges(&self, node: u32) -> impl Iterator<Item = u32> {
        let list = self.list(node).into_iter();
        list.flat_map(|(count, edges)| edges.iter().take(count.load(Ordering::Relaxed) as usize))
            .map(|edge| edge.load(Ordering::Relaxed))
    }

    /// Keeps the first edges and writes others after them.
    pub(super) fn write(&self, node: u32, kept: usize, more: &[u32]) {
        let Some((count, edges)) = self.list(node) else {
            return;
        };
        let mut written = kept;
        for (slot, edge) in edges.iter().skip(kept).zip(more) {
            slot.store(*edge, Ordering::Relaxed);
            written += 1;
        }
        count.store(u32::try_from(written).unwrap_or_default(), Ordering::Relaxed);
    }
}

fn no_edges(nodes: usize) -> Box<[AtomicU32]> {
    (0..nodes * LIST).map(|_| AtomicU32::new(0)).collect()
}

/// Of every bit what most of the first rows have.
fn middle(rows: &Rows) -> Box<[u64]> {
    let mut counts = vec![0_i32; rows.width()];
    let words = (rows.width() / 64).max(1);
    for signs in rows.signs().next().unwrap_or_default().chunks_exact(words) {
        for (n, count) in counts.iter_mut().enumerate() {
            let bit = signs.get(n / 64).copied().unwrap_or_default() >> (n % 64) & 1;
            *count += if bit == 1 { 1 } else { -1 };
        }
    }
    let word = |counts: &[i32]| {
        let bits = counts.iter().rev();
        bits.fold(0, |word, count| word << 1 | u64::from(*count > 0))
    };
    counts.chunks(64).map(word).collect()
}

impl DataProvider for Nodes {
    type Context = DefaultContext;
    type InternalId = u32;
    type ExternalId = u32;
    type Error = Infallible;
    type Guard = NoopGuard<u32>;

    fn to_internal_id(&self, _: &DefaultContext, id: &u32) -> Result<u32, Infallible> {
        Ok(*id)
    }

    fn to_external_id(&self, _: &DefaultContext, id: u32) -> Result<u32, Infallible> {
        Ok(id)
    }
}

/// The row is there already.
impl SetElement<&[u64]> for Nodes {
    type SetError = Infallible;

    async fn set_element(
        &self,
        _: &DefaultContext,
        id: &u32,
        _: &[u64],
    ) -> Result<NoopGuard<u32>, Infallible> {
        Ok(NoopGuard::new(*id))
    }
}

/// States are set by whoever has the nodes to itself.
impl Delete for Nodes {
    async fn delete(&self, _: &DefaultContext, _: &u32) -> Result<(), Infallible> {
        Ok(())
    }

    async fn release(&self, _: &DefaultContext, _: u32) -> Result<(), Infallible> {
        Ok(())
    }

    async fn status_by_internal_id(&self, _: &DefaultContext, id: u32) -> Result<ElementStatus, Infallible> {
        Ok(match self.state(id) {
            Some(State::Gone | State::Free) => ElementStatus::Deleted,
            _ => ElementStatus::Valid,
        })
    }

    async fn status_by_external_id(
        &self,
        context: &DefaultContext,
        id: &u32,
    ) -> Result<ElementStatus, Infallible> {
        self.status_by_internal_id(context, *id).await
    }
}
