//! Executors of a [`crate::backbone::plan::Plan`]: the plain twin, SIMD kernels on the CPU, burn's operators, our own
//! kernels on a GPU. Also the kernels of dense layers and of the optimisers.

pub mod batch_norm;
#[cfg(feature = "burn")]
pub mod burn_ops;
pub mod cpu;
#[cfg(feature = "webgpu")]
pub mod gpu;
#[cfg(feature = "train")]
pub mod optimizer;
pub mod plain;
