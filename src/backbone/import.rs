//! Weights from files that a user brings: recognised by content, their network inferred from names and shapes.
//!
//! | content | read by |
//! |---|---|
//! | JSON with a `weightsManifest`, and its shards | [`tfjs`] |
//! | zip with a pickle, or PyTorch's older row of pickles | [`pytorch`] |
//! | safetensors | [`weights`](crate::backbone::weights) |
//!
//! Each reader gives names and numbers; [`recognise`] finds the network that they fit. Reads tensors only: nothing in
//! a file is ever run. Does not read files, and does not know who brings them.

mod keras;
mod pickle;
pub mod pytorch;
pub mod recognise;
pub mod tfjs;
mod zip;

use safetensors::SafeTensors;

use crate::backbone::spec::{BackboneSpec, sha256_hex_of};
use crate::backbone::weights::{Weight, Weights, weight_from_view};
use crate::error::Error;

/// A file as it was brought.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Its name, without folders.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Tensors in the order of the file that holds them, by the names that it gives them.
pub type Tensors = Vec<(String, Weight)>;

/// A network and the weights that came for it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its record; `file`, `sha256` and `bytes` are those of what was brought.
    pub spec: BackboneSpec,
    /// Exactly those of the network's plan.
    pub weights: Weights,
}

/// What a file is, whatever its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    LayersModel,
    Safetensors,
    Zip,
    OlderPickle,
    Unknown,
}

/// Reads weights, finds their network, and checks that they are all there.
///
/// `files` are one file, or a `model.json` and its shards in any order; others beside these are passed over.
///
/// # Errors
/// [`Error::WeightsInvalid`] where the file is cut off, damaged or of an unknown kind, lacks shards, or does not hold
/// exactly the weights of the network it is most like; [`Error::UnknownNetwork`] where it is like none.
pub fn import(files: Vec<File>) -> Result<Imported, Error> {
    let main = files.iter().position(|file| content(&file.bytes) != Content::Unknown).unwrap_or(0);
    let Some(file) = files.get(main) else { return Err(invalid("none", "no file was given".into())) };
    let name = file.name.clone();
    if file.bytes.is_empty() {
        return Err(Error::EmptyFile { file: name });
    }
    let (tensors, used) = match content(&file.bytes) {
        Content::LayersModel => tfjs::read(&files, main)?,
        Content::Safetensors => (safetensors(file)?, vec![main]),
        Content::Zip => (pytorch::read(file)?, vec![main]),
        Content::OlderPickle => (pytorch::read_older(file)?, vec![main]),
        Content::Unknown => return Err(invalid(&name, "it is of no kind that can be read".into())),
    };
    let bytes = used.iter().map(|at| files[*at].bytes.len()).sum();
    let sha256 = sha256_hex_of(used.iter().map(|at| files[*at].bytes.as_slice()));
    drop(files);
    from_tensors(&name, tensors, sha256, bytes)
}

/// The same for tensors that someone else has read, such as Keras's from HDF5; `sha256` and `bytes` are their file's.
///
/// Keras 3 numbers the tensors of a layer: `layer/0`, `layer/1`, …
///
/// # Errors
/// As [`import`].
pub fn from_tensors(file: &str, tensors: Tensors, sha256: String, bytes: usize) -> Result<Imported, Error> {
    let whole = |weight: &Weight| weight.shape.iter().product::<usize>() == weight.values.len();
    if let Some((name, _)) = tensors.iter().find(|(_, weight)| !whole(weight)) {
        return Err(invalid(file, format!("{name} has not as many numbers as its shape says")));
    }
    let (spec, weights) = recognise::recognise(file, tensors)?;
    Ok(Imported { spec: BackboneSpec { file: file.to_string().into(), sha256: sha256.into(), bytes, ..spec }, weights })
}

fn content(bytes: &[u8]) -> Content {
    let text = bytes.trim_ascii_start();
    match bytes {
        _ if text.starts_with(b"{") && tfjs::is_layers_model(text) => Content::LayersModel,
        [_, _, _, _, _, _, _, _, b'{', ..] => Content::Safetensors,
        [b'P', b'K', 3, 4, ..] => Content::Zip,
        _ if pytorch::is_older(bytes) => Content::OlderPickle,
        _ => Content::Unknown,
    }
}

fn safetensors(file: &File) -> Result<Tensors, Error> {
    let broken = |error| invalid(&file.name, format!("not whole as safetensors: {error}"));
    let tensors = SafeTensors::deserialize(&file.bytes).map_err(broken)?;
    let whole = tensors.iter().filter(|(name, _)| !name.ends_with("num_batches_tracked"));
    let read = |(name, view): (&str, _)| {
        let weight = weight_from_view(name, &view).map_err(|reason| invalid(&file.name, reason))?;
        Ok((name.to_string(), weight))
    };
    whole.map(read).collect()
}

fn invalid(file: &str, reason: String) -> Error {
    Error::WeightsInvalid { file: file.into(), reason }
}
