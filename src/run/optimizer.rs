//! What an optimiser does to every parameter in one step, as a few numbers that each executor takes. The formulas and
//! constants are Keras 3's.
//!
//! | rule | state | step |
//! |---|---|---|
//! | Adam | `m`, `v` | `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, `w ← w − rate · m / (√v + ε)` |
//! | SGD | `m` | `m ← momentum · m − rate · g`, `w ← w + m` |
//! | Nesterov | `m` | the same `m`, `w ← w + momentum · m − rate · g` |
//! | RMSprop | `m`, `v` | `v ← ρ v + (1 − ρ) g²`, `m ← momentum · m + rate · g / √(v + ε)`, `w ← w − m` |
//!
//! Before it, weight decay takes `w ← w − decay · w`. Adam's `rate` has the correction of the
//! moments' bias in it, `ε` has not: PyTorch and burn correct both, which matters where gradients are near 1e-7.

use serde::{Deserialize, Serialize};

/// Of Adam's two moments.
pub const BETAS: [f64; 2] = [0.9, 0.999];
/// Of RMSprop's mean of squares.
pub const RHO: f64 = 0.9;
/// Keeps a division finite.
pub const EPSILON: f64 = 1e-7;
/// What AdamW takes from each weight, times the learning rate.
const ADAMW_DECAY: f64 = 0.004;

/// Which optimiser, by its name in Keras.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Adam.
    #[default]
    Adam,
    /// Adam with weight decay apart from the gradient, 0.004 unless another is given.
    Adamw,
    /// Stochastic gradient descent, with momentum where it is given.
    Sgd,
    /// RMSprop.
    Rmsprop,
}

impl Optimizer {
    /// The weight decay where none is given.
    pub fn weight_decay(self) -> f64 {
        if self == Optimizer::Adamw { ADAMW_DECAY } else { 0.0 }
    }
}

/// The formula of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Rule {
    /// Both moments.
    Adam = 0,
    /// Momentum.
    Sgd = 1,
    /// Momentum, looked ahead.
    Nesterov = 2,
    /// Mean of squares, and momentum.
    Rmsprop = 3,
}

/// One step of an optimiser, the same for every parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// The formula.
    pub rule: Rule,
    /// Learning rate.
    pub rate: f32,
    /// Added to a denominator.
    pub epsilon: f32,
    /// Kept of the last step.
    pub momentum: f32,
    /// Weight decay times learning rate.
    pub decay: f32,
}

impl Update {
    /// Adam's step `number`, from 1.
    pub fn adam(learning_rate: f64, number: i32) -> Self {
        let [first, second] = BETAS.map(|beta| 1.0 - beta.powi(number));
        Self {
            rule: Rule::Adam,
            rate: (learning_rate * second.sqrt() / first) as f32,
            epsilon: EPSILON as f32,
            momentum: 0.0,
            decay: 0.0,
        }
    }

    /// A step of gradient descent.
    pub fn sgd(learning_rate: f64, momentum: f64, nesterov: bool) -> Self {
        let rule = if nesterov { Rule::Nesterov } else { Rule::Sgd };
        Self { rule, rate: learning_rate as f32, epsilon: 0.0, momentum: momentum as f32, decay: 0.0 }
    }

    /// A step of RMSprop.
    pub fn rmsprop(learning_rate: f64, momentum: f64) -> Self {
        let (rate, momentum) = (learning_rate as f32, momentum as f32);
        Self { rule: Rule::Rmsprop, rate, epsilon: EPSILON as f32, momentum, decay: 0.0 }
    }
}
