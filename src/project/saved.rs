//! A project put back as it was: what is kept of it besides the images, their rows and the head's own file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::features::{Image, cosine};
use crate::groups::Groups;
use crate::head::Head;
use crate::image::Fingerprint;
use crate::project::fits::Fits;
use crate::project::test_set::TestSet;
use crate::project::{Model, Project, SplitConfig};
use crate::split::Side;

/// What [`Project::restore`] needs besides images and head. Its fields are for a file, and nobody else's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    next_id: u32,
    /// Missing where it was kept before there were groups.
    #[serde(default)]
    groups: Groups,
    split: SplitConfig,
    sides: BTreeMap<String, Side>,
    kept: Option<Kept>,
    /// Missing where it was kept before there were test sets.
    #[serde(default)]
    test: TestSet,
    /// Missing where every image has the centre cut out.
    #[serde(default, skip_serializing_if = "Fits::is_plain")]
    fits: Fits,
}

/// Of the head: which epoch it is, and the ids on both sides of its split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    best_epoch: usize,
    train: Vec<u32>,
    validation: Vec<u32>,
    /// Missing where it was kept before there was one.
    #[serde(default)]
    threshold: f64,
}

impl Project {
    /// Puts an image back under the id that it had, at its place in the order, and gives what it looks like. Two classes
    /// that became one may have the same file twice. Groups that know it already stay; else it is compared as a new one is.
    ///
    /// # Errors
    /// [`Error::Duplicate`] where the id is taken.
    pub fn restore_image(&mut self, image: Image, fingerprint: Option<Fingerprint>) -> Result<Option<u32>, Error> {
        let place = match self.images.binary_search_by_key(&image.id, |other| other.id) {
            Ok(at) => return Err(Error::Duplicate { file: image.name, other: self.images[at].name.clone() }),
            Err(place) => place,
        };
        let of = |id: u32| self.images.binary_search_by_key(&id, |other| other.id).map(|at| &self.images[at]);
        // Of one whose row is still to come, or of another fit, the fingerprint decides alone: rather a group too large
        // than a leak.
        let alike = |id| of(id).ok().filter(|other| other.fit == image.fit);
        let cosine = |id| alike(id).map_or(1.0, |other| cosine(&other.features, &image.features));
        let found = self.groups.add(image.id, &image.sha256, fingerprint, cosine);
        let looks_like = image.looks_like.or(found);
        self.next_id = self.next_id.max(image.id + 1);
        self.files.insert(image.sha256.clone());
        self.images.insert(place, Image { looks_like, ..image });
        Ok(looks_like)
    }

    /// What is to be kept besides images and head.
    pub fn saved(&self) -> Saved {
        let kept = self.model.as_ref().map(|model| Kept {
            best_epoch: model.best_epoch,
            train: model.train.clone(),
            validation: model.validation.clone(),
            threshold: model.threshold,
        });
        let (groups, (split, sides)) = (self.groups.clone(), self.sides.clone());
        Saved { next_id: self.next_id, groups, split, sides, kept, test: self.test.clone(), fits: self.fits.clone() }
    }

    /// Goes on from what was kept, with its head if there was one; then the images come by [`Project::restore_image`].
    pub fn restore(&mut self, saved: Saved, head: Option<Head>) {
        self.next_id = self.next_id.max(saved.next_id);
        self.groups = saved.groups;
        self.sides = (saved.split, saved.sides);
        self.test = saved.test.checked();
        self.fits = saved.fits;
        self.model = saved.kept.zip(head).map(|(kept, head)| {
            let Kept { best_epoch, train, validation, threshold } = kept;
            let threshold = threshold.clamp(0.0, 1.0);
            Model { head, best_epoch, train, validation, seen: BTreeMap::new(), threshold }
        });
    }
}
