//! Where a head is trained, and reading from a burn device. Does not choose one.

#[cfg(feature = "burn")]
use burn::tensor::Tensor;

#[cfg(feature = "burn")]
use crate::error::Error;

/// Where a head is trained.
#[derive(Clone, Debug, Default)]
pub enum Device {
    /// Kernels of our own.
    #[default]
    Cpu,
    /// Kernels of our own.
    #[cfg(feature = "webgpu")]
    Webgpu(Webgpu),
    /// A device of burn, as a check.
    #[cfg(feature = "burn")]
    Burn(burn::tensor::Device),
}

/// An open WebGPU device.
#[cfg(feature = "webgpu")]
#[derive(Clone)]
pub struct Webgpu {
    /// Takes uploads and launches.
    pub client: cubecl::client::Client,
    /// Whether a CPU plays the GPU.
    pub is_software: bool,
}

#[cfg(feature = "webgpu")]
impl std::fmt::Debug for Webgpu {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Webgpu").field("is_software", &self.is_software).finish_non_exhaustive()
    }
}

/// Numbers of a tensor, on every device of burn: a synchronous read panics on WebGPU.
///
/// # Errors
/// [`Error::NoDevice`] where the device is lost.
#[cfg(feature = "burn")]
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    let lost = |reason: String| Error::NoDevice { reason };
    let data = tensor.into_data_async().await.map_err(|error| lost(error.to_string()))?;
    data.try_to_vec().map_err(|error| lost(error.to_string()))
}
