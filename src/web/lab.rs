//! The BatchNorm lab in the engine worker. It says what to compute; the pool's workers do it, and JavaScript carries.

use std::cell::RefCell;

use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::error::Error;
use crate::lab::config::LabConfig;
use crate::lab::outcome::{Inside, RunEpoch};
use crate::lab::{Lab, LabBackbone};
use crate::project::SplitConfig;
use crate::run::batch_norm::{Batch, Statistics, norms};
use crate::train::FitConfig;
use crate::web::engine::{Engine, Outcome, now_secs};
use crate::web::failure::{from_js, js_error, to_js};

/// A lab that is under way.
#[wasm_bindgen]
pub struct BatchNormLab {
    /// Taken out while it advances.
    lab: RefCell<Option<Lab>>,
    results: RefCell<Vec<Option<Batch>>>,
    /// The project's ids, by the lab's numbers.
    ids: Vec<u32>,
    num_features: usize,
    fit: FitConfig,
}

/// A task without its numbers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskNote {
    images: Vec<u32>,
    is_batch: bool,
}

/// What an advance gives.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Advanced {
    ended: Vec<RunEpoch>,
    is_over: bool,
}

#[wasm_bindgen]
impl Engine {
    /// Starts a lab on the project's images. `options` are those of `fit` and `runs`, `shuffles`; `stored` is what
    /// `Pool.openLab` gives.
    ///
    /// # Errors
    /// What [`Engine::fit`](crate::web::engine::Engine) refuses, and `batch-of-one`.
    #[wasm_bindgen(js_name = startLab)]
    pub fn start_lab(&self, options: JsValue, stored: Vec<f32>) -> Result<BatchNormLab, JsValue> {
        let (config, fit): (LabConfig, FitConfig) = (from_js(options.clone())?, from_js(options.clone())?);
        fit.check().map_err(js_error)?;
        let split: SplitConfig = from_js(options)?;
        let spec = self.spec()?;
        let mut project = self.project.borrow_mut();
        let images = project.lab_images(&split).map_err(js_error)?;
        let ids = project.images().iter().map(|image| image.id).collect();
        let (title, norms, stored) = (spec.title.to_string(), norms(&(spec.plan)()), Statistics::from_flat(stored));
        let num_features = images.num_features;
        let lab = Lab::new(config, fit.clone(), images, LabBackbone { title, norms, stored });
        let lab = RefCell::new(Some(lab.map_err(js_error)?));
        Ok(BatchNormLab { lab, results: RefCell::default(), ids, num_features, fit })
    }

    /// Takes a lab's first head as the trained one, with the epoch that was best: `{bestEpoch, stopped}`. The lab is over then.
    ///
    /// # Errors
    /// `no-model` where it is over already.
    #[wasm_bindgen(js_name = keepLab)]
    pub async fn keep_lab(&self, lab: &BatchNormLab) -> Result<JsValue, JsValue> {
        let over = || js_error(Error::NoModel);
        let finished = lab.lab.take().ok_or_else(over)?.finish().await.map_err(js_error)?;
        let first = finished.first().ok_or_else(over)?;
        self.project.borrow_mut().keep_from_lab(first);
        *self.trained_with.borrow_mut() = Some(lab.fit.clone());
        to_js(&Outcome { best_epoch: first.fitted.best_epoch, stopped: first.fitted.stopped })
    }

    /// By which statistics the backbone makes the classifying head's rows, all means, then all variances; undefined where they are
    /// those of the weights.
    pub fn statistics(&self) -> Option<Vec<f32>> {
        self.project.borrow().statistics().cloned().map(Statistics::into_flat)
    }

    /// Ids of the images whose rows by those statistics are missing to judge the head.
    pub fn unseen(&self) -> Vec<u32> {
        self.project.borrow().unseen()
    }

    /// Takes such a row.
    pub fn see(&self, id: u32, row: Vec<f32>) {
        self.project.borrow_mut().see(id, row);
    }
}

