//! The part of the engine that needs WebGPU: its device and the backbone on it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use cubecl::wgpu::wgpu::DeviceType;
use cubecl::wgpu::{AutoGraphicsApi, RuntimeOptions, WgpuDevice, try_init_setup_async};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::backbone::spec::BackboneSpec;
use crate::backbone::stored::{Take, reading, taking};
use crate::backbone::weights::read_safetensors;
use crate::device::{Device, Webgpu};
use crate::error::Error;
use crate::run::gpu::{Effort, GpuBackbone, TILES_VERSION, Tiling, check_kernels, fastest_tiling, open, warm_up};
use crate::train::check_training;
use crate::web::engine::{Engine, Info, now_secs};
use crate::web::failure::{from_js, js_error, to_js};
use crate::web::pieces::{Pieces, weights_in};

/// The backbone's place on the GPU.
pub(super) struct Gpu {
    is_software: bool,
    tiling: Cell<Tiling>,
    backbone: RefCell<Option<Rc<GpuBackbone>>>,
}

#[wasm_bindgen]
impl Engine {
    /// Asks the driver for a backbone's pipelines, while its weights load, and chooses the tiles of its matrix products:
    /// `"large"`, `"small"`, `"by-size"`, or where that is left out what is faster here. Gives the choice.
    ///
    /// # Errors
    /// `unknown-backbone`, `no-device`
    #[wasm_bindgen(js_name = warmUp)]
    pub async fn warm_up(&self, name: String, tiles: JsValue) -> Result<JsValue, JsValue> {
        let plan = (BackboneSpec::named(&name).map_err(js_error)?.plan)();
        let (gpu, wanted): (_, Option<Tiling>) = (self.gpu()?, from_js(tiles)?);
        warm_up(&plan, wanted.unwrap_or(Tiling::BySize)).map_err(js_error)?;
        let effort = if gpu.is_software { Effort::Short } else { Effort::Full };
        let chosen = match wanted {
            Some(tiling) => tiling,
            None => fastest_tiling(&plan, effort, now_secs).await.map_err(js_error)?,
        };
        gpu.tiling.set(chosen);
        to_js(&chosen)
    }

    /// A choice of [`Engine::warm_up`] holds for this adapter as long as this number stays.
    #[wasm_bindgen(js_name = tilesVersion)]
    pub fn tiles_version(&self) -> u32 {
        TILES_VERSION
    }

    /// Uploads a backbone's weights; afterwards [`Engine::features`] works.
    ///
    /// # Errors
    /// `unknown-backbone`, `weights-invalid`, `no-device` where the engine was opened on the CPU.
    #[wasm_bindgen(js_name = loadBackbone)]
    pub async fn load_backbone(&self, name: String, safetensors: Vec<u8>) -> Result<(), JsValue> {
        let spec = BackboneSpec::named(&name).map_err(js_error)?;
        let weights = read_safetensors(&spec.file, &safetensors, &(spec.plan)()).map_err(js_error)?;
        self.load(spec, taking(weights))
    }

    /// The same from a file that is read weight by weight.
    ///
    /// # Errors
    /// As [`Engine::load_backbone`].
    #[wasm_bindgen(js_name = loadBackboneFrom)]
    pub async fn load_backbone_from(&self, name: String, safetensors: Pieces) -> Result<(), JsValue> {
        let spec = BackboneSpec::named(&name).map_err(js_error)?;
        let tensors = weights_in(&spec, safetensors).map_err(js_error)?;
        self.load(spec, reading(tensors))
    }

    fn load(&self, spec: BackboneSpec, take: impl Take) -> Result<(), JsValue> {
        let gpu = self.gpu()?;
        let backbone = GpuBackbone::taking(&spec, take, gpu.tiling.get()).map_err(js_error)?;
        *gpu.backbone.borrow_mut() = Some(backbone.into());
        *self.spec.borrow_mut() = Some(spec);
        Ok(())
    }

