//! Keras's names and layouts to those of a plan: `conv1/kernel:0` of `[height, width, in, out]` becomes `conv1.weight`
//! of `[out, in, height, width]`.

use crate::backbone::import::Tensors;
use crate::backbone::weights::Weight;

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
    tensors.into_iter().map(|(name, weight)| converted_one(name, weight)).collect()
}

fn converted_one(name: String, weight: Weight) -> (String, Weight) {
    let path = name.strip_suffix(":0").unwrap_or(&name);
    let Some((folders, leaf)) = path.rsplit_once('/') else { return (name, weight) };
    let layer = folders.rsplit('/').next().unwrap_or(folders);
    let own = leaf.strip_prefix(layer).and_then(|part| part.strip_prefix('_')).unwrap_or(leaf);
    let Some((theirs, ours)) = PARTS.iter().find(|(theirs, _)| *theirs == own) else { return (name, weight) };
    let weight = match (*theirs, weight.shape.as_slice()) {
        ("depthwise_kernel", &[h, w, channels, 1]) => transposed(&weight, [h * w, channels], [channels, 1, h, w]),
        (_, &[h, w, c_in, c_out]) => convolution(&weight, [h * w, c_in, c_out], [c_out, c_in, h, w]),
        (_, &[d_in, d_out]) => transposed(&weight, [d_in, d_out], [d_out, d_in].as_slice()),
        _ => weight,
    };
    (format!("{layer}.{ours}"), weight)
}

/// `[rows, columns]` → `[columns, rows]`
fn transposed(weight: &Weight, [rows, columns]: [usize; 2], shape: impl AsRef<[usize]>) -> Weight {
    let columns_first = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
    Weight { values: columns_first.map(|at| weight.values[at]).collect(), shape: shape.as_ref().into() }
}

/// `[taps, in, out]` → `[out, in, taps]`
fn convolution(weight: &Weight, [taps, c_in, c_out]: [usize; 3], shape: [usize; 4]) -> Weight {
    let mut values = vec![0.0; weight.values.len()];
    for (at, value) in weight.values.iter().enumerate() {
        let (tap, i, o) = (at / c_out / c_in, at / c_out % c_in, at % c_out);
        values[(o * c_in + i) * taps + tap] = *value;
    }
    Weight { values, shape: shape.into() }
}
