//! What the engine gives to be kept, and takes back after the page was closed.

use serde::Deserialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::artifact::head_file::head_from_safetensors;
use crate::error::Error;
use crate::features::Image;
use crate::project::saved::Saved;
use crate::web::engine::Engine;
use crate::web::failure::{from_js, js_error, to_js};

/// An image without its feature row.
#[derive(Deserialize)]
struct Record {
    id: u32,
    name: String,
    label: String,
    sha256: String,
}

#[wasm_bindgen]
impl Engine {
    /// Puts an image back under the id that it had: `{id, name, label, sha256}` and its feature row.
    ///
    /// # Errors
    /// `duplicate` where the id is taken, or the class has the same file already.
    #[wasm_bindgen(js_name = restoreImage)]
    pub fn restore_image(&self, record: JsValue, features: Vec<f32>) -> Result<(), JsValue> {
        let Record { id, name, label, sha256 } = from_js(record)?;
        let image = Image { id, name, label, sha256, features };
        self.project.borrow_mut().restore_image(image).map_err(js_error)
    }

    /// What is to be kept besides images and head, as JSON.
    ///
    /// # Errors
    /// Never in practice: all are numbers and text.
    pub fn saved(&self) -> Result<String, JsValue> {
        let invalid = |error: serde_json::Error| js_error(invalid(error.to_string()));
        serde_json::to_string(&self.project.borrow().saved()).map_err(invalid)
    }

    /// Goes on from what [`Engine::saved`] and `exportModel` gave; images come by [`Engine::restore_image`].
    /// A head of another backbone is left out: false.
    ///
    /// # Errors
    /// `weights-invalid` where one of them is damaged; nothing is changed then.
    pub fn restore(&self, saved: &str, head: Option<Vec<u8>>) -> Result<bool, JsValue> {
        let saved: Saved = serde_json::from_str(saved).map_err(|error| js_error(invalid(error.to_string())))?;
        let head = head.map(|bytes| head_from_safetensors("head", &bytes)).transpose().map_err(js_error)?;
        let (sha256, had_head) = (self.spec()?.sha256, head.is_some());
        let head = head.filter(|(_, card)| card.backbone_sha256 == sha256).map(|(head, _)| head);
        let is_whole = head.is_some() == had_head;
        self.project.borrow_mut().restore(saved, head);
        Ok(is_whole)
    }

    /// Checks a head's file and gives its card, `{version, backbone, backboneSha256, head, labels}`.
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
