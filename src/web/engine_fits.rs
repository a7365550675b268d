//! The part of the engine that says what of each picture the backbone sees. Fits cross as their texts.

use std::collections::BTreeMap;

use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::image::Fit;
use crate::project::fits::Whose;
use crate::web::engine::Engine;
use crate::web::failure::{js_error, to_js};

/// The project's fit, and those of classes that differ from it.
#[derive(Serialize)]
struct Chosen<'a> {
    project: Fit,
    classes: &'a BTreeMap<String, Fit>,
}

#[wasm_bindgen]
impl Engine {
    /// What images take when they come: `{project, classes: Map of label to fit}`.
    ///
    /// # Errors
    /// Never in practice: all are text.
    pub fn fits(&self) -> Result<JsValue, JsValue> {
        let project = self.project.borrow();
        to_js(&Chosen { project: project.default_fit(), classes: project.class_fits() })
    }

    /// The fit of a picture to be classified.
    #[wasm_bindgen(js_name = predictionFit)]
    pub fn prediction_fit(&self) -> String {
        self.project.borrow().prediction_fit().to_string()
    }

    /// Ids of the images whose rows change with this fit: of `ids`, else of the class `label`, else of the project.
    ///
    /// # Errors
    /// `wrong-fit`
    #[wasm_bindgen(js_name = toRefit)]
    pub fn to_refit(&self, fit: &str, label: Option<String>, ids: Option<Vec<u32>>) -> Result<Vec<u32>, JsValue> {
        let fit: Fit = fit.parse().map_err(js_error)?;
        Ok(self.project.borrow().to_refit(&fit, &whose(label, ids)))
    }

    /// Says what images of the class `label`, or of the project, take from now on.
    ///
    /// # Errors
    /// `wrong-fit`
    #[wasm_bindgen(js_name = setFit)]
    pub fn set_fit(&self, fit: &str, label: Option<String>) -> Result<(), JsValue> {
        let fit: Fit = fit.parse().map_err(js_error)?;
        self.project.borrow_mut().set_fit(fit, whose(label, None));
        Ok(())
    }

    /// Gives an image the row of another fit.
    ///
    /// # Errors
    /// `wrong-fit`, `wrong-rows`
    pub fn refit(&self, id: u32, fit: &str, features: Vec<f32>) -> Result<(), JsValue> {
        let fit: Fit = fit.parse().map_err(js_error)?;
        self.project.borrow_mut().refit(id, fit, features).map_err(js_error)
    }
}

fn whose(label: Option<String>, ids: Option<Vec<u32>>) -> Whose {
    match (ids, label) {
        (Some(ids), _) => Whose::Images(ids),
        (None, Some(label)) => Whose::Class(label),
        (None, None) => Whose::Project,
    }
}
