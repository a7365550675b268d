//! BatchNorm by statistics of the batch: what all executors share. `plain` is the twin to be read; the fast ones are
//! [`crate::run::cpu::batch_norm`] and, on WebGPU, `crate::run::gpu::batch_norm`.
//!
//! A layer normalises each channel by mean and biased variance over images, rows and columns of the batch. The stored
//! averages are neither read nor moved here: who moves them, and how, is the policy's affair ([`crate::lab`]).

pub mod plain;

use crate::backbone::fold::fold;
use crate::backbone::plan::{Activation, BatchNorm, Epilogue, Kind, Plan};
use crate::backbone::weights::{Weight, Weights};
use crate::error::Error;

/// Means and variances of all BatchNorm layers, one layer after the other in the plan's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// `f32 [channels of all layers]`
    pub mean: Vec<f32>,
    /// The same of the biased variances.
    pub var: Vec<f32>,
}

/// What a batch gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// `f32 [images, num_features]`
    pub features: Vec<f32>,
    /// Of this batch.
    pub statistics: Statistics,
}

impl Batch {
    /// All numbers in a row, as they cross between workers: features, means, variances.
    pub fn into_flat(self) -> Vec<f32> {
        [self.features, self.statistics.mean, self.statistics.var].concat()
    }

    /// From [`Batch::into_flat`]; `features` is images × num_features, and a shorter row has that many fewer.
    pub fn from_flat(mut flat: Vec<f32>, features: usize) -> Self {
        let rest = flat.split_off(features.min(flat.len()));
        Self { features: flat, statistics: Statistics::from_flat(rest) }
    }
}

impl Statistics {
    /// Means, then variances.
    pub fn into_flat(self) -> Vec<f32> {
        [self.mean, self.var].concat()
    }

    /// From [`Statistics::into_flat`].
    pub fn from_flat(mut mean: Vec<f32>) -> Self {
        let var = mean.split_off(mean.len().div_ceil(2));
        Self { mean, var }
    }
}

/// A BatchNorm layer, and where its channels stand in [`Statistics`].
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// The layer's name.
    pub layer: String,
    /// Its first channel.
    pub start: usize,
    /// How many it has.
    pub channels: usize,
    /// Rows × columns of what it normalises.
    pub pixels: usize,
    /// Names of its weights.
    pub names: BatchNorm,
}

/// The BatchNorm layers of a plan, in order.
pub fn norms(plan: &Plan) -> Vec<Norm> {
    let mut start = 0;
    let mut all = Vec::new();
    for op in &plan.ops {
        if let Kind::BatchNorm(names) = &op.kind {
            let (channels, pixels) = (op.output.channels, op.output.height * op.output.width);
            all.push(Norm { layer: op.name.clone(), start, channels, pixels, names: names.clone() });
            start += channels;
        }
    }
    all
}

impl Statistics {
    /// The averages that the weights hold.
    ///
    /// # Errors
    /// [`Error::WeightsInvalid`] where one is missing.
    pub fn stored(plan: &Plan, weights: &Weights) -> Result<Self, Error> {
        let mut stored = Self::default();
        for norm in norms(plan) {
            stored.mean.extend(&named(weights, &norm.names.running_mean)?.values);
            stored.var.extend(&named(weights, &norm.names.running_var)?.values);
        }
        Ok(stored)
    }

    /// The weights with these averages in place of their own: folded, they normalise as a policy wants.
    ///
    /// # Errors
    /// [`Error::WrongStatistics`] where these belong to another network.
    pub fn applied(&self, plan: &Plan, weights: &Weights) -> Result<Weights, Error> {
        let (norms, mut weights) = (norms(plan), weights.clone());
        let expected = norms.iter().map(|norm| norm.channels).sum();
        if self.mean.len() != expected || self.var.len() != expected {
            return Err(Error::WrongStatistics { expected, found: self.mean.len().min(self.var.len()) });
        }
        for Norm { names, start, channels, .. } in norms {
            for (name, values) in [(names.running_mean, &self.mean), (names.running_var, &self.var)] {
                weights.insert(name, Weight { shape: vec![channels], values: values[start..][..channels].to_vec() });
            }
        }
        Ok(weights)
    }
}

impl Statistics {
    /// A moving average's step: `average · momentum + other · (1 − momentum)`, as Keras.
    pub fn move_towards(&mut self, other: &Self, momentum: f64) {
        for (averages, values) in [(&mut self.mean, &other.mean), (&mut self.var, &other.var)] {
            for (average, value) in averages.iter_mut().zip(values) {
                *average = (f64::from(*average) * momentum + f64::from(*value) * (1.0 - momentum)) as f32;
            }
        }
    }
}

/// Refuses a batch of which a layer would see one number a channel: its variance is zero, and every output its bias.
///
/// # Errors
/// [`Error::BatchOfOne`] names the layer.
pub fn check_batch(plan: &Plan, images: usize) -> Result<(), Error> {
    match norms(plan).into_iter().find(|norm| norm.pixels * images < 2) {
        Some(norm) => Err(Error::BatchOfOne { layer: norm.layer }),
        None => Ok(()),
    }
}

