//! The lab's backbone on WebGPU; on the CPU the pool's workers have it.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::backbone::spec::BackboneSpec;
use crate::backbone::weights::{Weights, read_safetensors};
use crate::error::Error;
use crate::run::batch_norm::{Batch, Statistics};
use crate::run::gpu::batch_norm::GpuBatchNorm;
use crate::run::gpu::{GpuBackbone, Tiling};
use crate::web::engine::Engine;
use crate::web::failure::js_error;

/// A backbone by whichever statistics are chosen.
#[wasm_bindgen]
pub struct LabOnGpu {
    spec: BackboneSpec,
    weights: Weights,
    tiling: Tiling,
    by_batch: GpuBatchNorm,
    /// The statistics that are folded in.
    by_given: RefCell<Option<(Statistics, Rc<GpuBackbone>)>>,
}

#[wasm_bindgen]
impl Engine {
    /// The backbone of [`Engine::load_backbone`] for a lab; `safetensors` are its weights.
    ///
    /// # Errors
    /// `no-device` where the engine was opened on the CPU, `weights-invalid`.
    #[wasm_bindgen(js_name = openLabOnGpu)]
    pub fn open_lab_on_gpu(&self, safetensors: &[u8]) -> Result<LabOnGpu, JsValue> {
        let (spec, tiling) = (self.spec()?, self.tiling()?);
        let weights = read_safetensors(&spec.file, safetensors, &(spec.plan)()).map_err(js_error)?;
        let by_batch = GpuBatchNorm::new(&spec, &weights, tiling).map_err(js_error)?;
        Ok(LabOnGpu { spec, weights, tiling, by_batch, by_given: RefCell::default() })
    }
}

#[wasm_bindgen]
impl LabOnGpu {
    /// As `Pool.computeForLab`.
    ///
    /// # Errors
    /// `wrong-pixels`, `batch-of-one`, `wrong-statistics`, `no-device` where the device is lost.
    #[wasm_bindgen(js_name = computeForLab)]
    pub async fn compute_for_lab(&self, pixels: Vec<u8>, statistics: Option<Vec<f32>>) -> Result<Vec<f32>, JsValue> {
        let computed = match statistics.map(Statistics::from_flat) {
            None => self.by_batch.forward_batch(&pixels).await.map(Batch::into_flat),
            Some(statistics) => match self.by_given(statistics) {
                Ok(backbone) => backbone.forward_features(&pixels).await,
                Err(error) => Err(error),
            },
        };
        computed.map_err(js_error)
    }

    fn by_given(&self, statistics: Statistics) -> Result<Rc<GpuBackbone>, Error> {
        if let Some((folded, backbone)) = &*self.by_given.borrow()
            && *folded == statistics
        {
            return Ok(backbone.clone());
        }
        let weights = statistics.applied(&(self.spec.plan)(), &self.weights)?;
        let backbone = Rc::new(GpuBackbone::new(&self.spec, &weights, self.tiling)?);
        *self.by_given.borrow_mut() = Some((statistics, backbone.clone()));
        Ok(backbone)
    }
}
