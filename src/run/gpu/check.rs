//! Each kernel against the plain twin on odd sizes: what a test in a browser calls, and anyone who doubts a driver.

use crate::backbone::plan::{Activation, Epilogue, Kind, Op, Padding, Plan, Shape, Window};
use crate::backbone::stored::copying;
use crate::backbone::weights::{Weight, Weights};
use crate::error::Error;
use crate::run::gpu::{GpuBackbone, Tiling};
use crate::run::plain;

/// Height and width; none is a multiple of a tile.
const SIZES: [[usize; 2]; 4] = [[1, 1], [3, 7], [7, 65], [65, 3]];

/// Channels; one fills its vectors.
const CHANNELS: [usize; 4] = [1, 6, 8, 33];

const SCALE: [[f32; 3]; 2] = [[127.0, 110.5, 90.25], [128.0, 60.5, 33.0]];

/// How a kernel did on one size.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Kernel and sizes.
    pub name: String,
    /// Largest difference from the plain twin; the outputs are of the order of 1.
    pub difference: f32,
    /// Whether both images of a batch have the bits that they have alone, and on either tile.
    pub same_bits: bool,
}

/// Runs every kernel on every size, on random pixels and weights that are the same each time.
///
/// # Errors
/// [`Error::NoDevice`] where the device is lost.
pub async fn check_kernels() -> Result<Vec<Outcome>, Error> {
    let mut outcomes = Vec::new();
    for [height, width] in SIZES {
        for channels in CHANNELS {
            for (name, last) in kinds(Shape { height, width, channels }) {
                let plan = plan(Shape { height, width, channels: 3 }, channels, last);
                outcomes.push(outcome(format!("{name}, {height}×{width}×{channels}"), plan).await?);
            }
        }
    }
    Ok(outcomes)
}

async fn outcome(name: String, plan: Plan) -> Result<Outcome, Error> {
    let mut random = Random(7);
    let weight = |shape: Vec<usize>, random: &mut Random| {
        let scale = (shape.iter().skip(1).product::<usize>() as f32).sqrt();
        Weight { values: (0..shape.iter().product()).map(|_| random.next() / scale).collect(), shape }
    };
    let parameters = plan.parameters().into_iter();
    let weights: Weights = parameters.map(|p| (p.name, weight(p.shape, &mut random))).collect();
    let image = plan.input.len();
    let pixels: Vec<u8> = (0..2 * image).map(|_| (random.next() * 127.0 + 128.0) as u8).collect();
    let large = GpuBackbone::from_folded(plan.clone(), copying(&weights), SCALE, Tiling::Large)?;
    let batch = large.forward_features(&pixels).await?;
    let mut alone = Vec::new();
    let mut expected = Vec::new();
    for one in pixels.chunks(image) {
        alone.extend(large.forward_features(one).await?);
        expected.extend(plain::forward_features(&plan, &weights, &plain::normalize(one, SCALE[0], SCALE[1])));
    }
    let small =
        GpuBackbone::from_folded(plan, copying(&weights), SCALE, Tiling::Small)?.forward_features(&pixels).await?;
    let difference = match batch.len() == expected.len() {
        true => batch.iter().zip(&expected).map(|(ours, plain)| (ours - plain).abs()).fold(0.0, f32::max),
        false => f32::INFINITY,
    };
    Ok(Outcome { name, difference, same_bits: batch == alone && batch == small })
}

/// The operations under test, on an input of that shape.
fn kinds(input: Shape) -> Vec<(&'static str, Kind)> {
    let weight = || "last.weight".to_string();
    let window = |kernel, stride| Window::same(input, kernel, stride);
    let valid = Window { kernel: 1, stride: 2, padding: Padding::default() };
    let (plain, clamped) = (epilogue(None, Some(Activation::Relu)), epilogue(None, Some(Activation::Relu6)));
    let added = epilogue(Some(1), Some(Activation::Relu6));
    vec![
        ("pointwise", Kind::Conv(window(1, 1), weight(), plain.clone())),
        ("pointwise, added", Kind::Conv(window(1, 1), weight(), added.clone())),
        ("dense 1×1, stride 2", Kind::Conv(valid, weight(), plain.clone())),
        ("dense 3×3, added", Kind::Conv(window(3, 1), weight(), added.clone())),
        ("dense 3×3, stride 2", Kind::Conv(window(3, 2), weight(), clamped.clone())),
        ("depthwise 3×3", Kind::Depthwise(window(3, 1), weight(), clamped.clone())),
        ("depthwise 3×3, added", Kind::Depthwise(window(3, 1), weight(), added)),
        ("depthwise 3×3, stride 2", Kind::Depthwise(window(3, 2), weight(), plain.clone())),
        ("depthwise 5×5", Kind::Depthwise(window(5, 1), weight(), plain)),
        ("depthwise 5×5, stride 2", Kind::Depthwise(window(5, 2), weight(), clamped)),
        ("relu", Kind::Activation(Activation::Relu)),
        ("addition", Kind::Add(1)),
        ("max pool 2×2, stride 2", Kind::MaxPool(window(2, 2))),
        ("max pool 3×3, stride 2", Kind::MaxPool(Window::centered(3, 2))),
        ("pool", Kind::GlobalAvgPool),
    ]
}

fn epilogue(residual: Option<usize>, activation: Option<Activation>) -> Epilogue {
    Epilogue { bias: Some("last.bias".into()), residual, activation }
}

/// Pixels → pointwise to `channels` → `last`.
fn plan(input: Shape, channels: usize, last: Kind) -> Plan {
    let shape = Shape { channels, ..input };
    let first = Epilogue { bias: Some("first.bias".into()), residual: None, activation: None };
    let first = Kind::Conv(Window::same(input, 1, 1), "first.weight".into(), first);
    let output = match &last {
        Kind::Conv(window, ..) | Kind::Depthwise(window, ..) | Kind::MaxPool(window) => window.output(shape, channels),
        Kind::GlobalAvgPool => Shape { height: 1, width: 1, channels },
        _ => shape,
    };
    let op = |name: &str, input, kind, output| Op { name: name.into(), input, kind, output };
    Plan { name: "check".into(), input, ops: vec![op("first", 0, first, shape), op("last", 1, last, output)] }
}

/// Uniform in −1…1, the same on every device.
struct Random(u32);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}
