//! Tensors where they lie: in bytes that are read piece by piece, when they are needed. A large network's file has 100 MB,
//! and whoever holds it whole beside its numbers needs twice as much. Reads nothing itself: [`Bytes`] come from outside.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use safetensors::tensor::{Dtype, TensorInfo};
use serde_json::Value;

use crate::backbone::weights::{Weight, Weights, f32_from_f16_bits};
use crate::error::Error;

/// Of JSON that says what a file of weights holds: a safetensors' head, a `model.json`. That of a thousand tensors has 200 kB; what
/// is made of it takes ten to thirty times as much.
pub const MOST_JSON_BYTES: usize = 16 << 20;

/// Bytes that lie elsewhere: in memory, or behind the handle of a file.
pub trait Bytes {
    /// How many there are.
    fn size(&self) -> usize;

    /// Some of them, exactly as many as `range` has.
    ///
    /// # Errors
    /// [`Error::WeightsInvalid`] where they end before, or can't be read.
    fn read(&self, range: Range<usize>) -> Result<Vec<u8>, Error>;
}

impl Bytes for Vec<u8> {
    fn size(&self) -> usize {
        self.len()
    }

    fn read(&self, range: Range<usize>) -> Result<Vec<u8>, Error> {
        let cut = || Error::WeightsInvalid { file: "weights".into(), reason: "it is cut off".into() };
        self.get(range).map(<[u8]>::to_vec).ok_or_else(cut)
    }
}

/// Several as if they were one.
pub struct Joined(pub Vec<Rc<dyn Bytes>>);

impl Bytes for Joined {
    fn size(&self) -> usize {
        self.0.iter().map(|part| part.size()).sum()
    }

    fn read(&self, range: Range<usize>) -> Result<Vec<u8>, Error> {
        let (mut bytes, mut start) = (Vec::with_capacity(range.len()), 0);
        for part in &self.0 {
            let here = range.start.clamp(start, start + part.size())..range.end.clamp(start, start + part.size());
            if !here.is_empty() {
                bytes.extend(part.read(here.start - start..here.end - start)?);
            }
            start += part.size();
        }
        Ok(bytes)
    }
}

/// A tensor of a file: its sizes, and its numbers once they are asked for.
pub struct Tensor {
    /// Sizes.
    pub shape: Vec<usize>,
    numbers: Box<dyn FnOnce() -> Result<Vec<f32>, Error>>,
}

impl Tensor {
    /// `numbers` gives as many as `shape` says.
    pub fn new(shape: Vec<usize>, numbers: impl FnOnce() -> Result<Vec<f32>, Error> + 'static) -> Self {
        Self { shape, numbers: Box::new(numbers) }
    }

    /// The same where somebody else gives the numbers: refused unless they are as many as `shape` says.
    pub fn checked(
        file: &str,
        name: &str,
        shape: Vec<usize>,
        numbers: impl FnOnce() -> Result<Vec<f32>, Error> + 'static,
    ) -> Self {
        let len = shape.iter().try_fold(1usize, |len, size| len.checked_mul(*size));
        let [file, name] = [file, name].map(String::from);
        Self::new(shape, move || match numbers()? {
            values if Some(values.len()) == len => Ok(values),
            _ => Err(invalid(&file, format!("{name} has not as many numbers as its shape says"))),
        })
    }

    /// Another tensor, made of this one's numbers when they are asked for.
    pub fn map(self, shape: Vec<usize>, change: impl FnOnce(Weight) -> Result<Vec<f32>, Error> + 'static) -> Self {
        Self::new(shape, move || change(self.read()?))
    }

    /// Reads the numbers.
    ///
    /// # Errors
    /// What the file's bytes refuse.
    pub fn read(self) -> Result<Weight, Error> {
        let values = (self.numbers)()?;
        Ok(Weight { shape: self.shape, values })
    }
}

impl From<Weight> for Tensor {
    fn from(Weight { shape, values }: Weight) -> Self {
        Self::new(shape, move || Ok(values))
    }
}

/// Gives weights by their names, each of them once.
pub trait Take: FnMut(&str) -> Result<Weight, Error> {}

impl<T: FnMut(&str) -> Result<Weight, Error>> Take for T {}

/// Copies of weights, one at a time.
pub fn copying(weights: &Weights) -> impl Take {
    |name: &str| weights.get(name).cloned().ok_or_else(|| missing(name))
}

/// The weights themselves, for whoever no longer needs them.
pub fn taking(mut weights: Weights) -> impl Take {
    move |name: &str| weights.remove(name).ok_or_else(|| missing(name))
}

/// Tensors, read one after the other.
pub fn reading(mut tensors: BTreeMap<String, Tensor>) -> impl Take {
    move |name: &str| tensors.remove(name).ok_or_else(|| missing(name))?.read()
}

fn missing(name: &str) -> Error {
    Error::WeightsInvalid { file: "weights".into(), reason: format!("missing: {name}") }
}

/// How a file writes a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// Half precision.
    F16,
    /// The upper half of single precision.
    Bf16,
    /// A whole number.
    U8,
    /// A whole number.
    U16,
}

