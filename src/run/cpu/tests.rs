//! Each kernel against its plain twin, on both instruction sets, over sizes and channels that fill no tile.

use super::*;
use crate::backbone::efficientnet_lite::LITE0;
use crate::backbone::plan::{Activation, BatchNorm, Epilogue, Kind, Op, Padding, Shape, Value, Window};
use crate::backbone::weights::Weight;
use crate::run::plain;

/// Numbers between −1 and 1 that look random and are the same in each run.
fn noise(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

fn pixels(shape: Shape) -> Vec<u8> {
    noise(shape.len(), 7).iter().map(|x| (x * 127.0 + 128.0) as u8).collect()
}

fn weights_of(plan: &Plan) -> Weights {
    let weight = |(seed, p): (usize, crate::backbone::plan::Parameter)| {
        let terms: usize = p.shape.iter().skip(1).product();
        let values = noise(p.shape.iter().product(), seed as u32);
        let values = values.iter().map(|x| x / (terms as f32).sqrt() + if terms == 1 { 1.5 } else { 0.0 }).collect();
        (p.name, Weight { shape: p.shape, values })
    };
    plan.parameters().into_iter().enumerate().map(weight).collect()
}

/// A plan whose first operation makes `channels` of the picture's three.
fn plan(height: usize, width: usize, channels: usize) -> Plan {
    let input = Shape { height, width, channels: 3 };
    let mut plan = Plan { name: "test".into(), input, ops: vec![] };
    let one = Window { kernel: 1, stride: 1, padding: Padding::default() };
    push(&mut plan, Shape { channels, ..input }, Kind::Conv(one, "first".into(), epilogue("first_bias", None, None)));
    plan
}

fn push(plan: &mut Plan, output: Shape, kind: Kind) {
    let input = plan.ops.len();
    plan.ops.push(Op { name: format!("op{input}"), input, kind, output });
}

fn epilogue(bias: &str, residual: Option<Value>, activation: Option<Activation>) -> Epilogue {
    Epilogue { bias: Some(bias.into()), residual, activation }
}

/// The last value of a plan as the kernels compute it, `[h, w, c]`.
fn last_value(backbone: &CpuBackbone) -> Vec<f32> {
    let value = backbone.program.layouts.len() - 1;
    let (layout, mut all) = (backbone.program.layouts[value], vec![]);
    let numbers = backbone.buffers[backbone.program.sharing.buffer_of[value]].get();
    for (row, column) in (0..layout.shape.height).flat_map(|y| (0..layout.shape.width).map(move |x| (y, x))) {
        let at = |c: usize| c / layout.block * layout.plane() + layout.at(row, column) + c % layout.block;
        all.extend((0..layout.shape.channels).map(|c| numbers[at(c)]));
    }
    all
}

/// Compares the last value of a plan, on each instruction set, with the plain twin's; gives the steps it took.
fn check(plan: &Plan) -> usize {
    let (weights, picture) = (weights_of(plan), pixels(plan.input));
    let expected = plain::forward_features(plan, &weights, &plain::normalize(&picture, LITE0.mean, LITE0.std));
    let mut backbone = CpuBackbone::new(&LITE0, plan, &weights).unwrap();
    for isa in [Isa::Portable, Isa::detect()] {
        backbone.isa = isa;
        // Whatever an earlier image left behind must not show.
        backbone.buffers.iter_mut().for_each(|buffer| buffer.get_mut().fill(1e3));
        backbone.forward_features(&picture);
        let found = last_value(&backbone);
        assert_eq!(found.len(), expected.len());
        let largest = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(largest < 2e-5, "{largest} on {isa:?}: {plan:?}");
    }
    backbone.program.steps.len()
}

const SIZES: [[usize; 2]; 5] = [[1, 1], [3, 7], [7, 3], [9, 16], [65, 5]];
const PADDINGS: [Padding; 3] = [
    Padding { top: 0, bottom: 0, left: 0, right: 0 },
    Padding { top: 0, bottom: 1, left: 1, right: 2 },
    Padding { top: 3, bottom: 2, left: 2, right: 3 },
];

/// Every window that fits into every size.
fn each_window(kernels: &[usize], visit: impl Fn([usize; 2], Window)) {
    for size in SIZES {
        for padding in PADDINGS {
            for (kernel, stride) in kernels.iter().flat_map(|kernel| [(*kernel, 1), (*kernel, 2)]) {
                let fits = size[0] + padding.top + padding.bottom >= kernel
                    && size[1] + padding.left + padding.right >= kernel;
                if fits {
                    visit(size, Window { kernel, stride, padding });
                }
            }
        }
    }
}

#[test]
fn convolutions_equal_the_plain_twin() {
    each_window(&[1, 2, 3, 7], |[height, width], window| {
        for (c_in, c_out, activation) in
            [(1, 3, None), (8, 8, Some(Activation::Relu6)), (21, 13, Some(Activation::Relu))]
        {
            let mut plan = plan(height, width, c_in);
            let output = window.output(plan.shape(1), c_out);
            push(&mut plan, output, Kind::Conv(window, "w".into(), epilogue("b", None, activation)));
            check(&plan);
        }
    });
}

#[test]
fn depthwise_convolutions_equal_the_plain_twin() {
    each_window(&[1, 3, 5, 7], |[height, width], window| {
        for (channels, activation) in [(1, None), (8, Some(Activation::Relu6)), (21, Some(Activation::Relu))] {
            let mut fused = plan(height, width, channels);
            let output = window.output(fused.shape(1), channels);
            push(&mut fused, output, Kind::Depthwise(window, "w".into(), epilogue("b", None, activation)));
            assert_eq!(check(&fused), 1);
            // A second reader, and the depthwise convolution stands alone.
            let mut alone = fused.clone();
            push(&mut alone, output, Kind::Depthwise(window, "w2".into(), epilogue("b2", None, None)));
            alone.ops[2].input = 1;
            push(&mut alone, output, Kind::Add(2));
            assert_eq!(check(&alone), 3);
        }
    });
}

#[test]
fn max_pools_equal_the_plain_twin() {
    each_window(&[2, 3], |[height, width], window| {
        for channels in [1, 8, 21] {
            let mut plan = plan(height, width, channels);
            let output = window.output(plan.shape(1), channels);
            let around = window.padding;
            // A window that lies on padding alone has no largest number; no network has one.
            if around.top.max(around.bottom).max(around.left).max(around.right) < window.kernel {
                push(&mut plan, output, Kind::MaxPool(window));
                check(&plan);
            }
        }
    });
}

#[test]
fn residuals_equal_the_plain_twin() {
    for [height, width] in SIZES {
        for (channels, kernel) in [(5, 1), (8, 3), (21, 5)] {
            let mut plan = plan(height, width, channels);
            let window = Window::same(plan.shape(1), kernel, 1);
            let shape = plan.shape(1);
            let added = |bias: &str| epilogue(bias, Some(1), Some(Activation::Relu6));
            push(&mut plan, shape, Kind::Depthwise(window, "w".into(), added("b")));
            push(&mut plan, shape, Kind::Conv(window, "w2".into(), added("b2")));
            push(&mut plan, shape, Kind::Depthwise(window, "w3".into(), epilogue("b3", None, None)));
            push(&mut plan, Shape { height: 1, width: 1, ..shape }, Kind::GlobalAvgPool);
            check(&plan);
        }
    }
}

#[test]
fn what_fold_leaves_over_runs_too() {
    let mut plan = plan(7, 9, 13);
    let shape = plan.shape(1);
    let name = |part: &str| format!("norm_{part}");
    let norm = BatchNorm {
        weight: name("weight"),
        bias: name("bias"),
        running_mean: name("mean"),
        running_var: name("var"),
        epsilon: 1e-3,
    };
    for kind in [
        Kind::Activation(Activation::Relu6),
        Kind::Activation(Activation::Relu),
        Kind::BatchNorm(norm),
        Kind::Add(2),
        Kind::Activation(Activation::Relu),
    ] {
        push(&mut plan, shape, kind);
    }
    check(&plan);
}

#[test]
fn features_do_not_depend_on_what_ran_before() {
    let plan = (LITE0.plan)();
    let mut backbone = CpuBackbone::new(&LITE0, &plan, &weights_of(&plan)).unwrap();
    let (one, other) = (pixels(plan.input), vec![255; plan.input.len()]);
    let alone = backbone.forward_features(&one);
    assert_eq!(alone.len(), LITE0.num_features);
    backbone.forward_features(&other);
    assert_eq!(backbone.forward_features(&one), alone);
    let cut = backbone.forward_features(&one[..one.len() / 2]);
    backbone.forward_features(&other);
    assert_eq!(backbone.forward_features(&one[..one.len() / 2]), cut);
}

#[test]
fn the_picture_is_read_by_convolutions_alone() {
    let mut plan = plan(3, 3, 3);
    let shape = plan.shape(1);
    push(&mut plan, shape, Kind::Add(0));
    let error = CpuBackbone::new(&LITE0, &plan, &weights_of(&plan)).unwrap_err();
    assert!(error.to_string().contains("op0 reads the picture"), "{error}");
}
