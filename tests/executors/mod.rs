//! Every way to run a backbone natively. WebGPU is tested in a browser.

use burn::tensor::Device;
use headstart::backbone::fold::fold;
use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::weights::Weights;
use headstart::run::burn_ops::BurnBackbone;
use headstart::run::cpu::CpuBackbone;
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
