//! Batches against the plain twin, on both instruction sets, over sizes and channels that fill no tile.

use super::*;
use crate::backbone::builder::Builder;
use crate::backbone::efficientnet_lite::LITE0;
use crate::backbone::plan::{Kind, Parameter, Shape};
use crate::backbone::weights::Weight;
use crate::run::batch_norm::plain::forward_batch;
use crate::run::cpu::simd::Isa;
use crate::run::plain::normalize;

fn random(len: usize, seed: u64) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| random.f32() * 2.0 - 1.0).collect()
}

/// Scales and variances are positive, the rest is around zero.
fn weights_of(plan: &Plan) -> Weights {
    let weight = |(seed, p): (usize, Parameter)| {
        let is_positive = p.name.ends_with("running_var") || p.name.ends_with("norm.weight");
        let values = random(p.shape.iter().product(), seed as u64);
        let values = values.iter().map(|x| if is_positive { x + 1.5 } else { *x }).collect();
        (p.name, Weight { shape: p.shape, values })
    };
    plan.parameters().into_iter().enumerate().map(weight).collect()
}

/// Stem, expansion with a residual, a depthwise convolution alone, BatchNorm that nothing can fold.
fn plan(size: usize) -> Plan {
    let mut net = Builder::new("test", size, 1e-3);
    net.conv("stem", 13, 3, 2).batch_norm("stem.norm").relu6("stem.act");
    net.depthwise("first", 3, 1).batch_norm("first.norm").relu6("first.act");
    net.conv("project", 5, 1, 1).batch_norm("project.norm");
    let value = net.value();
    net.conv("expand", 21, 1, 1).batch_norm("expand.norm").relu6("expand.act");
    net.depthwise("deep", 5, 1).batch_norm("deep.norm").relu6("deep.act");
    net.conv("narrow", 5, 1, 1).batch_norm("narrow.norm").add("add", value);
    net.batch_norm("alone.norm").relu6("alone.act");
    net.conv("head", 19, 1, 1).batch_norm("head.norm").relu6("head.act");
    net.global_avg_pool("pool")
}

/// As a ResNet has it: biased convolutions, a pool of maxima, a shortcut with a BatchNorm of its own.
fn residual_plan(size: usize) -> Plan {
    let mut net = Builder::new("residual", size, 1e-3).biased();
    net.conv("stem", 11, 7, 2).batch_norm("stem.norm").relu("stem.act").max_pool("max", 3, 2);
    let value = net.value();
    net.conv("shortcut", 20, 1, 1).batch_norm("shortcut.norm");
    let shortcut = net.value();
    net.branch(value).conv("a", 9, 1, 1).batch_norm("a.norm").relu("a.act");
    net.conv("b", 9, 3, 1).batch_norm("b.norm").relu("b.act");
    net.conv("c", 20, 1, 1).batch_norm("c.norm").add("add", shortcut).relu("act");
    net.global_avg_pool("pool")
}

fn pictures(plan: &Plan, images: usize) -> Vec<u8> {
    random(plan.input.len() * images, 77).iter().map(|x| (x * 127.0 + 128.0) as u8).collect()
}

