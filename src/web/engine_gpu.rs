//! The part of the engine that needs WebGPU: its device and the backbone on it.

use std::cell::RefCell;
use std::rc::Rc;

use burn::tensor::wgpu::wgpu::DeviceType;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::backbone::spec::{BACKBONES, BackboneSpec};
use crate::backbone::weights::read_safetensors;
use crate::device::Device;
use crate::error::Error;
use crate::run::gpu::{GpuBackbone, Tiling, check_kernels, warm_up};
use crate::web::engine::{Engine, Info};
use crate::web::failure::{js_error, to_js};

/// The backbone's place on the GPU.
pub(super) struct Gpu {
    tiling: Tiling,
    backbone: RefCell<Option<Rc<GpuBackbone>>>,
}

#[wasm_bindgen]
impl Engine {
    /// Uploads a backbone's weights; afterwards [`Engine::features`] works.
    ///
    /// # Errors
    /// `unknown-backbone`, `weights-invalid`, `no-device` where the engine was opened on the CPU.
    #[wasm_bindgen(js_name = loadBackbone)]
    pub async fn load_backbone(&self, name: String, safetensors: Vec<u8>) -> Result<(), JsValue> {
        let spec = BackboneSpec::named(&name).map_err(js_error)?;
        let weights = read_safetensors(spec.file, &safetensors, &(spec.plan)()).map_err(js_error)?;
        let gpu = self.gpu()?;
        let backbone = GpuBackbone::new(&spec, &weights, gpu.tiling).map_err(js_error)?;
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
        let backbone = self.gpu()?.backbone.borrow().clone().ok_or_else(|| js_error(Error::NoModel))?;
        backbone.forward_features(&pixels).await.map_err(js_error)
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
    let opened = burn::tensor::Device::wgpu_options().init_with_setup_async().await;
    let (device, setup) = opened.map_err(|error| refused(format!("{error:?}")))?;
    let adapter = setup.adapter.get_info();
    let tiling = if adapter.device_type == DeviceType::Cpu { Tiling::Large } else { Tiling::BySize };
    let named = if adapter.name.is_empty() { adapter.driver } else { adapter.name };
    // The driver compiles while the page still waits for the weights.
    warm_up(&(BACKBONES[0].plan)(), tiling)?;
    let info = Info { device: "webgpu", adapter: named };
    Ok((Device::Burn(device), info, Gpu { tiling, backbone: RefCell::default() }))
}
