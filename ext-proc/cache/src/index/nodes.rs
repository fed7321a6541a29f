//! Rows and edges as the graph's library sees them: where it finds neighbours, and how far apart two rows are (in signs).
//! Must not know when rows come and go, nor what is done with the rows that are found.

use std::convert::Infallible as Never;
use std::sync::atomic::{AtomicU32, Ordering};

use diskann::error::Infallible;
use diskann::graph::glue::{self, HybridPredicate};
use diskann::graph::workingset;
use diskann::graph::{AdjacencyList, SearchOutputBuffer};
use diskann::neighbor::Neighbor;
use diskann::provider::{
    DataProvider, DefaultContext, Delete, ElementStatus, HasId, NeighborAccessor, NeighborAccessorMut,
    NoopGuard, SetElement,
};
use diskann::{ANNError, ANNResult};
use diskann_vector::DistanceFunction;

use super::kernel;
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
const START: u32 = u32::MAX;

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
    start: Box<[u64]>,
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

    fn edges(&self, node: u32) -> impl Iterator<Item = u32> {
        let list = self.list(node).into_iter();
        list.flat_map(|(count, edges)| edges.iter().take(count.load(Ordering::Relaxed) as usize))
            .map(|edge| edge.load(Ordering::Relaxed))
    }

    fn write(&self, node: u32, kept: usize, more: &[u32]) {
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

/// As the library wants them: nearer is less.
#[allow(clippy::cast_precision_loss, reason = "a number of bits")]
const fn as_distance(signs: u32) -> f32 {
    signs as f32
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

/// How the library comes by accessors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strategy;

impl<'a> glue::SearchStrategy<'a, Nodes, &'a [u64]> for Strategy {
    type SearchAccessorError = Never;
    type SearchAccessor = Search<'a>;

    fn search_accessor(
        &'a self,
        nodes: &'a Nodes,
        _: &'a DefaultContext,
        query: &'a [u64],
    ) -> Result<Search<'a>, Never> {
        Ok(Search { nodes, query })
    }
}

impl<'a> glue::InsertStrategy<'a, Nodes, &'a [u64]> for Strategy {
    type SearchAccessor = Search<'a>;
    type SearchAccessorError = Never;
    type PruneStrategy = Self;

    fn insert_search_accessor(
        &'a self,
        nodes: &'a Nodes,
        _: &'a DefaultContext,
        query: &'a [u64],
    ) -> Result<Search<'a>, Never> {
        Ok(Search { nodes, query })
    }

    fn prune_strategy(&self) -> Self {
        *self
    }
}

impl glue::PruneStrategy<Nodes> for Strategy {
    type PruneAccessor<'a> = Edit<'a>;
    type PruneAccessorError = Never;

    fn prune_accessor<'a>(
        &'a self,
        nodes: &'a Nodes,
        _: &'a DefaultContext,
        _: usize,
    ) -> Result<Edit<'a>, Never> {
        Ok(Edit(nodes))
    }
}

impl glue::InplaceDeleteStrategy<Nodes> for Strategy {
    type DeleteElement<'a> = &'a [u64];
    type DeleteElementGuard = Vec<u64>;
    type DeleteElementError = Never;
    type PruneStrategy = Self;
    type DeleteSearchAccessor<'a> = Search<'a>;
    type SearchPostProcessor = Linked;
    type SearchStrategy = Self;

    fn prune_strategy(&self) -> Self {
        *self
    }

    fn search_strategy(&self) -> Self {
        *self
    }

    fn search_post_processor(&self) -> Linked {
        Linked
    }

    async fn get_delete_element<'a>(
        &'a self,
        nodes: &'a Nodes,
        _: &'a DefaultContext,
        id: u32,
    ) -> Result<Vec<u64>, Never> {
        Ok(nodes.signs(id).unwrap_or_default().to_vec())
    }
}

/// Goes from node to node towards a query.
#[derive(Debug)]
pub(super) struct Search<'a> {
    nodes: &'a Nodes,
    query: &'a [u64],
}

impl HasId for Search<'_> {
    type Id = u32;
}

