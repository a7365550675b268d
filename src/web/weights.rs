//! What both modules say of a backbone's weights.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::backbone::spec::{BackboneSpec, sha256_hex_of};
use crate::image::PREPROCESSING;
use crate::web::failure::{js_error, to_js};
use crate::web::pieces::{Handle, Pieces};

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
/// `weights-altered` gives both hashes; `unknown-backbone`, `weights-invalid` where it can't be read.
#[wasm_bindgen(js_name = verifyWeights)]
pub fn verify_weights(name: &str, file: Pieces) -> Result<(), JsValue> {
    let verified = |spec: BackboneSpec| spec.verify_hash(sha256_hex_of(&Handle::from(file))?);
    BackboneSpec::named(name).and_then(verified).map_err(js_error)
}
