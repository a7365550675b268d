//! Keras's names and layouts to those of a plan: `conv1/kernel:0` of `[height, width, in, out]` becomes `conv1.weight`
//! of `[out, in, height, width]`. Matrices stay as they are: a backbone has none.

use std::collections::BTreeSet;

use crate::backbone::import::Tensors;
use crate::backbone::stored::Tensor;

/// Keras's name of a layer's part, and the plan's. The last two are those of Keras 1, in which VGG's files are written.
const PARTS: [(&str, &str); 9] = [
    ("kernel", "weight"),
    ("depthwise_kernel", "weight"),
    ("gamma", "weight"),
    ("beta", "bias"),
    ("moving_mean", "running_mean"),
    ("moving_variance", "running_var"),
    ("bias", "bias"),
    ("W_1", "weight"),
    ("b_1", "bias"),
];

/// Whether names are Keras's: paths, not dotted.
pub fn is_keras(tensors: &Tensors) -> bool {
    tensors.iter().any(|(name, _)| name.contains('/'))
}

/// Renames and transposes. What has no known part keeps its name.
pub fn converted(tensors: Tensors) -> Tensors {
    named(tensors).into_iter().map(|(name, tensor)| converted_one(name, tensor)).collect()
}

/// Keras 3 numbers the tensors of a layer: a kernel comes before its bias, and gamma, beta, mean and variance in a row.
fn named(mut tensors: Tensors) -> Tensors {
    let mut kernels = BTreeSet::new();
    for (name, tensor) in &mut tensors {
        let Some((layer, Ok(number))) = name.rsplit_once('/').map(|(layer, leaf)| (layer, leaf.parse::<usize>()))
        else {
            continue;
        };
        let part = match number {
            0 if tensor.shape.len() > 1 => "kernel",
            1 if kernels.contains(layer) => "bias",
            number => ["gamma", "beta", "moving_mean", "moving_variance"].get(number).copied().unwrap_or("unknown"),
        };
        if part == "kernel" {
            kernels.insert(layer.to_string());
        }
        *name = format!("{layer}/{part}");
    }
    tensors
}

fn converted_one(name: String, tensor: Tensor) -> (String, Tensor) {
    let path = name.strip_suffix(":0").unwrap_or(&name);
    let Some((folders, leaf)) = path.rsplit_once('/') else { return (name, tensor) };
    let layer = folders.rsplit('/').next().unwrap_or(folders);
    let own = leaf.strip_prefix(layer).and_then(|part| part.strip_prefix('_')).unwrap_or(leaf);
    let Some((_, ours)) = PARTS.iter().find(|(theirs, _)| *theirs == own) else { return (name, tensor) };
    let tensor = match *tensor.shape.as_slice() {
        // Keras 3 calls a depthwise kernel `kernel` too; no network here has a convolution to one channel.
        [h, w, channels, 1] => convolution(tensor, [h * w, channels, 1], [channels, 1, h, w]),
        [h, w, c_in, c_out] => convolution(tensor, [h * w, c_in, c_out], [c_out, c_in, h, w]),
        _ => tensor,
    };
    (format!("{layer}.{ours}"), tensor)
}

/// `[taps, in, out]` → `[out, in, taps]`
fn convolution(tensor: Tensor, [taps, c_in, c_out]: [usize; 3], shape: [usize; 4]) -> Tensor {
    tensor.map(shape.into(), move |weight| {
        let mut values = vec![0.0; weight.values.len()];
        for (at, value) in weight.values.iter().enumerate() {
            let (tap, i, o) = (at / c_out / c_in, at / c_out % c_in, at % c_out);
            values[(o * c_in + i) * taps + tap] = *value;
        }
        Ok(values)
    })
}
