//! MobileNetV2 as Keras has it: ReLU6, BatchNorm with epsilon 1e-3, TensorFlow's padding.
//!
//! Source: <https://github.com/keras-team/keras/blob/master/keras/src/applications/mobilenet_v2.py>; layers' names are
//! those of the file. The backbone of each Teachable Machine image project is the one of width 0.35.

use std::borrow::Cow;

use crate::backbone::builder::Builder;
use crate::backbone::plan::Plan;
use crate::backbone::spec::{BackboneSpec, TF};
use crate::image::Interpolation;

/// The widths that Keras has weights for.
pub const SPECS: [BackboneSpec; 6] = [
    spec::<35>("mobilenetv2-0.35", "MobileNetV2 0.35"),
    spec::<50>("mobilenetv2-0.5", "MobileNetV2 0.5"),
    spec::<75>("mobilenetv2-0.75", "MobileNetV2 0.75"),
    spec::<100>("mobilenetv2-1.0", "MobileNetV2 1.0"),
    spec::<130>("mobilenetv2-1.3", "MobileNetV2 1.3"),
    spec::<140>("mobilenetv2-1.4", "MobileNetV2 1.4"),
];

const fn spec<const PERCENT: usize>(name: &'static str, title: &'static str) -> BackboneSpec {
    BackboneSpec {
        name,
        title,
        file: Cow::Borrowed(""),
        sha256: Cow::Borrowed(""),
        bytes: 0,
        license: "Apache-2.0",
        source: "keras.applications.MobileNetV2, or a Teachable Machine image project exported for TensorFlow.js",
        input_size: 224,
        mean: TF[0],
        std: TF[1],
        crop_pct: 0.875,
        interpolation: Interpolation::Bicubic,
        blue_first: false,
        num_features: last_channels(PERCENT),
        plan: plan::<PERCENT>,
    }
}

/// The paper's table: expansion, channels, blocks, stride of the first one.
const STAGES: [(usize, usize, usize, usize); 7] =
    [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

/// The network whose width is `PERCENT` of the paper's.
fn plan<const PERCENT: usize>() -> Plan {
    let mut net = Builder::new("mobilenetv2", 224, 1e-3);
    net.conv("Conv1", multiple_of_8(32 * PERCENT), 3, 2).batch_norm("bn_Conv1").relu6("Conv1_relu");
    let mut block = 0;
    for (expansion, channels, blocks, stride) in STAGES {
        // Keras cuts off the fraction before it rounds.
        let channels = multiple_of_8(channels * PERCENT / 100 * 100);
        for stride in [stride].into_iter().chain(std::iter::repeat_n(1, blocks - 1)) {
            inverted_residual(&mut net, block, expansion, channels, stride);
            block += 1;
        }
    }
    net.conv("Conv_1", last_channels(PERCENT), 1, 1).batch_norm("Conv_1_bn").relu6("out_relu");
    net.global_avg_pool("global_average_pooling2d")
}

/// Expand, depthwise, project, and the input added where shapes allow.
fn inverted_residual(net: &mut Builder, block: usize, expansion: usize, channels: usize, stride: usize) {
    let prefix = if block == 0 { "expanded_conv".into() } else { format!("block_{block}") };
    let part = |part: &str| format!("{prefix}_{part}");
    let (input, shape) = (net.value(), net.shape());
    if block > 0 {
        net.conv(&part("expand"), shape.channels * expansion, 1, 1);
        net.batch_norm(&part("expand_BN")).relu6(&part("expand_relu"));
    }
    net.depthwise(&part("depthwise"), 3, stride).batch_norm(&part("depthwise_BN")).relu6(&part("depthwise_relu"));
    net.conv(&part("project"), channels, 1, 1).batch_norm(&part("project_BN"));
    if net.shape() == shape {
        net.add(&part("add"), input);
    }
}

/// Hundredths of channels to the nearest multiple of eight that is not under nine tenths of them.
const fn multiple_of_8(hundredths: usize) -> usize {
    let nearest = (hundredths + 400) / 800 * 8;
    match nearest {
        0 => 8,
        _ if nearest * 1000 < hundredths * 9 => nearest + 8,
        _ => nearest,
    }
}

/// The last convolution does not get narrower.
const fn last_channels(percent: usize) -> usize {
    if percent > 100 { multiple_of_8(1280 * percent) } else { 1280 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `keras.applications.MobileNetV2(alpha=…, include_top=False, weights=None).count_params()`
    #[test]
    fn parameters_are_as_many_as_in_keras() {
        let expected = [410_208, 706_224, 1_382_064, 2_257_984, 3_766_048, 4_363_712];
        for (spec, expected) in SPECS.iter().zip(expected) {
            let plan = (spec.plan)();
            let parameters = plan.parameters();
            let found: usize = parameters.iter().map(|p| p.shape.iter().product::<usize>()).sum();
            assert_eq!((found, plan.num_features()), (expected, spec.num_features), "{}", spec.name);
        }
    }
}
