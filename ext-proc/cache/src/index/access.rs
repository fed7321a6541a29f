//! How the graph's library gets at the nodes: by what it searches, by what it changes edges, and how far apart two rows are.
//! Must not know when rows come and go, nor what is done with the rows that are found.

use std::convert::Infallible as Never;

use diskann::ANNResult;
use diskann::graph::glue::{self, HybridPredicate};
use diskann::graph::workingset;
use diskann::graph::{AdjacencyList, SearchOutputBuffer};
use diskann::neighbor::Neighbor;
use diskann::provider::{DefaultContext, HasId, NeighborAccessor, NeighborAccessorMut};
use diskann_vector::DistanceFunction;

use super::kernel;
use super::nodes::{MOST_EDGES, Nodes, START, State};

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
    async fn set_neighbors(&mut self, node: u32, neighbors: &[u32]) -> ANNResult<()> {
        self.0.write(node, 0, neighbors);
        Ok(())
    }

    async fn append_vector(&mut self, node: u32, neighbors: &[u32]) -> ANNResult<()> {
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

/// As the library wants them: nearer is less.
#[allow(clippy::cast_precision_loss, reason = "a number of bits")]
const fn as_distance(signs: u32) -> f32 {
    signs as f32
}