impl glue::SearchAccessor for Search<'_> {
    async fn starting_points(&self) -> ANNResult<Vec<u32>> {
        Ok(vec![START])
    }

    async fn start_point_distances<F>(&mut self, mut found: F) -> ANNResult<()>
    where
        F: FnMut(u32, f32) + Send,
    {
        let distance = kernel::distance(self.query, &self.nodes.start);
        found(START, as_distance(distance));
        Ok(())
    }

    async fn expand_beam<I, P, F>(&mut self, nodes: I, mut is_new: P, mut found: F) -> ANNResult<()>
    where
        I: Iterator<Item = u32> + Send,
        P: HybridPredicate<u32> + Send + Sync,
        F: FnMut(u32, f32) + Send,
    {
        // First which, then how far: the rows' memory is asked for in one go.
        let mut new = [START; MOST_EDGES];
        for node in nodes {
            let mut count = 0;
            let edges = self.nodes.edges(node).filter(|edge| is_new.eval_mut(edge));
            for (slot, edge) in new.iter_mut().zip(edges) {
                *slot = edge;
                count += 1;
            }
            let rows = new
                .iter()
                .take(count)
                .map(|node| self.nodes.signs(*node).unwrap_or_default());
            kernel::distances(self.query, rows, |n, distance| {
                if let Some(node) = new.get(n) {
                    found(*node, as_distance(distance));
                }
            });
        }
        Ok(())
    }
}

/// Of the nodes that were found those that are entries of the graph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linked;

impl<'a, 'q> glue::SearchPostProcess<Search<'a>, &'q [u64]> for Linked {
    type Error = Never;

    async fn post_process<I, B>(
        &self,
        search: &mut Search<'a>,
        _: &'q [u64],
        candidates: I,
        output: &mut B,
    ) -> Result<usize, Never>
    where
        I: Iterator<Item = Neighbor<u32>> + Send,
        B: SearchOutputBuffer<u32> + Send + ?Sized,
    {
        let nodes = search.nodes;
        Ok(output.extend(candidates.filter(|found| nodes.state(*found.id()) == Some(State::Linked))))
    }
}

/// Reads and writes edges.
#[derive(Debug)]
pub(super) struct Edit<'a>(&'a Nodes);

impl HasId for Edit<'_> {
    type Id = u32;
}

impl glue::PruneAccessor for Edit<'_> {
    type Neighbors<'a>
        = Edit<'a>
    where
        Self: 'a;
    type ElementRef<'a> = &'a [u64];
    type View<'a>
        = Signs<'a>
    where
        Self: 'a;
    type Distance<'a>
        = Apart
    where
        Self: 'a;

    fn neighbors(&mut self) -> Edit<'_> {
        Edit(self.0)
    }

    async fn fill<I>(&mut self, _: I) -> ANNResult<(Signs<'_>, Apart)>
    where
        I: ExactSizeIterator<Item = u32> + Clone + Send + Sync,
    {
        Ok((Signs(self.0), Apart))
    }
}

impl NeighborAccessor for Edit<'_> {
    async fn get_neighbors(&mut self, node: u32, neighbors: &mut AdjacencyList<u32>) -> ANNResult<()> {
        neighbors.clear();
        for edge in self.0.edges(node) {
            neighbors.push(edge);
        }
        Ok(())
    }
}

impl NeighborAccessorMut for Edit<'_> {
    async fn set_neighbors(&mut self, node: u32, neighbors: &[u32]) -> Result<(), ANNError> {
        self.0.write(node, 0, neighbors);
        Ok(())
    }

    async fn append_vector(&mut self, node: u32, neighbors: &[u32]) -> Result<(), ANNError> {
        self.0.write(node, self.0.edges(node).count(), neighbors);
        Ok(())
    }
}

/// The signs of every node: nothing needs to be fetched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signs<'a>(&'a Nodes);

impl workingset::View<u32> for Signs<'_> {
    type ElementRef<'a> = &'a [u64];
    type Element<'a>
        = &'a [u64]
    where
        Self: 'a;

    fn get(&self, node: u32) -> Option<&[u64]> {
        self.0.signs(node)
    }
}

/// In how many signs two nodes differ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Apart;

impl DistanceFunction<&[u64], &[u64], f32> for Apart {
    fn evaluate_similarity(&self, a: &[u64], b: &[u64]) -> f32 {
        as_distance(kernel::distance(a, b))
    }
}
