//! What `torch.save` writes: a zip with a pickle and a file a storage, and before PyTorch 1.6 pickles in a row with the
//! storages behind them. torchvision's VGG files are of the second kind.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use crate::backbone::import::pickle::{self, Tensor as View, Value};
use crate::backbone::import::zip::{self, Entry};
use crate::backbone::import::{Source, Tensors, invalid};
use crate::backbone::stored::{Number, Tensor};
use crate::error::Error;

/// How a file of the older kind starts: protocol 2, then the magic number 0x1950a86a20f9469cfc6c.
const OLDER: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Read first of a file whose pickles are of unknown length.
const FIRST_BYTES: usize = 1 << 20;

/// Whether a file is of the older kind.
pub fn is_older(bytes: &[u8]) -> bool {
    bytes.starts_with(OLDER)
}

/// Where each storage lies in the file.
type Storages = BTreeMap<String, Range<usize>>;

/// The tensors of a zip.
///
/// # Errors
/// [`Error::WeightsInvalid`] where it is cut off, damaged, holds code, or is of another program.
pub fn read(file: &Source) -> Result<Tensors, Error> {
    tensors_of_zip(file).map_err(|reason| invalid(&file.name, reason))
}

/// The tensors of a file of the older kind.
///
/// # Errors
/// As [`read`].
pub fn read_older(file: &Source) -> Result<Tensors, Error> {
    tensors_of_row(file).map_err(|reason| invalid(&file.name, reason))
}

fn tensors_of_zip(file: &Source) -> Result<Tensors, String> {
    let entries = zip::entries(&*file.bytes)?;
    if let Some(Entry { name, .. }) = entries.iter().find(|entry| !entry.is_stored) {
        return Err(format!("{name} in it is compressed, and PyTorch's are not"));
    }
    let pickled = entries.iter().find(|Entry { name, .. }| name == "data.pkl" || name.ends_with("/data.pkl"));
    let Entry { name, range, .. } = pickled.ok_or("a zip, but not one of PyTorch: it has no data.pkl")?;
    if range.len() > pickle::MOST_BYTES {
        return Err(format!("{name} in it has {} bytes, and that of a network a few thousand", range.len()));
    }
    let folder = name.trim_end_matches("data.pkl");
    let keyed = entries.iter().filter_map(|Entry { name, range, .. }| {
        Some((name.strip_prefix(folder)?.strip_prefix("data/")?.to_string(), range.clone()))
    });
    tensors(&pickle::read(&bytes_of(file, range.clone())?)?.0, &keyed.collect(), file)
}

fn tensors_of_row(file: &Source) -> Result<Tensors, String> {
    let size = file.bytes.size();
    let (mut most, limit) = (size.min(FIRST_BYTES), size.min(pickle::MOST_BYTES));
    // How long the pickles are is only known once they are read.
    let (state, keys, mut at) = loop {
        match head_of_row(&bytes_of(file, 0..most)?) {
            Err(_) if most < limit => most = limit.min(2 * most),
            head => break head?,
        }
    };
    let mut sizes = BTreeMap::new();
    stored_types(&state, &mut sizes);
    let mut storages = Storages::new();
    let Value::List(keys) = &keys else { return Err("its list of storages is damaged".into()) };
    for key in keys {
        let Value::Text(key) = key else { return Err("its list of storages is damaged".into()) };
        let cut = || format!("it is cut off in storage {key}");
        let start = at.checked_add(8).filter(|start| *start <= size).ok_or_else(cut)?;
        let count = bytes_of(file, at..start)?;
        let count = count.first_chunk().and_then(|eight| usize::try_from(u64::from_le_bytes(*eight)).ok());
        let each = sizes.get(key.as_str()).copied().unwrap_or(4);
        let len = count.and_then(|count| count.checked_mul(each));
        at = len.and_then(|len| start.checked_add(len)).filter(|end| *end <= size).ok_or_else(cut)?;
        storages.insert(key.clone(), start..at);
    }
    tensors(&state, &storages, file)
}

/// The state, the keys of its storages, and where these begin.
fn head_of_row(bytes: &[u8]) -> Result<(Value, Value, usize), String> {
    let (_magic, rest) = pickle::read(bytes)?;
    let (_protocol, rest) = pickle::read(rest)?;
    let (_machine, rest) = pickle::read(rest)?;
    let (state, rest) = pickle::read(rest)?;
    let (keys, rest) = pickle::read(rest)?;
    Ok((state, keys, bytes.len() - rest.len()))
}

