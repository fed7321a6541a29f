//! Estimated prompts beside what providers report of them: a factor for each model whose tokenizer is not public.
//! Must not know what a count is used for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tollgate_config::{Model, Tokenizer};
use tollgate_tokens::estimate::{Calibration, Family};

/// By the public name of the model. They outlive a reload, and not the process.
#[derive(Default)]
pub(crate) struct Estimates(Mutex<HashMap<String, Calibration>>);

impl Estimates {
    /// What a prompt of `model` has, by what its providers have said of earlier ones. Other counts stay what they are.
    pub(crate) fn correct(&self, model: &Model, estimated: u64) -> u64 {
        let (Some(_), Ok(tokens)) = (family(model), usize::try_from(estimated)) else {
            return estimated;
        };
        let corrected = self.lock().get(&model.name).map(|known| known.apply(tokens));
        corrected.map_or(estimated, |tokens| tokens as u64)
    }

    /// Takes in what a provider says. Returns the model's factor from now on.
    pub(crate) fn observe(&self, model: &Model, estimated: u64, reported: u64) -> Option<f64> {
        let family = family(model)?;
        let (estimated, reported) = (usize::try_from(estimated).ok()?, usize::try_from(reported).ok()?);
        let mut known = self.lock();
        if !known.contains_key(&model.name) {
            known.insert(model.name.clone(), Calibration::new(family));
        }
        let calibration = known.get_mut(&model.name)?;
        calibration.observe(estimated, reported);
        Some(calibration.factor())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Calibration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn family(model: &Model) -> Option<Family> {
    match model.tokenizer {
        Tokenizer::Estimate(family) => Some(family),
        Tokenizer::Exact(_) => None,
    }
}
