//! Training on a burn device: WebGPU, and burn's CPU backend as the oracle of our own kernels.

use burn::{
    module::{Module, Param},
    nn::Linear,
    nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig},
    optim::{AdamConfig, GradientsParams, ModuleOptimizer},
    tensor::{Device, Int, Tensor, TensorData, activation::relu},
};

use crate::device::read;
use crate::error::Error;
use crate::head::{Classifier, Dense, Standardizer};
use crate::run::cpu::adam::EPSILON;
use crate::train::{FitConfig, Rows, Stepper, TrainingSet};

/// [`Classifier`] on a device.
#[derive(Module, Debug)]
struct Layers {
    layers: Vec<Linear>,
}

impl Layers {
    fn new(classifier: &Classifier, device: &Device) -> Self {
        let layer = |layer: &Dense| {
            let [d_in, d_out] = layer.sizes();
            let weight = TensorData::new(layer.weight.clone(), [d_in, d_out]);
            let bias = TensorData::new(layer.bias.clone(), [d_out]);
            Linear { weight: Param::from_data(weight, device), bias: Some(Param::from_data(bias, device)) }
        };
        Self { layers: classifier.layers.iter().map(layer).collect() }
    }

    async fn read(&self) -> Result<Classifier, Error> {
        let mut layers = Vec::new();
        for layer in &self.layers {
            let bias = match &layer.bias {
                Some(bias) => read(bias.val()).await?,
                None => vec![],
            };
            layers.push(Dense { weight: read(layer.weight.val()).await?, bias });
        }
        Ok(Classifier { layers })
    }

    /// Standardised rows to logits; `masks[i]`, where there is one, is multiplied into what layer `i` reads.
    fn forward(&self, features: Tensor<2>, masks: &[Tensor<2>]) -> Tensor<2> {
        let last = self.layers.len().saturating_sub(1);
        self.layers.iter().enumerate().fold(features, |x, (i, layer)| {
            let x = match masks.get(i) {
                Some(mask) => x * mask.clone(),
                None => x,
            };
            let x = layer.forward(x);
            if i < last { relu(x) } else { x }
        })
    }
}

/// Rows on the device, standardised.
struct DeviceRows {
    features: Tensor<2>,
    classes: Tensor<1, Int>,
    len: usize,
}

impl DeviceRows {
    fn new(rows: &Rows, standardizer: &Standardizer, device: &Device) -> Self {
        let (mut features, width) = (rows.features.clone(), standardizer.mean.len());
        standardizer.apply(&mut features);
        let len = rows.classes.len();
        let classes: Vec<i32> = rows.classes.iter().map(|class| *class as i32).collect();
        Self {
            features: Tensor::from_data(TensorData::new(features, [len, width]), device),
            classes: Tensor::from_data(TensorData::new(classes, [len]), device),
            len,
        }
    }

    /// The rows at `at`, gathered on the device.
    fn gather(&self, at: &[usize], device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        let numbers: Vec<i32> = at.iter().map(|number| *number as i32).collect();
        let at = Tensor::<1, Int>::from_data(TensorData::new(numbers, [at.len()]), device);
        (self.features.clone().select(0, at.clone()), self.classes.clone().select(0, at))
    }
}

/// A run on a burn device.
pub struct BurnStepper {
    train: DeviceRows,
    validation: DeviceRows,
    /// With autodiff.
    device: Device,
    /// With autodiff, and without.
    loss: [CrossEntropyLoss; 2],
    layers: Layers,
    kept: Layers,
    adam: ModuleOptimizer,
    learning_rate: f64,
    /// Summed loss and right rows of each step, still on the device.
    sums: Vec<Tensor<1>>,
}

impl BurnStepper {
    /// A run from these weights on; `device` is the plain one.
    pub fn new(
        set: &TrainingSet,
        standardizer: &Standardizer,
        start: &Classifier,
        config: &FitConfig,
        device: &Device,
    ) -> Self {
        let autodiff = device.clone().autodiff();
        let layers = Layers::new(start, &autodiff);
        Self {
            train: DeviceRows::new(&set.train, standardizer, &autodiff),
            validation: DeviceRows::new(&set.validation, standardizer, device),
            loss: [&autodiff, device].map(|device| CrossEntropyLossConfig::new().init(device)),
            kept: layers.valid(),
            layers,
            device: autodiff,
            // burn's default is 1e-5.
            adam: AdamConfig::new().with_epsilon(EPSILON).init(),
            learning_rate: config.learning_rate,
            sums: Vec::new(),
        }
    }
}

impl Stepper for BurnStepper {
    fn step(&mut self, rows: &[usize], masks: &[Vec<f32>]) {
        let (x, classes) = self.train.gather(rows, &self.device);
        let mask = |values: &Vec<f32>| {
            let shape = [rows.len(), values.len() / rows.len()];
            Tensor::from_data(TensorData::new(values.clone(), shape), &self.device)
        };
        let masks: Vec<Tensor<2>> = masks.iter().map(mask).collect();
        let logits = self.layers.forward(x, &masks);
        let loss = self.loss[0].forward(logits.clone(), classes.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &self.layers);
        self.layers = self.adam.step(self.learning_rate, self.layers.clone(), gradients);
        self.sums.push(sums(loss.inner(), logits.inner(), classes.inner(), rows.len()));
    }

    /// One read from the device.
    async fn figures(&mut self) -> Result<[[f64; 2]; 2], Error> {
        let trained = Tensor::stack::<2>(std::mem::take(&mut self.sums), 0).sum_dim(0).flatten::<1>(0, 1);
        let logits = self.layers.valid().forward(self.validation.features.clone(), &[]);
        let loss = self.loss[1].forward(logits.clone(), self.validation.classes.clone());
        let validated = sums(loss, logits, self.validation.classes.clone(), self.validation.len);
        let figures = read(Tensor::cat(vec![trained, validated], 0)).await?;
        let figure = |at: usize| figures.get(at).copied().map_or(f64::NAN, f64::from);
        Ok([[figure(0), figure(1)], [figure(2), figure(3)]])
    }

    fn keep(&mut self) {
        self.kept = self.layers.valid();
    }

    async fn kept(self) -> Result<Classifier, Error> {
        self.kept.read().await
    }
}

fn sums(mean_loss: Tensor<1>, logits: Tensor<2>, classes: Tensor<1, Int>, n: usize) -> Tensor<1> {
    let right = logits.argmax(1).reshape([n]).equal(classes).float().sum();
    Tensor::cat(vec![mean_loss * n as f32, right], 0)
}
