//! The training loop: minibatches of standardised feature rows, Adam, validation after each epoch, best epoch kept.
//!
//! Owns no clock, display or cancelling: the caller gives them. Does not touch images or backbones.

#[cfg(feature = "burn")]
mod burn;
mod cpu;
#[cfg(all(test, feature = "burn"))]
mod tests;

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::device::Device;
use crate::error::Error;
use crate::head::dropout::Dropout;
use crate::head::{Classifier, ClassifierConfig, Head, HeadKind, Standardizer};
#[cfg(feature = "burn")]
use crate::train::burn::BurnStepper;
use crate::train::cpu::CpuStepper;

/// How a head is trained. Field names as in Keras.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FitConfig {
    /// Which head.
    pub head: HeadKind,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows a step.
    pub batch_size: usize,
    /// Adam's step size.
    pub learning_rate: f64,
    /// Decides weights, shuffles, dropout and the split.
    pub seed: u64,
}

impl Default for FitConfig {
    fn default() -> Self {
        Self { head: HeadKind::Mlp, epochs: 30, batch_size: 64, learning_rate: 1e-3, seed: 1 }
    }
}

/// Feature rows with their class numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// `f32 [n, num_features]`, row-major.
    pub features: Vec<f32>,
    /// `n` class numbers.
    pub classes: Vec<usize>,
}

/// Both sides of a split, as rows. Built by [`crate::project::Project::training_set`].
#[derive(Clone, Debug)]
pub struct TrainingSet {
    /// Class names by number.
    pub labels: Vec<String>,
    /// Width of a row.
    pub num_features: usize,
    /// What the head learns from.
    pub train: Rows,
    /// What only measures.
    pub validation: Rows,
}

/// One epoch's figures. Training figures are means over the epoch's batches, with dropout, as Keras gives them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Training cross-entropy, natural logarithm.
    pub loss: f64,
    /// Share of training images called right.
    pub accuracy: f64,
    /// Validation cross-entropy.
    pub val_loss: f64,
    /// Share of validation images called right.
    pub val_accuracy: f64,
    /// The optimiser's step size.
    pub learning_rate: f64,
    /// How long the epoch took.
    pub seconds: f64,
}

impl Epoch {
    /// Better on validation: more right, or as many at a lower loss.
    fn beats(&self, other: &Epoch) -> bool {
        (self.val_accuracy, other.val_loss) > (other.val_accuracy, self.val_loss)
    }
}

/// What training leaves.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// With the weights of the best epoch.
    pub head: Head,
    /// All epochs that ran.
    pub history: Vec<Epoch>,
    /// Which of them was kept, from 1.
    pub best_epoch: usize,
    /// True where the caller ended it early.
    pub stopped: bool,
}

/// Trains a head and keeps the epoch that was best on validation.
///
/// `clock_secs` is any clock in seconds. `on_epoch` is told each epoch and may end the run; what was reached until then
/// is kept.
///
/// # Errors
/// [`Error::Diverged`] where the loss is no longer a number, [`Error::NoDevice`] where the device is lost.
pub async fn fit(
    set: &TrainingSet,
    config: &FitConfig,
    device: &Device,
    clock_secs: impl Fn() -> f64,
    on_epoch: impl AsyncFnMut(&Epoch) -> ControlFlow<()>,
) -> Result<Fitted, Error> {
    let standardizer = Standardizer::fit(&set.train.features, set.num_features);
    let (num_features, num_classes) = (set.num_features, set.labels.len());
    let sizes = ClassifierConfig { kind: config.head, num_features, num_classes };
    let (standardizer, classifier) = (&standardizer, &sizes.init(config.seed));
    let run = Run { set, config, sizes, standardizer };
    match device {
        Device::Cpu => run.fit(CpuStepper::new(set, standardizer, classifier, config), clock_secs, on_epoch).await,
        #[cfg(feature = "burn")]
        Device::Burn(device) => {
            run.fit(BurnStepper::new(set, standardizer, classifier, config, device), clock_secs, on_epoch).await
        }
    }
}

/// Takes the steps of a run on some device; all that is random comes from the run.
trait Stepper {
    /// One step of Adam on these training rows. `masks[i] f32 [rows, width]` is multiplied into what layer `i` reads.
    fn step(&mut self, rows: &[usize], masks: &[Vec<f32>]);

    /// Summed loss and number of right rows: of the steps since it was last asked, and of validation.
    async fn figures(&mut self) -> Result<[[f64; 2]; 2], Error>;

    /// Keeps the weights of now, in place of those kept before.
    fn keep(&mut self);

    /// What was kept last.
    async fn kept(self) -> Result<Classifier, Error>;
}

struct Run<'a> {
    set: &'a TrainingSet,
    config: &'a FitConfig,
    sizes: ClassifierConfig,
    standardizer: &'a Standardizer,
}

impl Run<'_> {
    async fn fit(
        &self,
        mut stepper: impl Stepper,
        clock_secs: impl Fn() -> f64,
        mut on_epoch: impl AsyncFnMut(&Epoch) -> ControlFlow<()>,
    ) -> Result<Fitted, Error> {
        let (mut history, mut best): (Vec<Epoch>, usize) = (Vec::new(), 0);
        let (mut dropout, mut stopped) = (self.sizes.dropout(), false);
        for number in 1..=self.config.epochs.max(1) {
            let start = clock_secs();
            let figures = self.epoch(number, &mut stepper, &mut dropout).await?;
            let epoch = self.figured(number, figures, clock_secs() - start)?;
            if history.get(best).is_none_or(|best| epoch.beats(best)) {
                best = history.len();
                stepper.keep();
            }
            history.push(epoch.clone());
            if on_epoch(&epoch).await.is_break() {
                stopped = number < self.config.epochs;
                break;
            }
        }
        let (kind, labels, standardizer) = (self.config.head, self.set.labels.clone(), self.standardizer.clone());
        let head = Head { kind, labels, standardizer, classifier: stepper.kept().await? };
        Ok(Fitted { head, best_epoch: best + 1, history, stopped })
    }

    /// Steps over all training rows, then validation.
    async fn epoch(
        &self,
        number: usize,
        stepper: &mut impl Stepper,
        dropout: &mut Dropout,
    ) -> Result<[[f64; 2]; 2], Error> {
        // Shuffle and dropout depend on seed and epoch alone, not on what ran before.
        let seed = self.config.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number as u64);
        let mut random = fastrand::Rng::with_seed(seed);
        let mut order: Vec<usize> = (0..self.set.train.classes.len()).collect();
        random.shuffle(&mut order);
        for rows in order.chunks(self.config.batch_size.max(1)) {
            dropout.draw(rows.len(), &mut random);
            stepper.step(rows, &dropout.masks);
        }
        stepper.figures().await
    }

    fn figured(&self, number: usize, figures: [[f64; 2]; 2], seconds: f64) -> Result<Epoch, Error> {
        let [[loss, accuracy], [val_loss, val_accuracy]] = figures;
        let [n, n_val] = [&self.set.train, &self.set.validation].map(|rows| rows.classes.len() as f64);
        if !(loss.is_finite() && val_loss.is_finite()) {
            return Err(Error::Diverged { epoch: number });
        }
        Ok(Epoch {
            epoch: number,
            loss: loss / n,
            accuracy: accuracy / n,
            val_loss: val_loss / n_val,
            val_accuracy: val_accuracy / n_val,
            learning_rate: self.config.learning_rate,
            seconds,
        })
    }
}
