//! Medians and quantiles.
//! Must not know what the numbers mean.

use std::time::Duration;

/// The middle; between two, the mean of both. Zero for nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, values.get(middle)) {
        (_, None) => 0.0,
        (0, Some(upper)) => f64::midpoint(values[middle - 1], *upper),
        (_, Some(value)) => *value,
    }
}

/// The `percent` quantile in milliseconds, by nearest rank; sorts the values.
pub(crate) fn quantile(values: &mut [Duration], percent: usize) -> f64 {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values
        .get(rank - 1)
        .map_or(0.0, |value| value.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        for (values, expected) in [
            (vec![], 0.0),
            (vec![3.0], 3.0),
            (vec![4.0, 1.0], 2.5),
            (vec![9.0, 1.0, 2.0], 2.0),
        ] {
            assert!((median(values.clone()) - expected).abs() < 1e-9, "{values:?}");
        }
    }

    #[test]
    fn quantiles() {
        let mut values: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        for (percent, expected) in [(50, 100.0), (99, 198.0), (100, 200.0), (0, 1.0)] {
            assert!(
                (quantile(&mut values, percent) - expected).abs() < 1e-9,
                "{percent}"
            );
        }
        assert!(quantile(&mut [], 50).abs() < 1e-9);
    }
}
