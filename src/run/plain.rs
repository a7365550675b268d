//! The readable twin of all executors: one loop an operation, written to be checked by eye, slow.

use crate::backbone::plan::{Activation, BatchNorm, Epilogue, Kind, Plan, Shape, Window};
use crate::backbone::weights::Weights;

/// Runs a plan on one normalised image and gives its feature row.
///
/// `image f32 [h, w, 3]` → `f32 [num_features]`. BatchNorm uses the stored statistics. `weights` must be those that
/// [`crate::backbone::weights::read_safetensors`] checked against the plan.
pub fn forward_features(plan: &Plan, weights: &Weights, image: &[f32]) -> Vec<f32> {
    let mut values: Vec<Vec<f32>> = vec![image.to_vec()];
    for (at, op) in plan.ops.iter().enumerate() {
        let (input, shape) = (&values[op.input], plan.shape(op.input));
        let output = match &op.kind {
            Kind::Conv(window, weight, epilogue) => {
                let sums = conv(input, shape, &weights[weight].values, window, op.output);
                finish(sums, epilogue, weights, &values)
            }
            Kind::Depthwise(window, weight, epilogue) => {
                let sums = depthwise(input, shape, &weights[weight].values, window, op.output);
                finish(sums, epilogue, weights, &values)
            }
            Kind::BatchNorm(norm) => batch_norm(input, norm, weights),
            Kind::Activation(activation) => input.iter().map(|x| activate(*activation, *x)).collect(),
            Kind::Add(other) => input.iter().zip(&values[*other]).map(|(a, b)| a + b).collect(),
            Kind::MaxPool(window) => max_pool(input, shape, window, op.output),
            Kind::GlobalAvgPool => global_avg_pool(input, shape),
        };
        values.push(output);
        plan.last_read_by(at).for_each(|value| values[value] = Vec::new());
    }
    values.pop().unwrap_or_default()
}

/// Normalises pixels: `(x − mean) / std` for each channel. `u8 [h, w, 3]` → `f32 [h, w, 3]`
pub fn normalize(pixels: &[u8], mean: [f32; 3], std: [f32; 3]) -> Vec<f32> {
    pixels.iter().enumerate().map(|(i, x)| (f32::from(*x) - mean[i % 3]) / std[i % 3]).collect()
}

fn activate(activation: Activation, x: f32) -> f32 {
    match activation {
        Activation::Relu => x.max(0.0),
        Activation::Relu6 => x.clamp(0.0, 6.0),
    }
}

/// The input's row or column under tap `tap` of the window at output `at`, if it is not padding.
fn source(at: usize, tap: usize, stride: usize, before: usize, size: usize) -> Option<usize> {
    (at * stride + tap).checked_sub(before).filter(|position| *position < size)
}

/// Visits each tap that lies on the picture: `visit(output pixel, input pixel, tap)`.
fn taps(input: Shape, window: &Window, output: Shape, mut visit: impl FnMut(usize, usize, usize)) {
    let Window { kernel, stride, padding } = *window;
    for y in 0..output.height {
        for x in 0..output.width {
            for tap in 0..kernel * kernel {
                let row = source(y, tap / kernel, stride, padding.top, input.height);
                let column = source(x, tap % kernel, stride, padding.left, input.width);
                if let (Some(row), Some(column)) = (row, column) {
                    visit(y * output.width + x, row * input.width + column, tap);
                }
            }
        }
    }
}

fn conv(x: &[f32], input: Shape, weight: &[f32], window: &Window, output: Shape) -> Vec<f32> {
    let mut sums = vec![0.0; output.len()];
    let (c_in, c_out, taps_per_kernel) = (input.channels, output.channels, window.kernel * window.kernel);
    taps(input, window, output, |to, from, tap| {
        for o in 0..c_out {
            let weight = |i: usize| weight[(o * c_in + i) * taps_per_kernel + tap];
            sums[to * c_out + o] += (0..c_in).map(|i| x[from * c_in + i] * weight(i)).sum::<f32>();
        }
    });
    sums
}

fn depthwise(x: &[f32], input: Shape, weight: &[f32], window: &Window, output: Shape) -> Vec<f32> {
    let mut sums = vec![0.0; output.len()];
    let (channels, taps_per_kernel) = (output.channels, window.kernel * window.kernel);
    taps(input, window, output, |to, from, tap| {
        for c in 0..channels {
            sums[to * channels + c] += x[from * channels + c] * weight[c * taps_per_kernel + tap];
        }
    });
    sums
}

fn finish(mut sums: Vec<f32>, epilogue: &Epilogue, weights: &Weights, values: &[Vec<f32>]) -> Vec<f32> {
    if let Some(bias) = epilogue.bias.as_ref().map(|name| &weights[name].values) {
        sums.iter_mut().enumerate().for_each(|(i, x)| *x += bias[i % bias.len()]);
    }
    if let Some(residual) = epilogue.residual {
        sums.iter_mut().zip(&values[residual]).for_each(|(x, add)| *x += add);
    }
    if let Some(activation) = epilogue.activation {
        sums.iter_mut().for_each(|x| *x = activate(activation, *x));
    }
    sums
}

fn batch_norm(x: &[f32], norm: &BatchNorm, weights: &Weights) -> Vec<f32> {
    let [gamma, beta, mean, var] =
        [&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var].map(|name| &weights[name].values);
    let normalised = |(i, x): (usize, &f32)| {
        let c = i % gamma.len();
        (x - mean[c]) / (var[c] + norm.epsilon).sqrt() * gamma[c] + beta[c]
    };
    x.iter().enumerate().map(normalised).collect()
}

fn max_pool(x: &[f32], input: Shape, window: &Window, output: Shape) -> Vec<f32> {
    let mut most = vec![f32::NEG_INFINITY; output.len()];
    let channels = output.channels;
    taps(input, window, output, |to, from, _| {
        let pixel = &mut most[to * channels..(to + 1) * channels];
        pixel.iter_mut().zip(&x[from * channels..]).for_each(|(most, x)| *most = most.max(*x));
    });
    most
}

fn global_avg_pool(x: &[f32], input: Shape) -> Vec<f32> {
    let pixels = input.height * input.width;
    let mean = |c: usize| (0..pixels).map(|p| x[p * input.channels + c]).sum::<f32>() / pixels as f32;
    (0..input.channels).map(mean).collect()
}
