//! The functions between the products, over whole rows so that the compiler turns them into vector instructions: no branch that
//! depends on a value, no conversion that must look for infinity. Must not know the model.

use crate::kernel::{Kernel, mul_add};

/// 1.5 · 2²³: added to an `f32` below 2²² in size, it leaves the nearest whole number in the low bits.
const ROUND: f32 = 12_582_912.0;

/// Rounds to the nearest whole number in −32768..=32767. Beyond that the result means nothing.
#[inline(always)]
pub(crate) fn round_i16(x: f32) -> i16 {
    (x + ROUND).to_bits() as i16
}

/// The larger one. `f32::max` would also decide what to do about a NaN, at several times the cost.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller one, likewise.
#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The polynomial with these coefficients, the highest power's first.
#[inline(always)]
fn polynomial<K: Kernel, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    // Begun with the first one: a multiplication of x by zero would stay, lest x be infinite.
    let mut sum = coefficients[0];
    for coefficient in &coefficients[1..] {
        sum = mul_add::<K>(sum, x, *coefficient);
    }
    sum
}

/// 2^f for f in −½..=½, off by 2.4e-7 at most.
const POWER_OF_TWO: [f32; 6] = [
    1.326_472_7e-3,
    9.671_513e-3,
    5.550_733_6e-2,
    2.402_224_2e-1,
    std::f32::consts::LN_2,
    1.0,
];

/// e^x for x ≤ 0 with a relative error below 3e-7; anything below −87 counts as −87.
#[inline(always)]
fn exp<K: Kernel>(x: f32) -> f32 {
    // 2^n · 2^f with n the nearest whole number and f in −½..=½.
    let x = larger(x, -87.0) * std::f32::consts::LOG2_E;
    let n = x + ROUND;
    let f = x - (n - ROUND);
    let p = polynomial::<K, 6>(f, POWER_OF_TWO);
    f32::from_bits(p.to_bits().wrapping_add(n.to_bits() << 23))
}

/// Beyond ±4·√2 a normal variable lies once in 65 million times: Φ is 0 or 1 there.
const TAIL: f32 = 4.0 * std::f32::consts::SQRT_2;

/// Φ(x) − ½ is x times a quotient of two polynomials in x², off by less than 4e-8: the one for erf that Eigen and XLA use,
/// rescaled. Highest powers first.
const OVER: [f32; 7] = [
    1.055_746_7e-10,
    -2.145_990_5e-8,
    3.254_634_4e-6,
    1.763_618_8e-4,
    4.554_209_3e-3,
    3.661_506_8e-2,
    3.989_422_5e-1,
];
const UNDER: [f32; 5] = [6.382_027e-5, 1.869_768_3e-3, 2.949_277_5e-2, 2.584_459_9e-1, 1.0];

/// What a layer does with each of its outputs.
pub(crate) trait Activation {
    fn apply<K: Kernel>(values: &mut [f32]);
}

/// Leaves them as they are.
pub(crate) struct Identity;

impl Activation for Identity {
    #[inline(always)]
    fn apply<K: Kernel>(_: &mut [f32]) {}
}

/// x·Φ(x), the exact form of GELU that BERT uses.
pub(crate) struct Gelu;

impl Activation for Gelu {
    #[inline(always)]
    fn apply<K: Kernel>(values: &mut [f32]) {
        for x in values {
            let near = smaller(larger(*x, -TAIL), TAIL);
            let square = near * near;
            let over = near * polynomial::<K, 7>(square, OVER);
            *x *= 0.5 + over / polynomial::<K, 5>(square, UNDER);
        }
    }
}

/// Turns scores into e^(score − highest) in place and returns one over their sum.
#[inline(always)]
pub(crate) fn softmax<K: Kernel>(row: &mut [f32]) -> f32 {
    let highest = fold(row, f32::MIN, |x| x, larger);
    let (chunks, rest) = row.as_chunks_mut::<16>();
    let mut lanes = [0.0; 16];
    for chunk in chunks {
        for (x, lane) in chunk.iter_mut().zip(&mut lanes) {
            *x = exp::<K>(*x - highest);
            *lane += *x;
        }
    }
    let mut sum: f32 = lanes.iter().sum();
    for x in rest {
        *x = exp::<K>(*x - highest);
        sum += *x;
    }
    1.0 / sum
}

/// The largest absolute value.
#[inline(always)]
pub(crate) fn largest(row: &[f32]) -> f32 {
    fold(row, 0.0, f32::abs, larger)
}

