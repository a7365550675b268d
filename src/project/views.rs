//! The bank: feature rows of other views of the training images, computed once and kept while the settings stay.
//!
//! Rows belong to their image, so they are on its side of every split and fold; only those of training images are taken.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::image::augment::Augmentation;
use crate::project::Project;
use crate::split::Split;
use crate::train::TrainingSet;

/// Which views there are of each training image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ViewsConfig {
    /// How far they go; `None` for no views.
    pub augment: Option<Augmentation>,
    /// How many of each image.
    pub views: u32,
    /// Decides them with the file's hash.
    pub seed: u64,
}

impl Default for ViewsConfig {
    fn default() -> Self {
        Self { augment: None, views: 3, seed: 1 }
    }
}

/// Most views of an image: a thousand images of 1280 features are then 164 MB.
pub const MOST_VIEWS: u32 = 32;

impl ViewsConfig {
    /// # Errors
    /// [`Error::WrongOption`] names the first value that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let Some(augment) = &self.augment else { return Ok(()) };
        if !(1..=MOST_VIEWS).contains(&self.views) {
            let (value, most) = (f64::from(self.views), f64::from(MOST_VIEWS));
            return Err(Error::WrongOption { name: "views".into(), value, least: 1.0, most });
        }
        augment.check()
    }

    fn key(&self) -> String {
        self.augment.as_ref().map_or(String::new(), |augment| augment.key(self.seed))
    }
}

/// Rows of views by image.
#[derive(Clone, Debug, Default)]
pub(super) struct Bank {
    /// Of the settings that the views were drawn with.
    key: String,
    /// `f32 [views, num_features]`
    rows: BTreeMap<u32, Vec<f32>>,
}

impl Bank {
    pub(super) fn remove(&mut self, ids: &[u32]) {
        ids.iter().for_each(|id| drop(self.rows.remove(id)));
    }
}

impl Project {
    /// The training images that have not all views of these settings yet: their ids, and how many each has.
    ///
    /// # Errors
    /// [`Error::WrongOption`]
    pub fn missing_views(&self, config: &ViewsConfig, train: &[u32]) -> Result<Vec<(u32, u32)>, Error> {
        config.check()?;
        if config.augment.is_none() {
            return Ok(Vec::new());
        }
        let has = |id: u32| {
            let row = self.bank.rows.get(&id).filter(|_| self.bank.key == config.key());
            row.map_or(0, |rows| rows.len() / self.num_features().max(1)) as u32
        };
        Ok(train.iter().map(|id| (*id, has(*id))).filter(|(_, has)| *has < config.views).collect())
    }

    /// Keeps rows of more views of an image, `f32 [n, num_features]`, behind those that it has. Views of other settings go.
    ///
    /// # Errors
    /// [`Error::WrongRows`] where they are not whole rows.
    pub fn add_views(&mut self, config: &ViewsConfig, id: u32, rows: &[f32]) -> Result<(), Error> {
        let width = self.num_features();
        if width == 0 || !rows.len().is_multiple_of(width) {
            return Err(Error::WrongRows { expected: width, found: rows.len() });
        }
        if self.bank.key != config.key() {
            self.bank = Bank { key: config.key(), rows: BTreeMap::new() };
        }
        self.bank.rows.entry(id).or_default().extend_from_slice(rows);
        Ok(())
    }

    /// The rows of an image's first views; empty where it has not all of them.
    pub fn views(&self, config: &ViewsConfig, id: u32) -> &[f32] {
        let wanted = config.views as usize * self.num_features();
        let rows = self.bank.rows.get(&id).filter(|_| config.augment.is_some() && self.bank.key == config.key());
        rows.and_then(|rows| rows.get(..wanted)).unwrap_or_default()
    }

    /// Puts the views of the training images into their set. An image that has none, since its file could not be read
    /// again, is taken as it is each time.
    ///
    /// # Errors
    /// [`Error::WrongOption`]
    pub fn take_views(&self, set: &mut TrainingSet, split: &Split, config: &ViewsConfig) -> Result<(), Error> {
        config.check()?;
        let images = || split.train().iter().filter_map(|at| self.images().get(*at));
        let with: BTreeSet<u32> =
            images().map(|image| image.id).filter(|id| !self.views(config, *id).is_empty()).collect();
        if with.is_empty() {
            return Ok(());
        }
        let width = set.num_features;
        for number in 0..config.views as usize {
            for image in images() {
                let views = self.views(config, image.id);
                set.views.extend_from_slice(views.get(number * width..(number + 1) * width).unwrap_or(&image.features));
            }
        }
        Ok(())
    }

    fn num_features(&self) -> usize {
        self.images().first().map_or(0, |image| image.features.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::SplitConfig;

    fn project() -> Project {
        let mut project = Project::default();
        for at in 0..20u32 {
            let (label, row) = (if at % 2 == 0 { "a" } else { "b" }, vec![at as f32, 0.5]);
            project.add_image(&at.to_string(), label, &format!("{at:064x}"), None, row).unwrap();
        }
        project
    }

    fn config() -> ViewsConfig {
        ViewsConfig { augment: Some(Augmentation::default()), views: 2, seed: 1 }
    }

    #[test]
    fn views_stay_on_the_side_of_their_image_in_every_split_and_fold() {
        let (mut project, config) = (project(), config());
        for id in 0..20 {
            project.add_views(&config, id, &[id as f32, 1.0, id as f32, 2.0]).unwrap();
        }
        let folds = (0..4).map(|number| Some(crate::split::folds::Fold { number, of: 4 }));
        for fold in folds.chain([None]) {
            let (mut set, split) = project.training_set(&SplitConfig { fold, ..SplitConfig::default() }).unwrap();
            project.take_views(&mut set, &split, &config).unwrap();
            let n = set.train.classes.len();
            assert_eq!(set.views.len(), 2 * n * 2);
            for (row, view) in set.train.features.chunks(2).cycle().zip(set.views.chunks(2)) {
                assert_eq!(row[0], view[0], "a view stands below its image");
            }
            assert!(set.views.chunks(2).all(|view| !set.validation.features.chunks(2).any(|row| row[0] == view[0])));
        }
    }

    #[test]
    fn rows_are_kept_while_the_settings_stay() {
        let (mut project, config) = (project(), config());
        assert_eq!(project.missing_views(&config, &[3, 4]).unwrap(), [(3, 0), (4, 0)]);
        project.add_views(&config, 3, &[0.0; 4]).unwrap();
        project.add_views(&config, 4, &[0.0; 2]).unwrap();
        assert_eq!(project.missing_views(&config, &[3, 4]).unwrap(), [(4, 1)]);
        let fewer = ViewsConfig { views: 1, ..config.clone() };
        assert!(project.missing_views(&fewer, &[3, 4]).unwrap().is_empty());
        let other = ViewsConfig { seed: 2, ..config.clone() };
        assert_eq!(project.missing_views(&other, &[3]).unwrap(), [(3, 0)]);
        assert!(project.missing_views(&ViewsConfig { augment: None, ..config.clone() }, &[3]).unwrap().is_empty());
        project.remove_images(&[3]);
        assert_eq!(project.views(&config, 3), &[] as &[f32]);
    }

    #[test]
    fn wrong_settings_and_rows_are_refused() {
        let (mut project, config) = (project(), config());
        assert_eq!(project.add_views(&config, 3, &[0.0; 3]).unwrap_err().code(), "wrong-rows");
        let none = ViewsConfig { views: 0, ..config };
        assert!(project.missing_views(&none, &[3]).unwrap_err().to_string().contains("views is 0"));
    }
}
