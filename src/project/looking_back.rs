//! A project as [`crate::review`] and [`crate::learning_curve`] need it, and what they found as images.

use crate::project::{Project, rows_of};
use crate::review::{Doubt, FOLDS, Ranked};
use crate::split::{Split, fold, hash_order};
use crate::train::Rows;

impl Project {
    /// All images' rows with class names and, for [`crate::review`], their folds: a group is in one.
    pub fn review_set(&self, seed: u64) -> (Rows, Vec<String>, Vec<usize>) {
        let labels = self.labels();
        let folds = self.images.iter().map(|image| fold(seed, self.item_of(image).group, FOLDS)).collect();
        (rows_of(self.images.iter(), &labels), labels, folds)
    }

    /// Ranked rows of a [`Project::review_set`] as images.
    pub fn doubts(&self, ranked: &[Ranked], labels: &[String]) -> Vec<Doubt> {
        let doubt = |Ranked { row, suggested, score, likely }: &Ranked| {
            let (image, suggested) = (self.images.get(*row)?, labels.get(*suggested)?.clone());
            Some(Doubt { id: image.id, label: image.label.clone(), suggested, score: *score, likely: *likely })
        };
        ranked.iter().filter_map(doubt).collect()
    }

    /// The order in which [`crate::learning_curve`] takes the training rows of a split.
    pub fn learning_order(&self, split: &Split, seed: u64) -> Vec<usize> {
        let groups: Vec<&str> = split.train().iter().map(|at| self.item_of(&self.images[*at]).group).collect();
        hash_order(seed, &groups)
    }

    /// Gives an image another class; its side of the split stays. Unknown ids are passed over.
    pub fn relabel(&mut self, id: u32, label: &str) {
        if let Ok(at) = self.images.binary_search_by_key(&id, |image| image.id) {
            self.images[at].label = label.into();
        }
    }
}
