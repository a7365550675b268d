//! Training by burn's autodiff on one of its devices: the oracle of our own kernels, written to be read.

use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::device::read;
use crate::error::Error;
use crate::head::{Classifier, Dense, Standardizer};
use crate::run::optimizer::{BETAS, RHO, Rule, Update};
use crate::train::epochs::{RowsView, Stepper};

/// Weight `[in, out]` and bias `[1, out]` of a dense layer.
type Layer = [Tensor<2>; 2];

/// Rows on the device, standardised.
pub struct DeviceRows {
    features: Tensor<2>,
    classes: Tensor<1, Int>,
    /// The classes again, on the host.
    numbers: Vec<usize>,
}

/// A run on a burn device.
pub struct BurnStepper {
    standardizer: Standardizer,
    class_weights: Vec<f32>,
    /// With autodiff.
    device: Device,
    layers: Vec<Layer>,
    kept: Vec<Layer>,
    /// `m` and `v` of weight and bias.
    states: Vec<[[Tensor<2>; 2]; 2]>,
    /// Summed loss and right rows of each step, still on the device.
    sums: Vec<Tensor<1>>,
}

impl BurnStepper {
    /// A run from these weights on; `device` is the plain one.
    pub fn new(standardizer: Standardizer, start: &Classifier, device: &Device) -> Self {
        let matrix = |values: &Vec<f32>, shape| Tensor::from_data(TensorData::new(values.clone(), shape), device);
        let layer = |layer: &Dense| {
            let [d_in, d_out] = layer.sizes();
            [matrix(&layer.weight, [d_in, d_out]), matrix(&layer.bias, [1, d_out])]
        };
        let layers: Vec<Layer> = start.layers.iter().map(layer).collect();
        let zeros = |parameter: &Tensor<2>| [parameter.zeros_like(), parameter.zeros_like()];
        Self {
            standardizer,
            class_weights: vec![1.0; start.layers.last().map_or(0, |layer| layer.bias.len())],
            device: device.clone().autodiff(),
            states: layers.iter().map(|layer| layer.each_ref().map(zeros)).collect(),
            kept: layers.clone(),
            layers,
            sums: Vec::new(),
        }
    }
}

impl Stepper for BurnStepper {
    type Held<'a> = DeviceRows;

    fn weigh(&mut self, class_weights: Vec<f32>) {
        self.class_weights = class_weights;
    }

    fn hold(&self, rows: RowsView<'_>) -> DeviceRows {
        let mut features = rows.features.to_vec();
        self.standardizer.apply(&mut features);
        let shape = [rows.classes.len(), self.standardizer.mean.len()];
        DeviceRows {
            features: Tensor::from_data(TensorData::new(features, shape), &self.device),
            classes: integers(rows.classes, &self.device),
            numbers: rows.classes.to_vec(),
        }
    }

    fn step(&mut self, of: &DeviceRows, rows: &[usize], masks: &[Vec<f32>], update: &Update) {
        let at = integers(rows, &self.device);
        let (x, classes) = (of.features.clone().select(0, at.clone()), of.classes.clone().select(0, at));
        let mask = |values: &Vec<f32>| {
            let shape = [rows.len(), values.len() / rows.len()];
            Tensor::from_data(TensorData::new(values.clone(), shape), &self.device)
        };
        let masks: Vec<Tensor<2>> = masks.iter().map(mask).collect();
        let lifted = |parameter: &Tensor<2>| Tensor::from_inner(parameter.clone()).require_grad();
        let layers: Vec<Layer> = self.layers.iter().map(|layer| layer.each_ref().map(lifted)).collect();
        let logits = forward(x, &layers, &masks);
        let weights: Vec<f32> = rows.iter().map(|row| self.class_weights[of.numbers[*row]]).collect();
        let weights = Tensor::from_data(TensorData::new(weights, [rows.len()]), &self.device);
        let losses = losses(logits.clone(), classes.clone()) * weights;
        let gradients = losses.clone().mean().backward();
        for ((layer, new), states) in layers.iter().zip(&mut self.layers).zip(&mut self.states) {
            for ((parameter, new), state) in layer.iter().zip(new).zip(states) {
                if let Some(gradient) = parameter.grad(&gradients) {
                    *new = updated(new.clone(), state, gradient, update);
                }
            }
        }
        self.sums.push(sums(losses.inner(), logits.inner(), classes.inner()));
    }