fn largest(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn batches_equal_the_plain_twin() {
    let plans = [(1, 2), (7, 1), (10, 3), (31, 2)].map(|(size, images)| (plan(size), size, images));
    let residual = [(15, 2), (31, 3)].map(|(size, images)| (residual_plan(size), size, images));
    for (plan, size, images) in plans.into_iter().chain(residual) {
        let (weights, pixels) = (weights_of(&plan), pictures(&plan, images));
        let pictures = pixels.chunks_exact(plan.input.len());
        let inputs: Vec<Vec<f32>> = pictures.map(|one| normalize(one, LITE0.mean, LITE0.std)).collect();
        let expected = forward_batch(&plan, &weights, &inputs).unwrap();
        let mut backbone = CpuBatchNorm::new(&LITE0, &plan, &weights).unwrap();
        for isa in [Isa::Portable, Isa::detect()] {
            backbone.raw.isa = isa;
            let found = backbone.forward_batch(&pixels).unwrap();
            let Statistics { mean, var } = &expected.statistics;
            // One number an image at 1×1: what is divided by is small, and magnifies the last digit.
            let tolerance = if size == 1 { 2e-3 } else { 1e-4 };
            assert!(largest(&found.features, &expected.features) < tolerance, "features of {images} × {size}");
            assert!(largest(&found.statistics.mean, mean) < tolerance, "means of {images} × {size}");
            assert!(largest(&found.statistics.var, var) < tolerance, "variances of {images} × {size}");
            assert_eq!(found, backbone.forward_batch(&pixels).unwrap(), "whatever ran before");
        }
    }
}

#[test]
fn statistics_of_the_batch_folded_in_give_its_features() {
    let plan = plan(17);
    let (weights, pixels) = (weights_of(&plan), pictures(&plan, 3));
    let batch = CpuBatchNorm::new(&LITE0, &plan, &weights).unwrap().forward_batch(&pixels).unwrap();
    let weights = batch.statistics.applied(&plan, &weights).unwrap();
    assert_eq!(Statistics::stored(&plan, &weights).unwrap(), batch.statistics);
    let mut folded = CpuBackbone::new(&LITE0, &plan, &weights).unwrap();
    let images = pixels.chunks_exact(plan.input.len());
    let features: Vec<f32> = images.flat_map(|image| folded.forward_features(image)).collect();
    assert!(largest(&features, &batch.features) < 1e-4);
}

#[test]
fn a_plan_without_batch_norm_gives_the_same_bits() {
    let mut plain = Builder::new("plain", 20, 1e-3);
    plain.conv("a", 9, 3, 2).relu6("a.act").depthwise("b", 3, 1).relu6("b.act").conv("c", 12, 3, 1).relu6("c.act");
    let plan = plain.global_avg_pool("pool");
    let (weights, pixels) = (weights_of(&plan), pictures(&plan, 3));
    let mut alone = CpuBackbone::new(&LITE0, &plan, &weights).unwrap();
    let images = pixels.chunks_exact(plan.input.len());
    let features: Vec<f32> = images.flat_map(|image| alone.forward_features(image)).collect();
    let batch = CpuBatchNorm::new(&LITE0, &plan, &weights).unwrap().forward_batch(&pixels).unwrap();
    assert_eq!(batch, Batch { features, statistics: Statistics::default() });
}

#[test]
fn every_guard_fires() {
    let plan = plan(1);
    let weights = weights_of(&plan);
    let mut backbone = CpuBatchNorm::new(&LITE0, &plan, &weights).unwrap();
    let error = backbone.forward_batch(&[0; 3]).unwrap_err();
    assert_eq!(error.code(), "batch-of-one");
    assert!(error.to_string().contains("stem.norm"), "{error}");
    assert_eq!(forward_batch(&plan, &weights, &[vec![0.0; 3]]).unwrap_err(), error);
    assert!(backbone.forward_batch(&[0; 6]).unwrap().features.iter().all(|x| x.is_finite()), "no variance, no NaN");
    assert_eq!(backbone.forward_batch(&[0; 4]).unwrap_err().code(), "wrong-pixels");
    let error = Statistics::default().applied(&plan, &weights).unwrap_err();
    assert!(error.to_string().contains("of 0 channels"), "{error}");
    let mut twice = plan.clone();
    let Kind::BatchNorm(norm) = twice.ops[1].kind.clone() else { unreachable!() };
    twice.ops[2].kind = Kind::BatchNorm(norm);
    assert_eq!(CpuBatchNorm::new(&LITE0, &twice, &weights).unwrap_err().code(), "weights-invalid");
    assert_eq!(plan.input, Shape { height: 1, width: 1, channels: 3 });
}
