//! What each step has to do, so that a bench can say how near the limit it runs.

use serde::Serialize;

use crate::backbone::plan::{Kind, Op, Plan};
use crate::run::cpu::program::{Step, Work};

/// Arithmetic and memory traffic of one step for one image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// The layers, joined by " + " where one step runs two.
    pub name: String,
    /// What it gives: `[height, width, channels]`.
    pub output: [usize; 3],
    /// Multiplications and additions, padding counted as if it were a number.
    pub flops: usize,
    /// Bytes of what it reads and writes, weights among them, each once; what passes between two fused layers is none.
    pub bytes: usize,
}

impl Cost {
    /// Of a step that was compiled from this plan.
    pub fn of(plan: &Plan, step: &Step) -> Self {
        let layers = match step.work {
            Work::Expand(..) => 2,
            _ => 1,
        };
        let ops = &plan.ops[step.output - layers..step.output];
        let last = plan.shape(step.output);
        let weights: usize = ops.iter().map(|op| weights(plan, op)).sum();
        let values = [Some(step.input), Some(step.output), step.residual].into_iter().flatten();
        let values: usize = values.map(|value| plan.shape(value).len()).sum();
        let names: Vec<&str> = ops.iter().map(|op| op.name.as_str()).collect();
        Self {
            name: names.join(" + "),
            output: [last.height, last.width, last.channels],
            flops: ops.iter().map(|op| flops(plan, op)).sum(),
            bytes: (values + weights) * size_of::<f32>(),
        }
    }
}

/// Numbers that an operation reads besides values.
fn weights(plan: &Plan, op: &Op) -> usize {
    let channels = op.output.channels;
    match &op.kind {
        Kind::Conv(window, ..) => channels * (plan.shape(op.input).channels * window.kernel * window.kernel + 1),
        Kind::Depthwise(window, ..) => channels * (window.kernel * window.kernel + 1),
        _ => 0,
    }
}

fn flops(plan: &Plan, op: &Op) -> usize {
    let input = plan.shape(op.input);
    match &op.kind {
        Kind::Conv(window, ..) => 2 * op.output.len() * input.channels * window.kernel * window.kernel,
        Kind::Depthwise(window, ..) => 2 * op.output.len() * window.kernel * window.kernel,
        Kind::GlobalAvgPool => input.len(),
        _ => op.output.len(),
    }
}