#[wasm_bindgen]
impl BatchNormLab {
    /// What to compute now: `{images: id[], isBatch}[]`, possibly nothing.
    ///
    /// # Errors
    /// `no-model` while it advances.
    pub fn tasks(&self) -> Result<JsValue, JsValue> {
        self.with(|lab| {
            let note = |task: &crate::lab::task::Task| TaskNote {
                images: self.with_ids(&task.images),
                is_batch: task.statistics.is_none(),
            };
            to_js(&lab.tasks().iter().map(note).collect::<Vec<_>>())
        })
    }

    /// The averages by which a task is computed, for `Pool.computeForLab`; none for a batch.
    ///
    /// # Errors
    /// `no-model` while it advances.
    pub fn statistics(&self, task: usize) -> Result<Option<Vec<f32>>, JsValue> {
        let of = |lab: &Lab| lab.tasks().get(task).and_then(|task| task.statistics.clone());
        self.with(|lab| Ok(of(lab).map(Statistics::into_flat)))
    }

    /// The pictures that the backbone is to see for a task, in place of these, which are those of its images.
    ///
    /// # Errors
    /// `no-model` while it advances.
    pub fn viewed(&self, task: usize, pixels: Vec<u8>) -> Result<Vec<u8>, JsValue> {
        self.with(|lab| match lab.tasks().get(task) {
            Some(task) => Ok(task.viewed(pixels)),
            None => Ok(pixels),
        })
    }

    /// Takes what `Pool.computeForLab` gave for a task.
    ///
    /// # Errors
    /// `no-model` while it advances.
    pub fn give(&self, task: usize, flat: Vec<f32>) -> Result<(), JsValue> {
        self.with(|lab| {
            let images = lab.tasks().get(task).map_or(0, |task| task.images.len());
            let mut results = self.results.borrow_mut();
            results.resize(lab.tasks().len(), None);
            if let Some(slot) = results.get_mut(task) {
                *slot = Some(Batch::from_flat(flat, images * self.num_features));
            }
            Ok(())
        })
    }

    /// Goes on when every task was given: `{ended: RunEpoch[], isOver}`.
    ///
    /// # Errors
    /// `wrong-rows`, `wrong-statistics`, `diverged`.
    pub async fn advance(&self) -> Result<JsValue, JsValue> {
        let results = self.results.take().into_iter().flatten().collect();
        let mut lab = self.lab.take().ok_or_else(|| js_error(Error::NoModel))?;
        let ended = lab.advance(results, now_secs).await;
        let is_over = lab.is_over();
        *self.lab.borrow_mut() = Some(lab);
        to_js(&Advanced { ended: ended.map_err(js_error)?, is_over })
    }

    /// `{layers, projection}` once the first batches are there, else undefined.
    ///
    /// # Errors
    /// `no-model` while it advances.
    pub fn inside(&self) -> Result<JsValue, JsValue> {
        self.with(|lab| lab.inside().map_or(Ok(JsValue::UNDEFINED), |inside| to_js(&self.named(inside.clone()))))
    }

    /// What was found so far: `{runs, inside, sentences}`.
    ///
    /// # Errors
    /// `no-model` while it advances.
    pub fn result(&self) -> Result<JsValue, JsValue> {
        self.with(|lab| {
            let mut result = lab.result();
            result.inside = self.named(result.inside);
            to_js(&result)
        })
    }

    fn with<T>(&self, act: impl FnOnce(&Lab) -> Result<T, JsValue>) -> Result<T, JsValue> {
        act(self.lab.borrow().as_ref().ok_or_else(|| js_error(Error::NoModel))?)
    }

    fn with_ids(&self, images: &[usize]) -> Vec<u32> {
        images.iter().filter_map(|image| self.ids.get(*image).copied()).collect()
    }

    /// With the project's ids in place of numbers.
    fn named(&self, mut inside: Inside) -> Inside {
        inside.projection.images = self.with_ids(&inside.projection.images).into_iter().map(|id| id as usize).collect();
        inside
    }
}
