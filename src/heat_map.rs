//! Where in an image an answer comes from: class activation maps.
//!
//! A feature row is the mean of the backbone's last feature map over its positions. A linear head's logit is therefore the
//! mean over positions of what each position adds, plus the bias: that is the map, and it is exact. For other heads the
//! logit is replaced by its tangent at this image; as the positions are pooled, its gradient is the same at each.
//!
//! Nearest neighbours have no logit with a slope. Their map is what each position adds to the mean cosine with the neighbours
//! of the class, which is its mean over the positions: exact, too.
//!
//! Sources: Zhou et al. (2016), "Learning Deep Features for Discriminative Localization" (linear heads); Selvaraju et al.
//! (2017), "Grad-CAM" (the gradient). Theirs leave out negative values; who draws the map does that, here they stay.

use crate::features::dot;
use crate::head::Head;

impl Head {
    /// What each position of a feature map adds to the logit of `class`, against the mean image of the training: for a
    /// linear head the mean over the positions is `logit − bias`. Empty where the map is not one of this head's backbone.
    ///
    /// # Shapes
    /// `feature_map f32 [positions, num_features]` → `f32 [positions]`
    pub fn heat_map(&self, feature_map: &[f32], class: usize) -> Vec<f32> {
        let width = self.standardizer.mean.len().max(1);
        if !feature_map.len().is_multiple_of(width) || class >= self.labels.len() {
            return Vec::new();
        }
        let gradient = self.gradient(&pooled(feature_map, width), class);
        let mean = dot(&gradient, &self.standardizer.mean);
        feature_map.chunks_exact(width).map(|position| dot(&gradient, position) - mean).collect()
    }

    /// How the logit of `class` changes with each number of a feature row, at this row; of nearest neighbours, which have
    /// no slope, [`Neighbors::direction`](crate::head::neighbors::Neighbors::direction) stands in its place.
    ///
    /// # Shapes
    /// `row f32 [num_features]`, not standardised → `f32 [num_features]`
    pub fn gradient(&self, row: &[f32], class: usize) -> Vec<f32> {
        let mut values = vec![row.to_vec()];
        self.standardizer.apply(&mut values[0]);
        if let Some(neighbors) = &self.neighbors {
            let mut gradient = neighbors.direction(&values[0], class);
            gradient.iter_mut().zip(&self.standardizer.std).for_each(|(gradient, std)| *gradient /= std);
            return gradient;
        }
        for (at, layer) in self.classifier.layers.iter().enumerate() {
            let mut sums = layer.bias.clone();
            let weights = layer.weight.chunks_exact(layer.bias.len().max(1));
            for (x, weights) in values[at].iter().zip(weights) {
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += x * weight);
            }
            if at + 1 < self.classifier.layers.len() {
                sums.iter_mut().for_each(|x| *x = x.max(0.0));
            }
            values.push(sums);
        }
        let mut gradient: Vec<f32> = (0..self.labels.len()).map(|at| f32::from(u8::from(at == class))).collect();
        for (at, layer) in self.classifier.layers.iter().enumerate().rev() {
            let rows = layer.weight.chunks_exact(layer.bias.len().max(1));
            gradient = rows.map(|weights| dot(weights, &gradient)).collect();
            // What a relu held back changes nothing.
            let held = values[at].iter().map(|x| at > 0 && *x <= 0.0);
            gradient.iter_mut().zip(held).filter(|(_, held)| *held).for_each(|(gradient, _)| *gradient = 0.0);
        }
        gradient.iter_mut().zip(&self.standardizer.std).for_each(|(gradient, std)| *gradient /= std);
        gradient
    }
}

/// The mean over the positions of a feature map: the feature row.
///
/// # Shapes
/// `feature_map f32 [positions, num_features]` → `f32 [num_features]`
pub fn pooled(feature_map: &[f32], num_features: usize) -> Vec<f32> {
    let mut sums = vec![0.0; num_features];
    for position in feature_map.chunks_exact(num_features.max(1)) {
        sums.iter_mut().zip(position).for_each(|(sum, x)| *sum += x);
    }
    let scale = 1.0 / (feature_map.len() / num_features.max(1)).max(1) as f32;
    sums.iter_mut().for_each(|sum| *sum *= scale);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{ClassifierConfig, HIDDEN, HeadKind, Standardizer};
    use crate::image::Fit;

    fn numbers(seed: u64, count: usize) -> Vec<f32> {
        let mut random = fastrand::Rng::with_seed(seed);
        (0..count).map(|_| random.f32() * 2.0 - 0.5).collect()
    }

    fn head(kind: HeadKind, num_features: usize) -> Head {
        let mut classifier = ClassifierConfig { kind, hidden: HIDDEN.to_vec(), num_features, num_classes: 3 }.init(4);
        classifier.layers.iter_mut().for_each(|layer| layer.bias = numbers(9, layer.bias.len()));
        let std = numbers(6, num_features).iter().map(|x| x + 1.0).collect();
        let standardizer = Standardizer { mean: numbers(5, num_features), std };
        Head {
            kind,
            labels: ["a", "b", "c"].map(String::from).into(),
            standardizer,
            classifier,
            neighbors: None,
            temperature: 1.3,
            statistics: None,
            fit: Fit::Crop,
        }
    }

    #[test]
    fn a_linear_heads_map_has_the_logit_without_its_bias_as_its_mean() {
        let (head, map) = (head(HeadKind::Linear, 21), numbers(7, 21 * 12));
        let logits = head.forward_head(pooled(&map, 21));
        for (class, logit) in logits.iter().enumerate() {
            let mean = head.heat_map(&map, class).iter().sum::<f32>() / 12.0;
            assert!((mean - (logit - head.classifier.layers[0].bias[class])).abs() < 1e-5, "{mean} {logit}");
        }
    }

    #[test]
    fn the_gradient_is_that_of_small_steps() {
        for kind in [HeadKind::Linear, HeadKind::Mlp] {
            let (head, row) = (head(kind, 13), numbers(8, 13));
            for class in 0..3 {
                let gradient = head.gradient(&row, class);
                for (at, slope) in gradient.iter().enumerate() {
                    let moved = |by: f32| {
                        let mut row = row.clone();
                        row[at] += by;
                        f64::from(head.forward_head(row)[class])
                    };
                    let measured = (moved(1e-3) - moved(-1e-3)) / 2e-3;
                    assert!((measured - f64::from(*slope)).abs() < 5e-3, "{kind:?} {class} {at}: {measured} {slope}");
                }
            }
        }
    }

    #[test]
    fn a_map_of_another_network_and_a_class_that_is_not_there_give_nothing() {
        let head = head(HeadKind::Linear, 21);
        assert!(head.heat_map(&numbers(7, 20 * 12), 0).is_empty() && head.heat_map(&numbers(7, 21), 3).is_empty());
    }
}
