//! What both modules say of a backbone's weights.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::backbone::spec::BackboneSpec;
use crate::image::PREPROCESSING;
use crate::web::failure::{js_error, to_js};

/// The record of a backbone: `{name, title, file, sha256, bytes, license, source, inputSize, numFeatures, …}`.
///
/// # Errors
/// `unknown-backbone`
#[wasm_bindgen(js_name = backboneSpec)]
pub fn backbone_spec(name: &str) -> Result<JsValue, JsValue> {
    to_js(&BackboneSpec::named(name).map_err(js_error)?)
}

/// Part of what a kept feature row is known by.
#[wasm_bindgen(js_name = preprocessingVersion)]
pub fn preprocessing_version() -> u32 {
    PREPROCESSING
}

/// Compares a weights file with the SHA-256 on record.
///
/// # Errors
/// `weights-altered` gives both hashes; `unknown-backbone`.
#[wasm_bindgen(js_name = verifyWeights)]
pub fn verify_weights(name: &str, file: &[u8]) -> Result<(), JsValue> {
    BackboneSpec::named(name).and_then(|spec| spec.verify(file)).map_err(js_error)
}
