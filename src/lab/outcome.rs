//! What the lab gives.

use serde::Serialize;

use crate::lab::config::BatchNormPolicy;
use crate::lab::distance::LayerDistance;
use crate::lab::projection::Projection;
use crate::train::{Epoch, Fitted, Rows};

/// An epoch of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunEpoch {
    /// Which run, from 0, in the order in which they were asked for.
    pub run: usize,
    /// Its figures.
    pub epoch: Epoch,
    /// Batches that have moved the averages so far.
    pub updates: usize,
    /// How far the moving averages have come from the stored ones (0) to those of the training images (1).
    pub come: f64,
}

/// How one run went.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// In training.
    pub policy: BatchNormPolicy,
    /// In validation.
    pub validation_policy: BatchNormPolicy,
    /// Of the moving averages.
    pub momentum: f64,
    /// All that ran.
    pub epochs: Vec<RunEpoch>,
}

impl RunResult {
    /// Training and validation accuracy of the last epoch.
    pub fn last(&self) -> Option<[f64; 2]> {
        self.epochs.last().map(|last| [last.epoch.accuracy, last.epoch.val_accuracy])
    }

    /// Whether training and validation saw the same network.
    pub fn is_consistent(&self) -> bool {
        match self.policy {
            // The moved averages come near the batches' statistics, which is what the policy is for.
            BatchNormPolicy::Batch => false,
            policy => policy == self.validation_policy,
        }
    }
}

/// What is inside the network, whatever is trained on it: known after the first batches.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inside {
    /// One a BatchNorm layer, in the network's order.
    pub layers: Vec<LayerDistance>,
    /// The same images' features by stored statistics and by those of their batch.
    pub projection: Projection,
}

/// All that the lab has found so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LabResult {
    /// In the order in which they were asked for.
    pub runs: Vec<RunResult>,
    /// Of the network.
    pub inside: Inside,
    /// What happened, why, and what helps.
    pub sentences: Vec<String>,
}

/// A run at its end.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its head, which reads rows by the validation policy: by [`Head::statistics`](crate::head::Head::statistics), where
    /// these are others than the stored ones.
    pub fitted: Fitted,
    /// The validation images, as the kept epoch saw them.
    pub validation: Rows,
    /// Numbers of the validation images.
    pub images: Vec<usize>,
    /// Numbers of the training images.
    pub train: Vec<usize>,
}
