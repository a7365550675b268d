//! Heads: what is trained on feature rows. A head standardises its rows first, with statistics of the training rows.

pub mod brought;
pub mod dropout;
pub mod neighbors;
pub mod packed;
mod standardizer;

use serde::{Deserialize, Serialize};

use crate::backbone::plan::{Plan, SummaryRow};
use crate::backbone::weights::Weights;
use crate::error::Error;
use crate::head::dropout::Dropout;
use crate::head::neighbors::Neighbors;
use crate::head::packed::Packed;
use crate::image::Fit;
use crate::run::batch_norm::Statistics;

pub use crate::head::standardizer::Standardizer;

/// Widths of the MLP's hidden layers, unless others are asked for.
pub const HIDDEN: [usize; 2] = [512, 512];
/// Hidden layers that an MLP may have.
pub const MOST_HIDDEN: usize = 3;
/// Units that a hidden layer may have.
pub const WIDEST: usize = 4096;
/// Dropout before the MLP's first and second layer, unless another is asked for.
pub const DROPOUT: [f32; 2] = [0.05, 0.15];

/// Which head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum HeadKind {
    /// One dense layer: multinomial logistic regression.
    Linear,
    /// Dropout 0.05 → Dense 512 relu → Dropout 0.15 → Dense 512 relu → Dense, or other widths.
    #[default]
    Mlp,
    /// No layer: the most similar training rows vote.
    #[serde(rename = "knn")]
    Neighbors,
}

/// Sizes of a classifier.
#[derive(Clone, Debug)]
pub struct ClassifierConfig {
    /// Which head.
    pub kind: HeadKind,
    /// Widths of the MLP's hidden layers; other heads have none, whatever stands here.
    pub hidden: Vec<usize>,
    /// Width of a feature row.
    pub num_features: usize,
    /// Number of classes.
    pub num_classes: usize,
}

/// Dense layers from standardised feature rows to logits.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    /// `relu` follows each but the last.
    pub layers: Vec<Dense>,
}

/// A dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `f32 [in, out]`, row-major.
    pub weight: Vec<f32>,
    /// `f32 [out]`
    pub bias: Vec<f32>,
}

impl Dense {
    /// Input and output width.
    pub fn sizes(&self) -> [usize; 2] {
        [self.weight.len() / self.bias.len().max(1), self.bias.len()]
    }
}

impl ClassifierConfig {
    /// Input and output width of each dense layer.
    pub fn layers(&self) -> Vec<[usize; 2]> {
        if self.kind == HeadKind::Neighbors {
            return vec![];
        }
        let widths = [&[self.num_features], self.hidden(), &[self.num_classes]].concat();
        widths.windows(2).map(|pair| [pair[0], pair[1]]).collect()
    }

    fn hidden(&self) -> &[usize] {
        if self.kind == HeadKind::Mlp { &self.hidden } else { &[] }
    }

    /// Glorot-uniform weights and zero biases from `seed`, as Keras: the same numbers on every device.
    pub fn init(&self, seed: u64) -> Classifier {
        let mut random = fastrand::Rng::with_seed(seed);
        let layer = |[d_in, d_out]: [usize; 2]| {
            let limit = (6.0 / (d_in + d_out) as f32).sqrt();
            let weight = (0..d_in * d_out).map(|_| (random.f32() * 2.0 - 1.0) * limit).collect();
            Dense { weight, bias: vec![0.0; d_out] }
        };
        Classifier { layers: self.layers().into_iter().map(layer).collect() }
    }

    /// The dropout before each hidden layer, of these probabilities; the last of them holds for all further layers.
    pub fn dropout(&self, probabilities: &[f32]) -> Dropout {
        let last = probabilities.last().into_iter().cycle();
        let probabilities = probabilities.iter().chain(last).copied();
        let layers = self.layers().into_iter().take(self.hidden().len());
        Dropout::new(probabilities.zip(layers).map(|(probability, [d_in, _])| (probability, d_in)))
    }

