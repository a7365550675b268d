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
    /// `f32 [num_features]`
    pub features: Vec<f32>,
}
