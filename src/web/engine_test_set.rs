//! The part of the engine that sets images aside and judges them once.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::web::engine::Engine;
use crate::web::failure::{js_error, to_js};

#[wasm_bindgen]
impl Engine {
    /// Sets a share of the images aside; 0 gives them back.
    ///
    /// # Errors
    /// `wrong-option` for a share beyond 0 to a half.
    #[wasm_bindgen(js_name = setTestShare)]
    pub fn set_test_share(&self, share: f64) -> Result<(), JsValue> {
        self.project.borrow_mut().set_test_share(share).map_err(js_error)
    }

    /// `{share, ids, seen, opened?}`
    ///
    /// # Errors
    /// Never in practice: numbers and text.
    #[wasm_bindgen(js_name = testSet)]
    pub fn test_set(&self) -> Result<JsValue, JsValue> {
        to_js(&self.project.borrow_mut().test_set())
    }

    /// Judges the head on the images that are set aside; `at_millis` is the time of day.
    ///
    /// # Errors
    /// `no-test-set`, `test-set-opened`, `no-model`, `test-set-seen`.
    #[wasm_bindgen(js_name = openTestSet)]
    pub fn open_test_set(&self, at_millis: f64) -> Result<JsValue, JsValue> {
        to_js(&self.project.borrow_mut().open_test_set(at_millis).map_err(js_error)?)
    }
}
