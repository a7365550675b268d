//! A backbone's plan as `plan.json`, from which `scripts/model.py` builds a `torch.nn.Module` whose weights have the names
//! of `backbone.safetensors`: timm's or torchvision's, where the network is theirs. BatchNorm is not folded, so that PyTorch can go on training.

use serde::Serialize;

use crate::backbone::plan::{Activation, Kind, Op, Plan, Value, Window};

/// The plan as JSON.
#[derive(Serialize)]
pub struct Layers {
    name: String,
    layers: Vec<Layer>,
}

#[derive(Serialize)]
struct Layer {
    name: String,
    /// 0 is the picture, `i + 1` what layer `i` gives.
    input: Value,
    #[serde(flatten)]
    step: Step,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Step {
    Conv { channels: [usize; 2], kernel: usize, stride: usize, padding: [usize; 4], groups: usize, bias: bool },
    BatchNorm { channels: usize, epsilon: f32 },
    Relu,
    Relu6,
    Add { other: Value },
    MaxPool { kernel: usize, stride: usize, padding: [usize; 4] },
    GlobalAvgPool,
}

impl Layers {
    /// Of a plan that was not folded.
    pub fn of(plan: &Plan) -> Self {
        let layer = |op: &Op| Layer { name: op.name.clone(), input: op.input, step: step(plan, op) };
        Self { name: plan.name.clone(), layers: plan.ops.iter().map(layer).collect() }
    }
}

fn step(plan: &Plan, op: &Op) -> Step {
    let channels = [plan.shape(op.input).channels, op.output.channels];
    let convolution = |window: &Window, groups, bias| {
        let Window { kernel, stride, .. } = *window;
        Step::Conv { channels, kernel, stride, padding: padding(window), groups, bias }
    };
    match &op.kind {
        Kind::Conv(window, _, epilogue) => convolution(window, 1, epilogue.bias.is_some()),
        Kind::Depthwise(window, _, epilogue) => convolution(window, channels[0], epilogue.bias.is_some()),
        Kind::BatchNorm(norm) => Step::BatchNorm { channels: channels[1], epsilon: norm.epsilon },
        Kind::Activation(Activation::Relu) => Step::Relu,
        Kind::Activation(Activation::Relu6) => Step::Relu6,
        Kind::Add(other) => Step::Add { other: *other },
        Kind::MaxPool(window) => {
            Step::MaxPool { kernel: window.kernel, stride: window.stride, padding: padding(window) }
        }
        Kind::GlobalAvgPool => Step::GlobalAvgPool,
    }
}

/// As `torch.nn.functional.pad` takes it.
fn padding(window: &Window) -> [usize; 4] {
    let padding = window.padding;
    [padding.left, padding.right, padding.top, padding.bottom]
}
