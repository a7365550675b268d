//! The training loop: minibatches of standardised feature rows, an optimiser, validation after each epoch, best epoch
//! kept.
//!
//! Owns no clock, display or cancelling: the caller gives them. Does not touch images or backbones: [`fit`] has all
//! rows at hand, and a [`HeadTrainer`] is given them step by step.

#[cfg(feature = "burn")]
mod burn;
mod checkpoint;
#[cfg(any(feature = "webgpu", all(test, feature = "burn")))]
mod check;
mod config;
mod cpu;
mod epochs;
pub mod further;
#[cfg(feature = "webgpu")]
mod gpu;
mod neighbors;
mod schedule;
#[cfg(feature = "burn")]
#[cfg(test)]
mod tests;
mod trainer;

use std::ops::ControlFlow;

use serde::Serialize;

use crate::device::Device;
use crate::error::Error;
use crate::head::{Head, HeadKind, Standardizer};
#[cfg(feature = "webgpu")]
pub use crate::train::check::check_training;
pub use crate::train::checkpoint::run_name;
pub use crate::train::config::{ClassWeight, FitConfig, Monitor};
pub use crate::train::schedule::Schedule;
pub use crate::train::trainer::{HeadTrainer, Moment};

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
    /// Other views of the training images, `f32 [views, n, num_features]`, often none: each epoch takes of each image its
    /// row in `train` or one of these, by chance, so that an epoch has as many steps as without.
    pub views: Vec<f32>,
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
    fn beats(&self, other: &Epoch, monitor: Monitor) -> bool {
        match monitor {
            Monitor::ValAccuracy => (self.val_accuracy, other.val_loss) > (other.val_accuracy, self.val_loss),
            Monitor::ValLoss => self.val_loss < other.val_loss,
        }
    }
}

/// What training leaves.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// With the weights of the kept epoch.
    pub head: Head,
    /// All epochs that ran.
    pub history: Vec<Epoch>,
    /// Which of them was kept, from 1: the best, or the last where [`FitConfig::restore_best_weights`] is false.
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
/// [`Error::Diverged`] where the loss is no longer a number, [`Error::NoDevice`] where the device is lost,
/// [`Error::NeighborsWithViews`] where nearest neighbours are given views.
pub async fn fit(
    set: &TrainingSet,
    config: &FitConfig,
    device: &Device,
    clock_secs: impl Fn() -> f64,
    mut on_epoch: impl AsyncFnMut(&Epoch) -> ControlFlow<()>,
) -> Result<Fitted, Error> {
    fit_from(None, set, config, device, clock_secs, async |epoch, _| on_epoch(epoch).await).await
}

/// [`fit`] that can be broken off anywhere and gone on with: `on_epoch` may take a checkpoint at each [`Moment`], and
/// `checkpoint`, if it is of this very run ([`run_name`]), is where it starts. One of another run is passed over.
///
/// # Errors
/// Those of [`fit`].
pub async fn fit_from(
    checkpoint: Option<&[u8]>,
    set: &TrainingSet,
    config: &FitConfig,
    device: &Device,
    clock_secs: impl Fn() -> f64,
    on_epoch: impl AsyncFnMut(&Epoch, Moment<'_>) -> ControlFlow<()>,
) -> Result<Fitted, Error> {
    if config.head == HeadKind::Neighbors {
        return neighbors::fit(set, config, clock_secs, on_epoch).await;
    }
    let standardizer = Standardizer::fit(&set.train.features, set.num_features);
    let mut trainer = HeadTrainer::new(set.labels.clone(), set.num_features, standardizer, config, device);
    if let Some(bytes) = checkpoint {
        // One that does not fit changes nothing, and the run starts with epoch 1.
        let _ = trainer.resume(&run_name(set, config), bytes);
    }
    trainer.fit(set, clock_secs, on_epoch).await
}
