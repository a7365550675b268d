//! Files that JavaScript has opened, read piece by piece.

#[cfg(any(feature = "pool", feature = "webgpu"))]
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::backbone::import::Source;
use crate::backbone::stored::Bytes;
#[cfg(any(feature = "pool", feature = "webgpu"))]
use crate::backbone::{spec::BackboneSpec, stored::Tensor, weights::open_safetensors};
use crate::error::Error;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str =
    "export interface Pieces { name: string; size: number; read(start: number, end: number): Uint8Array; }";

#[wasm_bindgen]
extern "C" {
    /// `{name, size, read(start, end)}`, which waits for nobody: `worker/pieces.js`.
    #[wasm_bindgen(typescript_type = "Pieces")]
    pub type Pieces;

    #[wasm_bindgen(method, getter)]
    fn name(this: &Pieces) -> String;

    #[wasm_bindgen(method, getter)]
    fn size(this: &Pieces) -> f64;

    #[wasm_bindgen(method, catch)]
    fn read(this: &Pieces, start: f64, end: f64) -> Result<Uint8Array, JsValue>;
}

/// Such a file, for the core.
pub struct Handle {
    pieces: Pieces,
    /// Of the file.
    pub name: String,
}

impl From<Pieces> for Handle {
    fn from(pieces: Pieces) -> Self {
        Self { name: pieces.name(), pieces }
    }
}

impl From<Pieces> for Source {
    fn from(pieces: Pieces) -> Self {
        let handle = Handle::from(pieces);
        Self { name: handle.name.clone(), bytes: Rc::new(handle) }
    }
}

impl Bytes for Handle {
    fn size(&self) -> usize {
        self.pieces.size() as usize
    }

    fn read(&self, range: Range<usize>) -> Result<Vec<u8>, Error> {
        let wanted = range.len();
        let read = self.pieces.read(range.start as f64, range.end as f64).map(|bytes| bytes.to_vec());
        match read {
            Ok(bytes) if bytes.len() == wanted => Ok(bytes),
            Ok(_) => Err(self.refused("it is cut off".into())),
            Err(thrown) => Err(self.refused(format!("it can't be read: {}", message_of(&thrown)))),
        }
    }
}

impl Handle {
    fn refused(&self, reason: String) -> Error {
        Error::WeightsInvalid { file: self.name.clone(), reason }
    }
}

/// What JavaScript has thrown, as text.
pub fn message_of(thrown: &JsValue) -> String {
    thrown.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{thrown:?}"), |error| error.message().into())
}

/// The weights of a backbone in a safetensors file, still there.
///
/// # Errors
/// [`Error::WeightsInvalid`] lists what does not fit.
#[cfg(any(feature = "pool", feature = "webgpu"))]
pub fn weights_in(spec: &BackboneSpec, pieces: Pieces) -> Result<BTreeMap<String, Tensor>, Error> {
    open_safetensors(&spec.file, Rc::new(Handle::from(pieces)), &(spec.plan)())
}
