//! A project as an export tells of it.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::features::Image;
use crate::head::{Head, HeadKind};
use crate::project::fits::Fits;
use crate::project::{Model, Project, SplitConfig};
use crate::train::FitConfig;

/// A class and its images on both sides.
pub type Sides = (String, [usize; 2]);

impl Project {
    /// Takes a head from a file in place of the trained one. It knows no image of this project, so nothing judges it. A
    /// project without images takes over its fit.
    pub fn adopt(&mut self, head: Head) {
        if self.images.is_empty() {
            self.fits = Fits::of(head.fit);
        }
        let (seen, threshold) = (BTreeMap::new(), 0.0);
        self.model = Some(Model { head, best_epoch: 0, train: vec![], validation: vec![], seen, threshold });
    }

    /// A head that came from a file and was not trained since, where it is what these options ask for: training goes on
    /// from it. One that reads rows by statistics of its own is not: the next run's rows are others.
    pub fn opened(&self, config: &FitConfig) -> Option<&Head> {
        let head = &self.model.as_ref().filter(|model| model.best_epoch == 0)?.head;
        let is_alike = head.kind == config.head
            && match head.kind {
                HeadKind::Linear => true,
                HeadKind::Mlp => head.hidden() == config.hidden,
                // Whole as it is, and made anew as quickly.
                HeadKind::Neighbors => false,
            };
        (is_alike && head.statistics.is_none()).then_some(head)
    }

    /// How the images were split last.
    pub fn split_config(&self) -> SplitConfig {
        self.sides.0
    }

    /// Of each class, the images that the head was trained on and those that judged it.
    ///
    /// # Errors
    /// [`Error::NoModel`] before the first training.
    pub fn images_by_side(&self) -> Result<Vec<Sides>, Error> {
        let model = self.model.as_ref().ok_or(Error::NoModel)?;
        let [train, validation] = [&model.train, &model.validation].map(|ids| self.with_ids(ids));
        let count = |images: &[&Image], label: &String| images.iter().filter(|image| image.label == *label).count();
        let sides = |label: &String| (label.clone(), [count(&train, label), count(&validation, label)]);
        Ok(model.head.labels.iter().map(sides).collect())
    }

    /// Validation images that show what the head says: the first of each class, at most `count`, filled up with others.
    ///
    /// # Errors
    /// [`Error::NoModel`] before the first training.
    pub fn to_show(&self, count: usize) -> Result<Vec<&Image>, Error> {
        let model = self.model.as_ref().ok_or(Error::NoModel)?;
        let images = self.with_ids(&model.validation);
        let is_first = |at: usize| images[..at].iter().all(|image| image.label != images[at].label);
        let (mut first, others): (Vec<usize>, Vec<usize>) = (0..images.len()).partition(|at| is_first(*at));
        first.extend(others);
        Ok(first.into_iter().take(count).map(|at| images[at]).collect())
    }
}
