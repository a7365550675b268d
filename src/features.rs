//! Feature rows: what the frozen backbone makes of an image, once.

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
    /// `f32 [num_features]`
    pub features: Vec<f32>,
}

/// Cosine of the angle between two rows; 0 where one is all zeros.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}
