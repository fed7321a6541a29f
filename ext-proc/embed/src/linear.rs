//! A layer that multiplies by a fixed matrix, in 16-bit integers. Must not know what the layer is for.
//!
//! Inputs are scaled row by row to ±[`INPUT_MAX`], weights output by output as finely as the 32-bit sum allows for *any* input:
//! that keeps 10 to 12 bits of a weight, costs no saturation check, and takes as many instructions as the usual 8-bit kernel.

use crate::kernel::{Kernel, PANEL, Pair, Panel, ROWS, Rows, Step, crossed};
use crate::math::{Activation, largest, round_i16};

/// What a row's largest input becomes.
const INPUT_MAX: i16 = 8191;

/// Rows of 2 · `PAIRS` inputs, ready to be multiplied.
#[derive(Default)]
pub(crate) struct Inputs<const PAIRS: usize> {
    rows: Vec<[Pair; PAIRS]>,
    scales: Vec<f32>,
    crossed: Vec<i32>,
}

impl<const PAIRS: usize> Inputs<PAIRS> {
    /// Replaces what was there by `rows` rows of `values`.
    #[inline(always)]
    pub(crate) fn set(&mut self, values: &[f32]) {
        let (values, _) = values.as_chunks::<2>();
        let (values, _) = values.as_chunks::<PAIRS>();
        self.rows.resize(values.len(), [[0; 2]; PAIRS]);
        self.scales.resize(values.len(), 0.0);
        self.crossed.resize(values.len(), 0);
        let rows = self.rows.iter_mut().zip(&mut self.scales).zip(&mut self.crossed);
        for (((row, scale), sum), values) in rows.zip(values) {
            let largest = largest(values.as_flattened()).max(f32::MIN_POSITIVE);
            let to_integer = f32::from(INPUT_MAX) / largest;
            *scale = largest / f32::from(INPUT_MAX);
            for (out, x) in row.as_flattened_mut().iter_mut().zip(values.as_flattened()) {
                *out = round_i16(x * to_integer);
            }
            *sum = crossed(row);
        }
    }
}

/// The matrix and the bias of a layer with 2 · `PAIRS` inputs.
#[derive(Debug)]
pub(crate) struct Linear<const PAIRS: usize> {
    steps: Vec<Step>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    crossed: Vec<i32>,
}

impl<const PAIRS: usize> Linear<PAIRS> {
    /// An empty layer with room for `outputs` outputs, a multiple of [`PANEL`]. [`Self::push`] adds one after the other.
    pub(crate) fn with_capacity(outputs: usize) -> Self {
        Self {
            steps: Vec::with_capacity(outputs / PANEL * PAIRS),
            scales: Vec::with_capacity(outputs),
            bias: Vec::new(),
            crossed: Vec::with_capacity(outputs),
        }
    }

    /// Adds an output by its weights, one per input, all finite.
    pub(crate) fn push(&mut self, weights: &[f32]) {
        let lane = self.scales.len() % PANEL;
        if lane == 0 {
            let steps = self.steps.len() + PAIRS;
            self.steps.resize(steps, Step::default());
        }
        let scale = weight_scale(weights);
        self.scales.push(scale as f32);
        let start = self.steps.len() - PAIRS;
        let (pairs, _) = weights.as_chunks::<2>();
        let mut integers = [[0; 2]; PAIRS];
        let steps = self.steps[start..].iter_mut().zip(&mut integers);
        for ((step, integers), pair) in steps.zip(pairs) {
            *integers = pair.map(|weight| (f64::from(weight) / scale).round() as i16);
            let slots = step.0.as_flattened_mut().iter_mut().skip(2 * lane);
            for (slot, weight) in slots.zip(*integers) {
                *slot = weight;
            }
        }
        self.crossed.push(crossed(&integers));
    }

    /// Sets the bias and multiplies all results by `factor`.
    pub(crate) fn finish(mut self, bias: &[f32], factor: f32) -> Self {
        self.bias = bias.iter().map(|b| b * factor).collect();
        self.scales.iter_mut().for_each(|s| *s *= factor);
        self
    }

    /// How many outputs there are.
    pub(crate) fn outputs(&self) -> usize {
        self.scales.len()
    }

