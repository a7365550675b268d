//! ResNet-50 in its two forms, which have other features and other layers' names.
//!
//! | | torchvision, timm (v1.5) | Keras (v1) |
//! |---|---|---|
//! | stride | in the 3×3 of a block | in its first 1×1 |
//! | convolutions | without bias | with bias |
//! | BatchNorm's epsilon | 1e-5 | 1.001e-5 |
//! | picture | mean and std of ImageNet | blue first, mean taken off |
//!
//! Sources: <https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py> and
//! <https://github.com/keras-team/keras/blob/master/keras/src/applications/resnet.py>.

use std::borrow::Cow;

use crate::backbone::builder::Builder;
use crate::backbone::plan::Plan;
use crate::backbone::spec::{BackboneSpec, CAFFE, TORCH};
use crate::image::Interpolation;

/// Both forms.
pub const SPECS: [BackboneSpec; 2] = [
    BackboneSpec {
        name: "resnet50",
        title: "ResNet-50",
        file: Cow::Borrowed(""),
        sha256: Cow::Borrowed(""),
        bytes: 0,
        license: "BSD-3-Clause",
        source: "torchvision.models.resnet50, https://download.pytorch.org/models/resnet50-0676ba61.pth",
        input_size: 224,
        mean: TORCH[0],
        std: TORCH[1],
        crop_pct: 0.875,
        interpolation: Interpolation::Bilinear,
        blue_first: false,
        num_features: 2048,
        plan: torchvision,
    },
    BackboneSpec {
        name: "resnet50-keras",
        title: "ResNet-50 (Keras)",
        file: Cow::Borrowed(""),
        sha256: Cow::Borrowed(""),
        bytes: 0,
        license: "MIT",
        source: "keras.applications.ResNet50",
        input_size: 224,
        mean: CAFFE[0],
        std: CAFFE[1],
        crop_pct: 0.875,
        interpolation: Interpolation::Bilinear,
        blue_first: true,
        num_features: 2048,
        plan: keras,
    },
];

/// Channels within the blocks of a stage, and blocks; a block gives four times its channels.
const STAGES: [(usize, usize); 4] = [(64, 3), (128, 4), (256, 6), (512, 3)];

fn torchvision() -> Plan {
    let mut net = Builder::new("resnet50", 224, 1e-5).centered();
    net.conv("conv1", 64, 7, 2).batch_norm("bn1").relu("relu").max_pool("maxpool", 3, 2);
    for (stage, (channels, blocks)) in STAGES.into_iter().enumerate() {
        for block in 0..blocks {
            let part = |part: &str| format!("layer{}.{block}.{part}", stage + 1);
            let names = Names {
                shortcut: [part("downsample.0"), part("downsample.1")],
                convolutions: [1, 2, 3].map(|i| part(&format!("conv{i}"))),
                norms: [1, 2, 3].map(|i| part(&format!("bn{i}"))),
                activations: ["relu1", "relu2", "relu3"].map(part),
                add: part("add"),
            };
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            bottleneck(&mut net, &names, channels, block == 0, [1, stride]);
        }
    }
    net.global_avg_pool("avgpool")
}

fn keras() -> Plan {
    let mut net = Builder::new("resnet50-keras", 224, 1.001e-5).centered().biased();
    net.conv("conv1_conv", 64, 7, 2).batch_norm("conv1_bn").relu("conv1_relu").max_pool("pool1_pool", 3, 2);
    for (stage, (channels, blocks)) in STAGES.into_iter().enumerate() {
        for block in 0..blocks {
            let part = |part: &str| format!("conv{}_block{}_{part}", stage + 2, block + 1);
            let names = Names {
                shortcut: [part("0_conv"), part("0_bn")],
                convolutions: ["1_conv", "2_conv", "3_conv"].map(part),
                norms: ["1_bn", "2_bn", "3_bn"].map(part),
                activations: ["1_relu", "2_relu", "out"].map(part),
                add: part("add"),
            };
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            bottleneck(&mut net, &names, channels, block == 0, [stride, 1]);
        }
    }
    net.global_avg_pool("avg_pool")
}

/// What the layers of a block are called.
struct Names {
    shortcut: [String; 2],
    convolutions: [String; 3],
    norms: [String; 3],
    activations: [String; 3],
    add: String,
}

/// 1×1, 3×3, 1×1, and the input added, by a convolution of its own where `projected`.
fn bottleneck(net: &mut Builder, names: &Names, channels: usize, projected: bool, strides: [usize; 2]) {
    let input = net.value();
    let mut shortcut = input;
    if projected {
        let [conv, norm] = &names.shortcut;
        net.conv(conv, 4 * channels, 1, strides[0] * strides[1]).batch_norm(norm);
        shortcut = net.value();
    }
    net.branch(input);
    let Names { convolutions, norms, activations, .. } = names;
    net.conv(&convolutions[0], channels, 1, strides[0]).batch_norm(&norms[0]).relu(&activations[0]);
    net.conv(&convolutions[1], channels, 3, strides[1]).batch_norm(&norms[1]).relu(&activations[1]);
    net.conv(&convolutions[2], 4 * channels, 1, 1).batch_norm(&norms[2]);
    net.add(&names.add, shortcut).relu(&activations[2]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(plan: &Plan) -> usize {
        plan.parameters().iter().map(|p| p.shape.iter().product::<usize>()).sum()
    }

    /// `keras.applications.ResNet50(include_top=False).count_params()`; torchvision's without `fc`, with running
    /// statistics.
    #[test]
    fn parameters_are_as_many_as_in_keras_and_torchvision() {
        let (torchvision, keras) = (torchvision(), keras());
        assert_eq!((parameters(&keras), keras.statistics()), (23_587_712, 53_120));
        assert_eq!((parameters(&torchvision), torchvision.statistics()), (23_508_032 + 53_120, 53_120));
        assert_eq!((keras.num_features(), torchvision.num_features()), (2048, 2048));
    }
}
