//! Features to mean 0 and deviation 1 before the head sees them.

/// A feature that hardly varies is left in its unit instead of being blown up.
const MIN_STD: f64 = 1e-6;

/// Mean and standard deviation of each feature over the training rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer {
    /// `f32 [num_features]`
    pub mean: Vec<f32>,
    /// `f32 [num_features]`; 1 where the feature hardly varies.
    pub std: Vec<f32>,
}

impl Standardizer {
    /// Leaves rows as they are.
    pub fn identity(num_features: usize) -> Self {
        Self { mean: vec![0.0; num_features], std: vec![1.0; num_features] }
    }

    /// Fits on `rows f32 [n, num_features]`, as scikit-learn's `StandardScaler` (the deviation divides by n).
    pub fn fit(rows: &[f32], num_features: usize) -> Self {
        Self::fit_in_pieces(num_features, || std::iter::once(rows))
    }

    /// [`Standardizer::fit`], to the same bits, on rows that come piece by piece and are asked for twice.
    pub fn fit_in_pieces<P: AsRef<[f32]>, I: Iterator<Item = P>>(
        num_features: usize,
        mut pieces: impl FnMut() -> I,
    ) -> Self {
        let (mut n, mut sum, mut squares) = (0usize, vec![0f64; num_features], vec![0f64; num_features]);
        for piece in pieces() {
            for row in piece.as_ref().chunks_exact(num_features) {
                n += 1;
                row.iter().zip(&mut sum).for_each(|(x, sum)| *sum += f64::from(*x));
            }
        }
        let n = n.max(1) as f64;
        let mean: Vec<f64> = sum.iter().map(|sum| sum / n).collect();
        for piece in pieces() {
            for row in piece.as_ref().chunks_exact(num_features) {
                let deviations = row.iter().zip(&mean).map(|(x, mean)| f64::from(*x) - mean);
                deviations.zip(&mut squares).for_each(|(d, sum)| *sum += d * d);
            }
        }
        let std = squares.iter().map(|sum| (sum / n).sqrt()).map(|std| if std < MIN_STD { 1.0 } else { std as f32 });
        Self { std: std.collect(), mean: mean.iter().map(|mean| *mean as f32).collect() }
    }

    /// `(x − mean) / std`, in place. `rows f32 [n, num_features]`
    pub fn apply(&self, rows: &mut [f32]) {
        for row in rows.chunks_exact_mut(self.mean.len()) {
            row.iter_mut().zip(&self.mean).zip(&self.std).for_each(|((x, mean), std)| *x = (*x - mean) / std);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standardizer_equals_scikit_learn() {
        // sklearn 1.9.1: StandardScaler().fit([[1, 5], [2, 5], [6, 5]])
        let fitted = Standardizer::fit(&[1.0, 5.0, 2.0, 5.0, 6.0, 5.0], 2);
        assert_eq!(fitted.mean, [3.0, 5.0]);
        assert!((fitted.std[0] - 2.160_246_9).abs() < 1e-6);
        assert_eq!(fitted.std[1], 1.0, "a constant feature keeps its unit");
    }
}
