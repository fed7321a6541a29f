//! A vector as bytes: the direction in int8 with a scale of its own, and one bit for each sign.
//! Must not know other vectors.

use super::InvalidVector;

/// Rows are padded with zeros to a multiple of this, so that no loop has a rest.
pub(super) const LANES: usize = 64;

/// A quantised vector.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) codes: Vec<i8>,
    pub(super) signs: Vec<u64>,
    /// What a code of 1 stands for in the unit vector.
    pub(super) scale: f32,
}

impl Row {
    pub(super) fn new(vector: &[f32], dimensions: usize) -> Result<Self, InvalidVector> {
        if vector.len() != dimensions {
            return Err(InvalidVector::Dimensions {
                expected: dimensions,
                found: vector.len(),
            });
        }
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        let largest = vector.iter().fold(0f32, |m, x| m.max(x.abs()));
        if !norm.is_finite() || norm <= f32::MIN_POSITIVE {
            return Err(InvalidVector::Direction);
        }
        let mut codes: Vec<i8> = vector
            .iter()
            .map(|x| (x / largest * 127.0).round() as i8)
            .collect();
        codes.resize(dimensions.next_multiple_of(LANES), 0);
        let signs = codes
            .chunks(LANES)
            .map(|chunk| {
                chunk
                    .iter()
                    .rev()
                    .fold(0, |bits, code| bits << 1 | u64::from(*code > 0))
            })
            .collect();
        // The length of what was stored, not of what came: a vector and itself are exactly 1 apart from rounding.
        let length = codes
            .iter()
            .map(|c| f32::from(*c) * f32::from(*c))
            .sum::<f32>()
            .sqrt();
        Ok(Self {
            codes,
            signs,
            scale: 1.0 / length,
        })
    }
}