    /// The layers as Keras's `summary` prints them; all trainable but the standardisation.
    pub fn summary(&self) -> Vec<SummaryRow> {
        let row = |name: String, r#type: &str, width: usize, parameters: usize, trainable: bool| SummaryRow {
            name,
            r#type: r#type.into(),
            output_shape: vec![width],
            parameters,
            trainable,
        };
        let mut rows =
            vec![row("standardize".into(), "Normalization", self.num_features, 2 * self.num_features, false)];
        for (i, [d_in, d_out]) in self.layers().into_iter().enumerate() {
            if i < self.hidden().len() {
                rows.push(row(format!("dropout{}", i + 1), "Dropout", d_in, 0, false));
            }
            let name = if i + 1 == self.layers().len() { "classifier".into() } else { format!("fc{}", i + 1) };
            rows.push(row(name, "Dense", d_out, d_in * d_out + d_out, true));
        }
        if self.kind == HeadKind::Neighbors {
            rows.push(row("neighbors".into(), "KNeighbors", self.num_classes, 0, false));
        }
        rows
    }
}

/// Whether an MLP may have hidden layers of these widths.
///
/// # Errors
/// [`Error::WrongOption`] where there are none or more than [`MOST_HIDDEN`], or one has no unit or more than [`WIDEST`].
pub fn check_hidden(hidden: &[usize]) -> Result<(), Error> {
    let wrong = |name: &str, value: usize, most: usize| {
        let (name, value, most) = (name.into(), value as f64, most as f64);
        Err(Error::WrongOption { name, value, least: 1.0, most })
    };
    if !(1..=MOST_HIDDEN).contains(&hidden.len()) {
        return wrong("The number of hidden layers", hidden.len(), MOST_HIDDEN);
    }
    match hidden.iter().find(|width| !(1..=WIDEST).contains(*width)) {
        Some(width) => wrong("The width of a hidden layer", *width, WIDEST),
        None => Ok(()),
    }
}

/// A trained head: raw feature rows in, probabilities out.
#[derive(Clone, Debug)]
pub struct Head {
    /// Which head.
    pub kind: HeadKind,
    /// Class names in the order of the logits.
    pub labels: Vec<String>,
    /// Comes first.
    pub standardizer: Standardizer,
    /// Then this; without layers where `neighbors` stand in its place.
    pub classifier: Classifier,
    /// The rows that vote, where the head is [`HeadKind::Neighbors`].
    pub neighbors: Option<Neighbors>,
    /// Logits are divided by it before the softmax; 1 changes nothing.
    pub temperature: f32,
    /// By which BatchNorm statistics the backbone makes its rows, where these are not the stored ones.
    pub statistics: Option<Statistics>,
    /// What it wants to see of a picture.
    pub fit: Fit,
}

impl Head {
    /// Widths of its hidden layers.
    pub fn hidden(&self) -> Vec<usize> {
        let layers = self.classifier.layers.split_last().map_or(&[][..], |(_, hidden)| hidden);
        layers.iter().map(|layer| layer.bias.len()).collect()
    }

    /// The backbone's weights as they make this head's rows.
    ///
    /// # Errors
    /// [`Error::WrongStatistics`] where the head's are of another network.
    pub fn adapt(&self, plan: &Plan, weights: Weights) -> Result<Weights, Error> {
        match &self.statistics {
            Some(statistics) => statistics.applied(plan, &weights),
            None => Ok(weights),
        }
    }

    /// Probabilities of each class.
    ///
    /// # Shapes
    /// `rows f32 [n, num_features]`, not standardised → `f32 [n, num_classes]`, row-major
    pub fn predict_probabilities(&self, rows: Vec<f32>) -> Vec<f32> {
        let mut probabilities = self.forward_head(rows);
        for row in probabilities.chunks_exact_mut(self.labels.len().max(1)) {
            row.iter_mut().for_each(|logit| *logit /= self.temperature);
            softmax(row);
        }
        probabilities
    }

    /// Logits of each class, before the temperature.
    ///
    /// # Shapes
    /// `rows f32 [n, num_features]`, not standardised → `f32 [n, num_classes]`, row-major
    pub fn forward_head(&self, mut rows: Vec<f32>) -> Vec<f32> {
        self.standardizer.apply(&mut rows);
        match &self.neighbors {
            Some(neighbors) => neighbors.forward_head(&rows),
            None => Packed::new(&self.classifier).forward_head(&rows),
        }
    }

