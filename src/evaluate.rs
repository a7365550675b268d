//! What validation says of a trained head, image by image and in sum.

use serde::Serialize;

use crate::calibration::{Calibration, calibration};
use crate::features::Image;
use crate::head::{Head, softmax, top};
use crate::metrics::{ClassMetrics, confusion_matrix, per_class, wilson_interval};

/// Training rows that nearest neighbours are judged on, where there are more: of 10,000, all would take seconds.
const MOST_VOTED: usize = 2000;
/// Rows that one pass judges: 10,000 images are never copied at once.
const ROWS_AT_ONCE: usize = 1024;

/// A validation image as the head sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The image.
    pub id: u32,
    /// Its class.
    pub label: String,
    /// What the head says.
    pub predicted: String,
    /// How sure it is of that.
    pub probability: f32,
    /// Cross-entropy: how much the head is surprised by its class. Small where it is right and sure.
    pub loss: f32,
}

/// What validation says of the trained head.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Class names, the order of rows and columns.
    pub labels: Vec<String>,
    /// Validation images: true class in rows, predicted class in columns.
    pub confusion: Vec<Vec<usize>>,
    /// One row a class.
    pub per_class: Vec<ClassMetrics>,
    /// Share of validation images called right.
    pub accuracy: f64,
    /// Its 95 % Wilson interval.
    pub interval: [f64; 2],
    /// Share of training images called right, without dropout; by nearest neighbours, none by itself.
    pub train_accuracy: f64,
    /// Number of training images.
    pub train: usize,
    /// Number of validation images.
    pub validation: usize,
    /// The epoch that was kept, from 1.
    pub best_epoch: usize,
    /// How far the probabilities can be believed.
    pub calibration: Calibration,
    /// Each validation image.
    pub images: Vec<Judged>,
    /// Each training image's id.
    pub train_ids: Vec<u32>,
}

/// Judges a head on its training and its validation images; only the latter enter the confusion matrix.
pub fn evaluate(head: &Head, best_epoch: usize, [train, validation]: [&[&Image]; 2]) -> Report {
    let labels = &head.labels;
    let train_ids = train.iter().map(|image| image.id).collect();
    let trained: Vec<&Image> = train.iter().step_by(every(head, train.len())).copied().collect();
    let (trained, _) = judge(head, &trained, Head::forward_trained);
    let (images, logits) = judge(head, validation, Head::forward_head);
    let right = |judged: &[Judged]| judged.iter().filter(|image| image.label == image.predicted).count();
    let share = |judged: &[Judged]| right(judged) as f64 / judged.len().max(1) as f64;
    let number = |name: &String| labels.iter().position(|label| label == name).unwrap_or(labels.len());
    let truth: Vec<usize> = images.iter().map(|image| number(&image.label)).collect();
    let predicted: Vec<usize> = images.iter().map(|image| number(&image.predicted)).collect();
    let calibration = known_only(&logits, &truth, labels.len());
    let confusion = confusion_matrix(&truth, &predicted, labels.len());
    Report {
        labels: labels.clone(),
        per_class: per_class(labels, &confusion),
        confusion,
        accuracy: share(&images),
        interval: wilson_interval(right(&images), images.len()),
        train_accuracy: share(&trained),
        train: train.len(),
        validation: images.len(),
        best_epoch,
        calibration,
        images,
        train_ids,
    }
}

/// Calibration by the images of classes that the head knows: one can be relabelled to another.
fn known_only(logits: &[f32], truth: &[usize], num_classes: usize) -> Calibration {
    let rows = logits.chunks_exact(num_classes.max(1)).zip(truth).filter(|(_, class)| **class < num_classes);
    let (rows, classes): (Vec<&[f32]>, Vec<usize>) = rows.map(|(row, class)| (row, *class)).unzip();
    calibration(&rows.concat(), &classes, num_classes.max(1))
}

/// Every so-manieth training row is judged.
fn every(head: &Head, rows: usize) -> usize {
    if head.neighbors.is_some() { rows.div_ceil(MOST_VOTED).max(1) } else { 1 }
}

/// Each image, and its logits.
fn judge(head: &Head, images: &[&Image], forward: fn(&Head, Vec<f32>) -> Vec<f32>) -> (Vec<Judged>, Vec<f32>) {
    let (mut judged, mut all) = (Vec::new(), Vec::new());
    for images in images.chunks(ROWS_AT_ONCE) {
        let logits = forward(head, images.iter().flat_map(|image| image.features.iter().copied()).collect());
        judged.extend(
            images.iter().zip(logits.chunks_exact(head.labels.len())).map(|(image, row)| one(head, image, row)),
        );
        all.extend(logits);
    }
    (judged, all)
}

fn one(head: &Head, image: &Image, logits: &[f32]) -> Judged {
    let mut scaled: Vec<f32> = logits.iter().map(|logit| logit / head.temperature).collect();
    let own = head.labels.iter().position(|label| *label == image.label).map(|class| scaled[class]);
    let sum = softmax(&mut scaled);
    let (class, probability) = top(&scaled);
    let predicted = head.labels.get(class).cloned().unwrap_or_default();
    let loss = own.map_or(f32::INFINITY, |logit| sum - logit);
    Judged { id: image.id, label: image.label.clone(), predicted, probability, loss }
}
