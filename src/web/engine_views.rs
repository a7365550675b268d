//! The part of the engine that keeps the bank: which views are missing, and their rows.

use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::project::SplitConfig;
use crate::project::views::ViewsConfig;
use crate::web::engine::Engine;
use crate::web::failure::{from_js, js_error, to_js};

/// An image without all of its views.
#[derive(Serialize)]
struct Missing<'a> {
    id: u32,
    sha256: &'a str,
    /// How many it has.
    has: u32,
}

#[wasm_bindgen]
impl Engine {
    /// Images whose views by `options` are yet to be computed, those of validation left out unless `of_all` (each
    /// validates in one fold and trains in the others): `{id, sha256, has}[]`.
    ///
    /// # Errors
    /// `wrong-option`, and what a split refuses.
    #[wasm_bindgen(js_name = missingViews)]
    pub fn missing_views(&self, options: JsValue, of_all: bool) -> Result<JsValue, JsValue> {
        let (views, split): (ViewsConfig, SplitConfig) = (from_js(options.clone())?, from_js(options)?);
        let mut project = self.project.borrow_mut();
        let wanted: Vec<u32> = if of_all || views.augment.is_none() {
            let images = project.images().iter();
            images.filter(|image| !project.is_set_aside(image)).map(|image| image.id).collect()
        } else {
            let split = project.split(&split).map_err(js_error)?;
            let [train, _] = project.sides(&split);
            train
        };
        let missing = project.missing_views(&views, &wanted).map_err(js_error)?;
        let images = project.images();
        let found = missing.into_iter().filter_map(|(id, has)| {
            let at = images.binary_search_by_key(&id, |image| image.id).ok()?;
            Some(Missing { id, sha256: &images[at].sha256, has })
        });
        to_js(&found.collect::<Vec<_>>())
    }

    /// Keeps rows of more views of an image: `Float32Array [n, numFeatures]`.
    ///
    /// # Errors
    /// `wrong-rows`
    #[wasm_bindgen(js_name = addViews)]
    pub fn add_views(&self, options: JsValue, id: u32, rows: &[f32]) -> Result<(), JsValue> {
        self.project.borrow_mut().add_views(&from_js(options)?, id, rows).map_err(js_error)
    }

    /// An image's rows by `options`, `Float32Array [views, numFeatures]`; empty where it has not all of them.
    ///
    /// # Errors
    /// Where `options` are none.
    pub fn views(&self, options: JsValue, id: u32) -> Result<Vec<f32>, JsValue> {
        Ok(self.project.borrow().views(&from_js(options)?, id).to_vec())
    }
}
