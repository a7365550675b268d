//! VGG-16 and VGG-19: 3×3 convolutions with bias and max pools. No BatchNorm, so no policy changes their features.
//!
//! torchvision's and Keras's networks compute the same; layers' names, weights and pictures' preparation differ. Sources:
//! <https://github.com/pytorch/vision/blob/main/torchvision/models/vgg.py> and
//! <https://github.com/keras-team/keras/blob/master/keras/src/applications/vgg19.py>.

use std::borrow::Cow;

use crate::backbone::builder::Builder;
use crate::backbone::plan::Plan;
use crate::backbone::spec::{BackboneSpec, CAFFE, TORCH};
use crate::image::Interpolation;

/// Both depths, by torchvision's names and Keras's.
pub const SPECS: [BackboneSpec; 4] = [
    torchvision_spec::<16>("vgg16", "VGG-16"),
    torchvision_spec::<19>("vgg19", "VGG-19"),
    keras_spec::<16>("vgg16-keras", "VGG-16 (Keras)"),
    keras_spec::<19>("vgg19-keras", "VGG-19 (Keras)"),
];

const fn torchvision_spec<const DEPTH: usize>(name: &'static str, title: &'static str) -> BackboneSpec {
    BackboneSpec {
        name,
        title,
        file: Cow::Borrowed(""),
        sha256: Cow::Borrowed(""),
        bytes: 0,
        license: "BSD-3-Clause",
        source: match DEPTH {
            16 => "torchvision.models.vgg16, https://download.pytorch.org/models/vgg16-397923af.pth",
            _ => "torchvision.models.vgg19, https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        },
        input_size: 224,
        mean: TORCH[0],
        std: TORCH[1],
        crop_pct: 0.875,
        interpolation: Interpolation::Bilinear,
        blue_first: false,
        num_features: 512,
        plan: torchvision::<DEPTH>,
    }
}

const fn keras_spec<const DEPTH: usize>(name: &'static str, title: &'static str) -> BackboneSpec {
    BackboneSpec {
        name,
        title,
        file: Cow::Borrowed(""),
        sha256: Cow::Borrowed(""),
        bytes: 0,
        license: "CC-BY-4.0",
        source: if DEPTH == 16 { "keras.applications.VGG16" } else { "keras.applications.VGG19" },
        input_size: 224,
        mean: CAFFE[0],
        std: CAFFE[1],
        crop_pct: 0.875,
        interpolation: Interpolation::Bilinear,
        blue_first: true,
        num_features: 512,
        plan: keras::<DEPTH>,
    }
}

const CHANNELS: [usize; 5] = [64, 128, 256, 512, 512];

/// Convolutions of each block: `depth` layers with weights, three of them dense and not here.
fn convolutions(depth: usize) -> [usize; 5] {
    if depth == 16 { [2, 2, 3, 3, 3] } else { [2, 2, 4, 4, 4] }
}

fn torchvision<const DEPTH: usize>() -> Plan {
    let mut net = Builder::new("vgg", 224, 0.0).centered().biased();
    // torchvision numbers convolutions, activations and pools in one row.
    let mut layers = (0..).map(|layer| format!("features.{layer}"));
    let mut next = || layers.next().unwrap_or_default();
    for (channels, convolutions) in CHANNELS.into_iter().zip(convolutions(DEPTH)) {
        for _ in 0..convolutions {
            net.conv(&next(), channels, 3, 1).relu(&next());
        }
        net.max_pool(&next(), 2, 2);
    }
    net.global_avg_pool("avgpool")
}

fn keras<const DEPTH: usize>() -> Plan {
    let mut net = Builder::new("vgg-keras", 224, 0.0).centered().biased();
    for (block, (channels, convolutions)) in CHANNELS.into_iter().zip(convolutions(DEPTH)).enumerate() {
        let part = |part: String| format!("block{}_{part}", block + 1);
        for conv in 1..=convolutions {
            net.conv(&part(format!("conv{conv}")), channels, 3, 1).relu(&part(format!("conv{conv}_relu")));
        }
        net.max_pool(&part("pool".into()), 2, 2);
    }
    net.global_avg_pool("global_average_pooling2d")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `keras.applications.VGG19(include_top=False).count_params()`, and VGG16's.
    #[test]
    fn parameters_are_as_many_as_in_keras() {
        for (spec, expected) in SPECS.iter().zip([14_714_688, 20_024_384, 14_714_688, 20_024_384]) {
            let plan = (spec.plan)();
            let found: usize = plan.parameters().iter().map(|p| p.shape.iter().product::<usize>()).sum();
            assert_eq!((found, plan.statistics(), plan.num_features()), (expected, 0, 512), "{}", spec.name);
        }
    }
}
