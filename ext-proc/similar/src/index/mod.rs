//! The nearest vectors, exactly, per partition: flat int8 rows behind a one-bit filter.
//! Must not know texts, thresholds, expiry or who may see what: a partition is a number, an entry is a number.

mod kernel;
mod partition;
mod quantize;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use partition::Partition;
pub use partition::Search;

/// An entry and how near it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The number under which it was inserted.
    pub id: u64,
    /// Cosine similarity, within about .003 of the one of the original vectors.
    pub score: f32,
}

/// Vectors of one length, by partition.
///
/// A partition is whatever must be equal before two prompts are compared at all (tenant, model, system prompt, earlier
/// turns …), as a hash of at least 128 bits.
#[derive(Debug)]
pub struct Index {
    dimensions: usize,
    partitions: HashMap<u128, Partition, BuildHasherDefault<Fold>>,
}

/// A vector that cannot be compared with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVector {
    /// Of another embedder.
    #[error("the vector has {found} dimensions, the index {expected}")]
    Dimensions {
        /// Those of the index.
        expected: usize,
        /// Those of the vector.
        found: usize,
    },
    /// Has no direction.
    #[error("the vector is zero or not finite")]
    Direction,
}

impl Index {
    /// An empty index for vectors of this many dimensions.
    pub fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            partitions: HashMap::default(),
        }
    }

    /// Adds a vector, of any length other than zero; one that has the same id in the partition is replaced.
    pub fn insert(&mut self, partition: u128, id: u64, vector: &[f32]) -> Result<(), InvalidVector> {
        let row = quantize::Row::new(vector, self.dimensions)?;
        self.partitions
            .entry(partition)
            .or_insert_with(|| Partition::new(self.dimensions))
            .insert(id, &row);
        Ok(())
    }

    /// Removes an entry; whether there was one. The last one takes its partition with it.
    pub fn remove(&mut self, partition: u128, id: u64) -> bool {
        let Some(entries) = self.partitions.get_mut(&partition) else {
            return false;
        };
        let removed = entries.remove(id);
        if entries.is_empty() {
            self.partitions.remove(&partition);
        }
        removed
    }

    /// Removes a partition with everything in it; how many entries there were.
    pub fn remove_partition(&mut self, partition: u128) -> usize {
        self.partitions
            .remove(&partition)
            .map_or(0, |entries| entries.len())
    }

    /// The `k` nearest entries of the partition, best first; of equal ones the smaller id first.
    pub fn nearest(
        &self,
        partition: u128,
        vector: &[f32],
        k: usize,
    ) -> Result<Vec<Neighbour>, InvalidVector> {
        self.search(partition, vector, k, Search::Auto)
    }

    /// [`Self::nearest`] in a given way.
    pub fn search(
        &self,
        partition: u128,
        vector: &[f32],
        k: usize,
        search: Search,
    ) -> Result<Vec<Neighbour>, InvalidVector> {
        let row = quantize::Row::new(vector, self.dimensions)?;
        Ok(self
            .partitions
            .get(&partition)
            .map_or_else(Vec::new, |entries| entries.nearest(&row, k, search)))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.partitions.values().map(Partition::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// Bytes held, spare capacity included.
    pub fn bytes(&self) -> usize {
        self.partitions.capacity() * size_of::<(u128, Partition)>()
            + self.partitions.values().map(Partition::bytes).sum::<usize>()
    }
}

/// Partitions are hashes already.
#[derive(Default)]
struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = (key as u64 ^ (key >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests;
