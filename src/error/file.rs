//! Which file an error speaks of.

use crate::error::Error;

impl Error {
    /// The file that the error speaks of.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::EmptyFile { file } | Self::NotAnImage { file } | Self::Truncated { file } => Some(file),
            Self::UnsupportedFormat { file, .. } | Self::Damaged { file, .. } | Self::TooLarge { file, .. } => {
                Some(file)
            }
            Self::TooManyPixels { file, .. } | Self::TooSmall { file, .. } | Self::TooNarrow { file, .. } => Some(file),
            Self::WeightsAltered { file, .. } | Self::WeightsInvalid { file, .. } => Some(file),
            Self::UnknownNetwork { file, .. } | Self::OtherBackbone { file, .. } => Some(file),
            Self::Duplicate { file, .. } | Self::TwoLabels { file, .. } => Some(file),
            _ => None,
        }
    }
}
