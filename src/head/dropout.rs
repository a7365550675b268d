//! Dropout masks, drawn on the host: a seed means the same on each device and whatever else runs there.

/// The masks of a head, in memory that is used again.
#[derive(Clone, Debug, Default)]
pub struct Dropout {
    /// Probability and width of each.
    layers: Vec<(f32, usize)>,
    /// One before each of the first layers: `f32 [n, width]`, row-major, 0 or `1 / (1 − probability)`.
    pub masks: Vec<Vec<f32>>,
}

/// Masks that one 64-bit draw decides: sixteen bits suffice for a probability, and draws are slow in wasm (0.65 ms a
/// batch of 64 with one each, 0.15 ms so).
const A_DRAW: usize = 4;

impl Dropout {
    /// `layers` gives probability and width.
    pub fn new(layers: impl Iterator<Item = (f32, usize)>) -> Self {
        let layers: Vec<_> = layers.collect();
        Self { masks: vec![Vec::new(); layers.len()], layers }
    }

    /// Draws the masks of `n` rows.
    pub fn draw(&mut self, n: usize, random: &mut fastrand::Rng) {
        for ((probability, width), mask) in self.layers.iter().zip(&mut self.masks) {
            let (keep, limit) = (1.0 / (1.0 - probability), (probability * 65536.0).round() as u64);
            mask.resize(n * width, keep);
            for values in mask.chunks_mut(A_DRAW) {
                let drawn = random.u64(..);
                for (lane, value) in values.iter_mut().enumerate() {
                    *value = if (drawn >> (16 * lane)) & 0xffff < limit { 0.0 } else { keep };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_zeros_is_the_probability_and_the_mean_stays_one() {
        let mut dropout = Dropout::new([(0.05, 1279), (0.15, 3)].into_iter());
        let mut random = fastrand::Rng::with_seed(1);
        dropout.draw(9000, &mut random);
        for (mask, probability) in dropout.masks.iter().zip([0.05, 0.15]) {
            let share = |wanted: fn(f32) -> bool| {
                mask.iter().filter(|value| wanted(**value)).count() as f32 / mask.len() as f32
            };
            assert!((share(|value| value == 0.0) - probability).abs() < 0.01);
            let mean = mask.iter().copied().map(f64::from).sum::<f64>() / mask.len() as f64;
            assert!((mean - 1.0).abs() < 0.01, "{mean}");
        }
        dropout.draw(2, &mut random);
        assert_eq!(dropout.masks.iter().map(Vec::len).collect::<Vec<_>>(), [2 * 1279, 2 * 3]);
    }
}
