//! Where errors cross to JavaScript.

use js_sys::Reflect;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;

use crate::error::Error;

/// A JavaScript `Error` with the fields `code`, `message` and, where there is one, `file`.
pub fn js_error(error: Error) -> JsValue {
    let thrown = js_sys::Error::new(&error.to_string());
    set(&thrown, "code", error.code());
    if let Some(file) = error.file() {
        set(&thrown, "file", file);
    }
    thrown.into()
}

/// A plain object from a result of the core.
///
/// # Errors
/// A JavaScript `Error` where a value has no form in JavaScript.
pub fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    serde_wasm_bindgen::to_value(value).map_err(JsValue::from)
}

/// Options from a plain object.
///
/// # Errors
/// A JavaScript `Error` that names the field.
pub fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(JsValue::from)
}

fn set(target: &JsValue, key: &str, value: &str) {
    // Fails on a frozen object alone, and this one was just made.
    let _ = Reflect::set(target, &JsValue::from_str(key), &JsValue::from_str(value));
}