fn bytes_of(file: &Source, range: Range<usize>) -> Result<Vec<u8>, String> {
    file.bytes.read(range).map_err(|error| error.to_string())
}

/// Bytes of a number in each storage that a tensor views.
fn stored_types<'a>(value: &'a Value, sizes: &mut BTreeMap<&'a str, usize>) {
    match value {
        Value::Dict(items) => items.iter().for_each(|(_, value)| stored_types(value, sizes)),
        Value::List(items) => items.iter().for_each(|value| stored_types(value, sizes)),
        Value::Tensor(tensor) => drop(sizes.insert(&tensor.key, width_of(&tensor.stored))),
        _ => {}
    }
}

fn width_of(stored: &str) -> usize {
    match stored {
        "DoubleStorage" | "LongStorage" => 8,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        "ByteStorage" | "CharStorage" | "BoolStorage" => 1,
        _ => 4,
    }
}

/// The tensors of the dictionary that has most of them: checkpoints also hold an optimiser's.
fn tensors(state: &Value, storages: &Storages, file: &Source) -> Result<Tensors, String> {
    let named = most_tensors(state);
    if named.is_empty() {
        return Err("it holds no tensors by name: save the model's state_dict".into());
    }
    let wrapped = named.iter().all(|(name, _)| name.starts_with("module."));
    let own = |name: &str| name.strip_prefix("module.").filter(|_| wrapped).unwrap_or(name).to_string();
    let counted = named.into_iter().filter(|(name, _)| !name.ends_with("num_batches_tracked"));
    counted.map(|(name, view)| Ok((own(name), tensor(name, view, storages, file)?))).collect()
}

fn most_tensors(value: &Value) -> Vec<(&str, &View)> {
    let Value::Dict(items) = value else { return vec![] };
    let own = items.iter().filter_map(|item| match item {
        (Value::Text(name), Value::Tensor(tensor)) => Some((name.as_str(), &**tensor)),
        _ => None,
    });
    let inner = items.iter().map(|(_, value)| most_tensors(value));
    [own.collect()].into_iter().chain(inner).max_by_key(Vec::len).unwrap_or_default()
}

fn tensor(name: &str, view: &View, storages: &Storages, file: &Source) -> Result<Tensor, String> {
    let cut = || format!("the numbers of {name} are missing: it is cut off or damaged");
    let storage = storages.get(view.key.as_str()).ok_or_else(cut)?;
    let number = match view.stored.as_str() {
        "FloatStorage" => Number::F32,
        "DoubleStorage" => Number::F64,
        "HalfStorage" => Number::F16,
        "BFloat16Storage" => Number::Bf16,
        other => return Err(format!("{name} is stored as {other}, which is not read")),
    };
    let View { offset, shape, strides, .. } = view.clone();
    let len = shape.iter().try_fold(1usize, |len, size| len.checked_mul(*size)).ok_or_else(cut)?;
    if len > storage.len() || strides.len() != shape.len() {
        return Err(cut());
    }
    let steps = shape.iter().zip(&strides);
    let last = steps
        .clone()
        .try_fold(0usize, |last, (size, stride)| last.checked_add(size.saturating_sub(1).checked_mul(*stride)?));
    let byte = |place: usize| place.checked_mul(number.bytes())?.checked_add(storage.start);
    let end = last.and_then(|last| byte(offset.checked_add(last)?.checked_add(1)?));
    let range = byte(offset).ok_or_else(cut)?..end.filter(|end| *end <= storage.end).ok_or_else(cut)?;
    let (sizes, bytes) = (shape.clone(), Rc::clone(&file.bytes));
    Ok(Tensor::new(shape, move || Ok(in_order(number.values(&bytes.read(range)?), len, &sizes, &strides))))
}

/// Numbers that lie `strides` apart, row by row.
fn in_order(stored: Vec<f32>, len: usize, sizes: &[usize], strides: &[usize]) -> Vec<f32> {
    let dense = sizes
        .iter()
        .zip(strides)
        .rev()
        .try_fold(1, |step, (size, stride)| (*size == 1 || step == *stride).then_some(step * size));
    if dense.is_some() && stored.len() == len {
        return stored;
    }
    let place = |mut at: usize| {
        sizes.iter().zip(strides).rev().fold(0, |place, (size, stride)| {
            let step = at % size * stride;
            at /= size;
            place + step
        })
    };
    (0..len).map(|at| stored[place(at)]).collect()
}
