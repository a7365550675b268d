//! The module of each pool worker: picture files to pixels, pixels to feature rows on the CPU.

use std::cell::RefCell;

use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::backbone::spec::{BackboneSpec, sha256_hex};
use crate::backbone::stored::{Take, reading, taking};
use crate::backbone::weights::{Weights, read_safetensors};
use crate::error::Error;
use crate::image::augment::Augmentation;
use crate::image::{Fingerprint, Fit, decode, prepare};
use crate::run::batch_norm::Statistics;
use crate::run::cpu::CpuBackbone;
use crate::run::cpu::batch_norm::chosen::ChosenStatistics;
use crate::web::failure::{from_js, js_error, to_js};
use crate::web::pieces::{Pieces, weights_in};

/// Decoder, resizer and, with weights, a CPU backbone.
#[wasm_bindgen]
pub struct Pool {
    spec: BackboneSpec,
    backbone: RefCell<Option<CpuBackbone>>,
    /// While a lab runs.
    lab: RefCell<Option<ChosenStatistics>>,
}

/// A picture, ready for the backbone.
#[derive(Serialize)]
struct Prepared {
    sha256: String,
    width: u32,
    height: u32,
    format: &'static str,
    fingerprint: String,
    #[serde(with = "serde_bytes")]
    pixels: Vec<u8>,
}

#[wasm_bindgen]
impl Pool {
    /// For the backbone of that name; without weights it prepares pictures only.
    ///
    /// # Errors
    /// `unknown-backbone`
    #[wasm_bindgen(constructor)]
    pub fn new(backbone: &str) -> Result<Self, JsValue> {
        Ok(Self {
            spec: BackboneSpec::named(backbone).map_err(js_error)?,
            backbone: RefCell::default(),
            lab: RefCell::default(),
        })
    }

    /// Reads weights and packs them for the CPU; afterwards [`Pool::features`] works.
    ///
    /// # Errors
    /// `weights-invalid`
    #[wasm_bindgen(js_name = loadBackbone)]
    pub fn load_backbone(&self, safetensors: &[u8]) -> Result<(), JsValue> {
        let weights = read_safetensors(&self.spec.file, safetensors, &(self.spec.plan)()).map_err(js_error)?;
        self.load(taking(weights))
    }

    /// The same from a file that is read weight by weight: only the packed ones are ever in this module's memory, which
    /// never shrinks.
    ///
    /// # Errors
    /// As [`Pool::load_backbone`].
    #[wasm_bindgen(js_name = loadBackboneFrom)]
    pub fn load_backbone_from(&self, safetensors: Pieces) -> Result<(), JsValue> {
        self.load(reading(weights_in(&self.spec, safetensors).map_err(js_error)?))
    }

    fn load(&self, take: impl Take) -> Result<(), JsValue> {
        let backbone = CpuBackbone::taking(&self.spec, &(self.spec.plan)(), take).map_err(js_error)?;
        *self.backbone.borrow_mut() = Some(backbone);
        Ok(())
    }

    /// Decodes, turns upright, and makes the square that the backbone sees: by `fit`, the centre where none is given.
    ///
    /// Gives `{sha256, width, height, format, fingerprint, pixels: Uint8Array [inputSize, inputSize, 3]}`.
    ///
    /// # Errors
    /// Those of [`decode`], with the file's name; `wrong-fit`.
    pub fn prepare(&self, file: &str, bytes: &[u8], fit: Option<String>) -> Result<JsValue, JsValue> {
        let fit = fit.map_or(Ok(Fit::Crop), |text| text.parse()).map_err(js_error)?;
        let decoded = decode(file, bytes).map_err(js_error)?;
        to_js(&Prepared {
            sha256: sha256_hex(bytes),
            width: decoded.pixels.width,
            height: decoded.pixels.height,
            format: decoded.format.as_str(),
            fingerprint: Fingerprint::of(&decoded.pixels).to_string(),
            pixels: prepare(&decoded.pixels, &self.spec.preprocess(), &fit),
        })
    }

    /// Views `first..first + count` of a prepared picture whose file has this hash, as `settings` draw them, one after the
    /// other: `Uint8Array [count, inputSize, inputSize, 3]`.
    ///
    /// # Errors
    /// `wrong-pixels`, `wrong-option`.
    pub fn views(
        &self,
        pixels: &[u8],
        sha256: &str,
        settings: JsValue,
        seed: f64,
        first: u32,
        count: u32,
    ) -> Result<Vec<u8>, JsValue> {
        self.spec.check_pixels(pixels).map_err(js_error)?;
        let augment: Augmentation = from_js(settings)?;
        augment.check().map_err(js_error)?;
        Ok((first..first + count).flat_map(|number| augment.view(pixels, sha256, seed as u64, number)).collect())
    }