    /// One read from the device.
    async fn figures(&mut self, validation: &Self::Held<'_>) -> Result<[[f64; 2]; 2], Error> {
        let trained = Tensor::stack::<2>(std::mem::take(&mut self.sums), 0).sum_dim(0).flatten::<1>(0, 1);
        let (features, classes) = (validation.features.clone().inner(), validation.classes.clone().inner());
        let logits = forward(features, &self.layers, &[]);
        let validated = sums(losses(logits.clone(), classes.clone()), logits, classes);
        let figures = read(Tensor::cat(vec![trained, validated], 0)).await?;
        let figure = |at: usize| figures.get(at).copied().map_or(f64::NAN, f64::from);
        Ok([[figure(0), figure(1)], [figure(2), figure(3)]])
    }

    fn keep(&mut self) {
        self.kept.clone_from(&self.layers);
    }

    const NAME: &'static str = "burn";

    async fn save(&self) -> Result<Vec<Vec<f32>>, Error> {
        let layers = self.layers.iter().chain(&self.kept).flatten();
        let mut numbers = Vec::new();
        for tensor in layers.chain(self.states.iter().flatten().flatten()) {
            numbers.push(read(tensor.clone()).await?);
        }
        Ok(numbers)
    }

    fn load(&mut self, numbers: Vec<Vec<f32>>) -> bool {
        let layers = self.layers.iter_mut().chain(&mut self.kept).flatten();
        let own: Vec<&mut Tensor<2>> = layers.chain(self.states.iter_mut().flatten().flatten()).collect();
        let sizes = own.iter().map(|tensor| tensor.dims().iter().product::<usize>());
        let fits = sizes.eq(numbers.iter().map(Vec::len));
        if fits {
            for (own, values) in own.into_iter().zip(numbers) {
                *own = Tensor::from_data(TensorData::new(values, own.dims()), &own.device());
            }
        }
        fits
    }

    async fn kept(self) -> Result<Classifier, Error> {
        let mut layers = Vec::new();
        for [weight, bias] in self.kept {
            layers.push(Dense { weight: read(weight).await?, bias: read(bias).await? });
        }
        Ok(Classifier { layers })
    }
}

fn integers(numbers: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
    Tensor::from_data(TensorData::new(values, [numbers.len()]), device)
}

/// Standardised rows to logits; `masks[i]`, where there is one, is multiplied into what layer `i` reads.
fn forward(features: Tensor<2>, layers: &[Layer], masks: &[Tensor<2>]) -> Tensor<2> {
    let last = layers.len().saturating_sub(1);
    layers.iter().enumerate().fold(features, |x, (i, [weight, bias])| {
        let x = match masks.get(i) {
            Some(mask) => x * mask.clone(),
            None => x,
        };
        let x = x.matmul(weight.clone()) + bias.clone();
        if i < last { relu(x) } else { x }
    })
}

/// Cross-entropy of each row.
fn losses(logits: Tensor<2>, classes: Tensor<1, Int>) -> Tensor<1> {
    let n = classes.dims()[0];
    log_softmax(logits, 1).gather(1, classes.reshape([n, 1])).neg().reshape([n])
}

fn sums(losses: Tensor<1>, logits: Tensor<2>, classes: Tensor<1, Int>) -> Tensor<1> {
    let n = classes.dims()[0];
    let right = logits.argmax(1).reshape([n]).equal(classes).float().sum();
    Tensor::cat(vec![losses.sum(), right], 0)
}

/// The formulas of [`crate::run::optimizer`].
fn updated(w: Tensor<2>, [m, v]: &mut [Tensor<2>; 2], g: Tensor<2>, update: &Update) -> Tensor<2> {
    let Update { rule, rate, epsilon, momentum, decay } = *update;
    let w = w.clone() - w * decay;
    let mean = |old: &Tensor<2>, new: Tensor<2>, keep: f64| old.clone() * keep + new * (1.0 - keep);
    match rule {
        Rule::Adam => {
            *m = mean(m, g.clone(), BETAS[0]);
            *v = mean(v, g.clone() * g, BETAS[1]);
            w - m.clone() * rate / (v.clone().sqrt() + epsilon)
        }
        Rule::Sgd => {
            *m = m.clone() * momentum - g * rate;
            w + m.clone()
        }
        Rule::Nesterov => {
            *m = m.clone() * momentum - g.clone() * rate;
            w + m.clone() * momentum - g * rate
        }
        Rule::Rmsprop => {
            *v = mean(v, g.clone() * g.clone(), RHO);
            *m = m.clone() * momentum + g * rate / (v.clone() + epsilon).sqrt();
            w - m.clone()
        }
    }
}
