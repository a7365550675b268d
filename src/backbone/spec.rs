//! Everything that is needed to use a backbone's weights rightly, in one record.

use std::borrow::Cow;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::backbone::plan::Plan;
use crate::backbone::stored::Bytes;
use crate::backbone::{efficientnet_lite, mobilenet_v2, resnet, vgg};
use crate::error::Error;
use crate::image::{Interpolation, Preprocess};

/// A backbone's weights: which file, under which licence, for which input. Field names as in timm.
///
/// What a network wants of a picture belongs to its name; file, hash and licence belong to the weights that were loaded.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackboneSpec {
    /// Name in the API.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// File with the weights; empty where none is built in and none was loaded.
    pub file: Cow<'static, str>,
    /// SHA-256 of that file, lower-case hex; empty as `file` is.
    pub sha256: Cow<'static, str>,
    /// Its length.
    pub bytes: usize,
    /// SPDX identifier of the official weights.
    pub license: &'static str,
    /// Where the official weights come from.
    pub source: &'static str,
    /// Side of the square input, in pixels.
    pub input_size: usize,
    /// Subtracted from each channel (0–255, red first), then divided by `std`.
    pub mean: [f32; 3],
    /// See `mean`.
    pub std: [f32; 3],
    /// The share of the resized short side that the centre crop keeps.
    pub crop_pct: f32,
    /// How a picture is resized.
    pub interpolation: Interpolation,
    /// Whether the file's first convolution reads blue first. Import turns it round, so that nothing else needs to know.
    #[serde(skip)]
    pub blue_first: bool,
    /// Width of a feature row.
    pub num_features: usize,
    /// Builds the network.
    #[serde(skip)]
    pub plan: fn() -> Plan,
}

/// Mean and std of the pixels, 0–255, red first: Keras's modes of `preprocess_input`.
pub type Normalization = [[f32; 3]; 2];

/// From 0–255 to −1…1: Keras's "tf".
pub const TF: Normalization = [[127.5; 3]; 2];

/// ImageNet's mean and standard deviation: Keras's "torch", and what torchvision's weights want.
pub const TORCH: Normalization = [[123.675, 116.28, 103.53], [58.395, 57.12, 57.375]];

/// ImageNet's mean alone: Keras's "caffe", whose networks read blue first besides.
pub const CAFFE: Normalization = [[123.68, 116.779, 103.939], [1.0; 3]];

/// Read at once of a file that is only hashed.
const PIECE_BYTES: usize = 1 << 20;

/// The backbones whose weights are built in.
pub const BACKBONES: [BackboneSpec; 1] = [efficientnet_lite::LITE0];

/// Every network there is, also those whose weights a user brings: a line a family.
pub fn networks() -> impl Iterator<Item = BackboneSpec> {
    let built_in = BACKBONES.into_iter().chain(efficientnet_lite::LARGER);
    built_in.chain(mobilenet_v2::SPECS).chain(resnet::SPECS).chain(vgg::SPECS)
}

impl BackboneSpec {
    /// Finds a backbone by its name.
    ///
    /// # Errors
    /// [`Error::UnknownBackbone`] lists those there are.
    pub fn named(name: &str) -> Result<Self, Error> {
        let known = || networks().map(|spec| spec.name).collect::<Vec<_>>().join(", ");
        let unknown = || Error::UnknownBackbone { name: name.into(), known: known() };
        networks().find(|spec| spec.name == name).ok_or_else(unknown)
    }

    /// What the network wants of a picture.
    pub fn preprocess(&self) -> Preprocess {
        let Self { crop_pct, interpolation, mean, .. } = *self;
        let fill = mean.map(|level| level.round_ties_even() as u8);
        Preprocess { input_size: self.input_size as u32, crop_pct, interpolation, fill }
    }

    /// Checks that `pixels` are one image of this backbone, `u8 [input_size, input_size, 3]`.
    ///
    /// # Errors
    /// [`Error::WrongPixels`] gives both lengths.
    pub fn check_pixels(&self, pixels: &[u8]) -> Result<(), Error> {
        let (expected, found) = (self.input_size * self.input_size * 3, pixels.len());
        if expected == found { Ok(()) } else { Err(Error::WrongPixels { expected, found }) }
    }

    /// Compares the file's SHA-256 with the one that belongs to this backbone.
    ///
    /// # Errors
    /// [`Error::WeightsAltered`] gives both.
    pub fn verify(&self, file: &[u8]) -> Result<(), Error> {
        self.verify_hash(sha256_hex(file))
    }

    /// The same for a hash, lower-case hex.
    ///
    /// # Errors
    /// As [`BackboneSpec::verify`].
    pub fn verify_hash(&self, found: String) -> Result<(), Error> {
        match found == self.sha256 {
            true => Ok(()),
            false => {
                Err(Error::WeightsAltered { file: self.file.to_string(), expected: self.sha256.to_string(), found })
            }
        }
    }
}

/// SHA-256 as lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(bytes);
    hex(hash)
}

/// SHA-256 of bytes that are read piece by piece.
///
/// # Errors
/// What the bytes refuse.
pub fn sha256_hex_of(bytes: &dyn Bytes) -> Result<String, Error> {
    let mut hash = Sha256::new();
    for start in (0..bytes.size()).step_by(PIECE_BYTES) {
        hash.update(bytes.read(start..bytes.size().min(start + PIECE_BYTES))?);
    }
    Ok(hex(hash))
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_fires() {
        let unknown = BackboneSpec::named("resnet5").unwrap_err();
        assert!(unknown.to_string().contains("resnet5") && unknown.to_string().contains("efficientnet-lite0"));
        let spec = BackboneSpec::named("efficientnet-lite0").unwrap();
        let altered = spec.verify(b"another file").unwrap_err();
        assert!(altered.to_string().contains(&*spec.sha256), "{altered}");
        assert!(altered.to_string().contains(&sha256_hex(b"another file")), "{altered}");
        assert_eq!(spec.check_pixels(&[0; 9]).unwrap_err().code(), "wrong-pixels");
        assert_eq!(spec.check_pixels(&[0; 224 * 224 * 3]), Ok(()));
    }
}
