//! Which labels are likely wrong: each image is judged by heads that never saw it, and its label is doubted where another
//! class is clearly more probable. Does not change a label.

use std::ops::ControlFlow;

use serde::Serialize;

use crate::device::Device;
use crate::error::Error;
use crate::head::HeadKind;
use crate::train::{FitConfig, Rows, TrainingSet, fit};

/// Parts that the images are dealt into; each is judged by a head trained on the others.
pub const FOLDS: usize = 5;
/// Few, so that a linear head does not learn wrong labels by heart.
const EPOCHS: usize = 6;

/// An image and how much its label is to be doubted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Doubt {
    /// The image.
    pub id: u32,
    /// Its class.
    pub label: String,
    /// The most probable of the other classes.
    pub suggested: String,
    /// 0 to 1: how improbable the label is.
    pub score: f32,
    /// Whether the suggestion is more probable than the label, and as probable as it is for images of that class: what
    /// confident learning calls an error.
    pub likely: bool,
}

/// Probabilities of each row by a linear head that was trained without its fold.
///
/// `folds` has a number under [`FOLDS`] for each row; near-duplicates must share one, or they vouch for each other.
/// `on_fold` hears the share that is done and may end it.
///
/// # Shapes
/// → `f32 [n, num_classes]`; `None` where it was ended
///
/// # Errors
/// Those of [`fit`].
pub async fn cross_validated(
    rows: &Rows,
    labels: &[String],
    folds: &[usize],
    seed: u64,
    mut on_fold: impl AsyncFnMut(f64) -> ControlFlow<()>,
) -> Result<Option<Vec<f32>>, Error> {
    let (n, c) = (rows.classes.len(), labels.len());
    let num_features = rows.features.len() / n.max(1);
    let mut probabilities = vec![0.0; n * c];
    let config =
        FitConfig { head: HeadKind::Linear, epochs: EPOCHS, restore_best_weights: false, seed, ..FitConfig::default() };
    for fold in 0..FOLDS {
        let (out, rest): (Vec<usize>, Vec<usize>) = (0..n).partition(|at| folds[*at] == fold);
        if !out.is_empty() && !rest.is_empty() {
            let part = |at: &[usize]| chosen(rows, num_features, at);
            let [train, validation] = [&rest, &out].map(|at| part(at));
            let set = TrainingSet { labels: labels.into(), num_features, train, validation, views: Vec::new() };
            let go_on = async |_: &_| ControlFlow::Continue(());
            let head = fit(&set, &config, &Device::Cpu, || 0.0, go_on).await?.head;
            let judged = head.predict_probabilities(set.validation.features);
            for (at, row) in out.iter().zip(judged.chunks_exact(c)) {
                probabilities[at * c..][..c].copy_from_slice(row);
            }
        }
        if on_fold((fold + 1) as f64 / FOLDS as f64).await.is_break() {
            return Ok(None);
        }
    }
    Ok(Some(probabilities))
}

fn chosen(rows: &Rows, num_features: usize, at: &[usize]) -> Rows {
    let row = |at: &usize| &rows.features[at * num_features..][..num_features];
    Rows {
        features: at.iter().flat_map(row).copied().collect(),
        classes: at.iter().map(|at| rows.classes[*at]).collect(),
    }
}

/// A row whose label is doubted.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Its number.
    pub row: usize,
    /// The most probable other class.
    pub suggested: usize,
    /// As [`Doubt::score`].
    pub score: f32,
    /// As [`Doubt::likely`].
    pub likely: bool,
}

/// All rows, the most doubtful first. `probabilities f32 [n, num_classes]` by heads that did not see the row.
///
/// Source: Northcutt, Jiang, Chuang (2021), "Confident Learning": the thresholds of 3.1, ranked by self-confidence. Of 5 %
/// planted errors in a third of TrashNet's photos that put 84 % into the first tenth, the normalised margin 78 %.
pub fn rank(probabilities: &[f32], classes: &[usize], num_classes: usize) -> Vec<Ranked> {
    let rows = || probabilities.chunks_exact(num_classes.max(1)).zip(classes);
    let (mut sums, mut counts) = (vec![0f32; num_classes], vec![0f32; num_classes]);
    for (row, class) in rows() {
        sums[*class] += row[*class];
        counts[*class] += 1.0;
    }
    let threshold: Vec<f32> = sums.iter().zip(&counts).map(|(sum, count)| sum / count.max(1.0)).collect();
    let judged = |(at, (row, class)): (usize, (&[f32], &usize))| {
        let others = row.iter().copied().enumerate().filter(|(other, _)| other != class);
        let (suggested, probability) = others.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((*class, 0.0));
        let score = 1.0 - row[*class];
        let likely = probability > row[*class] && counts[suggested] > 0.0 && probability >= threshold[suggested];
        Ranked { row: at, suggested, score, likely }
    };
    let mut ranked: Vec<Ranked> = rows().enumerate().map(judged).collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sure_contradiction_comes_first_and_an_unsure_one_is_not_called_likely() {
        // Thresholds: class 0 (0.9 + 0.8 + 0.05) / 3 = 0.58, class 1 (0.9 + 0.4) / 2 = 0.65.
        let probabilities = [0.9, 0.1, 0.8, 0.2, 0.05, 0.95, 0.1, 0.9, 0.6, 0.4];
        let ranked = rank(&probabilities, &[0, 0, 0, 1, 1], 2);
        assert_eq!(ranked.iter().map(|doubt| doubt.row).collect::<Vec<_>>(), [2, 4, 1, 0, 3]);
        assert_eq!(ranked.iter().map(|doubt| doubt.likely).collect::<Vec<_>>(), [true, true, false, false, false]);
        assert!(ranked[0].suggested == 1 && (ranked[0].score - 0.95).abs() < 1e-6);
        assert!(rank(&[], &[], 0).is_empty());
        let unsure = rank(&[0.9, 0.1, 0.45, 0.55, 0.1, 0.9], &[0, 0, 1], 2);
        assert!(unsure[0].row == 1 && !unsure[0].likely, "0.55 is less than class 1 has: {unsure:?}");
    }
}