/// What comes after the raw sums of an operation: a BatchNorm, and then an activation.
#[derive(Clone, Debug)]
pub struct After {
    /// Name, place and weights' names.
    pub norm: Norm,
    /// Scale.
    pub gamma: Vec<f32>,
    /// Shift.
    pub beta: Vec<f32>,
    /// Last; what is added comes before it.
    pub activation: Option<Activation>,
}

impl After {
    /// Scale and shift of each channel that normalise by these statistics, in double precision until the end.
    pub fn affine(&self, mean: &[f64], var: &[f64]) -> [Vec<f32>; 2] {
        let epsilon = f64::from(self.norm.names.epsilon);
        let scale = self.gamma.iter().zip(var).map(|(gamma, var)| f64::from(*gamma) / (var + epsilon).sqrt());
        let scale: Vec<f64> = scale.collect();
        let shift = self.beta.iter().zip(&scale).zip(mean).map(|((beta, scale), mean)| f64::from(*beta) - mean * scale);
        let shift = shift.map(|shift| shift as f32).collect();
        [scale.iter().map(|scale| *scale as f32).collect(), shift]
    }
}

/// A plan whose convolutions stand as if folded, but give raw sums where a BatchNorm comes after them.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Residuals are named as usual; an executor adds them after the normalisation. Such operations have no activation.
    pub plan: Plan,
    /// Of that plan, not scaled.
    pub weights: Weights,
    /// By operation of that plan.
    pub after: Vec<Option<After>>,
}

impl Raw {
    /// Folds with a normalisation that does nothing, and notes what it would have been.
    ///
    /// # Errors
    /// [`Error::WeightsInvalid`] where a weight is missing, or a BatchNorm stands where it can't be told apart.
    pub fn new(plan: &Plan, weights: &Weights) -> Result<Self, Error> {
        let (mut folded, raw_weights) = {
            let (plan, weights) = without_effect(plan, weights);
            fold(&plan, &weights)?
        };
        let norms = norms(plan);
        let mut after = Vec::new();
        for op in &mut folded.ops {
            let norm = norm_after(plan, &op.name).and_then(|layer| norms.iter().find(|norm| norm.layer == layer));
            let Some(norm) = norm.cloned() else {
                after.push(None);
                continue;
            };
            let [gamma, beta] = [&norm.names.weight, &norm.names.bias].map(|name| named(weights, name));
            let (gamma, beta) = (gamma?.values.clone(), beta?.values.clone());
            after.push(Some(After { norm, gamma, beta, activation: taken_activation(&mut op.kind) }));
        }
        match after.iter().flatten().count() == norms.len() {
            true => Ok(Self { plan: folded, weights: raw_weights, after }),
            false => Err(invalid("a BatchNorm after another, which batch statistics can't follow".into())),
        }
    }
}

/// Each BatchNorm as `(x − 0) / √(1 + 0) · 1 + 0`: exactly nothing.
fn without_effect(plan: &Plan, weights: &Weights) -> (Plan, Weights) {
    let (mut plan, mut weights) = (plan.clone(), weights.clone());
    for op in &mut plan.ops {
        let channels = op.output.channels;
        if let Kind::BatchNorm(norm) = &mut op.kind {
            norm.epsilon = 0.0;
            for (name, value) in
                [(&norm.weight, 1.0), (&norm.bias, 0.0), (&norm.running_mean, 0.0), (&norm.running_var, 1.0)]
            {
                weights.insert(name.clone(), Weight { shape: vec![channels], values: vec![value; channels] });
            }
        }
    }
    (plan, weights)
}

/// The BatchNorm that folding puts into operation `name`, or the operation itself where it stands alone.
fn norm_after<'a>(plan: &'a Plan, name: &str) -> Option<&'a str> {
    let at = plan.ops.iter().position(|op| op.name == name)?;
    let is_norm = |at: usize| plan.ops.get(at).filter(|op| matches!(op.kind, Kind::BatchNorm(_)));
    match plan.ops[at].kind {
        Kind::BatchNorm(_) => is_norm(at),
        Kind::Conv(..) | Kind::Depthwise(..) => {
            is_norm(at + 1).filter(|norm| norm.input == at + 1 && plan.readers(at + 1) == 1)
        }
        _ => None,
    }
    .map(|op| op.name.as_str())
}

fn taken_activation(kind: &mut Kind) -> Option<Activation> {
    match kind {
        Kind::Conv(_, _, Epilogue { activation, .. }) | Kind::Depthwise(_, _, Epilogue { activation, .. }) => {
            activation.take()
        }
        _ => None,
    }
}

fn named<'a>(weights: &'a Weights, name: &str) -> Result<&'a Weight, Error> {
    weights.get(name).ok_or_else(|| invalid(format!("missing: {name}")))
}

fn invalid(reason: String) -> Error {
    Error::WeightsInvalid { file: "weights".into(), reason }
}
