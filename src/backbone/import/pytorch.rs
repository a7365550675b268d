//! What `torch.save` writes: a zip with a pickle and a file a storage, and before PyTorch 1.6 pickles in a row with the
//! storages behind them. torchvision's VGG files are of the second kind.

use std::collections::BTreeMap;

use crate::backbone::import::pickle::{self, Tensor, Value};
use crate::backbone::import::{File, Tensors, invalid, zip};
use crate::backbone::weights::{Weight, f32_from_f16_bits};
use crate::error::Error;

/// How a file of the older kind starts: protocol 2, then the magic number 0x1950a86a20f9469cfc6c.
const OLDER: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Whether a file is of the older kind.
pub fn is_older(bytes: &[u8]) -> bool {
    bytes.starts_with(OLDER)
}

/// Reads the tensors of a zip.
///
/// # Errors
/// [`Error::WeightsInvalid`] where it is cut off, damaged, holds code, or is of another program.
pub fn read(file: &File) -> Result<Tensors, Error> {
    tensors_of_zip(&file.bytes).map_err(|reason| invalid(&file.name, reason))
}

/// Reads the tensors of a file of the older kind.
///
/// # Errors
/// As [`read`].
pub fn read_older(file: &File) -> Result<Tensors, Error> {
    tensors_of_row(&file.bytes).map_err(|reason| invalid(&file.name, reason))
}

fn tensors_of_zip(bytes: &[u8]) -> Result<Tensors, String> {
    let entries = zip::entries(bytes)?;
    let pickled = entries.iter().find(|(name, _)| name == "data.pkl" || name.ends_with("/data.pkl"));
    let (name, pickled) = pickled.ok_or("a zip, but not one of PyTorch: it has no data.pkl")?;
    let folder = name.trim_end_matches("data.pkl");
    let keyed =
        entries.iter().filter_map(|(name, data)| Some((name.strip_prefix(folder)?.strip_prefix("data/")?, *data)));
    let storages: BTreeMap<&str, &[u8]> = keyed.collect();
    tensors(&pickle::read(pickled)?.0, &storages)
}

fn tensors_of_row(bytes: &[u8]) -> Result<Tensors, String> {
    let (_magic, rest) = pickle::read(bytes)?;
    let (_protocol, rest) = pickle::read(rest)?;
    let (_machine, rest) = pickle::read(rest)?;
    let (state, rest) = pickle::read(rest)?;
    let (keys, mut rest) = pickle::read(rest)?;
    let mut sizes = BTreeMap::new();
    stored_types(&state, &mut sizes);
    let mut storages = BTreeMap::new();
    let Value::List(keys) = &keys else { return Err("its list of storages is damaged".into()) };
    for key in keys {
        let Value::Text(key) = key else { return Err("its list of storages is damaged".into()) };
        let cut = || format!("it is cut off in storage {key}");
        let (count, data) = rest.split_first_chunk().ok_or_else(cut)?;
        let each = sizes.get(key.as_str()).copied().unwrap_or(4);
        let len = usize::try_from(u64::from_le_bytes(*count)).ok().and_then(|count| count.checked_mul(each));
        let storage;
        (storage, rest) = data.split_at_checked(len.ok_or_else(cut)?).ok_or_else(cut)?;
        storages.insert(key.as_str(), storage);
    }
    tensors(&state, &storages)
}

/// Bytes of a number in each storage that a tensor views.
fn stored_types<'a>(value: &'a Value, sizes: &mut BTreeMap<&'a str, usize>) {
    match value {
        Value::Dict(items) => items.iter().for_each(|(_, value)| stored_types(value, sizes)),
        Value::List(items) => items.iter().for_each(|value| stored_types(value, sizes)),
        Value::Tensor(tensor) => drop(sizes.insert(&tensor.key, bytes_of(&tensor.stored))),
        _ => {}
    }
}

fn bytes_of(stored: &str) -> usize {
    match stored {
        "DoubleStorage" | "LongStorage" => 8,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        "ByteStorage" | "CharStorage" | "BoolStorage" => 1,
        _ => 4,
    }
}

/// The tensors of the dictionary that has most of them: checkpoints also hold an optimiser's.
fn tensors(state: &Value, storages: &BTreeMap<&str, &[u8]>) -> Result<Tensors, String> {
    let named = most_tensors(state);
    if named.is_empty() {
        return Err("it holds no tensors by name: save the model's state_dict".into());
    }
    let wrapped = named.iter().all(|(name, _)| name.starts_with("module."));
    let own = |name: &str| name.strip_prefix("module.").filter(|_| wrapped).unwrap_or(name).to_string();
    let counted = named.into_iter().filter(|(name, _)| !name.ends_with("num_batches_tracked"));
    counted.map(|(name, tensor)| Ok((own(name), weight(name, tensor, storages)?))).collect()
}

fn most_tensors(value: &Value) -> Vec<(&str, &Tensor)> {
    let Value::Dict(items) = value else { return vec![] };
    let own = items.iter().filter_map(|item| match item {
        (Value::Text(name), Value::Tensor(tensor)) => Some((name.as_str(), tensor)),
        _ => None,
    });
    let inner = items.iter().map(|(_, value)| most_tensors(value));
    [own.collect()].into_iter().chain(inner).max_by_key(Vec::len).unwrap_or_default()
}

fn weight(name: &str, tensor: &Tensor, storages: &BTreeMap<&str, &[u8]>) -> Result<Weight, String> {
    let cut = || format!("the numbers of {name} are missing: it is cut off or damaged");
    let storage = storages.get(tensor.key.as_str()).ok_or_else(cut)?;
    let number: fn(&[u8]) -> Option<f32> = match tensor.stored.as_str() {
        "FloatStorage" => |bytes| Some(f32::from_le_bytes(*bytes.first_chunk()?)),
        "DoubleStorage" => |bytes| Some(f64::from_le_bytes(*bytes.first_chunk()?) as f32),
        "HalfStorage" => |bytes| Some(f32_from_f16_bits(u16::from_le_bytes(*bytes.first_chunk()?))),
        "BFloat16Storage" => |bytes| Some(f32::from_bits(u32::from(u16::from_le_bytes(*bytes.first_chunk()?)) << 16)),
        other => return Err(format!("{name} is stored as {other}, which is not read")),
    };
    let (each, Tensor { offset, shape, strides, .. }) = (bytes_of(&tensor.stored), tensor);
    let len = shape.iter().try_fold(1usize, |len, size| len.checked_mul(*size)).ok_or_else(cut)?;
    if len > storage.len() || strides.len() != shape.len() {
        return Err(cut());
    }
    let place = |mut at: usize| {
        let mut place = *offset;
        for (size, stride) in shape.iter().zip(strides).rev() {
            place = place.checked_add((at % size).checked_mul(*stride)?)?;
            at /= size;
        }
        place.checked_mul(each)
    };
    let value = |at| number(storage.get(place(at)?..)?);
    let values = (0..len).map(value).collect::<Option<Vec<f32>>>().ok_or_else(cut)?;
    Ok(Weight { shape: shape.clone(), values })
}
