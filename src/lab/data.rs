//! What a lab is given.

use crate::run::batch_norm::{Norm, Statistics};

/// What the lab works on.
#[derive(Clone, Debug)]
pub struct LabImages {
    /// Class names.
    pub labels: Vec<String>,
    /// The class of each image.
    pub classes: Vec<usize>,
    /// Numbers of the training images.
    pub train: Vec<usize>,
    /// Numbers of the validation images.
    pub validation: Vec<usize>,
    /// Feature rows by stored statistics, `f32 [images, num_features]`.
    pub stored: Vec<f32>,
    /// Width of a row.
    pub num_features: usize,
}

/// What the lab must know of the backbone.
#[derive(Clone, Debug)]
pub struct LabBackbone {
    /// Name for people.
    pub title: String,
    /// Its BatchNorm layers; none, and all policies are one.
    pub norms: Vec<Norm>,
    /// Their averages as the weights hold them.
    pub stored: Statistics,
}
