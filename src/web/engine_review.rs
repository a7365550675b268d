//! The part of the engine that looks back: doubtful labels, near-duplicates, the learning curve.

use std::ops::ControlFlow;

use js_sys::Function;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::learning_curve::{Point, learning_curve};
use crate::project::SplitConfig;
use crate::review::{cross_validated, rank};
use crate::train::FitConfig;
use crate::web::engine::{Engine, told};
use crate::web::failure::{from_js, js_error, to_js};

#[wasm_bindgen]
impl Engine {
    /// Ids of images that look alike: `number[][]`, the first of each group in front.
    ///
    /// # Errors
    /// Never in practice: all are numbers.
    pub fn groups(&self) -> Result<JsValue, JsValue> {
        to_js(&self.project.borrow().groups())
    }

    /// Makes images one group though they need not look alike: the burst of a camera.
    #[wasm_bindgen(js_name = keepTogether)]
    pub fn keep_together(&self, ids: &[u32]) {
        self.project.borrow_mut().keep_together(ids);
    }

    /// Keeps the probability below which the head answers "none of these".
    ///
    /// # Errors
    /// `no-model`, `wrong-option` beyond 0 to 1.
    #[wasm_bindgen(js_name = setThreshold)]
    pub fn set_threshold(&self, threshold: f64) -> Result<(), JsValue> {
        self.project.borrow_mut().set_threshold(threshold).map_err(js_error)
    }

    /// Gives an image another class; its side of the split stays.
    pub fn relabel(&self, id: u32, label: &str) {
        self.project.borrow_mut().relabel(id, label);
    }

    /// All images, the most doubtful label first: `{id, label, suggested, score, likely}[]`; `undefined` where
    /// `on_share(done)` ended it by `false`.
    ///
    /// # Errors
    /// What [`cross_validated`] refuses.
    pub async fn review(&self, seed: f64, on_share: Function) -> Result<JsValue, JsValue> {
        // No borrow is held while this waits.
        let (rows, labels, folds) = self.project.borrow_mut().review_set(seed as u64);
        let go_on = async |share: f64| flow(told(&on_share, &share).await);
        let judged = cross_validated(&rows, &labels, &folds, seed as u64, go_on).await.map_err(js_error)?;
        let Some(judged) = judged else { return Ok(JsValue::UNDEFINED) };
        to_js(&self.project.borrow().doubts(&rank(&judged, &rows.classes, labels.len()), &labels))
    }

    /// Accuracy by number of training images: `{images, accuracy, interval}[]`; `on_point(point)` ends it by `false`.
    ///
    /// # Errors
    /// As [`Engine::fit`].
    #[wasm_bindgen(js_name = learningCurve)]
    pub async fn learning_curve(&self, options: JsValue, on_point: Function) -> Result<JsValue, JsValue> {
        let (config, split): (FitConfig, SplitConfig) = (from_js(options.clone())?, from_js(options)?);
        config.check().map_err(js_error)?;
        let (set, order) = {
            let mut project = self.project.borrow_mut();
            let (set, sides) = project.training_set(&split).map_err(js_error)?;
            (set, project.learning_order(&sides, split.seed))
        };
        let go_on = async |point: &Point| flow(told(&on_point, point).await);
        to_js(&learning_curve(&set, &order, &config, &self.device, go_on).await.map_err(js_error)?)
    }
}

/// Anything but `false` goes on; an exception ends it too.
fn flow(answer: Result<JsValue, JsValue>) -> ControlFlow<()> {
    if answer.is_ok_and(|answer| answer != false) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}
