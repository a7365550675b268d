//! Weights by name, read from safetensors and checked against a plan.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use safetensors::tensor::{Dtype, TensorView, View};

use crate::backbone::plan::{Parameter, Plan};
use crate::backbone::stored::{Bytes, Number, Tensor, safetensors_in};
use crate::error::Error;

/// Missing, unexpected and misshapen weights that a message lists before it says "and more".
const LISTED: usize = 3;

/// A weight: sizes in PyTorch's order and its numbers, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Sizes.
    pub shape: Vec<usize>,
    /// As many as `shape` says.
    pub values: Vec<f32>,
}

/// All weights of a backbone by name.
pub type Weights = BTreeMap<String, Weight>;

/// Reads a safetensors file (F32 or F16) and checks that it holds exactly the weights of `plan`.
///
/// # Errors
/// [`Error::WeightsInvalid`] names `file` and lists what is missing, unexpected, of another shape, or not a number.
pub fn read_safetensors(file: &str, bytes: &[u8], plan: &Plan) -> Result<Weights, Error> {
    let tensors = open_safetensors(file, Rc::new(bytes.to_vec()), plan)?;
    tensors.into_iter().map(|(name, tensor)| Ok((name, tensor.read()?))).collect()
}

/// The same with each weight still in the file.
///
/// # Errors
/// As [`read_safetensors`]; a value that is not a number is only seen when its weight is read.
pub fn open_safetensors(file: &str, bytes: Rc<dyn Bytes>, plan: &Plan) -> Result<BTreeMap<String, Tensor>, Error> {
    let tensors: BTreeMap<_, _> = safetensors_in(file, &bytes)?.into_iter().collect();
    match complaints(tensors.iter().map(|(name, tensor)| (name, &tensor.shape)), &plan.parameters()) {
        found if found.is_empty() => Ok(tensors),
        found => Err(Error::WeightsInvalid { file: file.into(), reason: found }),
    }
}

/// Writes weights as safetensors, F32, in the order of their names: the same weights give the same bytes. At most one
/// metadata key, since the order of several would be left to chance.
///
/// # Errors
/// [`Error::WeightsInvalid`] where a weight's shape and numbers disagree.
pub fn safetensors_from(weights: &Weights, metadata: Option<[&str; 2]>) -> Result<Vec<u8>, Error> {
    let invalid = |reason: String| Error::WeightsInvalid { file: "weights".into(), reason };
    let whole = |weight: &Weight| weight.shape.iter().product::<usize>() == weight.values.len();
    if let Some((name, _)) = weights.iter().find(|(_, weight)| !whole(weight)) {
        return Err(invalid(format!("{name} has not as many numbers as its shape says")));
    }
    let metadata = metadata.map(|pair| [pair.map(String::from).into()].into());
    safetensors::serialize(weights, metadata).map_err(|error| invalid(error.to_string()))
}

/// One weight's bytes at a time: a whole copy of a large network would be another 100 MB.
impl View for &Weight {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn data_len(&self) -> usize {
        self.values.len() * size_of::<f32>()
    }
}

/// What a safetensors file of these parameters starts with; their numbers follow in this order, F32.
pub fn safetensors_head(parameters: &[Parameter]) -> Vec<u8> {
    let (mut entries, mut at) = (serde_json::Map::new(), 0);
    for Parameter { name, shape } in parameters {
        let end = at + size_of::<f32>() * shape.iter().product::<usize>();
        let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [at, end]});
        entries.insert(name.clone(), entry);
        at = end;
    }
    let mut json = serde_json::Value::Object(entries).to_string();
    // Numbers start at a multiple of eight, as the format wants.
    json.extend(std::iter::repeat_n(' ', json.len().next_multiple_of(8) - json.len()));
    let length = (json.len() as u64).to_le_bytes();
    length.into_iter().chain(json.into_bytes()).collect()
}

/// The numbers of one tensor of a small file that is in memory, as F32.
///
/// # Errors
/// A phrase that says what is wrong with `name`: stored in another type, or holding a value that is not finite.
pub fn weight_from_view(name: &str, view: &TensorView) -> Result<Weight, String> {
    let values = match view.dtype() {
        Dtype::F32 => Number::F32.values(view.data()),
        Dtype::F16 => Number::F16.values(view.data()),
        other => return Err(format!("{name} is stored as {other:?}; F32 and F16 can be read")),
    };
    match values.iter().all(|value| value.is_finite()) {
        true => Ok(Weight { shape: view.shape().to_vec(), values }),
        false => Err(format!("{name} holds a value that is not a finite number")),
    }
}

