//! The module of the engine worker: the project, head training, and the backbone where there is WebGPU.

use std::cell::RefCell;
use std::ops::ControlFlow;

use js_sys::{Function, Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use crate::backbone::import::Source;
use crate::backbone::spec::BackboneSpec;
use crate::backbone::summary::Summary;
use crate::device::Device;
use crate::error::Error;
use crate::head::brought::open_head;
use crate::project::views::ViewsConfig;
use crate::project::{Project, SplitConfig};
use crate::train::further::fit_further;
use crate::train::{FitConfig, Moment, fit_from, run_name};
#[cfg(feature = "webgpu")]
use crate::web::engine_gpu::{Gpu, open_webgpu};
use crate::web::failure::{from_js, js_error, to_js};
use crate::web::pieces::Pieces;

/// One device, one project.
#[wasm_bindgen]
pub struct Engine {
    pub(super) device: Device,
    info: Info,
    pub(super) spec: RefCell<Option<BackboneSpec>>,
    /// Where it was opened on WebGPU.
    #[cfg_attr(not(feature = "webgpu"), expect(dead_code, reason = "always none"))]
    pub(super) gpu: Option<Gpu>,
    pub(super) project: RefCell<Project>,
    /// The head's, where this engine trained it.
    pub(super) trained_with: RefCell<Option<FitConfig>>,
}

/// What `Engine::open` found out about its device.
#[derive(Clone, Serialize)]
pub(super) struct Info {
    pub(super) device: &'static str,
    pub(super) adapter: String,
}

/// A class and how probable it is.
#[derive(Serialize)]
struct Ranked<'a> {
    label: &'a str,
    probability: f32,
}

/// What `fit` leaves in JavaScript; the head stays here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    pub(super) best_epoch: usize,
    pub(super) stopped: bool,
}

#[wasm_bindgen]
impl Engine {
    /// Opens `"webgpu"` or `"cpu"`. Open WebGPU once a module: a second time is an error.
    ///
    /// # Errors
    /// `no-device` where there is no adapter, the driver refuses, or the module was built without WebGPU.
    pub async fn open(device: String) -> Result<Engine, JsValue> {
        let (device, info, gpu) = match device.as_str() {
            "cpu" => (Device::Cpu, Info { device: "cpu", adapter: "CPU".into() }, None),
            _ => open_webgpu().await.map(|(device, info, gpu)| (device, info, Some(gpu))).map_err(js_error)?,
        };
        let (spec, project, trained_with) = Default::default();
        Ok(Engine { device, info, gpu, spec, project, trained_with })
    }

