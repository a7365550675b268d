//! A head in training on whatever device: what `fit` loops over, and what others feed with rows of their own.

use std::ops::ControlFlow;

use crate::device::Device;
use crate::error::Error;
use crate::head::{Classifier, Standardizer};
#[cfg(feature = "burn")]
use crate::train::burn::BurnStepper;
use crate::train::cpu::CpuStepper;
use crate::train::epochs::{RowsView, Stepper, Training};
#[cfg(feature = "webgpu")]
use crate::train::gpu::GpuStepper;
use crate::train::{Epoch, FitConfig, Fitted, Rows, TrainingSet};

/// A head in training, fed with rows from outside: where the backbone is in the loop, each step has rows of its own. Nearest
/// neighbours have no steps ([`FitConfig::check_steps`]).
///
/// ```
/// # use headstart::{device::Device, head::Standardizer, train::{FitConfig, HeadTrainer, Rows}};
/// # pollster::block_on(async {
/// let rows = Rows { features: vec![0.0, 1.0, 1.0, 0.0, 0.1, 0.9], classes: vec![0, 1, 0] };
/// let config = FitConfig { epochs: 3, ..FitConfig::default() };
/// let labels = vec!["left".to_string(), "right".to_string()];
/// let mut trainer = HeadTrainer::new(labels, 2, Standardizer::identity(2), &config, &Device::Cpu);
/// while !trainer.is_over() {
///     for at in trainer.order(3).chunks(2) {
///         let features: Vec<f32> = at.iter().flat_map(|at| rows.features[2 * at..][..2].to_vec()).collect();
///         let classes: Vec<usize> = at.iter().map(|at| rows.classes[*at]).collect();
///         trainer.step(&features, &classes);
///     }
///     let epoch = trainer.end_epoch(&rows, || 0.0).await?;
///     println!("{} {}", epoch.loss, epoch.val_accuracy);
/// }
/// let fitted = trainer.finish().await?;
/// assert_eq!(fitted.history.len(), 3);
/// # Ok::<(), headstart::error::Error>(())
/// # }).unwrap();
/// ```
pub struct HeadTrainer(On);

enum On {
    Cpu(Box<Training<CpuStepper>>),
    #[cfg(feature = "webgpu")]
    Gpu(Box<Training<GpuStepper>>),
    #[cfg(feature = "burn")]
    Burn(Box<Training<BurnStepper>>),
}

/// Does the same on each device.
macro_rules! each {
    ($on:expr, $training:ident => $act:expr) => {
        match $on {
            On::Cpu($training) => $act,
            #[cfg(feature = "webgpu")]
            On::Gpu($training) => $act,
            #[cfg(feature = "burn")]
            On::Burn($training) => $act,
        }
    };
}

impl HeadTrainer {
    /// With weights from the configuration's seed. Rows are standardised by `standardizer` before the head sees them.
    pub fn new(
        labels: Vec<String>,
        num_features: usize,
        standardizer: Standardizer,
        config: &FitConfig,
        device: &Device,
    ) -> Self {
        let start = config.classifier(num_features, labels.len()).init(config.seed);
        Self::start_from(&start, labels, standardizer, config, device)
    }

    /// With weights from elsewhere, of the sizes that `config` asks for.
    pub fn start_from(
        classifier: &Classifier,
        labels: Vec<String>,
        standardizer: Standardizer,
        config: &FitConfig,
        device: &Device,
    ) -> Self {
        Self(match device {
            Device::Cpu => {
                let stepper = CpuStepper::new(standardizer.clone(), classifier);
                On::Cpu(Training::new(stepper, labels, standardizer, config).into())
            }
            #[cfg(feature = "webgpu")]
            Device::Webgpu(device) => {
                let stepper = GpuStepper::new(standardizer.clone(), classifier, device);
                On::Gpu(Training::new(stepper, labels, standardizer, config).into())
            }
            #[cfg(feature = "burn")]
            Device::Burn(device) => {
                let stepper = BurnStepper::new(standardizer.clone(), classifier, device);
                On::Burn(Training::new(stepper, labels, standardizer, config).into())
            }
        })
    }

    /// The order in which this epoch takes `n` rows; ask once an epoch, before its steps.
    pub fn order(&mut self, n: usize) -> Vec<usize> {
        each!(&mut self.0, training => training.order(n))
    }

    /// Says of which classes the training rows are, for [`FitConfig::class_weight`]; without it, all count alike.
    pub fn weigh(&mut self, classes: &[usize]) {
        each!(&mut self.0, training => training.weigh(classes));
    }

