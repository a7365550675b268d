//! Weights that a user brings, in a worker of the pool's module that ends with it: its memory goes back as a whole. They
//! are read, checked and given on tensor by tensor, so that a network of 100 MB takes a few.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Float32Array, Function};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::backbone::import::{Opened, Source, Tensors, open, open_tensors, stored_entry};
use crate::backbone::spec::BackboneSpec;
use crate::backbone::stored::Tensor;
use crate::backbone::weights::safetensors_head;
use crate::error::Error;
use crate::web::failure::{js_error, to_js};
use crate::web::pieces::{Handle, Pieces, message_of};

/// A network that was found in files, to be written as the safetensors that other workers load.
#[wasm_bindgen]
pub struct OpenedWeights {
    spec: BackboneSpec,
    head: Vec<u8>,
    tensors: RefCell<std::vec::IntoIter<(String, Tensor)>>,
}

#[wasm_bindgen]
impl OpenedWeights {
    /// The network's record.
    ///
    /// # Errors
    /// Never in practice: numbers and text.
    pub fn spec(&self) -> Result<JsValue, JsValue> {
        to_js(&self.spec)
    }

    /// What the safetensors start with.
    pub fn head(&self) -> Vec<u8> {
        self.head.clone()
    }

    /// The next tensor's bytes; undefined after the last.
    ///
    /// # Errors
    /// `weights-invalid` where it holds what is no number, or the file can't be read.
    pub fn next(&self) -> Result<Option<Vec<u8>>, JsValue> {
        let Some((_, tensor)) = self.tensors.borrow_mut().next() else { return Ok(None) };
        let weight = tensor.read().map_err(js_error)?;
        Ok(Some(weight.values.iter().flat_map(|value| value.to_le_bytes()).collect()))
    }
}

impl From<Opened> for OpenedWeights {
    fn from(opened: Opened) -> Self {
        let head = safetensors_head(&opened.parameters());
        Self { spec: opened.spec, head, tensors: RefCell::new(opened.tensors.into_iter()) }
    }
}

/// Finds the network in files of a kind that Rust reads.
///
/// # Errors
/// `weights-invalid`, `unknown-network`, `empty-file`, each with the file's name.
#[wasm_bindgen(js_name = openWeights)]
pub fn open_weights(files: Vec<Pieces>) -> Result<OpenedWeights, JsValue> {
    let files: Vec<Source> = files.into_iter().map(Into::into).collect();
    open(&files).map(Into::into).map_err(js_error)
}

/// Where an entry of a zip lies that is not compressed, `[start, end]`; undefined where there is none.
#[wasm_bindgen(js_name = storedEntry)]
pub fn stored_entry_of(zip: Pieces, name: &str) -> Option<Vec<f64>> {
    let range = stored_entry(&Handle::from(zip), name)?;
    Some(vec![range.start as f64, range.end as f64])
}

/// Takes tensors one by one from whoever can read their file: Keras's HDF5.
#[wasm_bindgen]
pub struct TensorImport {
    file: Rc<Handle>,
    read: Function,
    tensors: Tensors,
}

#[wasm_bindgen]
impl TensorImport {
    /// Nothing yet of `file`. `read(number)` gives the numbers of a tensor, by its place among those that were added.
    #[wasm_bindgen(constructor)]
    pub fn new(file: Pieces, read: Function) -> Self {
        Self { file: Rc::new(file.into()), read, tensors: Tensors::new() }
    }

    /// One tensor by its path in the file, in the file's order.
    pub fn add(&mut self, path: String, shape: Vec<usize>) {
        let (file, read, number) = (Rc::clone(&self.file), self.read.clone(), self.tensors.len());
        let own = path.clone();
        let numbers = move || {
            let refused = |thrown| format!("{own} can't be read: {}", message_of(&thrown));
            let read = read.call1(&JsValue::NULL, &JsValue::from_f64(number as f64)).map_err(refused);
            let read = read.map_err(|reason| Error::WeightsInvalid { file: file.name.clone(), reason })?;
            Ok(read.dyn_into::<Float32Array>().map(|values| values.to_vec()).unwrap_or_default())
        };
        let tensor = Tensor::checked(&self.file.name, &path, shape, numbers);
        self.tensors.push((path, tensor));
    }

    /// As [`open_weights`].
    ///
    /// # Errors
    /// `weights-invalid`, `unknown-network`.
    pub fn finish(self) -> Result<OpenedWeights, JsValue> {
        open_tensors(&self.file.name, self.tensors, &*self.file).map(Into::into).map_err(js_error)
    }
}
