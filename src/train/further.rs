//! Training that goes on from a head: known classes keep what they learnt, new ones start like those of a fresh head.

use std::ops::ControlFlow;

use crate::device::Device;
use crate::error::Error;
use crate::head::{Classifier, ClassifierConfig, Dense, Head, HeadKind};
use crate::train::{Epoch, FitConfig, Fitted, HeadTrainer, Moment, TrainingSet, fit_from};

/// [`fit`](crate::train::fit) from `head`, which is of the kind and the widths that `config` and `set` ask for. Its standardisation
/// stays, since its weights belong to it. A class of the head that `set` has no more is forgotten. Nearest neighbours are made anew.
///
/// # Errors
/// Those of [`fit`](crate::train::fit).
pub async fn fit_further(
    head: &Head,
    set: &TrainingSet,
    config: &FitConfig,
    device: &Device,
    clock_secs: impl Fn() -> f64,
    on_epoch: impl AsyncFnMut(&Epoch, Moment<'_>) -> ControlFlow<()>,
) -> Result<Fitted, Error> {
    if config.head == HeadKind::Neighbors {
        return fit_from(None, set, config, device, clock_secs, on_epoch).await;
    }
    let (labels, standardizer) = (set.labels.clone(), head.standardizer.clone());
    let classifier = grown(head, &labels, config.seed);
    let trainer = HeadTrainer::start_from(&classifier, labels, standardizer, config, device);
    trainer.fit(set, clock_secs, on_epoch).await
}

/// The head's layers with one output for each of `labels`: the head's own where it knows the class, else drawn from `seed`.
fn grown(head: &Head, labels: &[String], seed: u64) -> Classifier {
    let mut layers = head.classifier.layers.clone();
    let num_features = head.standardizer.mean.len();
    let sizes = ClassifierConfig { kind: head.kind, hidden: head.hidden(), num_features, num_classes: labels.len() };
    if let Some((last, fresh)) = layers.last_mut().zip(sizes.init(seed).layers.pop()) {
        *last = with_outputs(last, fresh, |at| head.labels.iter().position(|label| *label == labels[at]));
    }
    Classifier { layers }
}

/// `fresh`, whose output `at` is that of `old` at `place(at)`, if there is one.
fn with_outputs(old: &Dense, mut fresh: Dense, place: impl Fn(usize) -> Option<usize>) -> Dense {
    let width = fresh.bias.len();
    for (at, from) in (0..width).filter_map(|at| Some((at, place(at)?))) {
        fresh.bias[at] = old.bias[from];
        for (row, old_row) in fresh.weight.chunks_exact_mut(width).zip(old.weight.chunks_exact(old.bias.len())) {
            row[at] = old_row[from];
        }
    }
    fresh
}