    /// One step of the optimiser on a batch.
    ///
    /// # Shapes
    /// `features f32 [n, num_features]`, `classes [n]`, each below the number of labels
    pub fn step(&mut self, features: &[f32], classes: &[usize]) {
        let all: Vec<usize> = (0..classes.len()).collect();
        each!(&mut self.0, training => {
            let held = training.stepper.hold(RowsView { features, classes });
            training.step(&held, &all);
        })
    }

    /// Figures of the steps since the last epoch and of validation; the weights are kept where they are the best so
    /// far, and the learning rate moves on. `seconds` is asked when the device is done.
    ///
    /// # Errors
    /// [`Error::Diverged`] where the loss is no longer a number, [`Error::NoDevice`] where the device is lost.
    pub async fn end_epoch(&mut self, validation: &Rows, seconds: impl FnOnce() -> f64) -> Result<Epoch, Error> {
        each!(&mut self.0, training => {
            let held = training.stepper.hold(validation.view());
            training.end_epoch(&held, validation.classes.len(), seconds).await
        })
    }

    /// [`HeadTrainer::end_epoch`] on validation rows that come piece by piece, at least one: more than memory holds.
    ///
    /// # Errors
    /// As there.
    pub async fn end_epoch_in_pieces(
        &mut self,
        pieces: impl Iterator<Item = Rows>,
        seconds: impl FnOnce() -> f64,
    ) -> Result<Epoch, Error> {
        each!(&mut self.0, training => training.end_epoch_in_pieces(pieces, seconds).await)
    }

    /// Whether the weights of the last epoch would be kept, were it the end.
    pub fn keeps_last(&self) -> bool {
        each!(&self.0, training => training.keeps_last())
    }

    /// Whether all epochs ran, or patience ended.
    pub fn is_over(&self) -> bool {
        each!(&self.0, training => training.is_over())
    }

    /// The head with the weights that were kept.
    ///
    /// # Errors
    /// [`Error::NoDevice`] where the device is lost.
    pub async fn finish(self) -> Result<Fitted, Error> {
        each!(self.0, training => training.finish().await)
    }

    /// Goes on from a checkpoint of this run; one of another run is refused and changes nothing.
    pub(super) fn resume(&mut self, run: &str, checkpoint: &[u8]) -> Result<(), Error> {
        each!(&mut self.0, training => training.resume(run, checkpoint))
    }

    /// All epochs on rows at hand.
    pub(super) async fn fit(
        self,
        set: &TrainingSet,
        clock_secs: impl Fn() -> f64,
        mut on_epoch: impl AsyncFnMut(&Epoch, Moment<'_>) -> ControlFlow<()>,
    ) -> Result<Fitted, Error> {
        match self.0 {
            On::Cpu(training) => {
                training.fit(set, clock_secs, async |epoch, now| on_epoch(epoch, Moment(At::Cpu(now))).await).await
            }
            #[cfg(feature = "webgpu")]
            On::Gpu(training) => {
                training.fit(set, clock_secs, async |epoch, now| on_epoch(epoch, Moment(At::Gpu(now))).await).await
            }
            #[cfg(feature = "burn")]
            On::Burn(training) => {
                training.fit(set, clock_secs, async |epoch, now| on_epoch(epoch, Moment(At::Burn(now))).await).await
            }
        }
    }
}

/// A run between two epochs.
#[derive(Clone, Copy)]
pub struct Moment<'a>(At<'a>);

#[derive(Clone, Copy)]
enum At<'a> {
    Cpu(&'a Training<CpuStepper>),
    #[cfg(feature = "webgpu")]
    Gpu(&'a Training<GpuStepper>),
    #[cfg(feature = "burn")]
    Burn(&'a Training<BurnStepper>),
    /// Nothing is to come.
    Over,
}

impl Moment<'_> {
    /// After the one epoch of nearest neighbours.
    pub(super) const fn over() -> Self {
        Self(At::Over)
    }

    /// All that the epochs to come depend on, as a file; `run` is [`run_name`](crate::train::run_name)'s.
    ///
    /// # Errors
    /// [`Error::NoDevice`] where the device is lost, [`Error::NoModel`] where no epoch is to come.
    pub async fn checkpoint(&self, run: &str) -> Result<Vec<u8>, Error> {
        match self.0 {
            At::Cpu(training) => training.checkpoint(run).await,
            #[cfg(feature = "webgpu")]
            At::Gpu(training) => training.checkpoint(run).await,
            #[cfg(feature = "burn")]
            At::Burn(training) => training.checkpoint(run).await,
            At::Over => Err(Error::NoModel),
        }
    }
}
