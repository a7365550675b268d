//! TensorFlow.js's layers-model: `model.json` lists the tensors, and shards hold their numbers one after the other.

use serde_json::Value;

use crate::backbone::import::{File, Tensors, invalid};
use crate::backbone::weights::{Weight, f32_from_f16_bits};
use crate::error::Error;

/// Reads the tensors of `files[main]`, a `model.json`; gives them and the files that were used, in order.
///
/// # Errors
/// [`Error::WeightsInvalid`] names the shards that are missing or too short, or what else is wrong.
pub fn read(files: &[File], main: usize) -> Result<(Tensors, Vec<usize>), Error> {
    let json = &files[main];
    let wrong = |reason: String| invalid(&json.name, reason);
    let (mut tensors, mut used) = (Tensors::new(), vec![main]);
    for group in manifest(json)? {
        let mut numbers = Vec::new();
        for shard in paths(&group) {
            let at = files.iter().position(|file| file.name == shard);
            let at = at.ok_or_else(|| wrong(format!("its shard {shard} is missing: choose both together")))?;
            numbers.extend_from_slice(&files[at].bytes);
            used.push(at);
        }
        let mut rest = numbers.as_slice();
        for entry in group["weights"].as_array().into_iter().flatten() {
            let entry = Entry::read(entry).map_err(wrong)?;
            let short = || wrong(format!("its shards end before {}: one is cut off or of another model", entry.name));
            let bytes;
            (bytes, rest) = rest.split_at_checked(entry.bytes().ok_or_else(short)?).ok_or_else(short)?;
            let Entry { name, shape, .. } = &entry;
            tensors.push((name.clone(), Weight { shape: shape.clone(), values: entry.values(bytes) }));
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
    Ok(manifest(json)?.iter().flat_map(paths).collect())
}

fn manifest(json: &File) -> Result<Vec<Value>, Error> {
    let wrong = |reason: String| invalid(&json.name, reason);
    let model: Value =
        serde_json::from_slice(&json.bytes).map_err(|error| wrong(format!("not whole as JSON: {error}")))?;
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
    stored: Stored,
    /// What a stored number is multiplied by, and what is added then.
    scale: [f32; 2],
}

/// How numbers are stored.
#[derive(Clone, Copy)]
enum Stored {
    F32,
    F16,
    U8,
    U16,
}

impl Entry {
    fn read(entry: &Value) -> Result<Self, String> {
        let name = entry["name"].as_str().ok_or("a tensor without a name")?.to_string();
        let sizes = entry["shape"].as_array().ok_or_else(|| format!("{name} has no shape"))?;
        let shape = sizes.iter().map(|size| Some(size.as_u64()? as usize)).collect::<Option<Vec<_>>>();
        let shape = shape.ok_or_else(|| format!("{name} has no shape"))?;
        let quantization = &entry["quantization"];
        let dtype = quantization["dtype"].as_str().or(entry["dtype"].as_str()).unwrap_or("none");
        let stored = match dtype {
            "float32" => Stored::F32,
            "float16" => Stored::F16,
            "uint8" => Stored::U8,
            "uint16" => Stored::U16,
            other => return Err(format!("{name} is stored as {other}, which is not read")),
        };
        let number = |key: &str, default: f64| quantization[key].as_f64().unwrap_or(default) as f32;
        Ok(Self { name, shape, stored, scale: [number("scale", 1.0), number("min", 0.0)] })
    }

    /// `None` where the sizes are beyond all measure.
    fn bytes(&self) -> Option<usize> {
        let each = match self.stored {
            Stored::F32 => 4,
            Stored::F16 | Stored::U16 => 2,
            Stored::U8 => 1,
        };
        self.shape.iter().try_fold(each, |bytes: usize, size| bytes.checked_mul(*size))
    }

    fn values(&self, bytes: &[u8]) -> Vec<f32> {
        let [scale, min] = self.scale;
        let two = bytes.as_chunks().0.iter().map(|two| u16::from_le_bytes(*two));
        match self.stored {
            Stored::F32 => bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
            Stored::F16 => two.map(f32_from_f16_bits).collect(),
            Stored::U16 => two.map(|value| f32::from(value) * scale + min).collect(),
            Stored::U8 => bytes.iter().map(|value| f32::from(*value) * scale + min).collect(),
        }
    }
}
