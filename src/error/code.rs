//! What programs read of an error.

use crate::error::Error;

impl Error {
    /// For programs: one word a variant, kebab-case, stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyFile { .. } => "empty-file",
            Self::NotAnImage { .. } => "not-an-image",
            Self::UnsupportedFormat { .. } => "unsupported-format",
            Self::Truncated { .. } => "truncated",
            Self::Damaged { .. } => "damaged",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyPixels { .. } => "too-many-pixels",
            Self::TooSmall { .. } => "too-small",
            Self::TooNarrow { .. } => "too-narrow",
            Self::WeightsAltered { .. } => "weights-altered",
            Self::WeightsInvalid { .. } => "weights-invalid",
            Self::UnknownNetwork { .. } => "unknown-network",
            Self::WrongPixels { .. } => "wrong-pixels",
            Self::WrongFit { .. } => "wrong-fit",
            Self::MixedFits { .. } => "mixed-fits",
            Self::BatchOfOne { .. } => "batch-of-one",
            Self::WrongStatistics { .. } => "wrong-statistics",
            Self::WrongRows { .. } => "wrong-rows",
            Self::UnknownBackbone { .. } => "unknown-backbone",
            Self::OtherBackbone { .. } => "other-backbone",
            Self::UnknownExport { .. } => "unknown-export",
            Self::TooFewClasses { .. } => "too-few-classes",
            Self::TooFewImages { .. } => "too-few-images",
            Self::EmptyValidation => "empty-validation",
            Self::WrongFolds { .. } => "wrong-folds",
            Self::WrongOption { .. } => "wrong-option",
            Self::NeighborsOnImages => "neighbors-on-images",
            Self::NeighborsWithViews => "neighbors-with-views",
            Self::NeighborsInLayers => "neighbors-in-layers",
            Self::Duplicate { .. } => "duplicate",
            Self::TwoLabels { .. } => "two-labels",
            Self::NoDevice { .. } => "no-device",
            Self::NoModel => "no-model",
            Self::NoTestSet => "no-test-set",
            Self::TestSetOpened => "test-set-opened",
            Self::TestSetSeen(_) => "test-set-seen",
            Self::Diverged { .. } => "diverged",
        }
    }
}
