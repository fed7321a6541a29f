//! Self-attention: every token looks at every token, in twelve heads. Must not know the layers around it.

use crate::embedding::DIMENSIONS;
use crate::kernel::Kernel;
use crate::math::softmax;

/// How many heads share the [`DIMENSIONS`].
const HEADS: usize = 12;

/// How many dimensions a head has.
pub(crate) const HEAD: usize = DIMENSIONS / HEADS;

/// Room for one head's work.
#[derive(Default)]
pub(crate) struct Room {
    /// One head's keys, transposed: a row per dimension, a column per token, padded to a multiple of 16 tokens.
    keys: Vec<f32>,
    /// Four tokens' scores with every token, padded likewise.
    scores: Vec<f32>,
}

/// Rows of [`DIMENSIONS`] numbers, one per token; queries are scaled by 1/√[`HEAD`] already.
pub(crate) struct Projections<'a> {
    pub(crate) queries: &'a [f32],
    pub(crate) keys: &'a [f32],
    pub(crate) values: &'a [f32],
}

/// Writes to each row of `out` the values of all tokens, weighted by how well the row's query goes with their keys.
#[inline(always)]
pub(crate) fn attend<K: Kernel>(
    kernel: K,
    projections: &Projections<'_>,
    room: &mut Room,
    out: &mut [f32],
) {
    let (queries, _) = projections.queries.as_chunks::<DIMENSIONS>();
    let tokens = queries.len();
    let padded = tokens.next_multiple_of(16);
    room.keys.resize(HEAD * padded, 0.0);
    room.scores.resize(4 * padded, 0.0);
    for head in (0..DIMENSIONS).step_by(HEAD) {
        transpose(projections.keys, head, padded, &mut room.keys);
        let quads = queries.chunks(4).zip(out.chunks_mut(4 * DIMENSIONS));
        for (queries, out) in quads {
            // The last rows may be fewer than four: the first one stands in, and nobody reads what it gives.
            let queries: [&[f32]; 4] = std::array::from_fn(|i| {
                let row = queries.get(i).or(queries.first());
                row.and_then(|row| row.get(head..head + HEAD))
                    .unwrap_or_default()
            });
            for column in (0..padded).step_by(16) {
                let keys = room.keys.get(column..).unwrap_or_default();
                let tile = kernel.float_tile(queries, keys, padded);
                for (scores, tile) in room.scores.chunks_exact_mut(padded).zip(tile) {
                    write(scores, column, tile);
                }
            }
            let mut weights: [&[f32]; 4] = Default::default();
            let mut shares = [0.0; 4];
            let rows = room.scores.chunks_exact_mut(padded);
            for ((scores, weights), share) in rows.zip(&mut weights).zip(&mut shares) {
                let (scores, padding) = scores.split_at_mut(tokens);
                padding.fill(0.0);
                *share = softmax::<K>(scores);
                *weights = scores;
            }
            for column in (head..head + HEAD).step_by(16) {
                let values = projections.values.get(column..).unwrap_or_default();
                let tile = kernel.float_tile(weights, values, DIMENSIONS);
                let rows = out.chunks_exact_mut(DIMENSIONS).zip(tile).zip(shares);
                for ((out, tile), share) in rows {
                    write(out, column, tile.map(|x| x * share));
                }
            }
        }
    }
}

/// Writes sixteen numbers at `column`.
#[inline(always)]
fn write(row: &mut [f32], column: usize, tile: [f32; 16]) {
    if let Some(out) = row.get_mut(column..).and_then(|row| row.first_chunk_mut()) {
        *out = tile;
    }
}

/// Turns one head's columns of `keys` into rows of `padded` numbers.
#[inline(always)]
fn transpose(keys: &[f32], head: usize, padded: usize, out: &mut [f32]) {
    for (token, key) in keys.as_chunks::<DIMENSIONS>().0.iter().enumerate() {
        let key = key.iter().skip(head);
        for (row, x) in out.chunks_exact_mut(padded).zip(key) {
            if let Some(slot) = row.get_mut(token) {
                *slot = *x;
            }
        }
    }
}
