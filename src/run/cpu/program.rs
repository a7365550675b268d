//! A folded plan made ready to run: a list of steps, their weights packed, and the buffers that they share.

use crate::backbone::plan::{Activation, BatchNorm, Epilogue, Kind, Op, Padding, Plan, Value, Window};
use crate::backbone::stored::Take;
use crate::backbone::weights::Weight;
use crate::error::Error;
use crate::run::cpu::buffers::{Sharing, share};
use crate::run::cpu::depthwise::Depthwise;
use crate::run::cpu::layout::{Layout, union};
use crate::run::cpu::matrix::{Ends, Matrix};

/// Steps in order, and where their values lie.
#[derive(Debug)]
pub struct Program {
    /// In the order in which they run.
    pub steps: Vec<Step>,
    /// By value.
    pub layouts: Vec<Layout>,
    /// Which buffer each value lies in.
    pub sharing: Sharing,
}

/// What is computed from which values into which.
#[derive(Debug)]
pub struct Step {
    /// Read.
    pub input: Value,
    /// Added.
    pub residual: Option<Value>,
    /// Written.
    pub output: Value,
    /// How.
    pub work: Work,
}

/// The kernels of a step.
#[derive(Debug)]
pub enum Work {
    /// A convolution over all channels.
    Matrix(Matrix),
    /// A convolution of each channel, or anything that goes number by number.
    Depthwise(Depthwise),
    /// Both, plane by plane: what the first gives is never stored whole.
    Expand(Matrix, Depthwise),
    /// The largest number of each window.
    MaxPool(Window),
    /// The mean over height and width.
    GlobalAvgPool,
}

/// Packs the weights of a folded plan, layer by layer, and shares out its memory.
///
/// # Errors
/// [`Error::WeightsInvalid`] where a weight is missing, or what `take` refuses.
pub fn compile(plan: &Plan, take: impl Take) -> Result<Program, Error> {
    let layouts: Vec<Layout> = (0..=plan.ops.len()).map(|value| layout(plan, value)).collect();
    let mut maker = Maker { plan, take, layouts: &layouts };
    let mut steps = Vec::new();
    let mut step_of = Vec::new();
    let mut lens: Vec<usize> = layouts.iter().map(Layout::len).collect();
    while let Some(op) = plan.ops.get(step_of.len()) {
        let value = step_of.len() + 1;
        let mut step = Step { input: op.input, residual: op.residual(), output: value, work: maker.work(value)? };
        step_of.push(steps.len());
        if is_expansion(plan, value) {
            let second = Step { output: value + 1, residual: plan.ops[value].residual(), ..step };
            step = match (second, maker.work(value + 1)?) {
                (Step { work: Work::Matrix(first), input, residual, output }, Work::Depthwise(second)) => {
                    Step { work: Work::Expand(first, second), input, residual, output }
                }
                (other, _) => other,
            };
            lens[value] = layouts[value].plane();
            step_of.push(steps.len());
        }
        steps.push(step);
    }
    let sharing = share(plan, &lens, &step_of);
    Ok(Program { steps, layouts, sharing })
}

/// Whether a value comes from a convolution over all channels and only a depthwise one right after it reads it.
fn is_expansion(plan: &Plan, value: Value) -> bool {
    let (Some(op), Some(next)) = (plan.ops.get(value - 1), plan.ops.get(value)) else { return false };
    let reads = next.input == value && next.residual() != Some(value) && plan.readers(value) == 1;
    reads && op.residual().is_none() && matches!((&op.kind, &next.kind), (Kind::Conv(..), Kind::Depthwise(..)))
}

/// Zeros around a value as its readers want them.
fn layout(plan: &Plan, value: Value) -> Layout {
    let windows = plan.ops.iter().filter(|op| op.input == value).filter_map(|op| match &op.kind {
        Kind::Conv(window, ..) | Kind::Depthwise(window, ..) => Some(window.padding),
        _ => None,
    });
    let padding = windows.fold(Padding::default(), union);
    match value {
        0 => Layout::of_picture(plan.input, padding),
        _ => Layout::new(plan.shape(value), padding),
    }
}

struct Maker<'a, T> {
    plan: &'a Plan,
    take: T,
    layouts: &'a [Layout],
}

impl<T: Take> Maker<'_, T> {
    fn work(&mut self, value: Value) -> Result<Work, Error> {
        let op = &self.plan.ops[value - 1];
        if (op.input == 0 && !matches!(op.kind, Kind::Conv(..))) || op.residual() == Some(0) {
            // The picture lies in its own layout, which the other kernels do not read.
            return Err(self.invalid(format!("{} reads the picture, and only a convolution can", op.name)));
        }
        let output = self.layouts[value];
        let residual = op.residual().map_or(output, |value| self.layouts[value]);
        let ones = vec![1.0; output.shape.channels];
        let ends = Ends { input: self.layouts[op.input], output, residual };
        Ok(match &op.kind {
            Kind::Conv(window, weight, epilogue) => {
                let (weight, bias) = ((self.take)(weight)?, self.bias(op, epilogue)?);
                Work::Matrix(Matrix::new(&weight, &bias, window, epilogue.activation, &ends))
            }
            Kind::Depthwise(window, weight, epilogue) => {
                let (weight, bias) = ((self.take)(weight)?, self.bias(op, epilogue)?);
                Work::Depthwise(Depthwise::new(&weight, &bias, *window, epilogue.activation, &ends))
            }
            Kind::BatchNorm(norm) => {
                let (scale, shift) = self.scale_and_shift(norm)?;
                number_by_number(scale, &shift, None, &ends)
            }
            Kind::Activation(activation) => number_by_number(ones, &[], Some(*activation), &ends),
            Kind::Add(_) => number_by_number(ones, &[], None, &ends),
            Kind::MaxPool(window) => Work::MaxPool(*window),
            Kind::GlobalAvgPool => Work::GlobalAvgPool,
        })
    }

    /// BatchNorm with stored statistics as `x · scale + shift`.
    fn scale_and_shift(&mut self, norm: &BatchNorm) -> Result<(Vec<f32>, Vec<f32>), Error> {
        let [gamma, beta, mean, var] = [&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var]
            .map(|name| (self.take)(name).map(|weight| weight.values));
        let (gamma, beta, mean, var) = (gamma?, beta?, mean?, var?);
        let scale: Vec<f32> = gamma.iter().zip(&var).map(|(gamma, var)| gamma / (var + norm.epsilon).sqrt()).collect();
        let shift = scale.iter().zip(&beta).zip(&mean).map(|((scale, beta), mean)| beta - mean * scale).collect();
        Ok((scale, shift))
    }

    fn bias(&mut self, op: &Op, epilogue: &Epilogue) -> Result<Vec<f32>, Error> {
        match &epilogue.bias {
            Some(name) => Ok((self.take)(name)?.values),
            None => Ok(vec![0.0; op.output.channels]),
        }
    }

    fn invalid(&self, reason: String) -> Error {
        Error::WeightsInvalid { file: self.plan.name.clone(), reason }
    }
}

/// A depthwise convolution with a window of one pixel.
fn number_by_number(scale: Vec<f32>, shift: &[f32], activation: Option<Activation>, ends: &Ends) -> Work {
    let weight = Weight { shape: vec![scale.len(), 1, 1, 1], values: scale };
    let window = Window { kernel: 1, stride: 1, padding: Padding::default() };
    Work::Depthwise(Depthwise::new(&weight, shift, window, activation, ends))
}