    /// `{device, adapter}`
    ///
    /// # Errors
    /// Never in practice: both are text.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        to_js(&self.info)
    }

    /// Says which backbone the feature rows come from; `sha256` is that of weights that a user brought.
    ///
    /// # Errors
    /// `unknown-backbone`
    #[wasm_bindgen(js_name = setBackbone)]
    pub fn set_backbone(&self, name: &str, sha256: Option<String>) -> Result<(), JsValue> {
        let spec = BackboneSpec::named(name).map_err(js_error)?;
        let sha256 = sha256.map_or(spec.sha256.clone(), Into::into);
        *self.spec.borrow_mut() = Some(BackboneSpec { sha256, ..spec });
        Ok(())
    }

    /// Takes the head that the backbone's files hold, a Teachable Machine export's; gives its class names, undefined where
    /// there is none. It classifies until one is trained.
    ///
    /// # Errors
    /// `weights-invalid` where it is not whole or reads other features; `unknown-backbone` before
    /// [`Engine::set_backbone`].
    #[wasm_bindgen(js_name = openBroughtHead)]
    pub fn open_brought_head(&self, files: Vec<Pieces>) -> Result<Option<Vec<String>>, JsValue> {
        let files: Vec<Source> = files.into_iter().map(Into::into).collect();
        let Some(head) = open_head(&files).map_err(js_error)? else { return Ok(None) };
        let (read, given) = (head.standardizer.mean.len(), self.spec()?.num_features);
        if read != given {
            let reason = format!("its dense layers read {read} features, and the network gives {given}");
            let file = files.first().map_or_else(String::new, |file| file.name.clone());
            return Err(js_error(Error::WeightsInvalid { file, reason }));
        }
        let labels = head.labels.clone();
        self.project.borrow_mut().bring(head);
        Ok(Some(labels))
    }

    /// Takes images out.
    #[wasm_bindgen(js_name = removeImages)]
    pub fn remove_images(&self, ids: &[u32]) {
        self.project.borrow_mut().remove_images(ids);
    }

    /// Renames a class, or merges it into one of that name.
    #[wasm_bindgen(js_name = renameClass)]
    pub fn rename_class(&self, from: &str, to: &str) {
        self.project.borrow_mut().rename_class(from, to);
    }

    /// What to say before training: `{code, message, blocking}[]`.
    ///
    /// # Errors
    /// Never in practice: all are text.
    pub fn checks(&self) -> Result<JsValue, JsValue> {
        to_js(&self.project.borrow().checks())
    }

    /// Trains a head, with the views that [`Engine::add_views`] has kept, or trains one further that was opened and is of the
    /// same kind; `on_epoch(epoch)` may give a promise, and ends the run by `false`. By `"save"` it asks for a
    /// checkpoint, which `on_checkpoint(bytes)` is given; `checkpoint` is one from which this run goes on.
    ///
    /// # Errors
    /// What [`FitConfig::check`], [`Project::training_set`] and [`fit_from`] refuse; an exception of `on_epoch` ends the run.
    pub async fn fit(
        &self,
        options: JsValue,
        on_epoch: Function,
        on_checkpoint: Option<Function>,
        checkpoint: Option<Vec<u8>>,
    ) -> Result<JsValue, JsValue> {
        let (config, split): (FitConfig, SplitConfig) = (from_js(options.clone())?, from_js(options.clone())?);
        config.check().map_err(js_error)?;
        let views: ViewsConfig = from_js(options)?;
        // No borrow is held while this waits: images may be added meanwhile.
        let (set, sides) = {
            let mut project = self.project.borrow_mut();
            let (mut set, split) = project.training_set(&split).map_err(js_error)?;
            project.take_views(&mut set, &split, &views).map_err(js_error)?;
            (set, project.sides(&split))
        };
        let opened = self.project.borrow().opened(&config).cloned();
        let name = run_name(&set, &config) + if opened.is_some() { " further" } else { "" };
        let report = async |epoch: &crate::train::Epoch, now: Moment<'_>| match told(&on_epoch, epoch).await {
            Ok(answer) if answer == "save" => save(now, &name, on_checkpoint.as_ref()).await,
            Ok(answer) if answer != false => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        let checkpoint = checkpoint.as_deref();
        let fitted = match &opened {
            Some(head) => fit_further(head, &set, &config, &self.device, now_secs, report).await,
            None => fit_from(checkpoint, &set, &config, &self.device, now_secs, report).await,
        };
        let fitted = fitted.map_err(js_error)?;
        self.project.borrow_mut().keep(&fitted, sides);
        *self.trained_with.borrow_mut() = Some(config);
        to_js(&Outcome { best_epoch: fitted.best_epoch, stopped: fitted.stopped })
    }

    /// The 95 % Wilson interval of a share, `correct` of `total`.
    #[wasm_bindgen(js_name = wilsonInterval)]
    pub fn wilson_interval(&self, correct: usize, total: usize) -> Vec<f64> {
        crate::metrics::wilson_interval(correct, total).into()
    }

    /// What validation says of the trained head.
    ///
    /// # Errors
    /// `no-model` before the first training.
    pub async fn evaluate(&self) -> Result<JsValue, JsValue> {
        to_js(&self.project.borrow().evaluate().map_err(js_error)?)
    }

    /// Classes of one feature row, best first: `{label, probability}[]`.
    ///
    /// # Errors
    /// `no-model` before the first training.
    pub async fn predict(&self, features: Vec<f32>) -> Result<JsValue, JsValue> {
        let project = self.project.borrow();
        let head = project.classifying_head().map_err(js_error)?;
        let probabilities = head.predict_probabilities(features);
        let ranked = head.labels.iter().zip(probabilities).map(|(label, probability)| Ranked { label, probability });
        let mut ranked: Vec<Ranked> = ranked.collect();
        ranked.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        to_js(&ranked)
    }

    /// Every layer of backbone and head: `{rows, total, trainable, nonTrainable}`; of `options` the head's.
    ///
    /// # Errors
    /// `wrong-option`; `unknown-backbone` before [`Engine::set_backbone`].
    pub fn summary(&self, options: JsValue, num_classes: usize) -> Result<JsValue, JsValue> {
        let (config, spec): (FitConfig, _) = (from_js(options)?, self.spec()?);
        config.check().map_err(js_error)?;
        let head = config.classifier(spec.num_features, num_classes).summary();
        to_js(&Summary::of((spec.plan)().summary().into_iter().chain(head)))
    }

    pub(super) fn spec(&self) -> Result<BackboneSpec, JsValue> {
        let none = || Error::UnknownBackbone { name: String::new(), known: "set one first".into() };
        self.spec.borrow().clone().ok_or_else(|| js_error(none()))
    }
}

/// A module for the CPU alone has none.
#[cfg(not(feature = "webgpu"))]
type Gpu = std::convert::Infallible;

#[cfg(not(feature = "webgpu"))]
async fn open_webgpu() -> Result<(Device, Info, Gpu), Error> {
    Err(Error::NoDevice { reason: "this module is for the CPU alone".into() })
}

/// Gives a checkpoint away. One that can't be had is no reason to end the run.
async fn save(now: Moment<'_>, name: &str, on_checkpoint: Option<&Function>) -> ControlFlow<()> {
    if let Some(on_checkpoint) = on_checkpoint
        && let Ok(bytes) = now.checkpoint(name).await
    {
        let _ = on_checkpoint.call1(&JsValue::NULL, &Uint8Array::from(bytes.as_slice()));
    }
    ControlFlow::Continue(())
}

/// Calls `listener` and waits for its answer.
pub(super) async fn told(listener: &Function, news: &impl Serialize) -> Result<JsValue, JsValue> {
    let answer = listener.call1(&JsValue::NULL, &to_js(news)?)?;
    match answer.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await,
        Err(value) => Ok(value),
    }
}

/// Seconds since the worker started. `std::time::Instant` panics on this target.
pub(super) fn now_secs() -> f64 {
    let scope: web_sys::WorkerGlobalScope = js_sys::global().unchecked_into();
    scope.performance().map_or(0.0, |clock| clock.now() / 1000.0)
}
