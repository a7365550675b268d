//! What is run in the lab.

use serde::{Deserialize, Serialize};

use crate::image::augment::Augmentation;

/// Which statistics the BatchNorm layers of a frozen backbone normalise with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchNormPolicy {
    /// Those of the weights: features never depend on the batch. TensorFlow 2's frozen layer.
    #[default]
    Stored,
    /// Those of the batch in training, the stored ones in validation: what Keras did before TensorFlow 2, and the failure.
    Batch,
    /// Those of the batch in training, which also move the averages; the moved averages in validation.
    Updated,
    /// Those of all training images, computed once, in both: adaptive BatchNorm. The cumulative average over shuffled
    /// batches, as PyTorch's `torch.optim.swa_utils.update_bn` takes it.
    Reestimated,
}

impl BatchNormPolicy {
    /// The policy by which a run with this one validates, unless another is asked for.
    pub fn in_validation(self) -> Self {
        if self == Self::Batch { Self::Stored } else { self }
    }
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunConfig {
    /// In training.
    pub policy: BatchNormPolicy,
    /// In validation; [`BatchNormPolicy::in_validation`] of `policy` where there is none.
    pub validation_policy: Option<BatchNormPolicy>,
    /// The share that a moving average keeps at each update: 0.9, Keras has 0.99.
    pub momentum: f64,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self { policy: BatchNormPolicy::Stored, validation_policy: None, momentum: 0.9 }
    }
}

/// All runs of the lab, side by side on the same batches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabConfig {
    /// In the order in which they are reported.
    pub runs: Vec<RunConfig>,
    /// After so many epochs the same batches come again, from memory. `None`: each epoch shuffles anew, as Keras does.
    pub shuffles: Option<usize>,
    /// Training batches are of other views of their images, new ones each shuffle. Validation never is, and neither are
    /// the rows of runs that compute them once ([`BatchNormPolicy::Stored`], [`BatchNormPolicy::Reestimated`]).
    pub augment: Option<Augmentation>,
    /// The head is to be used, not compared: it reads standardised rows, whichever statistics they are by augmentation
    /// reaches them, patience ends it, and the network's inside is not looked at.
    pub is_training: bool,
}
