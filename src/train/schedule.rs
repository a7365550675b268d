//! The learning rate of each epoch. Names, formulas and defaults as in Keras, counted in epochs instead of steps.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// How the learning rate changes from epoch to epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Schedule {
    /// Not at all.
    #[default]
    Constant,
    /// Times `decay_rate` each `decay_epochs` epochs.
    StepDecay {
        /// Below 1.
        #[serde(default = "half")]
        decay_rate: f64,
        /// From one drop to the next.
        #[serde(default = "ten")]
        decay_epochs: f64,
    },
    /// The same, smoothly.
    ExponentialDecay {
        /// Below 1.
        #[serde(default = "half")]
        decay_rate: f64,
        /// In which the rate falls by `decay_rate`.
        #[serde(default = "ten")]
        decay_epochs: f64,
    },
    /// Half a cosine, down to `alpha` times the first rate at the end.
    CosineDecay {
        /// Share that is left.
        #[serde(default)]
        alpha: f64,
    },
    /// Times `factor` when the validation loss has not fallen for `patience` epochs.
    ReduceLrOnPlateau {
        /// Below 1.
        #[serde(default = "tenth")]
        factor: f64,
        /// Epochs without a fall.
        #[serde(default = "ten_epochs")]
        patience: usize,
        /// A smaller fall is none.
        #[serde(default = "min_delta")]
        min_delta: f64,
        /// Epochs after a drop that are not counted.
        #[serde(default)]
        cooldown: usize,
        /// Never below.
        #[serde(default)]
        min_lr: f64,
    },
}

fn half() -> f64 {
    0.5
}

fn tenth() -> f64 {
    0.1
}

fn ten() -> f64 {
    10.0
}

fn ten_epochs() -> usize {
    10
}

fn min_delta() -> f64 {
    1e-4
}

/// A schedule at work.
#[derive(Clone, Debug)]
pub(super) struct LearningRate {
    schedule: Schedule,
    first: f64,
    epochs: usize,
    /// Of the epoch that comes.
    pub(super) now: f64,
    /// Of the plateau: the lowest loss, epochs since it, epochs not to count.
    best: f64,
    wait: usize,
    cooldown: usize,
}

impl LearningRate {
    /// At the first of `epochs` epochs.
    pub(super) fn new(schedule: Schedule, first: f64, epochs: usize) -> Self {
        Self { schedule, first, epochs, now: first, best: f64::INFINITY, wait: 0, cooldown: 0 }
    }

    /// Sets the rate for the epoch after `epoch`, counted from 1.
    pub(super) fn advance(&mut self, epoch: usize, val_loss: f64) {
        let passed = epoch as f64;
        self.now = match self.schedule {
            Schedule::Constant => self.now,
            Schedule::StepDecay { decay_rate, decay_epochs } => {
                self.first * decay_rate.powf((passed / decay_epochs).floor())
            }
            Schedule::ExponentialDecay { decay_rate, decay_epochs } => {
                self.first * decay_rate.powf(passed / decay_epochs)
            }
            Schedule::CosineDecay { alpha } => {
                let share = (passed / self.epochs.max(1) as f64).min(1.0);
                self.first * ((1.0 - alpha) * 0.5 * (1.0 + (PI * share).cos()) + alpha)
            }
            Schedule::ReduceLrOnPlateau { factor, patience, min_delta, cooldown, min_lr } => {
                match self.is_stuck(patience, min_delta, cooldown, val_loss) {
                    true => (self.now * factor).max(min_lr).min(self.now),
                    false => self.now,
                }
            }
        };
    }

    /// What [`LearningRate::advance`] changes.
    pub(super) fn state(&self) -> ([f64; 2], [usize; 2]) {
        ([self.now, self.best], [self.wait, self.cooldown])
    }

    /// Puts back what [`LearningRate::state`] gave.
    pub(super) fn restore(&mut self, [now, best]: [f64; 2], [wait, cooldown]: [usize; 2]) {
        (self.now, self.best, self.wait, self.cooldown) = (now, best, wait, cooldown);
    }

    /// Whether the loss has not fallen for long enough.
    fn is_stuck(&mut self, patience: usize, min_delta: f64, cooldown: usize, val_loss: f64) -> bool {
        if self.cooldown > 0 {
            self.cooldown -= 1;
            self.wait = 0;
        }
        if val_loss < self.best - min_delta {
            (self.best, self.wait) = (val_loss, 0);
        } else if self.cooldown == 0 {
            self.wait += 1;
            if self.wait >= patience {
                (self.cooldown, self.wait) = (cooldown, 0);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule, val_losses: &[f64]) -> Vec<f64> {
        let mut rate = LearningRate::new(schedule, 0.1, val_losses.len());
        let epochs = val_losses.iter().enumerate();
        epochs.map(|(at, loss)| (rate.now, rate.advance(at + 1, *loss)).0).collect()
    }

    fn assert_close(ours: &[f64], theirs: &[f64]) {
        assert_eq!(ours.len(), theirs.len());
        assert!(ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-8), "{ours:?} {theirs:?}");
    }

    /// Keras 3.15.1: `[float(schedule(e)) for e in range(6)]`.
    #[test]
    fn decays_equal_keras() {
        let flat = [1.0; 6];
        // ExponentialDecay(0.1, 2, 0.5, staircase=True)
        let step = Schedule::StepDecay { decay_rate: 0.5, decay_epochs: 2.0 };
        assert_close(&rates(step, &flat), &[0.1, 0.1, 0.05, 0.05, 0.025, 0.025]);
        // ExponentialDecay(0.1, 2, 0.5)
        let exponential = Schedule::ExponentialDecay { decay_rate: 0.5, decay_epochs: 2.0 };
        let keras = [0.1, 0.070_710_681, 0.05, 0.035_355_341, 0.025, 0.017_677_670];
        assert_close(&rates(exponential, &flat), &keras);
        // CosineDecay(0.1, 6, alpha=0.1)
        let keras = [0.1, 0.093_971_148, 0.0775, 0.054_999_996, 0.032_499_995, 0.016_028_857];
        assert_close(&rates(Schedule::CosineDecay { alpha: 0.1 }, &flat), &keras);
    }

    /// Keras 3.15.1: ReduceLROnPlateau(factor=0.5, patience=2, min_delta=1e-4, cooldown=1, min_lr=0.02) told these losses.
    #[test]
    fn a_plateau_equals_keras() {
        let schedule =
            Schedule::ReduceLrOnPlateau { factor: 0.5, patience: 2, min_delta: 1e-4, cooldown: 1, min_lr: 0.02 };
        let losses = [1.0, 0.9, 0.89995, 0.91, 0.92, 0.93, 0.94, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6];
        let keras = [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025, 0.02, 0.02, 0.02];
        assert_close(&rates(schedule, &losses), &keras);
    }
}
