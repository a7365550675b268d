//! Weights by name, read from safetensors and checked against a plan.

use std::borrow::Cow;
use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, View};

use crate::backbone::plan::{Parameter, Plan};
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
    let invalid = |reason: String| Error::WeightsInvalid { file: file.into(), reason };
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| invalid(format!("not safetensors: {error}")))?;
    let mut weights = Weights::new();
    for (name, view) in tensors.iter() {
        weights.insert(name.to_string(), weight_from_view(name, &view).map_err(invalid)?);
    }
    match complaints(&weights, &plan.parameters()) {
        found if found.is_empty() => Ok(weights),
        found => Err(invalid(found)),
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

/// The numbers of one tensor of a file, as F32.
///
/// # Errors
/// A phrase that says what is wrong with `name`: stored in another type, or holding a value that is not finite.
pub fn weight_from_view(name: &str, view: &TensorView) -> Result<Weight, String> {
    let data = view.data();
    let values: Vec<f32> = match view.dtype() {
        Dtype::F32 => data.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
        Dtype::F16 => data.as_chunks().0.iter().map(|two| f32_from_f16_bits(u16::from_le_bytes(*two))).collect(),
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

/// What is missing, unexpected or of another shape; empty where file and plan agree.
pub fn complaints(weights: &Weights, parameters: &[Parameter]) -> String {
    let wanted: BTreeMap<_, _> = parameters.iter().map(|p| (p.name.as_str(), &p.shape)).collect();
    let missing = wanted.keys().filter(|name| !weights.contains_key(**name)).map(|name| name.to_string());
    let unexpected = weights.keys().filter(|name| !wanted.contains_key(name.as_str())).cloned();
    let misshapen = weights.iter().filter_map(|(name, weight)| {
        let shape = *wanted.get(name.as_str())?;
        (*shape != weight.shape).then(|| format!("{name} {:?} instead of {shape:?}", weight.shape))
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