    /// The feature row of one prepared picture: `Uint8Array [inputSize, inputSize, 3]` → `Float32Array [numFeatures]`.
    ///
    /// # Errors
    /// `no-model` before [`Pool::load_backbone`], `wrong-pixels`.
    pub fn features(&self, pixels: &[u8]) -> Result<Vec<f32>, JsValue> {
        self.spec.check_pixels(pixels).map_err(js_error)?;
        let mut backbone = self.backbone.borrow_mut();
        let backbone = backbone.as_mut().ok_or_else(|| js_error(Error::NoModel))?;
        Ok(backbone.forward_features(pixels))
    }

    /// The last feature map of one prepared picture, whose mean over the positions is [`Pool::features`]: `Float32Array
    /// [height, width, numFeatures]`.
    ///
    /// # Errors
    /// As [`Pool::features`].
    #[wasm_bindgen(js_name = featureMap)]
    pub fn feature_map(&self, pixels: &[u8]) -> Result<Vec<f32>, JsValue> {
        self.spec.check_pixels(pixels).map_err(js_error)?;
        let mut backbone = self.backbone.borrow_mut();
        let backbone = backbone.as_mut().ok_or_else(|| js_error(Error::NoModel))?;
        Ok(backbone.forward_feature_map(pixels))
    }

    /// For benches: the steps of [`Pool::features`] as `{name, output, flops, bytes}[]`; empty without weights.
    ///
    /// # Errors
    /// Never in practice: numbers and text.
    pub fn steps(&self) -> Result<JsValue, JsValue> {
        to_js(&self.backbone.borrow().as_ref().map_or(&[][..], CpuBackbone::costs))
    }

    /// For benches: one step of [`Pool::features`], on what the last one left.
    #[wasm_bindgen(js_name = runStep)]
    pub fn run_step(&self, at: usize) {
        if let Some(backbone) = self.backbone.borrow_mut().as_mut() {
            backbone.run(at);
        }
    }

    /// Keeps the weights for [`Pool::compute_for_lab`], and gives the averages that they hold: `Float32Array`, all means,
    /// then all variances.
    ///
    /// # Errors
    /// `weights-invalid`
    #[wasm_bindgen(js_name = openLab)]
    pub fn open_lab(&self, safetensors: &[u8]) -> Result<Vec<f32>, JsValue> {
        let weights = read_safetensors(&self.spec.file, safetensors, &(self.spec.plan)()).map_err(js_error)?;
        self.keep_for_lab(weights)
    }

    /// The same from a file that is read weight by weight.
    ///
    /// # Errors
    /// As [`Pool::open_lab`].
    #[wasm_bindgen(js_name = openLabFrom)]
    pub fn open_lab_from(&self, safetensors: Pieces) -> Result<Vec<f32>, JsValue> {
        let tensors = weights_in(&self.spec, safetensors).map_err(js_error)?;
        let read = tensors.into_iter().map(|(name, tensor)| Ok((name, tensor.read()?)));
        self.keep_for_lab(read.collect::<Result<_, Error>>().map_err(js_error)?)
    }

    fn keep_for_lab(&self, weights: Weights) -> Result<Vec<f32>, JsValue> {
        let lab = ChosenStatistics::new(self.spec.clone(), weights);
        let stored = lab.stored().map_err(js_error)?;
        *self.lab.borrow_mut() = Some(lab);
        Ok(stored.into_flat())
    }

    /// The feature rows of `n` pictures by the given averages (as [`Pool::open_lab`] gives them), or, where there are
    /// none, as one batch by its own statistics, which then follow the rows: all means, all variances.
    ///
    /// # Errors
    /// `no-model` before [`Pool::open_lab`], `wrong-pixels`, `batch-of-one`, `wrong-statistics`.
    #[wasm_bindgen(js_name = computeForLab)]
    pub fn compute_for_lab(&self, pixels: &[u8], statistics: Option<Vec<f32>>) -> Result<Vec<f32>, JsValue> {
        let mut lab = self.lab.borrow_mut();
        let lab = lab.as_mut().ok_or_else(|| js_error(Error::NoModel))?;
        let statistics = statistics.map(Statistics::from_flat);
        Ok(lab.compute(pixels, statistics.as_ref()).map_err(js_error)?.into_flat())
    }

    /// Forgets the weights and gives the memory back to this worker.
    #[wasm_bindgen(js_name = closeLab)]
    pub fn close_lab(&self) {
        *self.lab.borrow_mut() = None;
    }
}
