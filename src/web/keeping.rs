//! What the engine gives to be kept, and takes back after the page was closed.

use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::artifact::head_file::{Card, head_from_safetensors, safetensors_from_head};
use crate::error::Error;
use crate::features::Image;
use crate::image::{Fingerprint, Fit};
use crate::project::saved::Saved;
use crate::web::engine::Engine;
use crate::web::failure::{from_js, js_error, to_js};

/// An image without its feature row. Without a fingerprint only copies of its file count as the same.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    id: u32,
    name: String,
    label: String,
    sha256: String,
    fingerprint: Option<String>,
    looks_like: Option<u32>,
    /// Missing where it is the centre.
    #[serde(default)]
    fit: Fit,
}

impl Record {
    fn of(image: &Image) -> Self {
        let Image { id, looks_like, fit, .. } = *image;
        let [name, label, sha256] = [&image.name, &image.label, &image.sha256].map(Clone::clone);
        Self { id, name, label, sha256, fingerprint: None, looks_like, fit }
    }

    fn with_row(self, features: Vec<f32>) -> (Image, Option<Fingerprint>) {
        let Self { id, name, label, sha256, fingerprint, looks_like, fit } = self;
        let fingerprint = fingerprint.and_then(|digits| digits.parse().ok());
        (Image { id, name, label, sha256, looks_like, fit, features }, fingerprint)
    }
}

#[wasm_bindgen]
impl Engine {
    /// Takes a new image in, `{id, name, label, sha256, fingerprint?, fit?}`, and gives the id of the image that it is a
    /// near-duplicate of, if there is one.
    ///
    /// # Errors
    /// `duplicate` where the id is taken, or the class has the same file already.
    #[wasm_bindgen(js_name = addImage)]
    pub fn add_image(&self, record: JsValue, features: Vec<f32>) -> Result<Option<u32>, JsValue> {
        let (image, fingerprint) = from_js::<Record>(record)?.with_row(features);
        let mut project = self.project.borrow_mut();
        project.refuse_copy(&image.name, &image.label, &image.sha256).map_err(js_error)?;
        project.restore_image(image, fingerprint).map_err(js_error)
    }

    /// Puts an image back that was there before: as [`Engine::add_image`], with `looksLike?` as it was given then.
    ///
    /// # Errors
    /// `duplicate` where the id is taken.
    #[wasm_bindgen(js_name = restoreImage)]
    pub fn restore_image(&self, record: JsValue, features: Vec<f32>) -> Result<Option<u32>, JsValue> {
        let (image, fingerprint) = from_js::<Record>(record)?.with_row(features);
        self.project.borrow_mut().restore_image(image, fingerprint).map_err(js_error)
    }

    /// Each image as [`Engine::restore_image`] takes it, for workers that train on the same rows.
    ///
    /// # Errors
    /// Never in practice: all are text.
    pub fn items(&self) -> Result<JsValue, JsValue> {
        let project = self.project.borrow();
        to_js(&project.images().iter().map(Record::of).collect::<Vec<_>>())
    }

    /// Their feature rows, in the same order: `Float32Array [n, numFeatures]`.
    pub fn rows(&self) -> Vec<f32> {
        let project = self.project.borrow();
        project.images().iter().map(|image| &image.features[..]).collect::<Vec<_>>().concat()
    }

    /// What is to be kept besides images and head, as JSON.
    ///
    /// # Errors
    /// Never in practice: all are numbers and text.
    pub fn saved(&self) -> Result<String, JsValue> {
        let invalid = |error: serde_json::Error| js_error(invalid(error.to_string()));
        serde_json::to_string(&self.project.borrow().saved()).map_err(invalid)
    }

    /// Goes on from what [`Engine::saved`] and `exportModel` gave; then images come by [`Engine::restore_image`].
    /// A head of another backbone is left out: false.
    ///
    /// # Errors
    /// `weights-invalid` where one of them is damaged; nothing is changed then.
    pub fn restore(&self, saved: &str, head: Option<Vec<u8>>) -> Result<bool, JsValue> {
        let saved: Saved = serde_json::from_str(saved).map_err(|error| js_error(invalid(error.to_string())))?;
        let head = head.map(|bytes| head_from_safetensors("head", &bytes)).transpose().map_err(js_error)?;
        let Some((head, card)) = head else {
            self.project.borrow_mut().restore(saved, None);
            return Ok(true);
        };
        let is_whole = card.backbone_sha256 == self.spec()?.sha256;
        self.project.borrow_mut().restore(saved, is_whole.then_some(head));
        Ok(is_whole)
    }

    /// The trained head as `exportModel("safetensors")` gives it; nothing before the first training.
    ///
    /// # Errors
    /// `unknown-backbone` before `setBackbone`.
    #[wasm_bindgen(js_name = headFile)]
    pub fn head_file(&self) -> Result<Option<Vec<u8>>, JsValue> {
        let (project, spec) = (self.project.borrow(), self.spec()?);
        let file = |head| safetensors_from_head(head, &Card::new(head, spec.name, &spec.sha256)).map_err(js_error);
        project.head().ok().map(file).transpose()
    }

    /// Checks a head's file and gives its card, `{version, backbone, backbone_sha256, head, labels}`.
    ///
    /// # Errors
    /// `weights-invalid` says what is wrong.
    #[wasm_bindgen(js_name = headCard)]
    pub fn head_card(&self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        to_js(&head_from_safetensors("head", bytes).map_err(js_error)?.1)
    }
}

fn invalid(reason: String) -> Error {
    Error::WeightsInvalid { file: "project".into(), reason }
}
