//! The training loop: minibatches of standardised feature rows, Adam, validation after each epoch, best epoch kept.
//!
//! Owns no clock, display or cancelling: the caller gives them. Does not touch images or backbones.

use std::ops::ControlFlow;

use burn::{
    module::Module,
    nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig},
    optim::{AdamConfig, GradientsParams},
    tensor::{Device, Int, Tensor, TensorData},
};
use serde::{Deserialize, Serialize};

use crate::device::read;
use crate::error::Error;
use crate::head::{Classifier, ClassifierConfig, Head, HeadKind, Standardizer};

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
    /// Adam's step size.
    pub learning_rate: f64,
    /// Decides weights, shuffles, dropout and the split.
    pub seed: u64,
}

impl Default for FitConfig {
    fn default() -> Self {
        Self { head: HeadKind::Mlp, epochs: 30, batch_size: 64, learning_rate: 1e-3, seed: 1 }
    }
}

/// Feature rows with their class numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// `f32 [n, num_features]`, row-major.
    pub features: Vec<f32>,
    /// `n` class numbers.
    pub classes: Vec<usize>,
}

/// Both sides of a split, as rows. Built by [`crate::project::Project::training_set`].
#[derive(Clone, Debug)]
pub struct TrainingSet {
    /// Class names by number.
    pub labels: Vec<String>,
    /// Width of a row.
    pub num_features: usize,
    /// What the head learns from.
    pub train: Rows,
    /// What only measures.
    pub validation: Rows,
}

/// One epoch's figures. Training figures are means over the epoch's batches, with dropout, as Keras gives them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Training cross-entropy, natural logarithm.
    pub loss: f64,
    /// Share of training images called right.
    pub accuracy: f64,
    /// Validation cross-entropy.
    pub val_loss: f64,
    /// Share of validation images called right.
    pub val_accuracy: f64,
    /// The optimiser's step size.
    pub learning_rate: f64,
    /// How long the epoch took.
    pub seconds: f64,
}

impl Epoch {
    /// Better on validation: more right, or as many at a lower loss.
    fn beats(&self, other: &Epoch) -> bool {
        (self.val_accuracy, other.val_loss) > (other.val_accuracy, self.val_loss)
    }
}

/// What training leaves.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// With the weights of the best epoch.
    pub head: Head,
    /// All epochs that ran.
    pub history: Vec<Epoch>,
    /// Which of them was kept, from 1.
    pub best_epoch: usize,
    /// True where the caller ended it early.
    pub stopped: bool,
}

/// Trains a head and keeps the epoch that was best on validation.
///
/// `device` is the plain one; `clock_secs` any clock in seconds. `on_epoch` is told each epoch and may end the run;
/// what was reached until then is kept.
///
/// # Errors
/// [`Error::Diverged`] where the loss is no longer a number, [`Error::NoDevice`] where the device is lost.
pub async fn fit(
    set: &TrainingSet,
    config: &FitConfig,
    device: &Device,
    clock_secs: impl Fn() -> f64,
    mut on_epoch: impl AsyncFnMut(&Epoch) -> ControlFlow<()>,
) -> Result<Fitted, Error> {
    let mut run = Run::new(set, config, device);
    let (mut history, mut best): (Vec<Epoch>, Option<(Epoch, Classifier)>) = (Vec::new(), None);
    let mut stopped = false;
    for number in 1..=config.epochs.max(1) {
        let start = clock_secs();
        let [loss, accuracy, val_loss, val_accuracy] = run.epoch(number).await?;
        if !(loss.is_finite() && val_loss.is_finite()) {
            return Err(Error::Diverged { epoch: number });
        }
        let seconds = clock_secs() - start;
        let learning_rate = config.learning_rate;
        let epoch = Epoch { epoch: number, loss, accuracy, val_loss, val_accuracy, learning_rate, seconds };
        if best.as_ref().is_none_or(|(best, _)| epoch.beats(best)) {
            best = Some((epoch.clone(), run.classifier.valid()));
        }
        history.push(epoch.clone());
        if on_epoch(&epoch).await.is_break() {
            stopped = number < config.epochs;
            break;
        }
    }
    let (epoch, classifier) = best.ok_or(Error::NoModel)?;
    let head = Head { kind: config.head, labels: set.labels.clone(), standardizer: run.standardizer, classifier };
    Ok(Fitted { head, history, best_epoch: epoch.epoch, stopped })
}

/// Rows on the device, standardised.
struct DeviceRows {
    features: Tensor<2>,
    classes: Tensor<1, Int>,
    len: usize,
}

