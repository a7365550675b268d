//! Executors of a [`crate::backbone::plan::Plan`]: the plain twin, SIMD kernels on the CPU, burn's operators, our own
//! kernels on a GPU.

#[cfg(feature = "burn")]
pub mod burn_ops;
pub mod cpu;
#[cfg(feature = "webgpu")]
pub mod gpu;
pub mod plain;
