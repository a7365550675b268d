//! Every way to run a backbone natively. WebGPU is tested in a browser.
#![allow(dead_code, reason = "each test uses its part")]

use burn::tensor::Device;
use headstart::backbone::fold::fold;
use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::weights::Weights;
use headstart::run::batch_norm::plain::forward_batch;
use headstart::run::burn_ops::BurnBackbone;
use headstart::run::cpu::CpuBackbone;
use headstart::run::cpu::batch_norm::CpuBatchNorm;
use headstart::run::plain;

/// An executor: its name, and pixels to features.
type Executor = (&'static str, Box<dyn FnMut(&[u8]) -> Vec<f32>>);

/// Calls `check` with each executor's name and with the executor, which turns pixels into a feature row.
pub fn on_each(spec: &BackboneSpec, weights: &Weights, mut check: impl FnMut(&str, &mut dyn FnMut(&[u8]) -> Vec<f32>)) {
    let plan = (spec.plan)();
    let (folded, folded_weights) = fold(&plan, weights).unwrap();
    let mut cpu = CpuBackbone::new(spec, &plan, weights).unwrap();
    let burn = BurnBackbone::new(spec, weights, &Device::flex()).unwrap();
    let (mean, std, weights) = (spec.mean, spec.std, weights.clone());
    let input = move |pixels: &[u8]| plain::normalize(pixels, mean, std);
    let executors: [Executor; 4] = [
        ("plain", Box::new(move |pixels| plain::forward_features(&plan, &weights, &input(pixels)))),
        ("plain, folded", Box::new(move |pixels| plain::forward_features(&folded, &folded_weights, &input(pixels)))),
        ("cpu", Box::new(move |pixels| cpu.forward_features(pixels))),
        ("burn", Box::new(move |pixels| pollster::block_on(burn.forward_features(pixels)).unwrap())),
    ];
    for (name, mut executor) in executors {
        check(name, &mut executor);
    }
}

/// Calls `check` with each executor that normalises by statistics of the batch, which turns the pixels of all images into
/// their feature rows.
pub fn on_each_by_batch(
    spec: &BackboneSpec,
    weights: &Weights,
    mut check: impl FnMut(&str, &mut dyn FnMut(&[u8]) -> Vec<f32>),
) {
    let plan = (spec.plan)();
    let mut cpu = CpuBatchNorm::new(spec, &plan, weights).unwrap();
    check("cpu", &mut |pixels| cpu.forward_batch(pixels).unwrap().features);
    check("plain", &mut |pixels| {
        let images = pixels.chunks_exact(plan.input.len()).map(|one| plain::normalize(one, spec.mean, spec.std));
        forward_batch(&plan, weights, &images.collect::<Vec<_>>()).unwrap().features
    });
}
