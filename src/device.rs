//! Reading from a burn device, CPU or WebGPU. Does not choose one.

use burn::tensor::Tensor;

use crate::error::Error;

/// Numbers of a tensor, on every device: a synchronous read panics on WebGPU.
///
/// # Errors
/// [`Error::NoDevice`] where the device is lost.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    let lost = |reason: String| Error::NoDevice { reason };
    let data = tensor.into_data_async().await.map_err(|error| lost(error.to_string()))?;
    data.try_to_vec().map_err(|error| lost(error.to_string()))
}
