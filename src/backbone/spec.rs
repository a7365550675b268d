//! Everything that is needed to use a backbone's weights rightly, in one record.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::backbone::{efficientnet_lite, plan::Plan};
use crate::error::Error;

/// A backbone's weights: which file, under which licence, for which input. Field names as in timm.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackboneSpec {
    /// Name in the API.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// File with the weights.
    pub file: &'static str,
    /// SHA-256 of that file, lower-case hex.
    pub sha256: &'static str,
    /// Its length.
    pub bytes: usize,
    /// SPDX identifier.
    pub license: &'static str,
    /// Where the weights come from.
    pub source: &'static str,
    /// Side of the square input, in pixels.
    pub input_size: usize,
    /// Subtracted from each channel (0–255), then divided by `std`.
    pub mean: [f32; 3],
    /// See `mean`.
    pub std: [f32; 3],
    /// The share of the resized short side that the centre crop keeps.
    pub crop_pct: f32,
    /// How a picture is resized.
    pub interpolation: &'static str,
    /// Width of a feature row.
    pub num_features: usize,
    /// Builds the network.
    #[serde(skip)]
    pub plan: fn() -> Plan,
}

/// The backbones that headstart knows.
pub const BACKBONES: [BackboneSpec; 1] = [efficientnet_lite::LITE0];

impl BackboneSpec {
    /// Finds a backbone by its name.
    ///
    /// # Errors
    /// [`Error::UnknownBackbone`] lists those there are.
    pub fn named(name: &str) -> Result<Self, Error> {
        let unknown =
            || Error::UnknownBackbone { name: name.into(), known: BACKBONES.map(|spec| spec.name).join(", ") };
        BACKBONES.into_iter().find(|spec| spec.name == name).ok_or_else(unknown)
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
        let found = sha256_hex(file);
        match found == self.sha256 {
            true => Ok(()),
            false => Err(Error::WeightsAltered { file: self.file.into(), expected: self.sha256.into(), found }),
        }
    }
}

/// SHA-256 as lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
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
        assert!(altered.to_string().contains(spec.sha256), "{altered}");
        assert!(altered.to_string().contains(&sha256_hex(b"another file")), "{altered}");
        assert_eq!(spec.check_pixels(&[0; 9]).unwrap_err().code(), "wrong-pixels");
        assert_eq!(spec.check_pixels(&[0; 224 * 224 * 3]), Ok(()));
    }
}