/// IEEE 754 half to single precision; exact.
pub fn f32_from_f16_bits(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(half >> 10 & 0x1f), f32::from(half & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// What is missing, unexpected or of another shape; empty where names, shapes and plan agree.
pub fn complaints<'a>(found: impl Iterator<Item = (&'a String, &'a Vec<usize>)>, parameters: &[Parameter]) -> String {
    let found: BTreeMap<&str, &Vec<usize>> = found.map(|(name, shape)| (name.as_str(), shape)).collect();
    let wanted: BTreeMap<_, _> = parameters.iter().map(|p| (p.name.as_str(), &p.shape)).collect();
    let missing = wanted.keys().filter(|name| !found.contains_key(*name)).map(|name| name.to_string());
    let unexpected = found.keys().filter(|name| !wanted.contains_key(*name)).map(|name| name.to_string());
    let misshapen = found.iter().filter_map(|(name, have)| {
        let shape = wanted.get(name)?;
        (shape != have).then(|| format!("{name} {have:?} instead of {shape:?}"))
    });
    let parts = [
        ("missing", missing.collect::<Vec<_>>()),
        ("unexpected", unexpected.collect()),
        ("wrong shape", misshapen.collect()),
    ];
    let listed = |(what, names): &(&str, Vec<String>)| {
        let more = names.len().saturating_sub(LISTED);
        let some = names[..names.len() - more].join(", ");
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!names.is_empty()).then(|| format!("{what}: {some}{rest}"))
    };
    parts.iter().filter_map(listed).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        (crate::backbone::efficientnet_lite::LITE0.plan)()
    }

    fn zeros() -> Weights {
        let weight = |p: Parameter| (p.name, Weight { values: vec![0.0; p.shape.iter().product()], shape: p.shape });
        plan().parameters().into_iter().map(weight).collect()
    }

    #[test]
    fn weights_survive_a_file() {
        let file = safetensors_from(&zeros(), None).unwrap();
        assert_eq!(read_safetensors("w", &file, &plan()).unwrap(), zeros());
        assert_eq!(file, safetensors_from(&zeros(), None).unwrap());
    }

    #[test]
    fn a_head_with_its_numbers_is_a_file() {
        let (weights, mut parameters) = (zeros(), plan().parameters());
        parameters.sort_by(|a, b| a.name.cmp(&b.name));
        let mut file = safetensors_head(&parameters);
        file.resize(file.len() + 4 * weights.values().map(|weight| weight.values.len()).sum::<usize>(), 0);
        assert_eq!(read_safetensors("w", &file, &plan()).unwrap(), weights);
        safetensors::SafeTensors::deserialize(&file).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_listed() {
        let mut weights = zeros();
        let stem = weights.remove("conv_stem.weight").unwrap();
        weights.insert("extra".into(), stem);
        weights.get_mut("bn1.bias").unwrap().shape = vec![4, 8];
        let error = read_safetensors("w.safetensors", &safetensors_from(&weights, None).unwrap(), &plan()).unwrap_err();
        for part in
            ["w.safetensors", "missing: conv_stem.weight", "unexpected: extra", "bn1.bias [4, 8] instead of [32]"]
        {
            assert!(error.to_string().contains(part), "{error} lacks {part}");
        }
    }

    #[test]
    fn a_cut_file_and_a_nan_are_refused() {
        let mut weights = zeros();
        weights.get_mut("bn1.bias").unwrap().values[3] = f32::NAN;
        let file = safetensors_from(&weights, None).unwrap();
        let error = read_safetensors("w", &file, &plan()).unwrap_err();
        assert!(error.to_string().contains("bn1.bias holds a value that is not a finite number"), "{error}");
        assert_eq!(read_safetensors("w", &file[..file.len() / 2], &plan()).unwrap_err().code(), "weights-invalid");
    }

    #[test]
    fn halves_are_exact() {
        let cases =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 5.960_464_5e-8), (0x3555, 0.333_251_95)];
        for (bits, value) in cases {
            assert_eq!(f32_from_f16_bits(bits), value);
        }
    }
}
