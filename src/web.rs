//! The only place that knows a browser: two thin shells over the core, one for each wasm module.
//!
//! `engine` runs in the one engine worker (project, head training, WebGPU), `pool` in each pool worker (decode,
//! resize, CPU backbone). Every failure crosses as a JavaScript `Error` with `code`, `message` and `file`.

#[cfg(feature = "train")]
pub mod engine;
#[cfg(feature = "webgpu")]
mod engine_gpu;
#[cfg(feature = "train")]
mod engine_fits;
#[cfg(feature = "train")]
mod engine_insight;
#[cfg(feature = "train")]
mod engine_review;
#[cfg(feature = "train")]
mod engine_test_set;
#[cfg(feature = "train")]
mod engine_views;
#[cfg(feature = "train")]
mod exporting;
pub mod failure;
#[cfg(feature = "train")]
mod keeping;
#[cfg(feature = "train")]
pub mod lab;
#[cfg(feature = "webgpu")]
pub mod lab_gpu;
#[cfg(feature = "pool")]
pub mod import;
mod pieces;
#[cfg(feature = "pool")]
pub mod pool;
pub mod weights;

use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(target_family = "wasm")]
unsafe extern "C" {
    fn __wasm_call_ctors();
}

/// Runs when the module is instantiated, before any other export.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    #[cfg(target_family = "wasm")]
    // SAFETY: called once, at instantiation. As the module calls it itself, the linker no longer wraps every export
    // in another run of all constructors (an empty call then takes 4 ms).
    unsafe {
        __wasm_call_ctors();
    }
}
