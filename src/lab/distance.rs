//! How far the statistics of the images are from those that the weights hold, layer by layer.

use serde::Serialize;

use crate::lab::LabBackbone;
use crate::run::batch_norm::{Norm, Statistics};

/// A BatchNorm layer's distance between batches and stored averages, in means over its channels.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerDistance {
    /// Its name.
    pub layer: String,
    /// Its channels.
    pub channels: usize,
    /// `√((μ − μ_stored)² + (σ − σ_stored)²) / σ_stored` of the batches' mean and variance: how far apart two normal
    /// distributions lie (the 2-Wasserstein distance), in stored standard deviations. The height of the layer's bar.
    pub distance: f64,
    /// `|μ − μ_stored| / σ_stored` of the batches' mean: by how many stored standard deviations the images are off.
    pub shift: f64,
    /// `|ln(σ / σ_stored)|` of the batches' mean variance: 0.69 is a factor of two.
    pub spread: f64,
    /// Standard deviation of the batches' means around their own mean, over `σ_stored`: what changes with each batch.
    pub noise: f64,
}

/// The mean of several statistics, each counting once: PyTorch's cumulative average.
pub fn mean_of(all: &[&Statistics]) -> Statistics {
    let Some(first) = all.first() else { return Statistics::default() };
    let mean = |of: fn(&Statistics) -> &Vec<f32>| {
        let sum = |channel: usize| all.iter().map(|one| f64::from(of(one)[channel])).sum::<f64>();
        (0..of(first).len()).map(|channel| (sum(channel) / all.len() as f64) as f32).collect()
    };
    Statistics { mean: mean(|one| &one.mean), var: mean(|one| &one.var) }
}

/// Each layer's distance.
pub fn layer_distances(backbone: &LabBackbone, batches: &[&Statistics]) -> Vec<LayerDistance> {
    let (stored, mean) = (&backbone.stored, mean_of(batches));
    let of_layer = |norm: &Norm| {
        let sigma = |of: &Statistics, channel: usize| deviation(of, norm, channel);
        let over_channels = |distance: &dyn Fn(usize) -> f64| {
            let channels = norm.start..norm.start + norm.channels;
            channels.map(distance).sum::<f64>() / norm.channels.max(1) as f64
        };
        let noise = |channel: usize| {
            let off = |batch: &&Statistics| f64::from(batch.mean[channel] - mean.mean[channel]).powi(2);
            (batches.iter().map(off).sum::<f64>() / batches.len().max(1) as f64).sqrt() / sigma(stored, channel)
        };
        LayerDistance {
            layer: norm.layer.clone(),
            channels: norm.channels,
            distance: over_channels(&|c| {
                let (off, wider) = (mean.mean[c] - stored.mean[c], sigma(&mean, c) - sigma(stored, c));
                f64::from(off).hypot(wider) / sigma(stored, c)
            }),
            shift: over_channels(&|c| f64::from(mean.mean[c] - stored.mean[c]).abs() / sigma(stored, c)),
            spread: over_channels(&|c| (sigma(&mean, c) / sigma(stored, c)).ln().abs()),
            noise: over_channels(&noise),
        }
    };
    backbone.norms.iter().map(of_layer).collect()
}

/// How far `averages` have come on the way from the stored ones to `goal`: 0 at the start, 1 at the goal. Means, in units
/// of the stored standard deviation.
pub fn share_come(backbone: &LabBackbone, averages: &Statistics, goal: &Statistics) -> f64 {
    let (mut done, mut way) = (0.0, 0.0);
    for norm in &backbone.norms {
        for channel in norm.start..norm.start + norm.channels {
            let sigma = deviation(&backbone.stored, norm, channel);
            let from_stored = |to: &Statistics| f64::from(to.mean[channel] - backbone.stored.mean[channel]) / sigma;
            done += from_stored(averages) * from_stored(goal);
            way += from_stored(goal).powi(2);
        }
    }
    if way > 0.0 { done / way } else { 0.0 }
}

/// With the layer's epsilon, as the layer itself divides.
fn deviation(of: &Statistics, norm: &Norm, channel: usize) -> f64 {
    (f64::from(of.var[channel]) + f64::from(norm.names.epsilon)).sqrt()
}
