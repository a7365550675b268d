//! What is exported: a head trained on the drawn pictures, and the samples that its export proves itself by.

use std::ops::ControlFlow;

use headstart::artifact::export::{Export, Sample};
use headstart::artifact::samples::{drawn as drawn_pictures, own};
use headstart::backbone::import::File;
use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::weights::Weights;
use headstart::device::Device;
use headstart::head::{HIDDEN, HeadKind};
use headstart::image::{Fit, Pixels, decode, prepare};
use headstart::project::fits::Whose;
use headstart::project::{Project, SplitConfig};
use headstart::run::cpu::CpuBackbone;
use headstart::train::{FitConfig, fit};

use crate::reference::drawn::{drawn, noise};

pub struct Material {
    pub project: Project,
    pub spec: BackboneSpec,
    pub weights: Weights,
    pub fit: FitConfig,
    pub samples: Vec<(File, Vec<f32>)>,
}

/// A head trained on the drawn pictures, each in many brightnesses.
pub fn material() -> Material {
    material_with(&HIDDEN)
}

/// The same with hidden layers of these widths.
pub fn material_with(hidden: &[usize]) -> Material {
    material_seen(hidden, Fit::Crop)
}

/// The same of what this fit shows.
pub fn material_seen(hidden: &[usize], seen: Fit) -> Material {
    material_by(FitConfig { head: HeadKind::Mlp, hidden: hidden.to_vec(), epochs: 3, ..FitConfig::default() }, seen)
}

/// The same by these options.
pub fn material_by(config: FitConfig, seen: Fit) -> Material {
    let spec = BackboneSpec::named("mobilenetv2-0.35").unwrap();
    let weights = drawn(&(spec.plan)());
    let mut backbone = CpuBackbone::new(&spec, &(spec.plan)(), &weights).unwrap();
    let mut features = |pixels: &Pixels| backbone.forward_features(&prepare(pixels, &spec.preprocess(), &seen));
    let mine = own(&Pixels { width: 1300, height: 900, rgb: noise(1140)[..1300 * 900 * 3].to_vec() }, 1);
    let pictures = [drawn_pictures().as_slice(), &[mine]].concat();
    let decoded: Vec<Pixels> = pictures.iter().map(|file| decode(&file.name, &file.bytes).unwrap().pixels).collect();
    let mut project = Project::default();
    project.set_fit(seen, Whose::Project);
    for (label, pixels) in ["board", "wave|s", "specks"].iter().zip(&decoded) {
        for dark in 0..8 {
            let rgb = pixels.rgb.iter().map(|value| value - value / 16 * dark).collect();
            let row = features(&Pixels { rgb, ..*pixels });
            project.add_image(&format!("{dark}.png"), label, &format!("{label} {dark}"), None, row).unwrap();
        }
    }
    let (set, split) = project.training_set(&SplitConfig::default()).unwrap();
    let sides = project.sides(&split);
    let goes_on = async |_: &_| ControlFlow::Continue(());
    let fitted = pollster::block_on(fit(&set, &config, &Device::Cpu, || 0.0, goes_on)).unwrap();
    project.keep(&fitted, sides);
    let samples = pictures.into_iter().zip(decoded.iter().map(features)).collect();
    Material { project, spec, weights, fit: config, samples }
}

impl Material {
    /// With every sample.
    pub fn export(&self) -> Export<'_> {
        let samples = self.samples.iter().map(|(file, row)| Sample { file: file.clone(), features: row.clone() });
        Export { project: &self.project, spec: &self.spec, training: Some(&self.fit), samples: samples.collect() }
    }
}
