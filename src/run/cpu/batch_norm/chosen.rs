//! A backbone by whichever statistics are chosen: what a worker of the lab holds.

use crate::backbone::plan::Plan;
use crate::backbone::spec::BackboneSpec;
use crate::backbone::weights::Weights;
use crate::error::Error;
use crate::run::batch_norm::{Batch, Statistics};
use crate::run::cpu::CpuBackbone;
use crate::run::cpu::batch_norm::CpuBatchNorm;

/// The weights, and what was made of them last.
#[derive(Debug)]
pub struct ChosenStatistics {
    spec: BackboneSpec,
    plan: Plan,
    weights: Weights,
    by_batch: Option<CpuBatchNorm>,
    /// The statistics that are folded in.
    by_given: Option<(Statistics, CpuBackbone)>,
}

impl ChosenStatistics {
    /// Packs nothing yet. `weights` are those of the plan of `spec`.
    pub fn new(spec: BackboneSpec, weights: Weights) -> Self {
        Self { plan: (spec.plan)(), spec, weights, by_batch: None, by_given: None }
    }

    /// The averages that the weights hold.
    ///
    /// # Errors
    /// [`Error::WeightsInvalid`] where one is missing.
    pub fn stored(&self) -> Result<Statistics, Error> {
        Statistics::stored(&self.plan, &self.weights)
    }

    /// Feature rows by the given statistics, or by those of these images as one batch where there are none given.
    ///
    /// # Shapes
    /// `pixels u8 [n, input_size, input_size, 3]` → features `f32 [n, num_features]`; the batch's statistics, else none
    ///
    /// # Errors
    /// [`Error::WrongPixels`], [`Error::BatchOfOne`], [`Error::WrongStatistics`].
    pub fn compute(&mut self, pixels: &[u8], statistics: Option<&Statistics>) -> Result<Batch, Error> {
        match statistics {
            None => self.by_batch()?.forward_batch(pixels),
            Some(statistics) => self.by_given(pixels, statistics),
        }
    }

    fn by_batch(&mut self) -> Result<&mut CpuBatchNorm, Error> {
        let made = match self.by_batch.take() {
            Some(made) => made,
            None => CpuBatchNorm::new(&self.spec, &self.plan, &self.weights)?,
        };
        Ok(self.by_batch.insert(made))
    }

    fn by_given(&mut self, pixels: &[u8], statistics: &Statistics) -> Result<Batch, Error> {
        let (expected, found) = (self.plan.input.len(), pixels.len());
        if !found.is_multiple_of(expected) {
            return Err(Error::WrongPixels { expected, found });
        }
        let (_, backbone) = match self.by_given.take().filter(|(folded, _)| folded == statistics) {
            Some(made) => self.by_given.insert(made),
            None => {
                let weights = statistics.applied(&self.plan, &self.weights)?;
                let backbone = CpuBackbone::new(&self.spec, &self.plan, &weights)?;
                self.by_given.insert((statistics.clone(), backbone))
            }
        };
        let features = pixels.chunks_exact(expected).flat_map(|image| backbone.forward_features(image)).collect();
        Ok(Batch { features, statistics: Statistics::default() })
    }
}
