//! Feature rows: what the frozen backbone makes of an image, once.

use crate::image::Fit;

/// One labelled image; its pixels are not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Never used twice in a project.
    pub id: u32,
    /// File name.
    pub name: String,
    /// Class name.
    pub label: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// The nearest of those that it is a near-duplicate of, when it came.
    pub looks_like: Option<u32>,
    /// What of it the row is of.
    pub fit: Fit,
    /// `f32 [num_features]`
    pub features: Vec<f32>,
}

/// Cosine of the angle between two rows; 0 where one is all zeros.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}

/// Sum of the products of two rows, in eight sums side by side: they fill the vectors of any processor.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
