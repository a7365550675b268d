//! What validation says, with how sure one may be: confusion matrix, precision, recall, F1, Wilson interval.

use serde::Serialize;

/// The standard normal's 97.5 % quantile: a 95 % interval leaves 2.5 % on each side.
const Z_95: f64 = 1.959_963_984_540_054;

/// The 95 % Wilson score interval of a share, `correct` of `total`; `[0, 1]` where nothing was counted.
///
/// Source: Wilson (1927); the same as `statsmodels.stats.proportion.proportion_confint(method="wilson")`.
pub fn wilson_interval(correct: usize, total: usize) -> [f64; 2] {
    if total == 0 {
        return [0.0, 1.0];
    }
    let (n, p) = (total as f64, correct as f64 / total as f64);
    let z2 = Z_95 * Z_95;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

/// Counts of true class (rows) against predicted class (columns), `c × c`.
///
/// `truth` and `predicted` hold class numbers below `num_classes`; pairs beyond are left out.
pub fn confusion_matrix(truth: &[usize], predicted: &[usize], num_classes: usize) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; num_classes]; num_classes];
    for (t, p) in truth.iter().zip(predicted) {
        if let Some(count) = counts.get_mut(*t).and_then(|row| row.get_mut(*p)) {
            *count += 1;
        }
    }
    counts
}

/// Precision, recall and F1 of one class, as scikit-learn's `classification_report`; 0 where nothing was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassMetrics {
    /// The class.
    pub label: String,
    /// Of the images called so, the share that are.
    pub precision: f64,
    /// Of the images that are, the share called so.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Validation images of the class.
    pub support: usize,
}

/// One row a class from a confusion matrix.
pub fn per_class(labels: &[String], confusion: &[Vec<usize>]) -> Vec<ClassMetrics> {
    let ratio = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let metrics = |(i, label): (usize, &String)| {
        let hits = confusion[i][i];
        let support: usize = confusion[i].iter().sum();
        let called: usize = confusion.iter().map(|row| row[i]).sum();
        ClassMetrics {
            label: label.clone(),
            precision: ratio(hits, called),
            recall: ratio(hits, support),
            f1: ratio(2 * hits, support + called),
            support,
        }
    };
    labels.iter().enumerate().map(metrics).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_equals_statsmodels() {
        // statsmodels 0.15.0: proportion_confint(count, nobs, 0.05, method="wilson")
        let cases = [
            (85, 100, [0.767_164_404_091_676, 0.906_940_147_163_434]),
            (0, 10, [0.0, 0.277_532_799_862_889]),
            (10, 10, [0.722_467_200_137_111, 1.0]),
            (1, 2, [0.094_531_205_734_230, 0.905_468_794_265_769]),
        ];
        for (correct, total, expected) in cases {
            let found = wilson_interval(correct, total);
            assert!((found[0] - expected[0]).abs() < 1e-9 && (found[1] - expected[1]).abs() < 1e-9, "{found:?}");
        }
        assert_eq!(wilson_interval(0, 0), [0.0, 1.0]);
    }

    #[test]
    fn per_class_equals_scikit_learn() {
        // sklearn 1.9.1: classification_report([0,0,0,1,1,2], [0,0,1,1,2,1], zero_division=0)
        let confusion = confusion_matrix(&[0, 0, 0, 1, 1, 2], &[0, 0, 1, 1, 2, 1], 3);
        assert_eq!(confusion, [[2, 1, 0], [0, 1, 1], [0, 1, 0]]);
        let rows = per_class(&["a".into(), "b".into(), "c".into()], &confusion);
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        for (row, (precision, recall, f1, support)) in
            rows.iter().zip([(1.0, 2.0 / 3.0, 0.8, 3), (1.0 / 3.0, 0.5, 0.4, 2), (0.0, 0.0, 0.0, 1)])
        {
            close(row.precision, precision);
            close(row.recall, recall);
            close(row.f1, f1);
            assert_eq!(row.support, support);
        }
    }
}
