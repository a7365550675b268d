//! TensorFlow.js's layers-model: `model.json` lists the tensors, and shards hold their numbers one after the other.

use std::rc::Rc;

use serde_json::Value;

use crate::backbone::import::{File, Source, Tensors, invalid};
use crate::backbone::stored::{Bytes, Joined, Number, Tensor};
use crate::error::Error;

/// The tensors of `files[main]`, a `model.json`; gives them and the files that are used, in order.
///
/// # Errors
/// [`Error::WeightsInvalid`] names the shards that are missing or too short, or what else is wrong.
pub fn read(files: &[Source], main: usize) -> Result<(Tensors, Vec<usize>), Error> {
    let json = &files[main];
    let wrong = |reason: String| invalid(&json.name, reason);
    let (mut tensors, mut used) = (Tensors::new(), vec![main]);
    for group in manifest(&json.name, &json.bytes.read(0..json.bytes.size())?)? {
        let mut shards: Vec<Rc<dyn Bytes>> = Vec::new();
        for shard in paths(&group) {
            let at = files.iter().position(|file| file.name == shard);
            let at = at.ok_or_else(|| wrong(format!("its shard {shard} is missing: choose both together")))?;
            shards.push(Rc::clone(&files[at].bytes));
            used.push(at);
        }
        let (shards, mut start) = (Rc::new(Joined(shards)), 0usize);
        for entry in group["weights"].as_array().into_iter().flatten() {
            let Entry { name, shape, number, scale: [scale, min] } = Entry::read(entry).map_err(wrong)?;
            let len = shape.iter().try_fold(number.bytes(), |bytes: usize, size| bytes.checked_mul(*size));
            let end = len.and_then(|len| start.checked_add(len)).filter(|end| *end <= shards.size());
            let end =
                end.ok_or_else(|| wrong(format!("its shards end before {name}: one is cut off or of another model")))?;
            let (shards, range) = (Rc::clone(&shards), start..end);
            let scaled = move |value: f32| value * scale + min;
            let numbers = move || Ok(number.values(&shards.read(range)?).into_iter().map(scaled).collect());
            tensors.push((name, Tensor::new(shape, numbers)));
            start = end;
        }
    }
    Ok((tensors, used))
}

/// Whether JSON, whole or not, looks like a `model.json`: it has other files of JSON for company.
pub fn is_layers_model(json: &[u8]) -> bool {
    ["\"weightsManifest\"", "\"modelTopology\""]
        .iter()
        .any(|key| json.windows(key.len()).any(|at| at == key.as_bytes()))
}

/// The names of the shards that a `model.json` wants, for who has to open them.
///
/// # Errors
/// [`Error::WeightsInvalid`] where it is no layers-model.
pub fn shards(json: &File) -> Result<Vec<String>, Error> {
    Ok(manifest(&json.name, &json.bytes)?.iter().flat_map(paths).collect())
}

fn manifest(name: &str, json: &[u8]) -> Result<Vec<Value>, Error> {
    let wrong = |reason: String| invalid(name, reason);
    let model: Value = serde_json::from_slice(json).map_err(|error| wrong(format!("not whole as JSON: {error}")))?;
    let groups = model["weightsManifest"].as_array().filter(|groups| !groups.is_empty());
    groups.cloned().ok_or_else(|| wrong("it lists no weights: not a model.json of TensorFlow.js".into()))
}

/// Without folders: a browser gives names alone.
fn paths(group: &Value) -> Vec<String> {
    let paths = group["paths"].as_array().into_iter().flatten().filter_map(Value::as_str);
    paths.map(|path| path.rsplit('/').next().unwrap_or(path).to_string()).collect()
}

/// A line of the manifest.
struct Entry {
    name: String,
    shape: Vec<usize>,
    number: Number,
    /// What a stored number is multiplied by, and what is added then.
    scale: [f32; 2],
}

impl Entry {
    fn read(entry: &Value) -> Result<Self, String> {
        let name = entry["name"].as_str().ok_or("a tensor without a name")?.to_string();
        let sizes = entry["shape"].as_array().ok_or_else(|| format!("{name} has no shape"))?;
        let shape = sizes.iter().map(|size| Some(size.as_u64()? as usize)).collect::<Option<Vec<_>>>();
        let shape = shape.ok_or_else(|| format!("{name} has no shape"))?;
        let quantization = &entry["quantization"];
        let dtype = quantization["dtype"].as_str().or(entry["dtype"].as_str()).unwrap_or("none");
        let number = match dtype {
            "float32" => Number::F32,
            "float16" => Number::F16,
            "uint8" => Number::U8,
            "uint16" => Number::U16,
            other => return Err(format!("{name} is stored as {other}, which is not read")),
        };
        let factor = |key: &str, default: f64| match number {
            Number::U8 | Number::U16 => quantization[key].as_f64().unwrap_or(default) as f32,
            _ => default as f32,
        };
        Ok(Self { name, shape, number, scale: [factor("scale", 1.0), factor("min", 0.0)] })
    }
}
