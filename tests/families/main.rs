//! Weights that a user brings: real files of others, and each network against the library it comes from.

#[cfg(test)]
#[path = "../executors/mod.rs"]
mod executors;
#[cfg(test)]
mod files;
#[cfg(test)]
#[path = "../reference/mod.rs"]
mod reference;
#[cfg(test)]
mod teachable_machine;

use headstart::backbone::import::{Imported, import, open_tensors};
use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::summary::Summary;
use headstart::backbone::weights::Weights;
use headstart::head::{ClassifierConfig, HIDDEN, HeadKind};
use headstart::run::cpu::CpuBackbone;
use headstart::run::cpu::batch_norm::chosen::ChosenStatistics;
use safetensors::SafeTensors;

use crate::files::{as_keras_writes, saved};
use crate::reference::drawn::{drawn, noise, shapes};
use crate::reference::{floats, read};

/// Of the largest feature.
const TOLERANCE: f32 = 1e-4;
/// Where a batch's own statistics come in: PyTorch's single precision is off by almost as much.
const BATCH_TOLERANCE: f32 = 1e-3;

fn assert_close(what: &str, ours: &[f32], theirs: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(0f32, |most, value| most.max(value.abs()));
    let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{what}: largest difference {worst:.2e} of {scale:.2}");
    assert!(worst <= tolerance * scale, "{what}: {worst} of {scale}");
}

/// Calls `check` with each network, its drawn weights and what the committed golden has of it under this name.
fn on_each_network(names: &[&str], array: &str, check: impl Fn(&BackboneSpec, &Weights, &[f32])) {
    let golden = read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/families.safetensors").into());
    let golden = SafeTensors::deserialize(&golden).unwrap();
    for name in names {
        let spec = BackboneSpec::named(name).unwrap();
        let expected = floats(golden.tensor(&format!("{name}.{array}")).unwrap().data());
        check(&spec, &drawn(&(spec.plan)()), &expected);
    }
}

/// Each network with drawn weights, against the library that it comes from.
fn each_network_equals_its_library(names: &[&str]) {
    on_each_network(names, "features", |spec, weights, expected| {
        let name = spec.name;
        let pictures = [noise(spec.input_size), shapes(spec.input_size)];
        executors::on_each(spec, weights, |executor_name, executor| {
            // The plain twin takes many seconds a picture of a large network.
            let count = if executor_name.starts_with("plain") {
                usize::from(!name.starts_with("vgg") && !name.starts_with("resnet"))
            } else {
                2
            };
            for (i, picture) in pictures.iter().enumerate().take(count) {
                let row = &expected[i * spec.num_features..(i + 1) * spec.num_features];
                assert_close(&format!("{name}, {executor_name}, picture {i}"), &executor(picture), row, TOLERANCE);
            }
        });
    });
}

#[test]
fn mobilenet_v2_equals_keras() {
    each_network_equals_its_library(&["mobilenetv2-0.35", "mobilenetv2-1.0"]);
}

#[test]
fn larger_efficientnet_lites_equal_timm() {
    each_network_equals_its_library(&["efficientnet-lite1", "efficientnet-lite2"]);
}

#[test]
fn resnet50_equals_torchvision_and_keras() {
    each_network_equals_its_library(&["resnet50", "resnet50-keras"]);
}

#[test]
fn vgg_equals_torchvision_and_keras() {
    each_network_equals_its_library(&["vgg16", "vgg19", "vgg16-keras", "vgg19-keras"]);
}

/// Both pictures as one batch by its own statistics, as the library computes them in training.
fn each_network_by_batch_equals_its_library(names: &[&str]) {
    on_each_network(names, "features_batch", |spec, weights, expected| {
        let name = spec.name;
        let pictures = [noise(spec.input_size), shapes(spec.input_size)].concat();
        executors::on_each_by_batch(spec, weights, |executor_name, batch| {
            // The plain twin takes many seconds a picture of a large network.
            if executor_name == "plain" && name != "mobilenetv2-0.35" {
                return;
            }
            let what = format!("{name}, {executor_name}, by batch");
            assert_close(&what, &batch(&pictures), expected, BATCH_TOLERANCE);
        });
    });
}

#[test]
fn statistics_of_a_batch_are_those_of_keras() {
    each_network_by_batch_equals_its_library(&["mobilenetv2-0.35", "mobilenetv2-1.0", "resnet50-keras"]);
}

#[test]
fn statistics_of_a_batch_are_those_of_pytorch() {
    each_network_by_batch_equals_its_library(&["efficientnet-lite1", "efficientnet-lite2", "resnet50"]);
}

/// A network without BatchNorm has nothing that a policy could change: the same bits, whoever is beside a picture.
fn every_policy_gives_the_same_bits(Imported { spec, weights }: Imported) {
    let plan = (spec.plan)();
    let pictures = [noise(spec.input_size), shapes(spec.input_size)];
    let mut folded = CpuBackbone::new(&spec, &plan, &weights).unwrap();
    let stored: Vec<Vec<f32>> = pictures.iter().map(|picture| folded.forward_features(picture)).collect();
    let mut chosen = ChosenStatistics::new(spec, weights);
    let averages = chosen.stored().unwrap();
    let both = pictures.concat();
    for statistics in [None, Some(&averages)] {
        assert!(chosen.compute(&both, statistics).unwrap().features == stored.concat());
        assert!(chosen.compute(&pictures[1], statistics).unwrap().features == stored[1], "alone");
    }
}

#[test]
fn vgg_of_keras_has_the_same_bits_under_every_policy() {
    let tensors = as_keras_writes(&(BackboneSpec::named("vgg16-keras").unwrap().plan)(), true);
    every_policy_gives_the_same_bits(open_tensors("w.h5", tensors, &vec![]).unwrap().read().unwrap());
}

#[test]
fn vgg_of_torchvision_has_the_same_bits_under_every_policy() {
    let Some(file) = saved("vgg16.pth") else { return };
    every_policy_gives_the_same_bits(import(vec![file]).unwrap());
}

/// Keras's `summary()` of the model that this product was made from: ResNet50, and a head for 7 classes.
#[test]
fn a_summary_has_the_sums_of_keras() {
    let head = ClassifierConfig { kind: HeadKind::Mlp, hidden: HIDDEN.to_vec(), num_features: 2048, num_classes: 7 };
    let plan = (BackboneSpec::named("resnet50-keras").unwrap().plan)();
    // Standardised features are ours; Keras's model has none.
    let head = head.summary().into_iter().filter(|row| row.r#type != "Normalization");
    let summary = Summary::of(plan.summary().into_iter().chain(head));
    assert_eq!(summary.totals(), [24_903_047, 1_315_335, 23_587_712]);
    let text = summary.to_string();
    for line in ["Total params: 24,903,047", "Trainable params: 1,315,335", "Non-trainable params: 23,587,712"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.contains("conv1_conv (Conv2D)") && text.contains("(None, 112, 112, 64)"), "{text}");
}