impl Number {
    /// Bytes of one.
    pub fn bytes(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 | Self::U16 => 2,
            Self::U8 => 1,
        }
    }

    /// Little-endian bytes to numbers.
    pub fn values(self, bytes: &[u8]) -> Vec<f32> {
        let two = bytes.as_chunks().0.iter().map(|two| u16::from_le_bytes(*two));
        match self {
            Self::F32 => bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
            Self::F64 => bytes.as_chunks().0.iter().map(|eight| f64::from_le_bytes(*eight) as f32).collect(),
            Self::F16 => two.map(f32_from_f16_bits).collect(),
            Self::Bf16 => two.map(|upper| f32::from_bits(u32::from(upper) << 16)).collect(),
            Self::U16 => two.map(f32::from).collect(),
            Self::U8 => bytes.iter().map(|value| f32::from(*value)).collect(),
        }
    }
}

/// Refuses what is no number, with the tensor's name.
///
/// # Errors
/// [`Error::WeightsInvalid`]
pub fn finite(file: &str, name: &str, values: Vec<f32>) -> Result<Vec<f32>, Error> {
    match values.iter().all(|value| value.is_finite()) {
        true => Ok(values),
        false => Err(invalid(file, format!("{name} holds a value that is not a finite number"))),
    }
}

/// The tensors of a safetensors file (F32, F16, BF16), in the order of their names.
///
/// # Errors
/// [`Error::WeightsInvalid`] where it is cut off, damaged, or stores a tensor otherwise.
pub fn safetensors_in(file: &str, bytes: &Rc<dyn Bytes>) -> Result<Vec<(String, Tensor)>, Error> {
    let broken = |what: &str| invalid(file, format!("not whole as safetensors: {what}"));
    let size = bytes.size();
    let length = bytes.read(0..size.min(8))?;
    let length = length.first_chunk().and_then(|eight| usize::try_from(u64::from_le_bytes(*eight)).ok());
    let start = length.and_then(|length| length.checked_add(8)).filter(|start| *start <= size);
    let start = start.ok_or_else(|| broken("its head is cut off"))?;
    if start > MOST_JSON_BYTES {
        return Err(broken("its head is larger than that of any network"));
    }
    let head: BTreeMap<String, Value> =
        serde_json::from_slice(&bytes.read(8..start)?).map_err(|error| broken(&error.to_string()))?;
    let mut tensors = Vec::new();
    for (name, entry) in head.into_iter().filter(|(name, _)| name != "__metadata__") {
        let TensorInfo { dtype, shape, data_offsets } =
            serde_json::from_value(entry).map_err(|error| broken(&format!("{name}: {error}")))?;
        let number = match dtype {
            Dtype::F32 => Number::F32,
            Dtype::F16 => Number::F16,
            Dtype::BF16 => Number::Bf16,
            // BatchNorm's counters are no weights, and stored as I64.
            _ if name.ends_with("num_batches_tracked") => continue,
            other => return Err(invalid(file, format!("{name} is stored as {other:?}; F32 and F16 can be read"))),
        };
        let long = shape.iter().try_fold(number.bytes(), |long: usize, size| long.checked_mul(*size));
        let end = data_offsets.1.checked_add(start).filter(|end| *end <= size);
        if end.is_none() || data_offsets.1.checked_sub(data_offsets.0) != long {
            return Err(broken(&format!("{name} is cut off")));
        }
        let (bytes, range) = (Rc::clone(bytes), start + data_offsets.0..start + data_offsets.1);
        let (file, own) = (file.to_string(), name.clone());
        let numbers = move || finite(&file, &own, number.values(&bytes.read(range)?));
        tensors.push((name, Tensor::new(shape, numbers)));
    }
    Ok(tensors)
}

fn invalid(file: &str, reason: String) -> Error {
    Error::WeightsInvalid { file: file.into(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that says that it is large, and has only its first bytes.
    struct Claim(Vec<u8>, usize);

    impl Bytes for Claim {
        fn size(&self) -> usize {
            self.1
        }

        fn read(&self, range: Range<usize>) -> Result<Vec<u8>, Error> {
            self.0.read(range)
        }
    }

    #[test]
    fn a_head_beyond_any_network_is_refused_before_it_is_read() {
        let claim = |length: u64| Claim(length.to_le_bytes().to_vec(), usize::MAX >> 1);
        for (length, reason) in [(1 << 40, "larger than that of any network"), (u64::MAX, "cut off")] {
            let bytes: Rc<dyn Bytes> = Rc::new(claim(length));
            let error = safetensors_in("w", &bytes).map(drop).unwrap_err().to_string();
            assert!(error.contains(reason), "{length}: {error}");
        }
    }

    #[test]
    fn numbers_of_somebody_else_are_counted() {
        for (shape, numbers) in [(vec![2, 3], 5), (vec![1 << 40, 1 << 40], 0), (vec![usize::MAX, 2], 2)] {
            let error = Tensor::checked("f", "t", shape, move || Ok(vec![0.0; numbers])).read().unwrap_err();
            assert!(error.to_string().contains("t has not as many numbers as its shape says"), "{error}");
        }
        assert_eq!(Tensor::checked("f", "t", vec![2, 3], || Ok(vec![0.0; 6])).read().unwrap().values.len(), 6);
    }
}
