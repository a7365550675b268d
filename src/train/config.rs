//! How a head is trained.

use serde::{Deserialize, Serialize};

use crate::head::{DROPOUT, HeadKind};
use crate::run::optimizer::{Optimizer, Update};
use crate::train::schedule::Schedule;

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
    /// Whether each epoch takes the rows in another order.
    pub shuffle: bool,
    /// Probabilities before the MLP's first and second layer.
    pub dropout: [f32; 2],
    /// Which optimiser.
    pub optimizer: Optimizer,
    /// The first epoch's step size; `schedule` changes it.
    pub learning_rate: f64,
    /// Of `sgd` and `rmsprop`.
    pub momentum: f64,
    /// Of `sgd`: looks ahead.
    pub nesterov: bool,
    /// Share of each weight that a step takes away, times the learning rate; 0.004 with `adamw`, else 0.
    pub weight_decay: Option<f64>,
    /// The learning rate of each epoch.
    pub schedule: Schedule,
    /// What makes one epoch better than another.
    pub monitor: Monitor,
    /// Ends the run after so many epochs in a row that were not better than the best.
    pub patience: Option<usize>,
    /// Whether the head keeps the weights of the best epoch, or of the last.
    pub restore_best_weights: bool,
    /// Decides weights, shuffles, dropout and the split.
    pub seed: u64,
}

impl Default for FitConfig {
    fn default() -> Self {
        Self {
            head: HeadKind::Mlp,
            epochs: 30,
            batch_size: 64,
            shuffle: true,
            dropout: DROPOUT,
            optimizer: Optimizer::Adam,
            learning_rate: 1e-3,
            momentum: 0.0,
            nesterov: false,
            weight_decay: None,
            schedule: Schedule::Constant,
            monitor: Monitor::ValAccuracy,
            patience: None,
            restore_best_weights: true,
            seed: 1,
        }
    }
}

impl FitConfig {
    /// Step `number`, from 1, at this learning rate.
    pub(super) fn update(&self, learning_rate: f64, number: i32) -> Update {
        let decay = self.weight_decay.unwrap_or(self.optimizer.weight_decay());
        let update = match self.optimizer {
            Optimizer::Adam | Optimizer::Adamw => Update::adam(learning_rate, number),
            Optimizer::Sgd => Update::sgd(learning_rate, self.momentum, self.nesterov),
            Optimizer::Rmsprop => Update::rmsprop(learning_rate, self.momentum),
        };
        Update { decay: (decay * learning_rate) as f32, ..update }
    }
}

/// What makes one epoch better than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Monitor {
    /// More validation images called right, or as many at a lower loss.
    #[default]
    ValAccuracy,
    /// A lower validation loss.
    ValLoss,
}
