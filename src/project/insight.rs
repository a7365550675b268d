//! A project's images among each other: samples of them, and which are alike.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::features::{Image, dot};
use crate::nearest::most_similar;
use crate::project::Project;
use crate::split::hash_order;

/// An image and how much it is like another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Neighbour {
    /// The image.
    pub id: u32,
    /// Cosine of both feature rows, 1 where they point the same way.
    pub similarity: f32,
}

impl Project {
    /// Ids of at most `most` images, in the order in which they were added, chosen by the hash of seed and file: one that was
    /// chosen stays so when others go.
    pub fn sample(&self, most: usize, seed: u64) -> Vec<u32> {
        let files: Vec<&str> = self.images.iter().map(|image| image.sha256.as_str()).collect();
        let mut chosen = hash_order(seed, &files);
        chosen.truncate(most);
        chosen.sort_unstable();
        chosen.into_iter().map(|at| self.images[at].id).collect()
    }

    /// The rows of these images one after the other; unknown ids are passed over.
    pub fn rows_of(&self, ids: &[u32]) -> Vec<f32> {
        ids.iter().filter_map(|id| self.with_id(*id)).map(|image| &image.features[..]).collect::<Vec<_>>().concat()
    }

    /// The images that are most like one of them, the nearest first; `None` where it is not there.
    pub fn neighbours_of(&self, id: u32, count: usize) -> Option<Vec<Neighbour>> {
        let image = self.with_id(id)?;
        Some(nearest(self.images.iter().filter(|other| other.id != id), &image.features, count))
    }

    /// The images that a row is most like, the nearest first: of those that the head learned from, or before the first
    /// training of all.
    pub fn neighbours_of_row(&self, row: &[f32], count: usize) -> Vec<Neighbour> {
        let trained: Option<BTreeSet<u32>> = self.model.as_ref().map(|model| model.train.iter().copied().collect());
        let among = |image: &&Image| trained.as_ref().is_none_or(|ids| ids.contains(&image.id));
        nearest(self.images.iter().filter(among), row, count)
    }

    fn with_id(&self, id: u32) -> Option<&Image> {
        self.images.binary_search_by_key(&id, |image| image.id).ok().map(|at| &self.images[at])
    }
}

/// 10,000 rows of 1,280 numbers are 26 M multiplications over 51 MB: bound by memory, nothing is kept to make it faster.
fn nearest<'a>(images: impl Iterator<Item = &'a Image>, row: &[f32], count: usize) -> Vec<Neighbour> {
    let length = dot(row, row).sqrt();
    let similarity = |other: &[f32]| {
        let lengths = length * dot(other, other).sqrt();
        if lengths > 0.0 { dot(row, other) / lengths } else { 0.0 }
    };
    let all = images.map(|image| (image.id as usize, similarity(&image.features))).collect();
    let found = most_similar(all, count).into_iter();
    found.map(|(id, similarity)| Neighbour { id: id as u32, similarity }).collect()
}
