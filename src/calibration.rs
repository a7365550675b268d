//! How far probabilities can be believed: one temperature that makes them honest, and the figures that show whether they are.
//!
//! Dividing all logits by a temperature changes how sure a head says it is, never what it answers.

use serde::Serialize;

use crate::head::{softmax, top};

/// Bins of [`reliability`], as in Guo et al.
const BINS: usize = 15;
/// Inverse temperatures looked at: where validation is all right (or all wrong) the likelihood alone has no bound.
const INVERSE: [f64; 2] = [0.05, 4.0];

/// The temperature that makes `classes` most likely: `softmax(logits / temperature)` has the least cross-entropy.
///
/// `logits f32 [n, num_classes]`, row-major; between 0.25 and 20, and 1 where there are no rows.
///
/// Source: Guo et al. (2017), "On Calibration of Modern Neural Networks", 4.2.
pub fn temperature(logits: &[f32], classes: &[usize], num_classes: usize) -> f32 {
    if classes.is_empty() {
        return 1.0;
    }
    // The loss is convex in the inverse temperature, so its slope has one root.
    let [mut low, mut high] = INVERSE;
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if slope(logits, classes, num_classes, middle) < 0.0 { low = middle } else { high = middle }
    }
    (2.0 / (low + high)) as f32
}

/// Of the summed cross-entropy over the inverse temperature: the expected logit less the true class's.
fn slope(logits: &[f32], classes: &[usize], num_classes: usize, inverse: f64) -> f64 {
    let of_row = |(row, class): (&[f32], &usize)| {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut sum, mut weighted) = (0.0, 0.0);
        for logit in row {
            let weight = (f64::from(logit - largest) * inverse).exp();
            sum += weight;
            weighted += weight * f64::from(*logit);
        }
        weighted / sum - f64::from(row[*class])
    };
    logits.chunks_exact(num_classes).zip(classes).map(of_row).sum()
}

/// Images whose answer has about the same probability.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Mean probability of the answers; 0 where there are none.
    pub confidence: f64,
    /// Share of them that are right.
    pub accuracy: f64,
    /// How many.
    pub count: usize,
}

/// The reliability diagram's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reliability {
    /// Expected calibration error: mean distance of confidence and accuracy, by the bins' counts.
    pub ece: f64,
    /// 15 of equal width, from 0 to 1.
    pub bins: Vec<Bin>,
}

/// Answers by how probable they were said to be; `answers` holds each one's probability and whether it was right.
///
/// Source: Guo et al. (2017), 2 and 3; a probability on a border counts to the bin below.
pub fn reliability(answers: &[(f32, bool)]) -> Reliability {
    let mut bins = vec![Bin::default(); BINS];
    for (probability, is_right) in answers {
        let place = (f64::from(*probability) * BINS as f64).ceil() as usize;
        let bin = &mut bins[place.clamp(1, BINS) - 1];
        bin.confidence += f64::from(*probability);
        bin.accuracy += f64::from(u8::from(*is_right));
        bin.count += 1;
    }
    let n = answers.len().max(1) as f64;
    let ece = bins.iter().map(|bin| (bin.confidence - bin.accuracy).abs()).sum::<f64>() / n;
    for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
        bin.confidence /= bin.count as f64;
        bin.accuracy /= bin.count as f64;
    }
    Reliability { ece, bins }
}

/// A head's temperature and what it changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Of the head: fitted on all of its validation images.
    pub temperature: f32,
    /// With temperature 1.
    pub before: Reliability,
    /// With a temperature fitted on the other half of the images: on the same ones it would flatter.
    pub after: Reliability,
}

/// Judges a temperature on the images that it was fitted on, half by half. Shapes as in [`temperature`].
pub fn calibration(logits: &[f32], classes: &[usize], num_classes: usize) -> Calibration {
    let halves = [0, 1].map(|half| {
        let (mut logits_of, mut classes_of) = (Vec::new(), Vec::new());
        for (row, class) in logits.chunks_exact(num_classes).zip(classes).skip(half).step_by(2) {
            logits_of.extend_from_slice(row);
            classes_of.push(*class);
        }
        (logits_of, classes_of)
    });
    let [even, odd] = [&halves[0], &halves[1]].map(|(logits, classes)| temperature(logits, classes, num_classes));
    let after = [(&halves[0], odd), (&halves[1], even)];
    let after = after.map(|((logits, classes), temperature)| answers(logits, classes, num_classes, temperature));
    Calibration {
        temperature: temperature(logits, classes, num_classes),
        before: reliability(&answers(logits, classes, num_classes, 1.0)),
        after: reliability(&after.concat()),
    }
}

/// The probability of each row's answer, and whether it is right.
pub fn answers(logits: &[f32], classes: &[usize], num_classes: usize, temperature: f32) -> Vec<(f32, bool)> {
    let answer = |(row, class): (&[f32], &usize)| {
        let mut row: Vec<f32> = row.iter().map(|logit| logit / temperature).collect();
        softmax(&mut row);
        let (answer, probability) = top(&row);
        (probability, answer == *class)
    };
    logits.chunks_exact(num_classes).zip(classes).map(answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of tests/golden/calibration.py.
    fn rows(n: usize, num_classes: usize) -> (Vec<f32>, Vec<usize>) {
        let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let mut bytes = std::iter::successors(next(&7), next).map(|state| state >> 24);
        let (mut logits, mut classes) = (Vec::new(), Vec::new());
        for _ in 0..n {
            let row: Vec<f32> = bytes.by_ref().take(num_classes).map(|byte| (byte as f32 - 128.0) / 16.0).collect();
            let (luck, other) = (bytes.next().unwrap(), bytes.next().unwrap());
            classes.push(if luck < 160 { top(&row).0 } else { other as usize % num_classes });
            logits.extend(row);
        }
        (logits, classes)
    }

    #[test]
    fn temperature_and_error_equal_numpy() {
        // tests/golden/calibration.py
        let cases = [
            (200, 5, [3.288949, 0.178908, 0.216975]),
            (77, 2, [7.903481, 0.221957, 0.246863]),
            (500, 9, [3.919584, 0.175549, 0.315893]),
        ];
        for (n, c, expected) in cases {
            let (logits, classes) = rows(n, c);
            let fitted = temperature(&logits, &classes, c);
            let ece = |temperature| reliability(&answers(&logits, &classes, c, temperature)).ece;
            let found = [f64::from(fitted), ece(1.0), ece(fitted)];
            let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-4, "{n} × {c}: {found:?}, {expected:?}");
        }
    }

    #[test]
    fn where_all_is_right_the_temperature_is_bounded_and_without_rows_it_is_one() {
        assert_eq!(temperature(&[9.0, 1.0, 2.0, 8.0], &[0, 1], 2), 0.25);
        assert_eq!(temperature(&[9.0, 1.0, 2.0, 8.0], &[1, 0], 2), 20.0);
        assert_eq!(temperature(&[], &[], 3), 1.0);
        let empty = calibration(&[], &[], 3);
        assert_eq!((empty.before.ece, empty.after.ece, empty.before.bins.len()), (0.0, 0.0, 15));
    }
}
