//! A project as [`crate::review`] and [`crate::learning_curve`] need it, and what they found as images.

use crate::error::Error;
use crate::features::Image;
use crate::project::{Project, rows_of};
use crate::review::{Doubt, FOLDS, Ranked};
use crate::split::{Split, fold, hash_order};
use crate::train::Rows;

impl Project {
    /// Rows of the images that are not set aside, with class names and, for [`crate::review`], their folds: a group is in one.
    pub fn review_set(&mut self, seed: u64) -> (Rows, Vec<String>, Vec<usize>) {
        self.available();
        let labels = self.labels();
        let folds = self.reviewed().map(|image| fold(seed, self.item_of(image).group, FOLDS)).collect();
        (rows_of(self.reviewed(), &labels), labels, folds)
    }

    fn reviewed(&self) -> impl Iterator<Item = &Image> {
        self.images.iter().filter(|image| !self.is_set_aside(image))
    }

    /// Ranked rows of a [`Project::review_set`] as images.
    pub fn doubts(&self, ranked: &[Ranked], labels: &[String]) -> Vec<Doubt> {
        let images: Vec<&Image> = self.reviewed().collect();
        let doubt = |Ranked { row, suggested, score, likely }: &Ranked| {
            let (image, suggested) = (images.get(*row)?, labels.get(*suggested)?.clone());
            Some(Doubt { id: image.id, label: image.label.clone(), suggested, score: *score, likely: *likely })
        };
        ranked.iter().filter_map(doubt).collect()
    }

    /// The order in which [`crate::learning_curve`] takes the training rows of a split.
    pub fn learning_order(&self, split: &Split, seed: u64) -> Vec<usize> {
        let groups: Vec<&str> = split.train().iter().map(|at| self.item_of(&self.images[*at]).group).collect();
        hash_order(seed, &groups)
    }

    /// Keeps, with the head, the probability below which it answers "none of these"; a head of the same classes takes it over.
    ///
    /// # Errors
    /// [`Error::NoModel`] before the first training, [`Error::WrongOption`] beyond 0 to 1.
    pub fn set_threshold(&mut self, threshold: f64) -> Result<(), Error> {
        let model = self.model.as_mut().ok_or(Error::NoModel)?;
        if !(0.0..=1.0).contains(&threshold) {
            return Err(Error::WrongOption { name: "threshold".into(), value: threshold, least: 0.0, most: 1.0 });
        }
        model.threshold = threshold;
        Ok(())
    }

    /// Gives an image another class; its side of the split stays. Unknown ids are passed over.
    pub fn relabel(&mut self, id: u32, label: &str) {
        if let Ok(at) = self.images.binary_search_by_key(&id, |image| image.id) {
            self.images[at].label = label.into();
        }
    }
}