/// Adds `x` and `residual`, brings the sum to mean 0 and variance 1, stretches and shifts it: the result is in `residual`.
#[inline(always)]
pub(crate) fn add_and_normalise<K: Kernel>(residual: &mut [f32], x: &[f32], norm: &Norm) {
    for (residual, x) in residual.iter_mut().zip(x) {
        *residual += x;
    }
    normalise::<K>(residual, norm);
}

/// Brings a row to mean 0 and variance 1, stretches and shifts it.
#[inline(always)]
pub(crate) fn normalise<K: Kernel>(row: &mut [f32], norm: &Norm) {
    let count = row.len() as f32;
    let mean = fold(row, 0.0, |x| x, |a, b| a + b) / count;
    let variance = fold(row, 0.0, |x| (x - mean) * (x - mean), |a, b| a + b) / count;
    let scale = 1.0 / (variance + 1e-12).sqrt();
    for ((x, weight), bias) in row.iter_mut().zip(&norm.weight).zip(&norm.bias) {
        *x = mul_add::<K>((*x - mean) * scale, *weight, *bias);
    }
}

/// What a layer normalisation has learned.
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// Folds in sixteen lanes: in one, each step would have to wait for the step before.
#[inline(always)]
fn fold(row: &[f32], start: f32, map: impl Fn(f32) -> f32, join: impl Fn(f32, f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<16>();
    let mut lanes = [start; 16];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = join(*lane, map(*x));
        }
    }
    let lanes = lanes.into_iter().reduce(&join).unwrap_or(start);
    rest.iter().fold(lanes, |sum, x| join(sum, map(*x)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Portable;

    /// erf by its power series, in double precision: exact enough up to 5.
    fn erf(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            let n = f64::from(n);
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn exp_is_close() {
        for i in 0..=87_000 {
            let x = -(i as f32) / 1000.0;
            let (got, want) = (f64::from(exp::<Portable>(x)), f64::from(x).exp());
            assert!((got / want - 1.0).abs() < 8e-6, "e^{x}: {got} {want}");
            if x > -8.0 {
                assert!((got / want - 1.0).abs() < 6e-7, "e^{x}: {got} {want}");
            }
        }
        assert!(exp::<Portable>(f32::NEG_INFINITY) < 2e-38);
    }

    #[test]
    fn gelu_is_close() {
        for i in -5000..=5000 {
            let x = i as f32 / 1000.0;
            let mut row = [x];
            Gelu::apply::<Portable>(&mut row);
            let wide = f64::from(x);
            let want = wide * 0.5 * (1.0 + erf(wide / 2.0_f64.sqrt()));
            let limit = 4e-7 * wide.abs().max(1.0);
            assert!((f64::from(row[0]) - want).abs() < limit, "gelu({x})");
        }
        let mut far = [-40.0, 40.0];
        Gelu::apply::<Portable>(&mut far);
        assert_eq!(far[1], 40.0);
        assert!(far[0].abs() < 40.0 * 4e-7);
    }

    #[test]
    fn softmax_adds_up_to_one() {
        let mut row: Vec<f32> = (0..37).map(|i| (i % 7) as f32 * 3.0 - 100.0).collect();
        row.push(f32::MIN);
        let scale = softmax::<Portable>(&mut row);
        let sum: f32 = row.iter().map(|x| x * scale).sum();
        assert!((sum - 1.0).abs() < 1e-5);
        assert!(row[37] * scale < 1e-30);
        assert!((row[6] / row[5] - 3.0_f32.exp()).abs() < 1e-4);
    }

    #[test]
    fn normalised_rows() {
        let norm = Norm {
            weight: vec![2.0; 50],
            bias: vec![1.0; 50],
        };
        let mut row: Vec<f32> = (0..50).map(|i| i as f32).collect();
        add_and_normalise::<Portable>(&mut row, &[5.0; 50], &norm);
        let mean: f32 = row.iter().sum::<f32>() / 50.0;
        let variance: f32 = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 50.0;
        assert!((mean - 1.0).abs() < 1e-5);
        assert!((variance - 4.0).abs() < 1e-4);
    }

    #[test]
    fn rounding() {
        for (x, want) in [(0.0, 0), (8191.4, 8191), (-8191.4, -8191), (-0.6, -1)] {
            assert_eq!(round_i16(x), want);
        }
        assert_eq!(largest(&[-3.0, 2.0]), 3.0);
    }
}
