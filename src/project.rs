//! What a user has: images with labels and feature rows, the split, a trained head. Does not compute features.

pub mod checks;
pub mod fits;
mod handing_over;
pub mod insight;
mod looking_back;
pub mod saved;
mod seen;
pub mod test_set;
pub mod views;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::evaluate::{Report, evaluate};
use crate::features::Image;
use crate::groups::Groups;
use crate::head::Head;
use crate::image::Fingerprint;
use crate::lab::LabImages;
use crate::lab::outcome::Finished;
use crate::project::fits::Fits;
use crate::project::test_set::TestSet;
use crate::project::views::Bank;
use crate::split::folds::Fold;
use crate::split::{Item, Method, Side, Split};
use crate::train::{Fitted, Rows, TrainingSet};

/// How a project is split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SplitConfig {
    /// By hash or the tail.
    pub split: Method,
    /// Share of the images that validate.
    pub validation_split: f64,
    /// Decides the sides with the file's hash.
    pub seed: u64,
    /// For cross-validation: one fold validates, and neither method nor share matters.
    pub fold: Option<Fold>,
}

impl Default for SplitConfig {
    fn default() -> Self {
        Self { split: Method::Hash, validation_split: 0.2, seed: 1, fold: None }
    }
}

/// A trained head and the images on both sides of its split.
#[derive(Clone, Debug)]
struct Model {
    head: Head,
    best_epoch: usize,
    train: Vec<u32>,
    validation: Vec<u32>,
    /// Rows by the head's own statistics, where it has such.
    seen: BTreeMap<u32, Vec<f32>>,
    /// Probability below which the answer is "none of these"; 0 always answers.
    threshold: f64,
}

/// Images, labels, split and head of one user.
#[derive(Clone, Debug, Default)]
pub struct Project {
    images: Vec<Image>,
    /// Hashes of all files that ever came: only one of these is looked for among the images.
    files: BTreeSet<String>,
    next_id: u32,
    groups: Groups,
    /// Sides found so far, for the seed and share that they were found with.
    sides: (SplitConfig, BTreeMap<String, Side>),
    model: Option<Model>,
    bank: Bank,
    fits: Fits,
    test: TestSet,
    /// What came with the backbone's weights.
    brought: Option<Head>,
}

impl Project {
    /// All images in the order in which they were added.
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// The trained head.
    ///
    /// # Errors
    /// [`Error::NoModel`] before the first training.
    pub fn head(&self) -> Result<&Head, Error> {
        self.model.as_ref().map(|model| &model.head).ok_or(Error::NoModel)
    }

    /// Keeps a head that came with the backbone's weights; it classifies until one is trained.
    pub fn bring(&mut self, head: Head) {
        self.brought = Some(head);
    }

    /// The head that classifies: the trained one, before the first training the one that was brought.
    ///
    /// # Errors
    /// [`Error::NoModel`] where there is neither.
    pub fn classifying_head(&self) -> Result<&Head, Error> {
        self.head().or_else(|none| self.brought.as_ref().ok_or(none))
    }

