//! How a head is trained.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::head::neighbors::{MOST_NEIGHBORS, NEIGHBORS, NeighborWeights};
use crate::head::{ClassifierConfig, DROPOUT, HIDDEN, HeadKind, check_hidden};
use crate::run::optimizer::{Optimizer, Update};
use crate::train::schedule::Schedule;

/// Of all numbers at once nothing would be left.
const MOST_DROPOUT: f32 = 0.95;

/// How a head is trained. Field names as in Keras.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FitConfig {
    /// Which head.
    pub head: HeadKind,
    /// Widths of the MLP's hidden layers, one to three.
    pub hidden: Vec<usize>,
    /// Of nearest neighbours: how many vote, scikit-learn's `n_neighbors`; of fewer training rows, all.
    pub neighbors: usize,
    /// Of nearest neighbours: how much each vote counts, scikit-learn's `weights`.
    pub neighbor_weights: NeighborWeights,
    /// Passes over the training rows; nearest neighbours take one.
    pub epochs: usize,
    /// Rows a step.
    pub batch_size: usize,
    /// Whether each epoch takes the rows in another order.
    pub shuffle: bool,
    /// Probabilities before the MLP's first, second … hidden layer; the last holds for all further ones.
    pub dropout: Vec<f32>,
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
    /// How much the images of each class count.
    pub class_weight: ClassWeight,
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
            hidden: HIDDEN.to_vec(),
            neighbors: NEIGHBORS,
            neighbor_weights: NeighborWeights::Distance,
            epochs: 30,
            batch_size: 64,
            shuffle: true,
            dropout: DROPOUT.to_vec(),
            optimizer: Optimizer::Adam,
            learning_rate: 1e-3,
            momentum: 0.0,
            nesterov: false,
            weight_decay: None,
            schedule: Schedule::Constant,
            class_weight: ClassWeight::None,
            monitor: Monitor::ValAccuracy,
            patience: None,
            restore_best_weights: true,
            seed: 1,
        }
    }
}

impl FitConfig {
    /// Whether a head can be made of these options.
    ///
    /// # Errors
    /// [`Error::WrongOption`]
    pub fn check(&self) -> Result<(), Error> {
        check_hidden(&self.hidden)?;
        if !(1..=MOST_NEIGHBORS).contains(&self.neighbors) {
            let (name, value, most) = ("neighbors".into(), self.neighbors as f64, MOST_NEIGHBORS as f64);
            return Err(Error::WrongOption { name, value, least: 1.0, most });
        }
        match self.dropout.iter().find(|probability| !(0.0..=MOST_DROPOUT).contains(*probability)) {
            Some(value) => {
                let [value, most] = [*value, MOST_DROPOUT].map(|share| f64::from((share * 100.0).round()) / 100.0);
                Err(Error::WrongOption { name: "dropout".into(), value, least: 0.0, most })
            }
            None => Ok(()),
        }
    }

    /// Whether a head of these options can be trained step by step, on batches: by a [`HeadTrainer`](crate::train::HeadTrainer),
    /// in the lab.
    ///
    /// # Errors
    /// [`Error::NeighborsOnImages`] where there are no steps.
    pub fn check_steps(&self) -> Result<(), Error> {
        if self.head == HeadKind::Neighbors { Err(Error::NeighborsOnImages) } else { Ok(()) }
    }

    /// Sizes of the classifier that these options ask for.
    pub fn classifier(&self, num_features: usize, num_classes: usize) -> ClassifierConfig {
        ClassifierConfig { kind: self.head, hidden: self.hidden.clone(), num_features, num_classes }
    }

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

/// How much an image counts in the training loss, by its class. Validation never weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClassWeight {
    /// Each image as much as any other.
    #[default]
    None,
    /// Each class as much as any other: `n / (classes · images of the class)`, scikit-learn's `class_weight="balanced"`.
    Balanced,
}

impl ClassWeight {
    /// The factor of each class's losses, for training rows of these classes; 1 for a class without rows.
    ///
    /// A step's loss is divided by its rows, not by the sum of their weights: as in Keras, unlike PyTorch.
    pub fn weights(self, classes: &[usize], num_classes: usize) -> Vec<f32> {
        let mut counts = vec![0usize; num_classes];
        classes.iter().for_each(|class| counts[*class] += 1);
        let present = counts.iter().filter(|count| **count > 0).count();
        let balanced = |count: usize| classes.len() as f64 / (present * count) as f64;
        match self {
            Self::None => vec![1.0; num_classes],
            Self::Balanced => counts.into_iter().map(|n| if n > 0 { balanced(n) as f32 } else { 1.0 }).collect(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn 1.9: `compute_class_weight("balanced", classes=np.unique(y), y=y)`.
    #[test]
    fn balanced_weights_equal_scikit_learns() {
        let y = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2];
        assert_eq!(ClassWeight::Balanced.weights(&y, 3), [0.555_555_6, 1.111_111_2, 3.333_333_3]);
        assert_eq!(ClassWeight::Balanced.weights(&[0, 2, 2], 3), [1.5, 1.0, 0.75]);
        assert_eq!(ClassWeight::None.weights(&y, 3), [1.0; 3]);
    }
}