    /// [`Head::forward_head`] of rows that it was trained on: where rows vote, none votes for itself.
    pub fn forward_trained(&self, mut rows: Vec<f32>) -> Vec<f32> {
        match &self.neighbors {
            Some(neighbors) => {
                self.standardizer.apply(&mut rows);
                neighbors.leave_one_out(&rows)
            }
            None => self.forward_head(rows),
        }
    }
}

/// Logits to probabilities, in place; gives the logarithm of the sum of their exponentials.
pub fn softmax(row: &mut [f32]) -> f32 {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter_mut().for_each(|logit| *logit = (*logit - largest).exp());
    let sum: f32 = row.iter().sum();
    row.iter_mut().for_each(|probability| *probability /= sum);
    largest + sum.ln()
}

/// The largest of a row and its place; the first of equals.
pub fn top(row: &[f32]) -> (usize, f32) {
    let first = (0, f32::NEG_INFINITY);
    row.iter().copied().enumerate().fold(first, |best, next| if next.1 > best.1 { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_those_of_keras() {
        let trainable = |hidden: &[usize]| {
            let hidden = hidden.to_vec();
            let config = ClassifierConfig { kind: HeadKind::Mlp, hidden, num_features: 1280, num_classes: 7 };
            config.summary().iter().filter(|row| row.trainable).map(|row| row.parameters).sum::<usize>()
        };
        assert_eq!(trainable(&HIDDEN), 1280 * 512 + 512 + 512 * 512 + 512 + 512 * 7 + 7);
        assert_eq!(trainable(&[100]), 1280 * 100 + 100 + 100 * 7 + 7);
        assert_eq!(trainable(&[9, 5, 4096]), 1280 * 9 + 9 + 9 * 5 + 5 + 5 * 4096 + 4096 + 4096 * 7 + 7);
    }

    #[test]
    fn dropout_stands_before_hidden_layers_alone() {
        let widths = |kind, hidden: &[usize], probabilities: &[f32]| {
            let config = ClassifierConfig { kind, hidden: hidden.to_vec(), num_features: 11, num_classes: 3 };
            let mut dropout = config.dropout(probabilities);
            dropout.draw(1, &mut fastrand::Rng::with_seed(1));
            dropout.masks.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(widths(HeadKind::Mlp, &[5], &DROPOUT), [11]);
        assert_eq!(widths(HeadKind::Mlp, &[5, 6, 7], &DROPOUT), [11, 5, 6]);
        assert_eq!(widths(HeadKind::Mlp, &[5, 6], &[]), [0; 0]);
        assert_eq!(widths(HeadKind::Linear, &[5, 6], &DROPOUT), [0; 0]);
    }

    #[test]
    fn widths_that_no_head_has_are_named() {
        let refused = |hidden: &[usize]| check_hidden(hidden).unwrap_err().to_string();
        assert_eq!(refused(&[]), "The number of hidden layers is 0, but it takes a number from 1 to 3.");
        assert_eq!(refused(&[9; 4]), "The number of hidden layers is 4, but it takes a number from 1 to 3.");
        assert_eq!(refused(&[9, 0]), "The width of a hidden layer is 0, but it takes a number from 1 to 4096.");
        assert_eq!(refused(&[4097]), "The width of a hidden layer is 4097, but it takes a number from 1 to 4096.");
        assert_eq!([check_hidden(&[1, 4096, 3]), check_hidden(&HIDDEN)], [Ok(()), Ok(())]);
    }

    #[test]
    fn glorot_limits_hold_and_the_seed_decides() {
        let config = ClassifierConfig { kind: HeadKind::Linear, hidden: vec![], num_features: 30, num_classes: 6 };
        let weights = |seed| config.init(seed).layers[0].weight.clone();
        let limit = (6.0f32 / 36.0).sqrt();
        assert!(weights(1).iter().all(|w| w.abs() <= limit) && weights(1).iter().any(|w| w.abs() > limit * 0.9));
        assert_eq!(weights(1), weights(1));
        assert_ne!(weights(1), weights(2));
    }
}
