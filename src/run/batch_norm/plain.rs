//! The readable twin: all images go through one operation after the other, slow.

use crate::backbone::plan::{BatchNorm, Kind, Op, Plan};
use crate::backbone::weights::Weights;
use crate::error::Error;
use crate::run::batch_norm::{Batch, Statistics, check_batch};
use crate::run::plain;

/// Runs a plan, not folded, on normalised images as one batch.
///
/// `images f32 [h, w, 3]` each → features `f32 [images, num_features]`
///
/// # Errors
/// [`Error::BatchOfOne`] where a layer would see one number a channel.
pub fn forward_batch(plan: &Plan, weights: &Weights, images: &[Vec<f32>]) -> Result<Batch, Error> {
    check_batch(plan, images.len())?;
    let mut statistics = Statistics::default();
    // By value, then by image.
    let mut values = vec![images.to_vec()];
    for (at, op) in plan.ops.iter().enumerate() {
        let input = &values[op.input];
        let output = match &op.kind {
            Kind::BatchNorm(norm) => {
                let of_channels: Vec<[f64; 2]> =
                    (0..op.output.channels).map(|channel| mean_and_variance(input, channel, op)).collect();
                statistics.mean.extend(of_channels.iter().map(|[mean, _]| *mean as f32));
                statistics.var.extend(of_channels.iter().map(|[_, var]| *var as f32));
                input.iter().map(|x| normalised(x, &of_channels, norm, weights)).collect()
            }
            Kind::Add(other) => input.iter().zip(&values[*other]).map(|(a, b)| added(a, b)).collect(),
            _ => input.iter().map(|x| alone(plan, op, weights, x)).collect(),
        };
        values.push(output);
        plan.last_read_by(at).for_each(|value| values[value] = Vec::new());
    }
    Ok(Batch { features: values.pop().unwrap_or_default().concat(), statistics })
}

/// Over images, rows and columns; the variance divides by their number.
fn mean_and_variance(images: &[Vec<f32>], channel: usize, op: &Op) -> [f64; 2] {
    let of_image = |x: &'_ Vec<f32>| x.iter().skip(channel).step_by(op.output.channels).copied().collect::<Vec<f32>>();
    let numbers = || images.iter().flat_map(of_image).map(f64::from);
    let n = numbers().count() as f64;
    let mean = numbers().sum::<f64>() / n;
    [mean, numbers().map(|x| (x - mean).powi(2)).sum::<f64>() / n]
}

fn normalised(x: &[f32], of_channels: &[[f64; 2]], norm: &BatchNorm, weights: &Weights) -> Vec<f32> {
    let [gamma, beta] = [&norm.weight, &norm.bias].map(|name| &weights[name].values);
    let one = |(i, x): (usize, &f32)| {
        let c = i % gamma.len();
        let [mean, var] = of_channels[c];
        let unit = (f64::from(*x) - mean) / (var + f64::from(norm.epsilon)).sqrt();
        (unit * f64::from(gamma[c]) + f64::from(beta[c])) as f32
    };
    x.iter().enumerate().map(one).collect()
}

fn added(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// One operation as a plan of its own.
fn alone(plan: &Plan, op: &Op, weights: &Weights, x: &[f32]) -> Vec<f32> {
    let (input, op) = (plan.shape(op.input), Op { input: 0, ..op.clone() });
    plain::forward_features(&Plan { name: plan.name.clone(), input, ops: vec![op] }, weights, x)
}
