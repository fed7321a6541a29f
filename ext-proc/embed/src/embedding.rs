//! The vector that stands for a text. Must not know how it was made.

/// How many numbers an [`Embedding`] has.
pub const DIMENSIONS: usize = 384;

/// A text's direction in the space of meanings: 384 numbers of unit length.
#[derive(Clone, PartialEq)]
pub struct Embedding(Box<[f32; DIMENSIONS]>);

impl Embedding {
    /// Brings `values` to unit length. A vector without a direction (all zero, or not finite) becomes all zero, whose cosine
    /// with everything is 0.
    pub(crate) fn normalised(mut values: Box<[f32; DIMENSIONS]>) -> Self {
        let length = dot(&values, &values).sqrt();
        if length.is_finite() && length > f32::MIN_POSITIVE {
            for value in values.iter_mut() {
                *value /= length;
            }
        } else {
            values.fill(0.0);
        }
        Self(values)
    }

    /// The cosine of the angle between two texts' directions: 1 for the same text, near 0 for unrelated ones.
    #[must_use]
    pub fn dot(&self, other: &Self) -> f32 {
        dot(&self.0, &other.0)
    }

    /// The 384 numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        self.0.as_slice()
    }
}

impl std::fmt::Debug for Embedding {
    /// The first numbers only: 384 of them help nobody in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, ..] = *self.0;
        write!(f, "Embedding({a}, {b}, {c}, …)")
    }
}

/// Summed in eight lanes, which the compiler turns into vector instructions where a single running sum would forbid it.
fn dot(a: &[f32; DIMENSIONS], b: &[f32; DIMENSIONS]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_length_and_no_direction() {
        let mut values = Box::new([0.0; DIMENSIONS]);
        assert_eq!(
            Embedding::normalised(values.clone()).as_slice(),
            &[0.0; DIMENSIONS]
        );
        values[0] = f32::NAN;
        assert_eq!(
            Embedding::normalised(values.clone()).as_slice(),
            &[0.0; DIMENSIONS]
        );
        values[0] = 3.0;
        values[383] = -4.0;
        let e = Embedding::normalised(values);
        assert_eq!((e.as_slice()[0], e.as_slice()[383]), (0.6, -0.8));
        assert!((e.dot(&e) - 1.0).abs() < 1e-6);
    }
}