    /// Class names in order.
    pub fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = self.images.iter().map(|image| image.label.clone()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// Takes an image in and gives its id. Without a fingerprint only copies of its file count as the same.
    ///
    /// # Errors
    /// [`Error::Duplicate`] where the class has the same file already. The same file in another class is taken;
    /// [`Project::checks`] speaks of it.
    pub fn add_image(
        &mut self,
        name: &str,
        label: &str,
        sha256: &str,
        fingerprint: Option<Fingerprint>,
        features: Vec<f32>,
    ) -> Result<u32, Error> {
        self.refuse_copy(name, label, sha256)?;
        let id = self.next_id;
        let (fit, looks_like) = (self.fit_for(label), None);
        let [name, label, sha256] = [name, label, sha256].map(String::from);
        self.restore_image(Image { id, name, label, sha256, looks_like, fit, features }, fingerprint)?;
        Ok(id)
    }

    /// Says no to a file that its class has already.
    ///
    /// # Errors
    /// [`Error::Duplicate`] names both.
    pub fn refuse_copy(&self, name: &str, label: &str, sha256: &str) -> Result<(), Error> {
        let known = self.files.contains(sha256).then(|| self.images.iter());
        let same = |image: &&Image| image.sha256 == sha256 && image.label == label;
        match known.and_then(|mut images| images.find(same)) {
            Some(other) => Err(Error::Duplicate { file: name.into(), other: other.name.clone() }),
            None => Ok(()),
        }
    }

    /// Ids of the images that look alike, group by group, each with the image that came first in front; the images that
    /// stand alone are left out.
    pub fn groups(&self) -> Vec<Vec<u32>> {
        let mut groups: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for image in &self.images {
            groups.entry(self.item_of(image).group).or_default().push(image.id);
        }
        let mut groups: Vec<Vec<u32>> = groups.into_values().filter(|group| group.len() > 1).collect();
        groups.sort_unstable();
        groups
    }

    /// Keeps images on one side of the split and in one fold, as near-duplicates are: the burst of a camera. Unknown ids
    /// are passed over.
    pub fn keep_together(&mut self, ids: &[u32]) {
        self.groups.unite(ids);
    }

    fn item_of<'a>(&'a self, image: &'a Image) -> Item<'a> {
        let group = self.groups.key(image.id).unwrap_or(&image.sha256);
        Item { class: &image.label, sha256: &image.sha256, group }
    }

    /// Takes images out. Unknown ids are passed over.
    pub fn remove_images(&mut self, ids: &[u32]) {
        let gone: BTreeSet<u32> = ids.iter().copied().collect();
        self.images.retain(|image| !gone.contains(&image.id));
        self.groups.remove(ids);
        self.bank.remove(ids);
    }

    /// Renames a class, or merges it into one of that name.
    pub fn rename_class(&mut self, from: &str, to: &str) {
        self.fits.rename_class(from, to, self.images.iter().any(|image| image.label == to));
        for image in self.images.iter_mut().filter(|image| image.label == from) {
            image.label = to.into();
        }
        if let Some(model) = &mut self.model {
            model.head.labels.iter_mut().filter(|label| *label == from).for_each(|label| *label = to.into());
        }
    }

    /// Splits the images that are not set aside. Sides persist: asked again with more images, none moves.
    ///
    /// # Errors
    /// Those of [`Split::by_hash`], [`Split::tail`] and [`Split::fold`].
    pub fn split(&mut self, config: &SplitConfig) -> Result<Split, Error> {
        if self.sides.0 != *config {
            self.sides = (*config, BTreeMap::new());
        }
        let rows = self.available();
        let mut known = std::mem::take(&mut self.sides.1);
        let items: Vec<Item> = rows.iter().map(|at| self.item_of(&self.images[*at])).collect();
        let split = match (config.fold, config.split) {
            (Some(fold), _) => Split::fold(&items, config.seed, fold),
            (None, Method::Hash) => Split::by_hash(&items, config.seed, config.validation_split, &mut known),
            (None, Method::Tail) => Split::tail(&items, config.seed, config.validation_split),
        };
        self.sides.1 = known;
        Ok(split?.among(&rows))
    }

    /// Splits the images and copies their rows, without other views.
    ///
    /// # Errors
    /// Those of [`Project::split`], and [`Error::WrongOption`] for more than [`checks::MOST_CLASSES`] classes.
    pub fn training_set(&mut self, config: &SplitConfig) -> Result<(TrainingSet, Split), Error> {
        let split = self.split(config)?;
        let labels = self.labels();
        checks::check_classes(&labels)?;
        let rows = |at: &[usize]| rows_of(at.iter().map(|at| &self.images[*at]), &labels);
        let (train, validation) = (rows(split.train()), rows(split.validation()));
        let num_features = self.images.first().map_or(0, |image| image.features.len());
        Ok((TrainingSet { labels, num_features, train, validation, views: Vec::new() }, split))
    }

    /// What the lab works on: every image, and the same split as [`Project::training_set`].
    ///
    /// # Errors
    /// Those of [`Project::training_set`].
    pub fn lab_images(&mut self, config: &SplitConfig) -> Result<LabImages, Error> {
        let (TrainingSet { labels, num_features, .. }, split) = self.training_set(config)?;
        let Rows { features, classes } = rows_of(self.images.iter(), &labels);
        let [train, validation] = [split.train(), split.validation()].map(<[usize]>::to_vec);
        Ok(LabImages { labels, classes, train, validation, stored: features, num_features })
    }

    /// The ids on both sides of a split of the images as they are now.
    pub fn sides(&self, split: &Split) -> [Vec<u32>; 2] {
        [split.train(), split.validation()].map(|rows| rows.iter().map(|at| self.images[*at].id).collect())
    }

    /// Keeps a trained head with the ids of its training and validation images; the latter set its temperature.
    pub fn keep(&mut self, fitted: &Fitted, [train, validation]: [Vec<u32>; 2]) {
        let (head, best_epoch) = (fitted.head.clone(), fitted.best_epoch);
        self.keep_model(Model { head, best_epoch, train, validation, seen: BTreeMap::new(), threshold: 0.0 });
    }

    /// Judges the trained head on the images of its split that are still there.
    ///
    /// # Errors
    /// [`Error::NoModel`] before the first training.
    pub fn evaluate(&self) -> Result<Report, Error> {
        let model = self.model.as_ref().ok_or(Error::NoModel)?;
        let sides = [&model.train, &model.validation].map(|ids| self.as_seen(model, ids));
        let [train, validation] = sides.each_ref().map(|side| side.iter().map(Cow::as_ref).collect::<Vec<_>>());
        Ok(evaluate(&model.head, model.best_epoch, [&train, &validation]))
    }

    /// Judges a head of the lab on the validation images as its policy showed them.
    pub fn evaluate_in_lab(&self, finished: &Finished) -> Report {
        let Finished { fitted, validation, images, train } = finished;
        let width = validation.features.len() / images.len().max(1);
        let seen = images.iter().zip(validation.features.chunks_exact(width.max(1)));
        let images: Vec<Image> =
            seen.map(|(at, row)| Image { features: row.to_vec(), ..self.images[*at].clone() }).collect();
        let report = evaluate(&fitted.head, fitted.best_epoch, [&[], &images.iter().collect::<Vec<_>>()]);
        let train_accuracy = fitted.history.last().map_or(0.0, |last| last.accuracy);
        Report { train: train.len(), train_accuracy, ..report }
    }

    fn with_ids(&self, ids: &[u32]) -> Vec<&Image> {
        let wanted: BTreeSet<u32> = ids.iter().copied().collect();
        self.images.iter().filter(|image| wanted.contains(&image.id)).collect()
    }
}

/// In memory that is asked for once: grown by doubling, the rows of 10,000 images would take it twice.
fn rows_of<'a>(images: impl Iterator<Item = &'a Image>, labels: &[String]) -> Rows {
    let mut images = images.peekable();
    let (n, width) = (images.size_hint().0, images.peek().map_or(0, |image| image.features.len()));
    let mut rows = Rows { features: Vec::with_capacity(n * width), classes: Vec::with_capacity(n) };
    for image in images {
        let Ok(class) = labels.binary_search(&image.label) else { continue };
        rows.features.extend_from_slice(&image.features);
        rows.classes.push(class);
    }
    rows
}