    /// `out[row][output] = f(bias[output] + Σ inputs[row][k] · weight[output][k])` with the function `F`.
    #[inline(always)]
    pub(crate) fn apply<K: Kernel, F: Activation>(&self, kernel: K, inputs: &Inputs<PAIRS>, out: &mut [f32]) {
        // Out here, lest they be cleared for every twelve rows.
        let mut sums = [[0; PANEL]; ROWS];
        let mut results = [[0.0; PANEL]; ROWS];
        let panels = self.steps.as_chunks::<PAIRS>().0.iter();
        let columns = self.scales.as_chunks::<PANEL>().0.iter();
        let columns = columns.zip(self.bias.as_chunks::<PANEL>().0);
        let columns = columns.zip(self.crossed.as_chunks::<PANEL>().0);
        for (i, (steps, ((scales, bias), crossed))) in panels.zip(columns).enumerate() {
            let mut panel = Panel {
                steps,
                crossed,
                cold: true,
            };
            let rows = inputs.rows.chunks(ROWS).zip(inputs.crossed.chunks(ROWS));
            let rows = rows.zip(inputs.scales.chunks(ROWS));
            let out = out.chunks_mut(ROWS * self.outputs());
            for (((pairs, crossed), row_scales), out) in rows.zip(out) {
                kernel.products(Rows { pairs, crossed }, panel, &mut sums);
                panel.cold = false;
                for ((results, sums), row_scale) in results.iter_mut().zip(&sums).zip(row_scales) {
                    *results = kernel.unscale(sums, *row_scale, scales, bias);
                }
                let results = results.get_mut(..row_scales.len()).unwrap_or_default();
                F::apply::<K>(results.as_flattened_mut());
                for (results, out) in results.iter().zip(out.chunks_exact_mut(self.outputs())) {
                    if let Some(out) = out.get_mut(i * PANEL..).and_then(|out| out.first_chunk_mut()) {
                        *out = *results;
                    }
                }
            }
        }
    }
}

/// The finest scale at which neither a weight plus an input leaves `i16` nor a sum leaves `i32`, whatever the inputs are.
fn weight_scale(weights: &[f32]) -> f64 {
    let highest = f64::from(largest(weights));
    let total: f64 = weights.iter().map(|w| f64::from(w.abs())).sum();
    // Rounding adds at most half a unit per weight; a whole one leaves room for what `f64` loses.
    let room = f64::from(i32::MAX) / f64::from(INPUT_MAX) - weights.len() as f64;
    let scale = f64::max(highest / f64::from(i16::MAX - INPUT_MAX), total / room);
    if scale > 0.0 { scale } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Job, Kernels, Portable};
    use crate::math::Identity;

    struct Apply<'a>(&'a Linear<192>, &'a Inputs<192>, &'a mut [f32]);

    impl Job for Apply<'_> {
        type Output = ();
        #[inline(always)]
        fn run<K: Kernel>(self, kernel: K) {
            self.0.apply::<K, Identity>(kernel, self.1, self.2);
        }
    }

    /// Numbers without a pattern, the same in every run.
    fn noise(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .take(count)
        .collect()
    }

    fn layer(weights: &[f32], bias: &[f32], factor: f32) -> Linear<192> {
        let mut layer = Linear::with_capacity(bias.len());
        for row in weights.chunks(384) {
            layer.push(row);
        }
        layer.finish(bias, factor)
    }

    #[test]
    fn every_number_of_rows_equals_the_product() {
        let (weights, bias) = (noise(384 * 32, 1), noise(32, 2));
        let layer = layer(&weights, &bias, 0.5);
        for rows in 0..20 {
            let values = noise(384 * rows, 3);
            let mut inputs = Inputs::default();
            inputs.set(&values);
            let mut portable = vec![0.0; 32 * rows];
            Kernels::Portable(Portable).run(Apply(&layer, &inputs, &mut portable));
            for kernels in Kernels::available() {
                let mut out = vec![0.0; 32 * rows];
                kernels.run(Apply(&layer, &inputs, &mut out));
                assert_eq!(out, portable, "{}", kernels.name());
                for (i, got) in out.iter().enumerate() {
                    let (row, column) = (i / 32, i % 32);
                    let (x, w) = (&values[row * 384..], &weights[column * 384..]);
                    let products = x.iter().zip(w).take(384).map(|(x, w)| f64::from(x * w));
                    let want = (products.sum::<f64>() + f64::from(bias[column])) * 0.5;
                    let name = kernels.name();
                    assert!((f64::from(*got) - want).abs() < 5e-3, "{name} {got} {want}");
                }
            }
        }
    }

    #[test]
    fn no_input_overflows_a_sum() {
        // Every product has the same sign and the largest size: the worst that an input can be.
        let mut weights = noise(384 * 16, 7);
        weights[..384].fill(1.0);
        weights[384..768].fill(0.0);
        weights[768] = 3e38;
        let layer = layer(&weights, &[0.0; 16], 1.0);
        for output in 0..16 {
            let signs: Vec<f32> = weights[output * 384..][..384]
                .iter()
                .map(|w| w.signum())
                .collect();
            let mut inputs = Inputs::default();
            inputs.set(&signs);
            let row = weights[output * 384..][..384].iter();
            let want: f64 = row.map(|w| f64::from(w.abs())).sum();
            for kernels in Kernels::available() {
                let mut out = [0.0; 16];
                kernels.run(Apply(&layer, &inputs, &mut out));
                let got = f64::from(out[output]);
                assert!((got - want).abs() <= want * 1e-3, "{got} {want}");
            }
        }
    }

    #[test]
    fn inputs_without_size_are_zero() {
        let mut inputs = Inputs::<2>::default();
        inputs.set(&[0.0; 4]);
        assert_eq!(inputs.rows, [[[0; 2]; 2]]);
        inputs.set(&[1e-42, -1e-42, 0.0, 0.0]);
        assert!(
            inputs
                .rows
                .as_flattened()
                .as_flattened()
                .iter()
                .all(|x| x.abs() <= INPUT_MAX)
        );
    }
}
