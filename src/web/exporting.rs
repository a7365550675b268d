//! What the engine gives to be taken away, and a head that comes back.

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::artifact::export::{Export, Sample};
use crate::artifact::head_file::{Card, head_for, safetensors_from_head};
use crate::artifact::onnx::{onnx_from_head, onnx_from_network};
use crate::artifact::samples::{drawn, own};
use crate::backbone::import::File;
use crate::backbone::spec::{BackboneSpec, sha256_hex};
use crate::backbone::weights::{Weights, read_safetensors};
use crate::error::Error;
use crate::head::HeadKind;
use crate::head::neighbors::NeighborWeights;
use crate::image::{Fit, Pixels};
use crate::web::engine::Engine;
use crate::web::failure::{js_error, to_js};

/// A head that came back.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    labels: Vec<String>,
    head: HeadKind,
    /// Widths of the hidden layers; none of a linear head.
    hidden: Vec<usize>,
    /// Of nearest neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    neighbors: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    neighbor_weights: Option<NeighborWeights>,
    /// What it wants to see of a picture.
    fit: Fit,
}

#[wasm_bindgen]
impl Engine {
    /// What was trained as one file; `kind` is `"safetensors"`, `"head-onnx"`, or `"onnx"`, which needs the backbone's weights.
    ///
    /// # Errors
    /// `no-model` before the first training, `unknown-export`, `weights-invalid`.
    #[wasm_bindgen(js_name = exportModel)]
    pub async fn export_model(&self, kind: String, weights: Option<Vec<u8>>) -> Result<Vec<u8>, JsValue> {
        let spec = self.spec()?;
        let project = self.project.borrow();
        let head = project.head().map_err(js_error)?;
        let bytes = match kind.as_str() {
            "safetensors" => safetensors_from_head(head, &Card::new(head, spec.name, &spec.sha256)),
            "head-onnx" => Ok(onnx_from_head(head, &spec)),
            "onnx" => read_weights(&spec, weights).and_then(|weights| onnx_from_network(weights, head, &spec)),
            _ => Err(Error::UnknownExport { kind }),
        };
        bytes.map_err(js_error)
    }

    /// The drawn sample pictures: `[name, Uint8Array][]`.
    #[wasm_bindgen(js_name = drawnSamples)]
    pub fn drawn_samples(&self) -> Array {
        pairs(drawn().into())
    }

    /// A user's own picture as a sample, from `rgba u8 [height, width, 4]`: `[name, Uint8Array]`. `number` from 1.
    #[wasm_bindgen(js_name = ownSample)]
    pub fn own_sample(&self, width: u32, height: u32, rgba: &[u8], number: usize) -> JsValue {
        let rgb = rgba.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
        pairs(vec![own(&Pixels { width, height, rgb }, number)]).get(0)
    }

    /// Ids of at most `count` validation images that show what the head says.
    ///
    /// # Errors
    /// `no-model` before the first training.
    #[wasm_bindgen(js_name = imagesToShow)]
    pub fn images_to_show(&self, count: usize) -> Result<Vec<u32>, JsValue> {
        let project = self.project.borrow();
        Ok(project.to_show(count).map_err(js_error)?.iter().map(|image| image.id).collect())
    }

    /// An export of several files, `[name, Uint8Array][]`; `kind` is `"bundle"`, `"pytorch"` or `"tfjs"`. `samples` are as
    /// [`Engine::drawn_samples`] and [`Engine::own_sample`] give them, `features` their rows one after the other.
    ///
    /// # Errors
    /// `no-model` before the first training, `unknown-export`, `weights-invalid`, `neighbors-in-layers`.
    #[wasm_bindgen(js_name = exportFiles)]
    pub fn export_files(
        &self,
        kind: String,
        weights: Option<Vec<u8>>,
        samples: Vec<Array>,
        features: Vec<f32>,
    ) -> Result<Array, JsValue> {
        let spec = self.spec()?;
        let (project, training) = (self.project.borrow(), self.trained_with.borrow());
        let files = samples.iter().map(|pair| File {
            name: pair.get(0).as_string().unwrap_or_default(),
            bytes: Uint8Array::new(&pair.get(1)).to_vec(),
        });
        let rows = features.chunks_exact(spec.num_features).map(<[f32]>::to_vec);
        let samples = files.zip(rows).map(|(file, features)| Sample { file, features }).collect();
        let export = Export { project: &project, spec: &spec, training: training.as_ref(), samples };
        let files = match kind.as_str() {
            "bundle" => read_weights(&spec, weights).and_then(|weights| export.bundle(weights)),
            "pytorch" => read_weights(&spec, weights).and_then(|weights| export.pytorch(weights)),
            "tfjs" => export.tfjs(),
            _ => Err(Error::UnknownExport { kind }),
        };
        files.map(pairs).map_err(js_error)
    }

    /// Takes a head's file in place of the trained head, and gives what it is: `{labels, head, hidden, fit}`, of nearest neighbours
    /// `neighbors` and `neighborWeights` too. `sha256` is what a bundle's card
    /// says of the file.
    ///
    /// # Errors
    /// `weights-invalid`, `other-backbone`; nothing is changed then.
    #[wasm_bindgen(js_name = openHead)]
    pub fn open_head(&self, file: &str, bytes: &[u8], sha256: Option<String>) -> Result<JsValue, JsValue> {
        let found = sha256_hex(bytes);
        if let Some(expected) = sha256.filter(|expected| *expected != found) {
            let reason = format!("changed after it was exported: its SHA-256 is {found}, and its card says {expected}");
            return Err(js_error(Error::WeightsInvalid { file: file.into(), reason }));
        }
        let head = head_for(&self.spec()?, file, bytes).map_err(js_error)?;
        let voting = head.neighbors.as_ref();
        let opened = Opened {
            labels: head.labels.clone(),
            head: head.kind,
            hidden: head.hidden(),
            neighbors: voting.map(|voting| voting.n_neighbors),
            neighbor_weights: voting.map(|voting| voting.weights),
            fit: head.fit,
        };
        self.project.borrow_mut().adopt(head);
        *self.trained_with.borrow_mut() = None;
        to_js(&opened)
    }
}

fn read_weights(spec: &BackboneSpec, weights: Option<Vec<u8>>) -> Result<Weights, Error> {
    read_safetensors(spec.name, &weights.unwrap_or_default(), &(spec.plan)())
}

fn pairs(files: Vec<File>) -> Array {
    let pair = |File { name, bytes }: File| Array::of2(&name.into(), &Uint8Array::from(bytes.as_slice()));
    files.into_iter().map(pair).collect()
}
