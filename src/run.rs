//! Executors of a [`crate::backbone::plan::Plan`]: the plain twin, SIMD kernels on the CPU, burn on a GPU.

pub mod cpu;
#[cfg(feature = "train")]
pub mod gpu;
pub mod plain;
