//! Feature rows by the number of their image.

use std::collections::BTreeMap;

use crate::lab::LabImages;
use crate::train::Rows;

/// Rows of some images.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: BTreeMap<usize, Vec<f32>>,
}

impl Table {
    /// Of images 0, 1, 2 …; `features f32 [images, width]`.
    pub fn of_all(features: &[f32], width: usize) -> Self {
        Self { rows: features.chunks_exact(width.max(1)).map(<[f32]>::to_vec).enumerate().collect() }
    }

    /// Takes in the rows of these images, in their order.
    pub fn insert(&mut self, images: &[usize], features: &[f32]) {
        let width = features.len() / images.len().max(1);
        let rows = features.chunks_exact(width.max(1)).map(<[f32]>::to_vec);
        self.rows.extend(images.iter().copied().zip(rows));
    }

    /// One image's row; empty where there is none.
    pub fn row(&self, image: usize) -> &[f32] {
        self.rows.get(&image).map_or(&[], Vec::as_slice)
    }

    /// The rows of these images, one after the other.
    pub fn gather(&self, images: &[usize]) -> Vec<f32> {
        images.iter().flat_map(|image| self.row(*image)).copied().collect()
    }

    /// The validation images, with their classes.
    pub fn rows(&self, images: &LabImages) -> Rows {
        let classes = images.validation.iter().map(|image| images.classes[*image]).collect();
        Rows { features: self.gather(&images.validation), classes }
    }
}