impl DeviceRows {
    fn new(rows: &Rows, standardizer: &Standardizer, device: &Device) -> Self {
        let (len, width) = (rows.classes.len(), standardizer.mean.len());
        let mut features = rows.features.clone();
        standardizer.apply(&mut features);
        let classes: Vec<i32> = rows.classes.iter().map(|class| *class as i32).collect();
        Self {
            features: Tensor::from_data(TensorData::new(features, [len, width]), device),
            classes: Tensor::from_data(TensorData::new(classes, [len]), device),
            len,
        }
    }

    /// The rows at `at`, gathered on the device.
    fn gather(&self, at: &[i32], device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        let at = Tensor::<1, Int>::from_data(TensorData::new(at.to_vec(), [at.len()]), device);
        (self.features.clone().select(0, at.clone()), self.classes.clone().select(0, at))
    }
}

struct Run<'a> {
    config: &'a FitConfig,
    standardizer: Standardizer,
    train: DeviceRows,
    validation: DeviceRows,
    device: Device,
    sizes: ClassifierConfig,
    loss: [CrossEntropyLoss; 2],
    classifier: Classifier,
    adam: burn::optim::ModuleOptimizer,
}

impl<'a> Run<'a> {
    fn new(set: &TrainingSet, config: &'a FitConfig, device: &Device) -> Self {
        let standardizer = Standardizer::fit(&set.train.features, set.num_features);
        let autodiff = device.clone().autodiff();
        let (kind, num_classes) = (config.head, set.labels.len());
        let sizes = ClassifierConfig { kind, num_features: set.num_features, num_classes };
        Self {
            config,
            train: DeviceRows::new(&set.train, &standardizer, &autodiff),
            validation: DeviceRows::new(&set.validation, &standardizer, device),
            standardizer,
            loss: [&autodiff, device].map(|device| CrossEntropyLossConfig::new().init(device)),
            classifier: sizes.init(config.seed, &autodiff),
            sizes,
            device: autodiff,
            // Keras's epsilon; burn's default is 1e-5.
            adam: AdamConfig::new().with_epsilon(1e-7).init(),
        }
    }

    /// Loss, accuracy, validation loss, validation accuracy. One read from the device.
    async fn epoch(&mut self, number: usize) -> Result<[f64; 4], Error> {
        // Shuffle and dropout depend on seed and epoch alone, not on what ran before.
        let seed = self.config.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number as u64);
        let mut random = fastrand::Rng::with_seed(seed);
        let mut order: Vec<i32> = (0..self.train.len as i32).collect();
        random.shuffle(&mut order);
        let mut sums: Vec<Tensor<1>> = Vec::new();
        for batch in order.chunks(self.config.batch_size.max(1)) {
            sums.push(self.step(batch, &mut random));
        }
        let trained = Tensor::stack::<2>(sums, 0).sum_dim(0).flatten::<1>(0, 1);
        let figures = read(Tensor::cat(vec![trained, self.validate()], 0)).await?;
        let per = |at: usize, n: usize| f64::from(figures[at]) / n as f64;
        let (n, n_val) = (self.train.len, self.validation.len);
        Ok([per(0, n), per(1, n), per(2, n_val), per(3, n_val)])
    }

    /// One step of Adam; summed loss and number of right rows, still on the device.
    fn step(&mut self, batch: &[i32], random: &mut fastrand::Rng) -> Tensor<1> {
        let (x, classes) = self.train.gather(batch, &self.device);
        let masks = self.sizes.dropout_masks(batch.len(), random, &self.device);
        let logits = self.classifier.forward_masked(x, &masks);
        let loss = self.loss[0].forward(logits.clone(), classes.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &self.classifier);
        self.classifier = self.adam.step(self.config.learning_rate, self.classifier.clone(), gradients);
        sums(loss.inner(), logits.inner(), classes.inner(), batch.len())
    }

    fn validate(&self) -> Tensor<1> {
        let logits = self.classifier.valid().forward_head(self.validation.features.clone());
        let loss = self.loss[1].forward(logits.clone(), self.validation.classes.clone());
        sums(loss, logits, self.validation.classes.clone(), self.validation.len)
    }
}

fn sums(mean_loss: Tensor<1>, logits: Tensor<2>, classes: Tensor<1, Int>, n: usize) -> Tensor<1> {
    let right = logits.argmax(1).reshape([n]).equal(classes).float().sum();
    Tensor::cat(vec![mean_loss * n as f32, right], 0)
}
