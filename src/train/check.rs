//! One device's training against another's, on sizes that fill no vector and no tile: what tests call, and anyone who
//! doubts a driver.

use std::ops::ControlFlow;

use crate::device::Device;
use crate::error::Error;
use crate::head::{HIDDEN, HeadKind};
use crate::run::optimizer::Optimizer;
use crate::train::{ClassWeight, FitConfig, Fitted, Rows, TrainingSet, fit};

/// Sizes of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) head: HeadKind,
    pub(super) hidden: &'static [usize],
    pub(super) num_features: usize,
    pub(super) classes: usize,
    pub(super) train: usize,
    pub(super) validation: usize,
    pub(super) batch_size: usize,
}

pub(super) const CASES: [Case; 8] = [
    Case {
        head: HeadKind::Mlp,
        hidden: &HIDDEN,
        num_features: 24,
        classes: 2,
        train: 50,
        validation: 9,
        batch_size: 16,
    },
    Case {
        head: HeadKind::Mlp,
        hidden: &HIDDEN,
        num_features: 37,
        classes: 7,
        train: 65,
        validation: 70,
        batch_size: 64,
    },
    Case { head: HeadKind::Mlp, hidden: &HIDDEN, num_features: 5, classes: 3, train: 7, validation: 1, batch_size: 1 },
    Case {
        head: HeadKind::Mlp,
        hidden: &HIDDEN,
        num_features: 12,
        classes: 9,
        train: 45,
        validation: 20,
        batch_size: 1000,
    },
    Case {
        head: HeadKind::Linear,
        hidden: &[],
        num_features: 33,
        classes: 2,
        train: 70,
        validation: 130,
        batch_size: 23,
    },
    Case {
        head: HeadKind::Linear,
        hidden: &[],
        num_features: 1,
        classes: 12,
        train: 30,
        validation: 12,
        batch_size: 8,
    },
    Case { head: HeadKind::Mlp, hidden: &[3], num_features: 24, classes: 4, train: 50, validation: 9, batch_size: 16 },
    Case {
        head: HeadKind::Mlp,
        hidden: &[65, 9, 130],
        num_features: 7,
        classes: 3,
        train: 40,
        validation: 9,
        batch_size: 10,
    },
];

const OPTIMIZERS: [(Optimizer, f64, bool); 6] = [
    (Optimizer::Adamw, 0.0, false),
    (Optimizer::Sgd, 0.0, false),
    (Optimizer::Sgd, 0.9, false),
    (Optimizer::Sgd, 0.9, true),
    (Optimizer::Rmsprop, 0.0, false),
    (Optimizer::Rmsprop, 0.9, false),
];

/// Each case with Adam, and one with each other optimiser and with weighed classes.
pub(super) fn runs() -> impl Iterator<Item = (Case, FitConfig)> {
    let adam = CASES.into_iter().map(|case| (case, config(&case, 5)));
    let others = OPTIMIZERS.into_iter().map(|(optimizer, momentum, nesterov)| {
        (CASES[1], FitConfig { optimizer, momentum, nesterov, ..config(&CASES[1], 4) })
    });
    let balanced = FitConfig { class_weight: ClassWeight::Balanced, ..config(&CASES[1], 4) };
    adam.chain(others).chain([(CASES[1], balanced)])
}

pub(super) fn config(case: &Case, epochs: usize) -> FitConfig {
    // A linear head passes its widths over, but they are checked.
    let hidden = if case.hidden.is_empty() { HIDDEN.to_vec() } else { case.hidden.to_vec() };
    FitConfig { head: case.head, hidden, epochs, batch_size: case.batch_size, ..FitConfig::default() }
}

/// Made-up rows, the same each time.
pub(super) fn set(case: &Case) -> TrainingSet {
    let mut random = fastrand::Rng::with_seed(3);
    let labels = (0..case.classes).map(|class| class.to_string()).collect();
    let [train, validation] = [case.train, case.validation].map(|n| rows(n, case, &mut random));
    TrainingSet { labels, num_features: case.num_features, train, validation, views: Vec::new() }
}

fn rows(n: usize, case: &Case, random: &mut fastrand::Rng) -> Rows {
    let classes: Vec<usize> = (0..n).map(|i| i % case.classes).collect();
    let value = |class: usize, j: usize, noise: f32| noise * 3.0 + if j % case.classes == class { 1.0 } else { 0.0 };
    let row = |class: &usize| (0..case.num_features).map(|j| value(*class, j, random.f32())).collect::<Vec<_>>();
    Rows { features: classes.iter().flat_map(row).collect(), classes }
}

pub(super) async fn fitted(case: &Case, config: &FitConfig, device: &Device) -> Result<Fitted, Error> {
    fit(&set(case), config, device, || 0.0, async |_| ControlFlow::Continue(())).await
}

/// The largest difference of two runs, in figures and weights.
pub(super) fn difference(one: &Fitted, two: &Fitted) -> f32 {
    let figures = |fitted: &Fitted| {
        let epochs = fitted.history.iter();
        epochs.flat_map(|epoch| [epoch.loss, epoch.accuracy, epoch.val_loss, epoch.val_accuracy]).collect::<Vec<_>>()
    };
    let weights = |fitted: &Fitted| {
        let layers = fitted.head.classifier.layers.iter();
        layers.flat_map(|layer| [&layer.weight[..], &layer.bias].concat()).collect::<Vec<_>>()
    };
    let (figures, weights) = ([one, two].map(figures), [one, two].map(weights));
    if figures[0].len() != figures[1].len() || weights[0].len() != weights[1].len() {
        return f32::INFINITY;
    }
    let figures = figures[0].iter().zip(&figures[1]).map(|(one, two)| (one - two).abs() as f32);
    let weights = weights[0].iter().zip(&weights[1]).map(|(one, two)| (one - two).abs());
    figures.chain(weights).fold(0.0, |worst, difference| if difference > worst { difference } else { worst })
}

/// Trains all cases on `device` and on the CPU. `same_bits`: a second run on `device` gave the same.
///
/// # Errors
/// [`Error::NoDevice`] where the device is lost.
#[cfg(feature = "webgpu")]
pub async fn check_training(device: &Device) -> Result<Vec<crate::run::gpu::Outcome>, Error> {
    let mut outcomes = Vec::new();
    for (case, config) in runs() {
        let cpu = fitted(&case, &config, &Device::Cpu).await?;
        let [one, two] = [fitted(&case, &config, device).await?, fitted(&case, &config, device).await?];
        let Case { head, num_features, classes, .. } = case;
        let name = format!("{:?} {head:?}, {num_features} features, {classes} classes", config.optimizer);
        let same_bits = one.history == two.history && one.head.classifier == two.head.classifier;
        outcomes.push(crate::run::gpu::Outcome { name, difference: difference(&one, &cpu), same_bits });
    }
    Ok(outcomes)
}