    /// The feature row of one picture: `Uint8Array [inputSize, inputSize, 3]` → `Float32Array [numFeatures]`.
    ///
    /// # Errors
    /// `no-model` before [`Engine::load_backbone`], `wrong-pixels`, `no-device` where the device is lost.
    pub async fn features(&self, pixels: Vec<u8>) -> Result<Vec<f32>, JsValue> {
        self.spec()?.check_pixels(&pixels).map_err(js_error)?;
        self.features_of_batch(pixels).await
    }

    /// The same for `n` pictures in one submission: `Uint8Array [n, inputSize, inputSize, 3]` → `Float32Array
    /// [n, numFeatures]`. Each row has the bits that it has alone.
    ///
    /// # Errors
    /// As [`Engine::features`].
    #[wasm_bindgen(js_name = featuresOfBatch)]
    pub async fn features_of_batch(&self, pixels: Vec<u8>) -> Result<Vec<f32>, JsValue> {
        self.backbone()?.forward_features(&pixels).await.map_err(js_error)
    }

    /// How many pictures one submission takes here; [`Engine::features_of_batch`] splits what is more.
    ///
    /// # Errors
    /// `no-model` before [`Engine::load_backbone`], `no-device` where the engine was opened on the CPU.
    #[wasm_bindgen(js_name = mostImages)]
    pub fn most_images(&self) -> Result<usize, JsValue> {
        Ok(self.backbone()?.most_images())
    }

    /// Each kernel against its plain twin on odd sizes: `{name, difference, sameBits}[]`. WebGPU only.
    ///
    /// # Errors
    /// `no-device` where the device is lost.
    #[wasm_bindgen(js_name = checkKernels)]
    pub async fn check_kernels(&self) -> Result<JsValue, JsValue> {
        self.gpu()?;
        to_js(&check_kernels().await.map_err(js_error)?)
    }

    fn backbone(&self) -> Result<Rc<GpuBackbone>, JsValue> {
        self.gpu()?.backbone.borrow().clone().ok_or_else(|| js_error(Error::NoModel))
    }

    pub(super) fn tiling(&self) -> Result<Tiling, JsValue> {
        Ok(self.gpu()?.tiling.get())
    }

    /// Training on this device against the CPU's, in the same form.
    ///
    /// # Errors
    /// `no-device` where the device is lost.
    #[wasm_bindgen(js_name = checkTraining)]
    pub async fn check_training(&self) -> Result<JsValue, JsValue> {
        to_js(&check_training(&self.device).await.map_err(js_error)?)
    }

    fn gpu(&self) -> Result<&Gpu, JsValue> {
        let refused = || Error::NoDevice { reason: "the engine was opened on the CPU".into() };
        self.gpu.as_ref().ok_or_else(|| js_error(refused()))
    }
}

/// Opens the adapter that the browser prefers.
///
/// # Errors
/// [`Error::NoDevice`] where there is none, or the driver refuses.
pub(super) async fn open_webgpu() -> Result<(Device, Info, Gpu), Error> {
    let refused = |reason: String| Error::NoDevice { reason };
    let (device, options) = (WgpuDevice::default(), RuntimeOptions::default());
    let opened = try_init_setup_async::<AutoGraphicsApi>(&device, options).await;
    let setup = opened.map_err(|error| refused(format!("{error:?}")))?;
    let adapter = setup.adapter.get_info();
    let is_software = adapter.device_type == DeviceType::Cpu;
    let tiling = Cell::new(if is_software { Tiling::Large } else { Tiling::BySize });
    let named = if adapter.name.is_empty() { adapter.driver } else { adapter.name };
    let info = Info { device: "webgpu", adapter: named };
    let device = Webgpu { client: open()?, is_software };
    Ok((Device::Webgpu(device), info, Gpu { is_software, tiling, backbone: RefCell::default() }))
}
