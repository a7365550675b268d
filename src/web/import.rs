//! Weights that a user brings, in a worker of the pool's module that ends with it: its memory goes back as a whole.

use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::backbone::import::{File, Imported, Tensors, from_tensors, import};
use crate::backbone::spec::{self, BackboneSpec};
use crate::backbone::weights::{Weight, safetensors_from};
use crate::error::Error;
use crate::web::failure::{js_error, to_js};

/// What other workers load.
#[derive(Serialize)]
struct Brought {
    spec: BackboneSpec,
    #[serde(with = "serde_bytes")]
    weights: Vec<u8>,
}

/// Reads weights of a kind that Rust reads: `{spec, weights: Uint8Array}`, the weights as safetensors.
///
/// # Errors
/// `weights-invalid`, `unknown-network`, `empty-file`, each with the file's name.
#[wasm_bindgen(js_name = importWeights)]
pub fn import_weights(names: Vec<String>, contents: Vec<Uint8Array>) -> Result<JsValue, JsValue> {
    let file = |(name, content): (String, Uint8Array)| File { name, bytes: content.to_vec() };
    brought(import(names.into_iter().zip(contents).map(file).collect()))
}

/// SHA-256 of bytes, lower-case hex.
#[wasm_bindgen(js_name = sha256Hex)]
pub fn sha256_hex(bytes: &[u8]) -> String {
    spec::sha256_hex(bytes)
}

/// Takes tensors one by one from whoever can read their file: Keras's HDF5.
#[wasm_bindgen]
pub struct TensorImport {
    file: String,
    tensors: Tensors,
}

#[wasm_bindgen]
impl TensorImport {
    /// Nothing yet of `file`.
    #[wasm_bindgen(constructor)]
    pub fn new(file: String) -> Self {
        Self { file, tensors: Tensors::new() }
    }

    /// One tensor by its path in the file, in the file's order.
    pub fn add(&mut self, path: String, shape: Vec<usize>, values: Vec<f32>) {
        self.tensors.push((path, Weight { shape, values }));
    }

    /// As [`import_weights`]; `sha256` and `bytes` are those of the file.
    ///
    /// # Errors
    /// `weights-invalid`, `unknown-network`.
    pub fn finish(self, sha256: String, bytes: usize) -> Result<JsValue, JsValue> {
        brought(from_tensors(&self.file, self.tensors, sha256, bytes))
    }
}

fn brought(imported: Result<Imported, Error>) -> Result<JsValue, JsValue> {
    let Imported { spec, weights } = imported.map_err(js_error)?;
    let weights = safetensors_from(&weights, None).map_err(js_error)?;
    to_js(&Brought { spec, weights })
}
