//! Would more photos help? Accuracy on the same validation images of heads trained on growing parts of the training images.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::device::Device;
use crate::error::Error;
use crate::metrics::wilson_interval;
use crate::train::{FitConfig, Rows, TrainingSet, fit};

/// Parts of the training images, each inside the next.
pub const SHARES: [f64; 6] = [1.0 / 32.0, 1.0 / 16.0, 1.0 / 8.0, 1.0 / 4.0, 1.0 / 2.0, 1.0];

/// What a part of the training images is good for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Training images.
    pub images: usize,
    /// Share of the validation images called right by the best epoch, as the report gives it.
    pub accuracy: f64,
    /// Its 95 % Wilson interval.
    pub interval: [f64; 2],
}

/// Trains a head on each part and tells each point as it comes; `on_point` may end it.
///
/// `order` ranks the training rows: the part of a class is its first rows, so that each part lies inside the next. Parts
/// that are no larger than the one before are passed over.
///
/// # Errors
/// Those of [`fit`].
pub async fn learning_curve(
    set: &TrainingSet,
    order: &[usize],
    config: &FitConfig,
    device: &Device,
    mut on_point: impl AsyncFnMut(&Point) -> ControlFlow<()>,
) -> Result<Vec<Point>, Error> {
    let (total, mut points) = (set.validation.classes.len(), Vec::<Point>::new());
    for share in SHARES {
        let at = part(&set.train.classes, order, share);
        if points.last().is_some_and(|point| point.images >= at.len()) {
            continue;
        }
        let mut train = Rows::default();
        for at in &at {
            train.features.extend_from_slice(&set.train.features[at * set.num_features..][..set.num_features]);
            train.classes.push(set.train.classes[*at]);
        }
        let part = TrainingSet { train, views: Vec::new(), ..set.clone() };
        let fitted = fit(&part, config, device, || 0.0, async |_: &_| ControlFlow::Continue(())).await?;
        let accuracy = fitted.history.get(fitted.best_epoch - 1).map_or(0.0, |epoch| epoch.val_accuracy);
        let right = (accuracy * total as f64).round() as usize;
        points.push(Point { images: at.len(), accuracy, interval: wilson_interval(right, total) });
        if let Some(point) = points.last()
            && on_point(point).await.is_break()
        {
            break;
        }
    }
    Ok(points)
}

/// The first rows of each class by `order`, at least one, in ascending order.
fn part(classes: &[usize], order: &[usize], share: f64) -> Vec<usize> {
    let mut by_class: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in order {
        by_class.entry(classes[*at]).or_default().push(*at);
    }
    let first = |rows: Vec<usize>| {
        let count = ((rows.len() as f64 * share).round() as usize).max(1);
        rows.into_iter().take(count)
    };
    let mut part: Vec<usize> = by_class.into_values().flat_map(first).collect();
    part.sort_unstable();
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_part_lies_inside_the_next_and_has_every_class(classes in prop::collection::vec(0usize..4, 1..80)) {
            let order: Vec<usize> = (0..classes.len()).rev().collect();
            let parts = SHARES.map(|share| part(&classes, &order, share));
            for pair in parts.windows(2) {
                prop_assert!(pair[0].iter().all(|at| pair[1].contains(at)));
            }
            prop_assert!(classes.iter().all(|class| parts[0].iter().any(|at| classes[*at] == *class)));
            prop_assert_eq!(parts[5].len(), classes.len());
        }
    }
}
