//! Weights from files that a user brings: recognised by content, their network inferred from names and shapes.
//!
//! | content | read by |
//! |---|---|
//! | JSON with a `weightsManifest`, and its shards | [`tfjs`] |
//! | zip with a pickle, or PyTorch's older row of pickles | [`pytorch`] |
//! | safetensors | [`stored`](crate::backbone::stored) |
//!
//! Each reader gives names and numbers; [`recognise`] finds the network that they fit. Reads tensors only: nothing in
//! a file is ever run. Does not read files, and does not know who brings them.

mod keras;
mod pickle;
pub mod pytorch;
pub mod recognise;
pub mod tfjs;
mod zip;

use std::ops::Range;
use std::rc::Rc;

use crate::backbone::plan::Parameter;
use crate::backbone::spec::{BackboneSpec, sha256_hex_of};
use crate::backbone::stored::{Bytes, Joined, MOST_JSON_BYTES, Tensor, safetensors_in};
use crate::backbone::weights::Weights;
use crate::error::Error;

/// A file as it was brought.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Its name, without folders.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The same with its content where it lies.
#[derive(Clone)]
pub struct Source {
    /// As in [`File`].
    pub name: String,
    /// Read when needed.
    pub bytes: Rc<dyn Bytes>,
}

/// Tensors in the order of the file that holds them, by the names that it gives them.
pub type Tensors = Vec<(String, Tensor)>;

/// A network and the weights that came for it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its record; `file`, `sha256` and `bytes` are those of what was brought.
    pub spec: BackboneSpec,
    /// Exactly those of the network's plan.
    pub weights: Weights,
}

/// The same with the weights still in their file.
pub struct Opened {
    /// As in [`Imported`].
    pub spec: BackboneSpec,
    /// Exactly those of the network's plan, in the order of their names. Each is refused when it is read where it holds
    /// what is no number.
    pub tensors: Tensors,
}

impl From<File> for Source {
    fn from(File { name, bytes }: File) -> Self {
        Self { name, bytes: Rc::new(bytes) }
    }
}

impl Opened {
    /// Names and shapes, in order.
    pub fn parameters(&self) -> Vec<Parameter> {
        let parameter =
            |(name, tensor): &(String, Tensor)| Parameter { name: name.clone(), shape: tensor.shape.clone() };
        self.tensors.iter().map(parameter).collect()
    }

    /// Reads all weights.
    ///
    /// # Errors
    /// [`Error::WeightsInvalid`] where one is not a finite number, or the file can't be read.
    pub fn read(self) -> Result<Imported, Error> {
        let read = |(name, tensor): (String, Tensor)| Ok((name, tensor.read()?));
        Ok(Imported { spec: self.spec, weights: self.tensors.into_iter().map(read).collect::<Result<_, Error>>()? })
    }
}

/// Bytes that tell what a file is.
const MOST_MARKED: usize = 64;

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
    open(&files.into_iter().map(Source::from).collect::<Vec<_>>())?.read()
}

/// The same, leaving the numbers where they are.
///
/// # Errors
/// As [`import`], but for values that are no numbers.
pub fn open(files: &[Source]) -> Result<Opened, Error> {
    let contents = files.iter().map(content).collect::<Result<Vec<_>, _>>()?;
    let main = contents.iter().position(|content| *content != Content::Unknown).unwrap_or(0);
    let Some(file) = files.get(main) else { return Err(invalid("none", "no file was given".into())) };
    if file.bytes.size() == 0 {
        return Err(Error::EmptyFile { file: file.name.clone() });
    }
    let (tensors, used) = match contents[main] {
        Content::LayersModel => tfjs::read(files, main)?,
        Content::Safetensors => (safetensors_in(&file.name, &file.bytes)?, vec![main]),
        Content::Zip => (pytorch::read(file)?, vec![main]),
        Content::OlderPickle => (pytorch::read_older(file)?, vec![main]),
        Content::Unknown => return Err(invalid(&file.name, "it is of no kind that can be read".into())),
    };
    let used = Joined(used.iter().map(|at| Rc::clone(&files[*at].bytes)).collect());
    open_tensors(&file.name, tensors, &used)
}

/// The same for tensors that someone else finds and reads, such as Keras's in HDF5; `file` is what they lie in.
///
/// Keras 3 numbers the tensors of a layer: `layer/0`, `layer/1`, …
///
/// # Errors
/// As [`open`].
pub fn open_tensors(name: &str, tensors: Tensors, file: &dyn Bytes) -> Result<Opened, Error> {
    let (spec, tensors) = recognise::recognise(name, tensors)?;
    let sha256 = sha256_hex_of(file)?.into();
    Ok(Opened { spec: BackboneSpec { file: name.to_string().into(), sha256, bytes: file.size(), ..spec }, tensors })
}

/// Which of the files is a `model.json` of TensorFlow.js.
///
/// # Errors
/// What the files' bytes refuse.
pub fn find_layers_model(files: &[Source]) -> Result<Option<usize>, Error> {
    for (at, file) in files.iter().enumerate() {
        if content(file)? == Content::LayersModel {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Where an entry of a zip lies that is not compressed; `None` where there is none, or no zip.
pub fn stored_entry(zip: &dyn Bytes, name: &str) -> Option<Range<usize>> {
    let entries = zip::entries(zip).ok()?;
    entries.into_iter().find(|entry| entry.name == name && entry.is_stored).map(|entry| entry.range)
}

fn content(file: &Source) -> Result<Content, Error> {
    let size = file.bytes.size();
    let start = file.bytes.read(0..size.min(MOST_MARKED))?;
    Ok(match start.as_slice() {
        bytes if bytes.trim_ascii_start().starts_with(b"{") => {
            match size <= MOST_JSON_BYTES && tfjs::is_layers_model(&file.bytes.read(0..size)?) {
                true => Content::LayersModel,
                false => Content::Unknown,
            }
        }
        [_, _, _, _, _, _, _, _, b'{', ..] => Content::Safetensors,
        [b'P', b'K', 3, 4, ..] => Content::Zip,
        bytes if pytorch::is_older(bytes) => Content::OlderPickle,
        _ => Content::Unknown,
    })
}

fn invalid(file: &str, reason: String) -> Error {
    Error::WeightsInvalid { file: file.into(), reason }
}
